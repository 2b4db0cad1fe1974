"""
One entry, opened: its envelope and the data of the kinds that say something about use, after FORMAT.md §5.
Python's standard library alone. Read next: sums.py.
"""

from forms import (
    is_count,
    is_decimal,
    is_instant,
    is_name,
    is_quantity,
    is_text,
    is_whole,
    parse_object,
    require,
)

MAX_ENTRY_BYTES = 65_535
CLOCKS = ('synchronised', 'informative', 'relative', 'unknown')
ACCOUNTS = ('session', 'unassigned', 'disputed')
BELIEVED = ('first', 'wrap', 'gap', 'reset', 'exchange', 'regress', 'reconfigured')
DOUBTED = ('torn', 'unresolved', 'silent', 'out-of-range')
CHANGES = (*BELIEVED, *DOUBTED, 'foreign')
ENVELOPE = ('at', 'boot', 'clock', 'data', 'kind', 'machine', 'mono', 'seq', 'session', 'simulated', 'site', 'v')


# --- shapes: a field, what it must be, and whether it may be absent ---


def is_any(_value):
    return True


def is_account(value):
    return is_text(value) and value in ACCOUNTS


def is_change(value):
    return is_text(value) and value in CHANGES


def is_positive(value):
    return is_quantity(value) and int(value) > 0


def is_text_or_null(value):
    return value is None or is_text(value)


def record(**fields):
    """A check of an object: a field whose name ends in `_` may be absent. Other fields do not matter."""

    def holds(value):
        return isinstance(value, dict) and all(
            check(value[name.rstrip('_')]) if name.rstrip('_') in value else name.endswith('_')
            for name, check in fields.items()
        )

    return holds


def list_of(check):
    return lambda value: isinstance(value, list) and all(map(check, value))


ACCOUNTS_SHAPE = record(session=is_count, unassigned=is_count, disputed=is_count)
POINTS = list_of(
    record(
        meter=is_text, unit=is_text, epoch=is_whole, at=is_whole, total=is_count, raw_=is_count, accounts_=ACCOUNTS_SHAPE
    )
)
USES = list_of(record(meter=is_text, unit=is_text, quantity=is_quantity))
SHARES = list_of(record(owner=is_text, percent=is_text))
TIMES = record(bookedMs=is_whole, occupiedMs=is_whole, poweredMs=is_whole, executingMs=is_whole)
ADJUSTMENTS = list_of(
    record(meter=is_text, unit=is_text, quantity=is_positive, **{'from': is_account}, to=is_account)
)

# §5.3: what is judged, and what is for people.
SHAPES = {
    'GatewayStarted': (record(version=is_text), 'version node fencingId'),
    'ConfigurationApplied': (record(configurationId=is_text), 'configurationId machines links id from by changes more rollbackTo'),
    'MeterSampled': (record(meters=POINTS), 'meters'),
    'MeterChanged': (
        record(
            meter=is_text,
            change=is_change,
            unit=is_text,
            from_=is_count,
            to_=is_quantity,
            delta=is_count,
            account=is_account,
            epoch=is_whole,
            total=is_count,
            accounts_=ACCOUNTS_SHAPE,
            fromUnit_=is_text,
            fromTotal_=is_count,
        ),
        'meter change unit from to fromUnit fromTotal fromIdentity toIdentity delta account epoch total apartMs accounts reason detail',
    ),
    'UnlockIntended': (
        record(booking=is_text, tenant=is_text, token=is_count, begin_=POINTS),
        'booking tenant by token tag resume bookedUntil limits offline begin notMetered',
    ),
    'UnlockConfirmed': (
        record(token=is_count, begin_=POINTS),
        'token tag plcBootId plcState leaseLeftMs resume late begin failSafe',
    ),
    'UnlockRefused': (record(token=is_count, begin_=POINTS), 'token reason detail code decision resume'),
    'UnlockUnconfirmed': (record(token=is_count, begin_=POINTS), 'token code decision locksBy failSafe resume'),
    'SessionFinishing': (record(meters=POINTS), 'reason overrun itemState meters'),
    'SessionEnded': (
        record(
            booking=is_text,
            tenant=is_text,
            stoppedReason=is_text,
            startedAt=is_text_or_null,
            endedAt=is_text,
            begin=POINTS,
            end=POINTS,
            use=USES,
            overrun_=USES,
            shares_=SHARES,
            clocks_=TIMES,
        ),
        'booking tenant stoppedReason startedAt endedAt begin end use overrun shares clocks incomplete offline override '
        'lateRevocation failSafe billing',
    ),
    'Correction': (
        record(original=is_whole, reason=is_text, text=is_text, adjust=ADJUSTMENTS),
        'id original originalKind reason text by adjust',
    ),
    'ManualEntry': (
        record(meter=is_text, unit=is_text, quantity=is_decimal, **{'from': is_text}, to=is_text, reason=is_text),
        'id meter unit quantity from to tenant reason by shares',
    ),
}
FIELDS = {kind: set(names.split()) for kind, (_, names) in SHAPES.items()}
OF_SESSION = (
    'UnlockIntended',
    'UnlockConfirmed',
    'UnlockRefused',
    'UnlockUnconfirmed',
    'SessionFinishing',
    'SessionEnded',
)

# §5.5
SILENT = set(
    'GatewayStopped LedgerRestarted ClockChanged LinkLost LinkRestored AvailabilityChanged BookingPut BookingCancelled BookingRestored '
    'RevocationsTaken BlockPut BlockRemoved SessionSuspended SessionResumed SessionWarned LockConfirmed LockUnconfirmed '
    'ForeignUse AccessDenied MaintenanceStarted MaintenanceEnded InspectionRecorded Override DrillRecorded KeyAdded '
    'KeyRevoked TenantErased TariffPublished StatementIssued CreditProposed CreditApproved '
    'AcceptanceRecorded TrustChanged ReportMade ReportChanged ServiceDone AnswersGiven '
    'SubscriptionMade SubscriptionRevoked ParkedHandled'.split()
)


class Entry:
    def __init__(self, fields):
        self.seq, self.kind, self.at, self.data = fields['seq'], fields['kind'], fields['at'], fields['data']
        self.clock, self.machine = fields['clock'], fields.get('machine', '')
        self.session, self.simulated = fields.get('session', ''), 'simulated' in fields

    def is_set(self, flag):
        return self.data.get(flag) is True


def open_entry(data, seq, site, notes):
    """§5.2, for the bytes of an entry."""
    require(len(data) <= MAX_ENTRY_BYTES, 'entry-malformed', f'entry {seq} is too long')
    try:
        fields = parse_object(data)
    except (ValueError, OverflowError, RecursionError) as error:
        fields = None
        require(False, 'entry-malformed', f'entry {seq}: {error}')
    require(type(fields.get('seq')) is int and fields['seq'] == seq, 'sequence-wrong', f'entry {seq}')
    require(fields.get('site') == site, 'site-differs', f'entry {seq}')
    kind = fields.get('kind')
    require(is_text(kind) and (kind in SHAPES or kind in SILENT), 'kind-unknown', f'entry {seq}')
    require(type(fields.get('v')) is int and fields['v'] == 1, 'version-unknown', f'entry {seq}')
    require(is_envelope(fields, kind in OF_SESSION), 'entry-malformed', f'entry {seq}, {kind}: a field')
    if not set(fields) <= set(ENVELOPE):
        notes.add('field-unknown')
    if kind in SHAPES:
        require(is_content(kind, fields['data']), 'entry-malformed', f'entry {seq}, {kind}: its data')
        if not set(fields['data']) <= FIELDS[kind]:
            notes.add('field-unknown')
    return Entry(fields)


def is_envelope(fields, is_of_session):
    names = [fields[name] for name in ('machine', 'session') if name in fields]
    return (
        is_instant(fields.get('at'))
        and is_text(fields.get('boot'))
        and is_text(fields.get('clock'))
        and fields['clock'] in CLOCKS
        and isinstance(fields.get('data'), dict)
        and is_count(fields.get('mono'))
        and all(map(is_name, names))
        and (len(names) == 2 or not is_of_session)
        and fields.get('simulated', True) is True
    )


def is_content(kind, data):
    if not SHAPES[kind][0](data):
        return False
    if kind != 'MeterChanged':
        return True
    left = [name in data for name in ('fromUnit', 'fromTotal')]
    if any(left) and (not all(left) or data['change'] != 'reconfigured'):
        return False
    return not data.get('to', '').startswith('-') or data['change'] in DOUBTED
