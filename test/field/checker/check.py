"""
A verifier of receipts and bundles, written from gateway/ledger/evidence/FORMAT.md alone and sharing nothing with the
gateway: it says whether evidence is good, and the first fault when it is not.

    python3 check.py FILE --key KEY… [--held CHECKPOINT…]     exit 0: good, 1: not good
    python3 check.py --batch                                  a case per line of standard input, an answer per line

A case is {"evidence": base64, "keys": […], "held": […]}; test/field/checker/python.ts writes them.
Python's standard library alone. Read next: forms.py (§2), signed.py (§3, §4), entries.py (§5), sums.py (§8).
"""

import argparse
import base64
import json
import sys

from entries import open_entry
from forms import Fault, from_base64, is_number, is_text, is_whole, parse_object, require, utf16_units
from signed import Tree, is_included, judge_checkpoint, read_keys
from sums import Sums

BUNDLE_HEAD = b'{"format":"latchkey-evidence"'
MAX_LINE_BYTES = 1_048_576
MAX_RECEIPT_UNITS = 1_000_000
MAX_HASHES = 53
IDENTITIES = ('GatewayStarted', 'ConfigurationApplied')


def check(evidence, key_lines, held=()):
    """The verdict: `fault` is the first one or None; `sessions` and `meters` say what was charged and made."""
    notes, sums = set(), None
    try:
        keys = read_keys(key_lines)
        if evidence.startswith(BUNDLE_HEAD):
            sums = check_bundle(evidence, keys, held, notes)
        else:
            sums = check_receipt_file(evidence, keys, notes)
    except Fault as fault:
        return {'ok': False, 'fault': fault.code, 'where': fault.where}
    return {'ok': True, 'fault': None, 'notes': sorted(notes), **facts_of(sums)}


def facts_of(sums):
    return {
        'sessions': {
            end.session: {use['meter']: use['quantity'] for use in end.data['use']} for end in sums.ends
        },
        'meters': {
            f'{name} {meter.unit}': [str(meter.total - meter.first_total), str(meter.charged), str(meter.corrected)]
            for name, meter in sums.meters.all()
        },
    }


def object_or_fault(data, code):
    try:
        return parse_object(data)
    except (ValueError, OverflowError, RecursionError) as error:
        raise Fault(code, str(error)) from None


def site_of(origin):
    return origin[: max(0, origin.find('/'))]


# --- the receipt (§6) ---


def check_receipt_file(evidence, keys, notes):
    try:
        text = evidence.decode('utf-8')
    except ValueError:
        raise Fault('format', 'it is not UTF-8') from None
    require(utf16_units(text) <= MAX_RECEIPT_UNITS and text.endswith('\n'), 'format', 'too long, or no newline')
    receipt = object_or_fault(text[:-1], 'format')
    require(is_receipt(receipt), 'format', 'it is not a receipt of version 1')
    checkpoint = judge_checkpoint(receipt['checkpoint'], keys, notes)
    sums = check_receipt(receipt, checkpoint, notes)
    if any(end.simulated for end in sums.ends):
        notes.add('simulated')
    return sums


def is_receipt(value):
    fields = {'checkpoint', 'entries', 'format', 'origin', 'session', 'version'}
    if not isinstance(value, dict) or set(value) != fields:
        return False
    indexes = [entry['index'] for entry in value['entries']] if are_proven_entries(value['entries']) else None
    return (
        value['format'] == 'latchkey-receipt'
        and is_number(value['version'])
        and value['version'] == 1
        and all(is_text(value[name]) for name in ('origin', 'session', 'checkpoint'))
        and indexes is not None
        and all(a < b for a, b in zip(indexes, indexes[1:]))
    )


def are_proven_entries(entries):
    return isinstance(entries, list) and all(
        isinstance(entry, dict)
        and set(entry) == {'body', 'index', 'proof'}
        and is_whole(entry['index'])
        and is_text(entry['body'])
        and isinstance(entry['proof'], list)
        and len(entry['proof']) <= MAX_HASHES
        and all(is_text(hash) and len(from_base64(hash) or b'') == 32 for hash in entry['proof'])
        for entry in entries
    )


def check_receipt(receipt, checkpoint, notes):
    """§6, rules 3 to 8."""
    site, session = site_of(receipt['origin']), receipt['session']
    require(site != '', 'site-differs', receipt['origin'])
    proven = [(entry, entry['body'].encode()) for entry in receipt['entries']]
    entries = [open_entry(body, entry['index'], site, notes) for entry, body in proven]
    require(checkpoint.origin == receipt['origin'], 'origin-differs', checkpoint.origin)
    for entry, body in proven:
        proof = [from_base64(hash) for hash in entry['proof']]
        is_there = is_included(body, entry['index'], checkpoint.size, proof, checkpoint.root)
        require(is_there, 'inclusion-wrong', f'entry {entry["index"]}')
    own = [entry for entry in entries if entry.session == session]
    for entry in entries:
        require(entry in own or entry.kind in IDENTITIES, 'receipt-stray', f'entry {entry.seq}')
    require_complete(entries, own)
    sums = Sums(notes, whole=False)
    for entry in own:
        if entry.kind in ('UnlockConfirmed', 'SessionEnded'):
            sums.take(entry)
    return sums


def require_complete(entries, own):
    require(any(e.kind == 'UnlockConfirmed' and 'begin' in e.data for e in own), 'receipt-incomplete', 'its beginning')
    ends = [entry.seq for entry in own if entry.kind == 'SessionEnded']
    require(len(ends) > 0, 'receipt-incomplete', 'its end')
    for kind in IDENTITIES:
        require(any(e.kind == kind and e.seq < ends[0] for e in entries), 'receipt-incomplete', kind)


# --- the bundle (§7) ---


class Bundle:
    def __init__(self, keys, held, notes):
        self.keys, self.notes = keys, notes
        self.held = sorted((judge_checkpoint(note, keys, notes) for note in held), key=lambda each: each.size)
        self.origin = self.site = None
        self.tree, self.sums = Tree(), Sums(notes, whole=True)
        self.good, self.last_size = {}, 0
        self.checkpoints = self.receipts = 0
        self.end = None
        self.last_at, self.last_end = '', -1
        self.identities = {kind: [] for kind in IDENTITIES}

    def pass_held(self):
        while self.held and self.held[0].size <= self.tree.size:
            checkpoint = self.held.pop(0)
            require(checkpoint.root == self.tree.root(), 'forked', f'at size {checkpoint.size}')


def check_bundle(evidence, keys, held, notes):
    bundle = Bundle(keys, held, notes)
    lines = evidence.split(b'\n')
    rest = lines.pop()
    for line in lines:
        require(len(line) <= MAX_LINE_BYTES, 'line-malformed', 'a line is too long')
        if bundle.origin is None:
            take_header(bundle, line)
        elif line.startswith(b'{"at":'):
            take_entry(bundle, line)
        else:
            take_item(bundle, line)
    require(len(rest) <= MAX_LINE_BYTES, 'line-malformed', 'a line is too long')
    finish(bundle, rest)
    return bundle.sums


def take_header(bundle, line):
    header = object_or_fault(line, 'format')
    is_header = set(header) == {'format', 'origin', 'site', 'version'} and is_number(header['version'])
    require(is_header and (header['format'], header['version']) == ('latchkey-evidence', 1), 'format', 'header')
    require(is_text(header['origin']) and is_text(header['site']), 'format', 'header')
    bundle.origin, bundle.site = header['origin'], header['site']
    require(bundle.site != '' and bundle.site == site_of(bundle.origin), 'site-differs', bundle.origin)
    for checkpoint in bundle.held:
        require(checkpoint.origin == bundle.origin, 'origin-differs', f'held outside: {checkpoint.origin}')
    bundle.pass_held()


def take_entry(bundle, line):
    require(bundle.receipts == 0 and bundle.end is None, 'line-malformed', 'an entry behind the receipts')
    seq = bundle.tree.size
    bundle.tree.append(line)
    entry = open_entry(line, seq, bundle.site, bundle.notes)
    if entry.at < bundle.last_at:
        bundle.notes.add('clock-back')
    bundle.last_at = entry.at
    if entry.kind in IDENTITIES:
        bundle.identities[entry.kind].append(seq)
    bundle.sums.take(entry)
    bundle.pass_held()


def take_item(bundle, line):
    item = object_or_fault(line, 'line-malformed')
    require(len(item) == 1, 'line-malformed', f'behind entry {bundle.tree.size - 1}')
    (name, value), = item.items()
    is_item = (
        (name == 'checkpoint' and is_text(value))
        or (name == 'receipt' and is_receipt(value))
        or (name == 'end' and is_end(value))
    )
    require(is_item and bundle.end is None, 'line-malformed', f'behind entry {bundle.tree.size - 1}')
    if name == 'checkpoint':
        take_checkpoint(bundle, value)
    elif name == 'receipt':
        take_receipt(bundle, value)
    else:
        bundle.end = value


def is_end(value):
    names = {'checkpoints', 'entries', 'receipts'}
    return isinstance(value, dict) and set(value) == names and all(map(is_number, value.values()))


def take_checkpoint(bundle, note):
    require(bundle.receipts == 0, 'line-malformed', 'a checkpoint behind the receipts')
    bundle.checkpoints += 1
    checkpoint = judge_checkpoint(note, bundle.keys, bundle.notes)
    require(checkpoint.origin == bundle.origin, 'origin-differs', checkpoint.origin)
    require(checkpoint.size == bundle.tree.size, 'checkpoint-order', f'{checkpoint.size} at {bundle.tree.size}')
    require(checkpoint.root == bundle.tree.root(), 'root-differs', f'at size {checkpoint.size}')
    bundle.good[note] = checkpoint
    bundle.last_size = checkpoint.size


def take_receipt(bundle, receipt):
    """§7.2."""
    bundle.receipts += 1
    session = receipt['session']
    require(receipt['checkpoint'] in bundle.good, 'receipt-differs', f'the checkpoint of {session}')
    sums = check_receipt(receipt, bundle.good[receipt['checkpoint']], bundle.notes)
    if any(end.simulated for end in sums.ends):
        bundle.notes.add('simulated')
    end = next((end.seq for end in bundle.sums.ends if end.session == session), None)
    require(end is not None, 'receipt-differs', f'{session} has not ended')
    indexes = {entry['index'] for entry in receipt['entries']}
    for seqs in bundle.identities.values():
        before = [seq for seq in seqs if seq < end]
        require(not before or before[-1] in indexes, 'receipt-differs', f'what was in force for {session}')
    require(end > bundle.last_end, 'receipt-differs', f'{session} is out of order')
    bundle.last_end = end


def finish(bundle, rest):
    """§7.4."""
    require(bundle.origin is not None, 'format', 'no header')
    require(bundle.end is not None and rest == b'', 'truncated', f'behind entry {bundle.tree.size - 1}')
    counted = {'checkpoints': bundle.checkpoints, 'entries': bundle.tree.size, 'receipts': bundle.receipts}
    require(bundle.end == counted, 'counts-differ', str(counted))
    require(bundle.checkpoints > 0, 'checkpoint-none')
    require(bundle.last_size == bundle.tree.size, 'entries-unsigned', f'{bundle.last_size} of {bundle.tree.size}')
    require(not bundle.held, 'rolled-back', f'it has {bundle.tree.size} entries')
    bundle.sums.finish()


# --- as a command ---


def batch():
    for line in sys.stdin:
        case = json.loads(line)
        verdict = check(base64.b64decode(case['evidence']), case['keys'], case['held'])
        print(json.dumps(verdict), flush=True)


def main():
    parser = argparse.ArgumentParser(description='Checks a receipt or a bundle of a latchkey gateway.')
    parser.add_argument('file', nargs='?')
    parser.add_argument('--key', action='extend', nargs='+', default=[], help='<key> [from=<size>] [until=<size>]')
    parser.add_argument('--held', action='extend', nargs='+', default=[], help='files of checkpoints kept outside')
    parser.add_argument('--batch', action='store_true')
    options = parser.parse_args()
    if options.batch:
        return batch()
    with open(options.file, 'rb') as file:
        evidence = file.read()
    held = []
    for path in options.held:
        with open(path, encoding='utf-8', newline='') as file:
            held.append(file.read())
    verdict = check(evidence, options.key, held)
    print(json.dumps(verdict, indent=2))
    return 0 if verdict['ok'] else 1


if __name__ == '__main__':
    sys.exit(main())
