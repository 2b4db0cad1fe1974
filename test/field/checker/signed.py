"""
What the keys signed: Ed25519 (RFC 8032), keys, notes, checkpoints and the Merkle tree, after FORMAT.md §3 and §4.
Python's standard library alone. Read next: check.py.
"""

import functools
import hashlib
import re

from forms import from_base64, require, utf16_units

MAX_NOTE_UNITS = 1_000_000
MAX_SIGNATURES = 100
LAST_SECOND = 253_402_300_799
DASH = '\u2014'

# --- Ed25519: points as (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z (RFC 8032 §5.1.4) ---

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1, 1, 0)


def add(a, b):
    m = (a[1] - a[0]) * (b[1] - b[0]) % P
    n = (a[1] + a[0]) * (b[1] + b[0]) % P
    t = 2 * a[3] * b[3] * D % P
    z = 2 * a[2] * b[2] % P
    e, f, g, h = n - m, z - t, z + t, n + m
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def negative(a):
    return (-a[0] % P, a[1], a[2], -a[3] % P)


def sum_of_products(m, a, n, b):
    """[m]A + [n]B, from the highest bit down."""
    both = add(a, b)
    total = NEUTRAL
    for bit in range(max(m.bit_length(), n.bit_length()) - 1, -1, -1):
        total = add(total, total)
        which = (m >> bit & 1) + 2 * (n >> bit & 1)
        if which:
            total = add(total, (a, b, both)[which - 1])
    return total


def decode_point(data):
    """RFC 8032 §5.1.3; None when the bytes are no point, or not its one form."""
    number = int.from_bytes(data, 'little')
    y, odd = number & (2**255 - 1), number >> 255
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P != 0 or (x == 0 and odd):
        return None
    if x & 1 != odd:
        x = P - x
    return (x, y, 1, x * y % P)


def encode_point(a):
    inverse = pow(a[2], -1, P)
    x, y = a[0] * inverse % P, a[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, 'little')


BASE = decode_point((4 * pow(5, -1, P) % P).to_bytes(32, 'little'))


def is_public_key(data):
    point = decode_point(data)
    return point is not None and encode_point(sum_of_products(8, point, 0, point)) != encode_point(NEUTRAL)


@functools.lru_cache(100_000)
def fits(public_key, message, signature):
    """§4.2, by the equation without the cofactor."""
    r, s = signature[:32], int.from_bytes(signature[32:], 'little')
    if len(signature) != 64 or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(r + public_key + message).digest(), 'little') % ORDER
    return encode_point(sum_of_products(s, BASE, k, negative(decode_point(public_key)))) == r


# --- keys (§4.1) ---

LINE = re.compile(r'(\S+)(?:\s+from=([0-9]{1,15}))?(?:\s+until=([0-9]{1,15}))?')
KEY = re.compile(r'([^+]+)\+([0-9a-f]{8})\+(.+)')
LOG, WITNESS = 1, 4


class Key:
    def __init__(self, name, id, type, public_key, start, stop):
        self.name, self.id, self.type, self.public_key = name, id, type, public_key
        self.has_sizes = start is not None or stop is not None
        self.start, self.stop = int(start or 0), int(stop) if stop is not None else float('inf')

    def is_valid_at(self, size):
        return self.start <= size < self.stop


def is_key_name(text):
    return text != '' and not any(char.isspace() or char in '+\ufeff' or char < ' ' for char in text)


def read_keys(lines):
    keys = []
    for line in map(str.strip, lines):
        if line == '' or line.startswith('#'):
            continue
        key = read_key(line)
        require(key is not None, 'key-malformed', line)
        require(all((key.name, key.id) != (other.name, other.id) for other in keys), 'key-malformed', line)
        keys.append(key)
    return keys


def read_key(line):
    parts = LINE.fullmatch(line)
    match = KEY.fullmatch(parts[1]) if parts else None
    data = from_base64(match[3]) if match else None
    if data is None or not is_key_name(match[1]) or len(data) != 33 or data[0] not in (LOG, WITNESS):
        return None
    id = hashlib.sha256(match[1].encode() + b'\n' + data).hexdigest()[:8]
    if id != match[2] or not is_public_key(data[1:]):
        return None
    return Key(match[1], id, data[0], data[1:], parts[2], parts[3])


# --- notes and checkpoints (§4.3, §4.4) ---

SIZE = re.compile(r'0|[1-9][0-9]{0,15}')
SIGNATURE = re.compile(DASH + r' ([^ ]+) ([^ ]+)')


class Checkpoint:
    def __init__(self, origin, size, root):
        self.origin, self.size, self.root = origin, size, root


def read_note(note):
    """The text, and (name, id, signature) of each signature."""
    require(utf16_units(note) <= MAX_NOTE_UNITS, 'checkpoint-malformed', 'too long')
    require(all(char >= ' ' or char == '\n' for char in note), 'checkpoint-malformed', 'control characters')
    gap = note.rfind('\n\n')
    require(gap >= 0 and note.endswith('\n') and gap + 2 < len(note), 'checkpoint-malformed', 'no signatures')
    lines = note[gap + 2 : -1].split('\n')
    require(len(lines) <= MAX_SIGNATURES, 'checkpoint-malformed', 'too many signatures')
    return note[: gap + 1], [read_signature(line) for line in lines]


def read_signature(line):
    match = SIGNATURE.fullmatch(line)
    data = from_base64(match[2]) if match else None
    require(data is not None and len(data) >= 5 and is_key_name(match[1]), 'checkpoint-malformed', line)
    return match[1], data[:4].hex(), data[4:]


def judge_checkpoint(note, keys, notes):
    """The checkpoint of a note that is signed as the keys demand."""
    text, signatures = read_note(note)
    lines = text.split('\n')
    require(lines.pop() == '' and len(lines) >= 3 and '' not in lines, 'checkpoint-malformed', 'not three full lines')
    origin, digits, encoded = lines[:3]
    root = from_base64(encoded)
    require(SIZE.fullmatch(digits) is not None and int(digits) < 2**53, 'checkpoint-malformed', 'size')
    require(root is not None and len(root) == 32, 'checkpoint-malformed', 'root')
    size = int(digits)
    signed = judge_signatures(text, signatures, keys, origin, size, notes)
    for key in keys:
        if key.has_sizes and key.is_valid_at(size) and (key.type == WITNESS or key.name == origin):
            require(key in signed, 'signature-missing', f'{key.name}+{key.id} at {size}')
    require(any(key.type == LOG for key in signed), 'signature-missing', f'none of the log at {size}')
    if len(lines) > 3:
        notes.add('extension')
    return Checkpoint(origin, size, root)


def judge_signatures(text, signatures, keys, origin, size, notes):
    signed = []
    for name, id, signature in signatures:
        key = next((key for key in keys if (key.name, key.id) == (name, id)), None)
        where = f'{name}+{id} at {size}'
        if key is None:
            notes.add('signature-unknown')
            continue
        require(key not in signed, 'signature-doubled', where)
        require(is_signed(key, text, signature), 'signature-wrong', where)
        require(key.is_valid_at(size), 'key-retired', where)
        require(key.type == WITNESS or name == origin, 'origin-differs', where)
        signed.append(key)
    return signed


def is_signed(key, text, signature):
    if key.type == LOG:
        return fits(key.public_key, text.encode(), signature)
    if len(signature) != 72:
        return False
    seconds = int.from_bytes(signature[:8], 'big')
    message = f'cosignature/v1\ntime {seconds}\n{text}'
    return seconds <= LAST_SECOND and fits(key.public_key, message.encode(), signature[8:])


# --- the tree (§3) ---


def leaf_hash(data):
    return hashlib.sha256(b'\x00' + data).digest()


def node_hash(left, right):
    return hashlib.sha256(b'\x01' + left + right).digest()


class Tree:
    """Grows by one leaf at a time: the roots of its full subtrees, the largest first."""

    def __init__(self):
        self.size, self.peaks = 0, []

    def append(self, data):
        self.peaks.append(leaf_hash(data))
        self.size += 1
        full = self.size
        while full % 2 == 0:
            right = self.peaks.pop()
            self.peaks.append(node_hash(self.peaks.pop(), right))
            full //= 2

    def root(self):
        if not self.peaks:
            return hashlib.sha256(b'').digest()
        return functools.reduce(lambda right, left: node_hash(left, right), reversed(self.peaks))


def is_included(data, index, size, proof, root):
    """RFC 9162 §2.1.3.2."""
    if index >= size:
        return False
    node, last, hash = index, size - 1, leaf_hash(data)
    for sibling in proof:
        if last == 0:
            return False
        if node % 2 == 1 or node == last:
            hash = node_hash(sibling, hash)
            while node % 2 == 0 and node != 0:
                node, last = node // 2, last // 2
        else:
            hash = node_hash(hash, sibling)
        node, last = node // 2, last // 2
    return last == 0 and hash == root
