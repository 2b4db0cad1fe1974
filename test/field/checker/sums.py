"""
What entries amount to: meters follow their counters, sessions are in order and are charged what was made, after
FORMAT.md §8. Python's standard library alone. Read next: check.py.
"""

import re
from fractions import Fraction

from entries import ACCOUNTS, BELIEVED
from forms import require

PERCENT = re.compile(r'(?:0|[1-9][0-9]{0,2})(?:\.[0-9]{1,2})?')


def number(text):
    return None if text is None else int(text)


def quotient(a, b):
    """a ÷ b when it is whole, else None."""
    return a // b if b != 0 and a % b == 0 else None


# --- meters (§8.1, §8.2) ---


class Epoch:
    def __init__(self, number, raw, base=None, began=None):
        self.number, self.raw, self.base = number, raw, base
        # (delta, to) of the change that began it, when it says how many counts it had already.
        self.began = began
        self.per_count = self.modulus = None


class Meter:
    def __init__(self, unit, total, epoch, seq):
        self.unit, self.total, self.shown, self.epoch = unit, total, total, epoch
        self.first_total, self.first_seq = total, seq
        self.charged = self.corrected = 0

    def show(self, data, where):
        require(data['unit'] == self.unit, 'counter-differs', where)
        total = int(data['total'])
        require(total >= self.shown, 'total-fell', where)
        self.shown = total
        return total

    def read(self, total, raw, where):
        """§8.1, rules 4 and 5."""
        epoch = self.epoch
        require((raw is None) == (epoch.raw is None), 'counter-differs', where)
        if raw is not None:
            require(self.follows(total - self.total, raw - epoch.raw), 'counter-differs', where)
        self.total, epoch.raw = total, raw

    def follows(self, units, counts):
        epoch = self.epoch
        if epoch.per_count is not None:
            return counts >= 0 and units == epoch.per_count * counts
        if counts == 0:
            return units == 0
        if counts < 0 or units <= 0:
            return False
        epoch.per_count = quotient(units, counts)
        if epoch.per_count is None or epoch.began is None:
            return epoch.per_count is not None
        delta, to = epoch.began
        before = quotient(delta, epoch.per_count)
        return before is not None and before <= to

    def state(self, data, total, where):
        """§8.1, rule 6."""
        if 'accounts' not in data:
            return
        units = sum(int(data['accounts'][name]) for name in ACCOUNTS)
        if self.epoch.base is None:
            self.epoch.base = units - total
        require(units - total == self.epoch.base, 'accounts-differ', where)


class Meters:
    def __init__(self):
        self.known = {}
        # By name and unit, in which it does not count any more.
        self.left = {}

    def take(self, point, seq):
        name, where = point['meter'], f'entry {seq}, {point["meter"]}'
        meter = self.known.get(name)
        raw = number(point.get('raw'))
        if meter is None:
            meter = self.begin(point, raw, seq)
            total = meter.total
        else:
            total = meter.show(point, where)
            require(point['epoch'] == meter.epoch.number, 'epoch-wrong', where)
            meter.read(total, raw, where)
        meter.state(point, total, where)

    def begin(self, data, raw, seq):
        meter = Meter(data['unit'], int(data['total']), Epoch(data['epoch'], raw), seq)
        self.known[data['meter']] = meter
        return meter

    def change(self, data, seq):
        where = f'entry {seq}, {data["meter"]}'
        meter, change, delta = self.known.get(data['meter']), data['change'], int(data['delta'])
        is_next = begins_epoch(change, data, meter)
        is_believed = change in BELIEVED or is_next
        require(is_believed or change == 'foreign' or delta == 0, 'counter-differs', where)
        if meter is None:
            if is_believed:
                meter = self.begin(data, number(data.get('to')), seq)
                if change == 'first':
                    meter.epoch.base = -meter.total
                meter.state(data, meter.total, where)
            return
        if 'fromUnit' in data:
            self.change_unit(meter, data, delta, seq, where)
            return
        total = meter.show(data, where)
        if not is_believed:
            require(data['epoch'] == meter.epoch.number, 'epoch-wrong', where)
            if meter.epoch.raw is None:
                meter.total = total
            return
        require(change != 'first', 'epoch-wrong', where)
        require(data['epoch'] == meter.epoch.number + is_next, 'epoch-wrong', where)
        self.book(meter, data, total, delta, is_next, where)
        meter.state(data, total, where)

    def change_unit(self, meter, data, delta, seq, where):
        """§8.2, rule 3."""
        name, unit, total, to = data['meter'], data['unit'], int(data['total']), number(data.get('to'))
        left = meter.show({'unit': data['fromUnit'], 'total': data['fromTotal']}, where)
        meter.read(left, number(data.get('from')), where)
        require(data['epoch'] == meter.epoch.number + 1, 'epoch-wrong', where)
        earlier = self.left.pop((name, unit), None)
        is_odd = unit == meter.unit or delta != 0 or (earlier is not None and earlier.total != total)
        require(not is_odd and (to is None or to >= 0), 'counter-differs', where)
        self.left[name, meter.unit] = meter
        epoch = Epoch(data['epoch'], to, base=-total)
        self.known[name] = earlier or Meter(unit, total, epoch, meter.first_seq)
        self.known[name].epoch = epoch
        self.known[name].state(data, total, where)

    def all(self):
        yield from self.known.items()
        yield from ((name, meter) for (name, _unit), meter in self.left.items())

    def book(self, meter, data, total, delta, is_next, where):
        start, to = number(data.get('from')), number(data.get('to'))
        require(total - delta >= meter.total, 'total-fell', where)
        meter.read(total - delta, start, where)
        if is_next:
            meter.epoch = new_epoch(data, total, delta, to, where)
            meter.total = total
        elif data['change'] == 'wrap':
            wrap(meter.epoch, start, to, delta, where)
            meter.total, meter.epoch.raw = total, to
        else:
            meter.read(total, to, where)


def begins_epoch(change, data, meter):
    if change in ('reset', 'exchange', 'regress', 'reconfigured'):
        return True
    return change in ('gap', 'out-of-range') and meter is not None and data['epoch'] != meter.epoch.number


def new_epoch(data, total, delta, to, where):
    """§8.2, rule 8. All accounts of the new epoch were 0 at total − delta."""
    change = data['change']
    is_counter = to >= 0 if to is not None else change == 'reconfigured'
    require(is_counter and (change != 'reconfigured' or delta == 0), 'counter-differs', where)
    epoch = Epoch(data['epoch'], to, base=delta - total, began=None if change == 'reset' or delta == 0 else (delta, to))
    if change == 'reset' and (delta, to) != (0, 0):
        epoch.per_count = quotient(delta, to)
        require(delta > 0 and epoch.per_count is not None, 'counter-differs', where)
    if change in ('regress', 'out-of-range'):
        require(data['account'] == 'disputed', 'counter-differs', where)
    return epoch


def wrap(epoch, start, to, delta, where):
    """§8.2, rule 9."""
    require(start is not None and to is not None and to < start, 'counter-differs', where)
    if epoch.per_count is None:
        return
    counts = quotient(delta, epoch.per_count)
    require(counts is not None, 'counter-differs', where)
    modulus = counts + start - to
    require(modulus > start and epoch.modulus in (None, modulus), 'counter-differs', where)
    epoch.modulus = modulus


# --- sessions (§8.3, §8.4, §8.5) ---


class Session:
    def __init__(self, machine, seq, intent=None):
        self.machine, self.intended_seq, self.intent = machine, seq, intent
        self.token = self.begin = self.confirmed_at = None
        # Units that changes named, by meter: its own, others'.
        self.named = {}


class Sums:
    """Of a bundle; of a receipt with `whole` False: then only what two entries say of each other is judged."""

    def __init__(self, notes, whole):
        self.notes, self.whole = notes, whole
        self.meters = Meters()
        self.tokens, self.holders = {}, {}
        self.open, self.ended, self.charged_to = {}, {}, {}
        self.ends, self.simulated = [], set()

    def take(self, entry):
        if entry.simulated and entry.machine:
            self.simulated.add(entry.machine)
        data, seq = entry.data, entry.seq
        if entry.kind in ('MeterSampled', 'SessionFinishing'):
            for point in data['meters']:
                self.meters.take(point, seq)
        elif entry.kind == 'MeterChanged':
            self.meters.change(data, seq)
            self.name(entry)
        elif entry.kind == 'UnlockIntended':
            self.intend(entry)
        elif entry.kind in ('UnlockConfirmed', 'UnlockRefused', 'UnlockUnconfirmed'):
            self.answer(entry)
        elif entry.kind == 'SessionEnded':
            self.end(entry)
        elif entry.kind in ('Correction', 'ManualEntry'):
            self.notes.add('by-hand')
            if entry.kind == 'Correction':
                self.correct(entry)

    def name(self, entry):
        session, change = self.open.get(entry.session), entry.data['change']
        # Units of a value that was not believed are none, so that only a foreign use has to be left out.
        if session is None or change == 'foreign':
            return
        named = session.named.setdefault(entry.data['meter'], [0, 0])
        named[0 if entry.data['account'] == 'session' else 1] += int(entry.data['delta'])

    def intend(self, entry):
        data, where = entry.data, f'entry {entry.seq}, {entry.session}'
        token = int(data['token'])
        require(token > self.tokens.get(entry.machine, -1), 'token-wrong', where)
        self.tokens[entry.machine] = token
        session = self.open.setdefault(entry.session, Session(entry.machine, entry.seq, data))
        session.token = token
        require(session.machine == entry.machine, 'entry-malformed', where)
        same = all(session.intent[name] == data[name] for name in ('booking', 'tenant'))
        require(same, 'session-differs', where)
        if 'begin' in data:
            require(session.begin is None and entry.session not in self.ended, 'session-doubled', where)
            session.begin = data['begin']
            for point in data['begin']:
                self.meters.take(point, entry.seq)

    def answer(self, entry):
        where = f'entry {entry.seq}, {entry.session}'
        if not self.whole:
            self.open.setdefault(entry.session, Session(entry.machine, entry.seq))
        session = self.open.get(entry.session)
        if self.whole:
            require(session is not None and int(entry.data['token']) == session.token, 'token-wrong', where)
        require(session.machine == entry.machine, 'entry-malformed', where)
        if entry.kind == 'UnlockConfirmed':
            self.confirm(entry, session, where)
        elif entry.kind == 'UnlockRefused' and not entry.is_set('resume') and session.confirmed_at is None:
            del self.open[entry.session]

    def confirm(self, entry, session, where):
        begin = entry.data.get('begin')
        if begin is None:
            is_known = not self.whole or session.confirmed_at is not None
            require(entry.is_set('resume') and is_known, 'entry-malformed', where)
        else:
            is_same = not self.whole if session.begin is None else same_points(session.begin, begin)
            require(is_same, 'begin-differs', where)
            session.begin = begin
            require(session.confirmed_at is None or entry.is_set('late'), 'session-doubled', where)
        if session.confirmed_at is None:
            session.confirmed_at = entry.at
        require(self.holders.get(entry.machine) in (None, entry.session), 'session-overlap', where)
        self.holders[entry.machine] = entry.session

    def end(self, entry):
        data, where = entry.data, f'entry {entry.seq}, {entry.session}'
        session = self.open.get(entry.session)
        require(entry.session not in self.ended, 'session-doubled', where)
        require(session is not None and session.confirmed_at is not None, 'session-unconfirmed', where)
        require(session.machine == entry.machine, 'entry-malformed', where)
        is_same = session.begin is None or same_points(session.begin, data['begin'])
        require(is_same, 'begin-differs', where)
        require(is_consistent(entry, session), 'session-differs', where)
        if self.whole:
            for point in data['end']:
                self.meters.take(point, entry.seq)
        if entry.is_set('incomplete'):
            self.notes.add('session-incomplete')
        if entry.clock != 'synchronised':
            self.notes.add('clock-unsure')
        judge_lists(entry, where)
        if self.whole:
            self.follow(entry, session, where)
        used = {use['meter']: int(use['quantity']) for use in data['use']}
        self.judge_use(entry, session, used, where)
        self.ended[entry.session] = {(use['meter'], use['unit']): int(use['quantity']) for use in data['use']}
        self.ends.append(entry)
        del self.open[entry.session]
        if self.holders.get(entry.machine) == entry.session:
            del self.holders[entry.machine]

    def follow(self, entry, session, where):
        """§8.4, rule 6."""
        begins = {point['meter']: point for point in entry.data['begin']}
        for point in entry.data['end']:
            name, first = point['meter'], begins.get(point['meter'])
            if first is None:
                require(self.meters.known[name].first_seq >= session.intended_seq, 'begin-differs', where)
            else:
                charged_to = self.charged_to.get((name, point['unit']), 0)
                require(int(first['total']) >= charged_to, 'session-overlap', where)
            self.charged_to[name, point['unit']] = int(point['total'])

    def judge_use(self, entry, session, used, where):
        """§8.4, rule 7."""
        begins = {point['meter']: point for point in entry.data['begin']}
        units = {use['meter']: use['unit'] for use in entry.data['use']}
        for point in entry.data['end']:
            name, first = point['meter'], begins.get(point['meter'])
            made = int(point['total']) - (int(first['total']) if first else 0)
            quantity = used.get(name, 0)
            own, others = session.named.get(name, (0, 0))
            epoch = first['epoch'] if first else point['epoch']
            require(made >= 0 and point['epoch'] >= epoch, 'end-below-begin', where)
            one_unit = point['unit'] == units.get(name, point['unit']) == (first or point)['unit']
            require(quantity >= 0 and made - quantity >= others and one_unit, 'use-exceeds-meter', where)
            require(quantity >= own, 'use-below-named', where)
            if made > quantity:
                self.notes.add('units-elsewhere')
            if self.whole:
                self.meters.known[name].charged += quantity

    def correct(self, entry):
        where = f'entry {entry.seq}'
        require(entry.data['original'] < entry.seq, 'correction-wrong', where)
        for item in entry.data['adjust']:
            meter, quantity = self.meters.known.get(item['meter']), int(item['quantity'])
            is_real = item['from'] != item['to'] and meter is not None and meter.unit == item['unit']
            require(is_real, 'correction-wrong', where)
            if 'session' not in (item['from'], item['to']):
                continue
            moved = quantity if item['to'] == 'session' else -quantity
            used = self.ended.get(entry.session)
            account = (item['meter'], item['unit'])
            require(used is not None and used.get(account, 0) + moved >= 0, 'correction-wrong', where)
            used[account] = used.get(account, 0) + moved
            meter.corrected += moved

    def finish(self):
        """§8.6."""
        for name, meter in self.meters.all():
            made = meter.total - meter.first_total
            most = max(meter.charged, meter.charged + meter.corrected)
            require(most <= made, 'use-exceeds-meter', name)
        if any(session.confirmed_at is not None for session in self.open.values()):
            self.notes.add('session-open')
        if self.simulated:
            self.notes.add('simulated')


def same_points(a, b):
    names = ('meter', 'unit', 'epoch', 'at', 'total', 'raw')
    return [[point.get(name) for name in names] for point in a] == [[point.get(name) for name in names] for point in b]


def is_consistent(entry, session):
    """§8.4, rule 3."""
    data, intent = entry.data, session.intent or entry.data
    times = data.get('clocks', {'occupiedMs': 0, 'poweredMs': 0, 'executingMs': 0})
    percents = [share['percent'] for share in data.get('shares', [])]
    return (
        all(data[name] == intent[name] for name in ('booking', 'tenant'))
        and data['startedAt'] == session.confirmed_at
        and data['endedAt'] == entry.at
        and times['executingMs'] <= times['poweredMs'] <= times['occupiedMs']
        and all(map(PERCENT.fullmatch, percents))
        and (not percents or sum(map(Fraction, percents)) == 100)
    )


def judge_lists(entry, where):
    """§8.4, rule 5."""
    data = entry.data
    for points in (data['begin'], data['end']):
        require(is_each_once(points), 'use-exceeds-meter', where)
    ends = {point['meter'] for point in data['end']}
    require(is_each_once(data['use']) and all(use['meter'] in ends for use in data['use']), 'use-exceeds-meter', where)
    overrun = data.get('overrun', [])
    used = {(use['meter'], use['unit']): int(use['quantity']) for use in data['use']}
    for item in overrun:
        most = used.get((item['meter'], item['unit']), 0)
        require(0 <= int(item['quantity']) <= most, 'overrun-exceeds-use', where)
    require(is_each_once(overrun), 'overrun-exceeds-use', where)
    require(all(name.startswith(f'{entry.machine}/') for name in ends), 'use-exceeds-meter', where)


def is_each_once(items):
    return len({item['meter'] for item in items}) == len(items)
