"""Computes every figure of a week's report anew, from the bundles of the two ledgers and the assumptions alone.

    python3 recompute.py <folder of the week> [<report.json>]

First each bundle is judged by the checker that was written from FORMAT.md; then report.json is computed and compared,
figure by figure. It shares no code with what wrote the report. It ends with 1 when a bundle is not good or a figure
differs. Of tariffs it knows what those of the week use: elements by occasion, class and hours, a minimum, one tax
category added, parts in percent with a remainder.
"""

import json
import os
import sys
from datetime import datetime, timezone
from fractions import Fraction
from zoneinfo import ZoneInfo

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'field', 'checker'))
from check import check  # noqa: E402

KINDS = ('saw', 'bander', 'booth')
SAID = {'capital': 50, 'floor': 20, 'preparation': 50}


def ms_of(text):
    moment = datetime.strptime(text, '%Y-%m-%dT%H:%M:%S.%fZ').replace(tzinfo=timezone.utc)
    return round(moment.timestamp() * 1000)


def text_of(value, digits):
    """Rounded half away from zero, with so many decimals."""
    value = Fraction(value)
    steps = int(abs(value) * 10**digits + Fraction(1, 2))
    sign = '-' if value < 0 and steps > 0 else ''
    whole, rest = divmod(steps, 10**digits)
    return f'{sign}{whole}' + (f'.{rest:0{digits}d}' if digits else '')


def quotient(top, bottom, digits):
    return text_of(Fraction(top, bottom) if bottom else 0, digits)


# --- a world ---


def entries_of(folder, world):
    with open(os.path.join(folder, world, 'bundle.ndjson'), 'rb') as file:
        bundle = file.read()
    with open(os.path.join(folder, world, 'key'), encoding='utf-8') as file:
        key = file.read().strip()
    verdict = check(bundle, [key])
    if not verdict['ok']:
        sys.exit(f'the bundle of {world} is not good: {json.dumps(verdict)[:600]}')
    return [json.loads(line) for line in bundle.decode().split('\n') if line.startswith('{"at":')]


def of_kind(entries, kind):
    return [entry for entry in entries if entry.get('machine', '').rsplit('-', 1)[0].split('-')[0] == kind]


def world_of(entries, hours, days):
    ended = [entry for entry in entries if entry['kind'] == 'SessionEnded']
    reasons = [entry['data']['reason'] for entry in entries if entry['kind'] == 'BookingCancelled']
    worked = sum(1 for day in range(days) if day % 7 != 6)
    open_hours = (hours['to'] - hours['from']) * worked
    return {
        'entries': len(entries),
        'sessions': len(ended),
        'noShows': reasons.count('no-show'),
        'cancelled': reasons.count('cancelled'),
        'cutByTheEnd': sum(1 for entry in ended if entry['data']['stoppedReason'] == 'TimeLimitReached'),
        'kinds': {kind: kind_of(of_kind(entries, kind), open_hours) for kind in KINDS},
    }


def kind_of(entries, open_hours):
    ended = [entry['data'] for entry in entries if entry['kind'] == 'SessionEnded']
    machines = len({entry['machine'] for entry in entries})
    occupied = sum(data['clocks']['occupiedMs'] for data in ended)
    executing = sum(data['clocks']['executingMs'] for data in ended)
    pieces = sum(int(use['quantity']) for data in ended for use in data['use'] if use['unit'] == 'cycles')
    open_ms = machines * open_hours * 3_600_000
    energy = counted_energy(entries)
    return {
        'machines': machines,
        'sessions': len(ended),
        'pieces': pieces,
        'energyWh': energy,
        'energyPerPieceWh': quotient(energy, pieces, 1),
        'occupiedMs': occupied,
        'executingMs': executing,
        'minutesPerPiece': quotient(occupied, pieces * 60_000, 2),
        'utilisation': quotient(100 * occupied, open_ms, 1),
        'working': quotient(100 * executing, open_ms, 1),
        'mostAtOnce': most_at_once(ended),
        'waits': waits_of(entries),
    }


def counted_energy(entries):
    last = {}
    for entry in entries:
        data = entry['data']
        if entry['kind'] == 'MeterSampled':
            points = data['meters']
        elif entry['kind'] == 'SessionEnded':
            points = data['begin'] + data['end']
        else:
            continue
        for point in points:
            if point['unit'] == 'Wh':
                last[point['meter']] = int(point['total'])
    return sum(last.values())


def most_at_once(ended):
    spans = [(ms_of(data['startedAt']), ms_of(data['endedAt'])) for data in ended]
    return max((sum(1 for begin, end in spans if begin <= at < end) for at, _ in spans), default=0)


def waits_of(entries):
    asked, booking_of, waits = {}, {}, {}
    for entry in entries:
        if entry['kind'] == 'BookingPut':
            asked.setdefault(entry['data']['booking'], ms_of(entry['at']))
        elif entry['kind'] == 'UnlockIntended':
            booking_of[entry['session']] = entry['data']['booking']
        elif entry['kind'] == 'UnlockConfirmed':
            booking = booking_of[entry['session']]
            waits.setdefault(booking, ms_of(entry['at']) - asked[booking])
    ordered = sorted(waits.values())

    def at(tenths):
        return quotient(ordered[max(0, -(-len(ordered) * tenths // 10) - 1)] if ordered else 0, 60_000, 1)

    return {
        'uses': len(ordered),
        'meanMinutes': quotient(sum(ordered), len(ordered) * 60_000, 1),
        'medianMinutes': at(5),
        'tenthMinutes': at(9),
        'mostMinutes': at(10),
    }


# --- fees (FORMAT.md, 12) ---


def fees_of(entries):
    published = [entry['data'] for entry in entries if entry['kind'] == 'TariffPublished']
    tariffs = {f"{tariff['id']}@{tariff['version']}": tariff for tariff in published}
    bills, unbilled = [], 0
    for entry in entries:
        data = entry['data']
        if entry['kind'] not in ('SessionEnded', 'BookingCancelled'):
            continue
        if entry['kind'] == 'BookingCancelled' and 'billing' not in data:
            continue
        tariff = tariffs.get(data['billing'].get('tariff')) if 'billing' in data else None
        if tariff is None or data.get('incomplete') or data.get('override') or entry.get('simulated'):
            unbilled += 1
        else:
            bills.append(bill_of(entry, tariff))
    firms = {}
    parties = {}
    for bill in bills:
        firms[bill['tenant']] = firms.get(bill['tenant'], 0) + bill['net'] + bill['tax']
        for party, amount in bill['split'].items():
            parties[party] = parties.get(party, 0) + amount
    totals = sorted(firms.values())
    net, tax = sum(bill['net'] for bill in bills), sum(bill['tax'] for bill in bills)
    return {
        'currency': published[0]['currency'] if bills else '',
        'bills': len(bills),
        'net': text_of(net, 2),
        'tax': text_of(tax, 2),
        'total': text_of(net + tax, 2),
        'split': [{'party': party, 'amount': text_of(parties[party], 2)} for party in sorted(parties)],
        'leastOfAFirm': text_of(totals[0], 2),
        'medianOfAFirm': text_of(totals[max(0, -(-len(totals) // 2) - 1)], 2),
        'mostOfAFirm': text_of(totals[-1], 2),
        'unbilled': unbilled,
    }


def bill_of(entry, tariff):
    data = entry['data']
    amount = Fraction(0)
    for when, of, at, quantity in quantities(entry):
        element = element_for(tariff, when, of, at, data['billing'].get('class'))
        if element is not None:
            amount += Fraction(element['price']) * quantity / int(element['per'])
    if entry['kind'] == 'SessionEnded' and 'minimum' in tariff:
        amount = max(amount, Fraction(tariff['minimum']))
    (percent,) = tariff['taxes'].values()
    net = Fraction(text_of(amount, tariff['digits']))
    tax = Fraction(text_of(net * Fraction(percent) / 100, tariff['digits']))
    return {'tenant': data['tenant'], 'net': net, 'tax': tax, 'split': split_of(tariff, data['shares'], net)}


def quantities(entry):
    """Occasion, name, moment it began, and quantity, between each two marks."""
    data = entry['data']
    if entry['kind'] == 'BookingCancelled':
        yield ('no-show' if data['reason'] == 'no-show' else 'cancellation', 'flat', 0, 1)
        return
    zero = {'at': ms_of(data['startedAt']), 'when': 'use', 'occupied': 0, 'energy': 0}
    marks = [zero] + [mark_of(mark) for mark in data['billing']['trace']]
    end = {'at': ms_of(data['endedAt']), 'occupied': data['clocks']['occupiedMs'], 'energy': watt_hours(data['use'])}
    overrun = next((mark for mark in marks if mark['when'] == 'overrun'), None)
    yield ('use', 'flat', zero['at'], 1)
    if overrun is not None:
        yield ('overrun', 'flat', overrun['at'], 1)
    for mark, following in zip(marks, marks[1:] + [end]):
        for of in ('occupied', 'energy'):
            yield (mark['when'], of, mark['at'], following[of] - mark[of])


def mark_of(mark):
    return {
        'at': mark['at'],
        'when': mark['when'],
        'occupied': mark['clocks']['occupiedMs'],
        'energy': watt_hours(mark['meters']),
    }


def watt_hours(meters):
    return sum(int(meter['quantity']) for meter in meters if meter['unit'] == 'Wh')


def element_for(tariff, when, of, at, of_class):
    for element in tariff['elements']:
        fits_class = 'classes' not in element or of_class in element['classes']
        if element['of'] == of and element['when'] == when and fits_class and holds_at(element, at, tariff['zone']):
            return element
    return None


def holds_at(element, at, zone):
    if 'hours' not in element:
        return True
    local = datetime.fromtimestamp(at / 1000, ZoneInfo(zone))
    minute, hours = local.hour * 60 + local.minute, element['hours']
    if hours['from'] < hours['to']:
        return hours['from'] <= minute < hours['to']
    return minute >= hours['from'] or minute < hours['to']


def split_of(tariff, shares, net):
    """Each part cut to the decimals; the first of the remainder takes what that leaves."""
    digits = 10 ** tariff['digits']
    parts = [(part['party'], Fraction(part['percent']) / 100) for part in tariff['split']['parts']]
    rest = 1 - sum(ratio for _, ratio in parts)
    owners = [('owner/' + share['owner'], rest * Fraction(share['percent']) / 100) for share in shares]
    split = {}
    for party, ratio in parts + owners:
        split[party] = split.get(party, 0) + Fraction(int(net * ratio * digits), digits)
    split[owners[0][0]] += net - sum(split.values())
    return split


# --- what it is worth ---


def claims_of(worlds, assumed):
    models, firms = assumed['models'], assumed['firms']

    def bought(what, of, unit):
        alone, together = (
            sum(worlds[world]['kinds'][kind]['machines'] * models[world][kind][of] for kind in KINDS)
            for world in ('own', 'shared')
        )
        needed = -(-100 * together * firms // ((100 - SAID[what]) * alone))
        return claim(what, Fraction(alone), Fraction(together), 0, unit, needed)

    def prepared(world):
        kinds = worlds[world]['kinds']
        time = kinds['saw']['occupiedMs'] + kinds['bander']['occupiedMs']
        return Fraction(time, kinds['saw']['pieces'] * 60_000)

    return {
        'capital': bought('capital', 'price', 'CNY'),
        'floor': bought('floor', 'floor', 'm²'),
        'preparation': claim('preparation', prepared('own'), prepared('shared'), 2, 'min a piece', None),
    }


def claim(what, own, shared, digits, unit, needed):
    lower = text_of(100 * (own - shared) / own, 1)
    computed = {
        'own': f'{text_of(own, digits)} {unit}',
        'shared': f'{text_of(shared, digits)} {unit}',
        'lower': lower,
        'said': str(SAID[what]),
        'reached': Fraction(lower) >= SAID[what],
    }
    return computed if needed is None else {**computed, 'fromFirms': needed}


def differences(said, computed, where=''):
    """Leaves of both; `restsOn` holds words and no figure."""
    if isinstance(computed, dict) and isinstance(said, dict):
        for name in sorted(set(said) - {'restsOn'} | set(computed)):
            yield from differences(said.get(name), computed.get(name), f'{where}/{name}')
    elif isinstance(computed, list) and isinstance(said, list) and len(said) == len(computed):
        for index, pair in enumerate(zip(said, computed)):
            yield from differences(*pair, f'{where}/{index}')
    else:
        yield (where, said, computed)


def main(folder, path):
    with open(path, encoding='utf-8') as file:
        report = json.load(file)
    with open(os.path.join(folder, 'assumptions.json'), encoding='utf-8') as file:
        assumed = json.load(file)
    entries = {world: entries_of(folder, world) for world in ('shared', 'own')}
    days = report['days']
    worlds = {world: world_of(entries[world], assumed['open'][world], days) for world in entries}
    kinds = {kind: [worlds[world]['kinds'][kind]['machines'] for world in ('own', 'shared')] for kind in KINDS}
    computed = {
        'seed': report['seed'],
        'days': days,
        'worlds': worlds,
        'fees': fees_of(entries['shared']),
        'notBought': {kind: own - shared for kind, (own, shared) in kinds.items()},
        'claims': claims_of(worlds, assumed),
    }
    figures = list(differences(report, computed))
    wrong = [each for each in figures if each[1] != each[2]]
    for where, said, found in wrong:
        print(f'{where}: the report says {said!r}, computed anew it is {found!r}')
    print(f'{len(figures)} figures, {len(wrong)} differ')
    return 1 if wrong else 0


if __name__ == '__main__':
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2] if len(sys.argv) == 3 else os.path.join(sys.argv[1], 'report.json')))
