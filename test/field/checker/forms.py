"""
Texts that have exactly one form, and the words of FORMAT.md §2. What is not in its form is refused, never repaired.
Python's standard library alone. Read next: signed.py, entries.py.
"""

import base64
import binascii
import decimal
import json
import re

MAX_LEVELS = 64
MAX_DIGITS = 40
MAX_WHOLE = 2**53 - 1


class Fault(Exception):
    """The first rule that was broken: its code, and where."""

    def __init__(self, code, where=''):
        super().__init__(code, where)
        self.code = code
        self.where = where


def require(holds, code, where=''):
    if not holds:
        raise Fault(code, where)


# --- JSON (RFC 8785) ---

# Everything that canonical JSON may consist of; what is left when it is taken away is not canonical.
STRING = r'"(?:[^"\\\x00-\x1f\ud800-\udfff]|\\["\\bfnrt]|\\u00(?:0[0-7bef]|1[0-9a-f]))*"'
TOKEN = re.compile(STRING + r'|-?[0-9][-+.0-9eE]*|true|false|null|[{}\[\],:]')
BRACKET = re.compile(STRING + r'|[{}\[\]]')


def parse_object(data):
    """The object in these bytes or in this text; ValueError when it is none in its one form."""
    text = data if isinstance(data, str) else data.decode('utf-8')
    if text.count('{') + text.count('[') > MAX_LEVELS and levels(text) > MAX_LEVELS:
        raise ValueError('nested too deeply')
    if TOKEN.sub('', text) != '':
        raise ValueError('not canonical')
    value = json.loads(text, object_pairs_hook=members, parse_int=integer, parse_float=double, parse_constant=refuse)
    if not isinstance(value, dict):
        raise ValueError('not an object')
    return value


def levels(text):
    most = now = 0
    for token in BRACKET.findall(text):
        if token in '{[':
            now += 1
            most = max(most, now)
        elif token in '}]':
            now -= 1
    return most


def members(pairs):
    keys = [key.encode('utf-16-be') for key, _ in pairs]
    if any(a >= b for a, b in zip(keys, keys[1:])):
        raise ValueError('keys are not in order, or doubled')
    return dict(pairs)


def integer(token):
    value = int(token)
    if len(token) < 16 and token != '-0':
        return value
    if ecmascript(float(value)) != token:
        raise ValueError('not the one form of a number')
    return value


def double(token):
    value = float(token)
    if value in (float('inf'), float('-inf')) or ecmascript(value) != token:
        raise ValueError('not the one form of a number')
    return value


def refuse(token):
    raise ValueError(f'{token} is no JSON')


def ecmascript(value):
    """Number::toString of ECMAScript: the shortest digits that give the double again, in one of four layouts."""
    if value == 0:
        return '0'
    sign, digits, exponent = decimal.Decimal(repr(value)).as_tuple()
    text = ''.join(map(str, digits))
    point = len(text) + exponent
    text = text.rstrip('0')
    head = '-' if sign else ''
    if len(text) <= point <= 21:
        return head + text.ljust(point, '0')
    if 0 < point <= 21:
        return f'{head}{text[:point]}.{text[point:]}'
    if -6 < point <= 0:
        return f'{head}0.{"0" * -point}{text}'
    fraction = f'.{text[1:]}' if len(text) > 1 else ''
    return f'{head}{text[0]}{fraction}e{"+" if point > 0 else "-"}{abs(point - 1)}'


# --- base64 (RFC 4648 §4) ---


def from_base64(text):
    """None when it is not base64 in its one form."""
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
    return data if base64.b64encode(data).decode() == text else None


def utf16_units(text):
    return len(text.encode('utf-16-le', 'surrogatepass')) // 2


# --- the words of §2 ---

COUNT = re.compile(r'0|[1-9][0-9]*')
QUANTITY = re.compile(r'0|-?[1-9][0-9]*')
DECIMAL = re.compile(r'(?:0|[1-9][0-9]*)(?:\.[0-9]+)?')
INSTANT = re.compile(r'([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.[0-9]{3}Z')


def is_text(value):
    return isinstance(value, str)


def is_name(value):
    return is_text(value) and value != ''


def is_whole(value):
    return type(value) is int and 0 <= value <= MAX_WHOLE


def is_number(value):
    return type(value) in (int, float)


def is_count(value):
    return is_text(value) and len(value) <= MAX_DIGITS and COUNT.fullmatch(value) is not None


def is_quantity(value):
    return is_text(value) and len(value) <= MAX_DIGITS and QUANTITY.fullmatch(value) is not None


def is_decimal(value):
    return is_text(value) and len(value) <= MAX_DIGITS and DECIMAL.fullmatch(value) is not None


def is_instant(value):
    match = INSTANT.fullmatch(value) if is_text(value) else None
    if match is None:
        return False
    year, month, day, hour, minute, second = map(int, match.groups())
    return 1 <= month <= 12 and 1 <= day <= days_of(year, month) and hour < 24 and minute < 60 and second < 60


def days_of(year, month):
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31
