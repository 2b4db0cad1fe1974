/**
 * Texts that people, platforms and devices may send to do harm, by category. Each is a string, or bytes that are none.
 * Nothing of the gateway is imported here. Read next: fields.ts (where they go).
 */

export type HostileText = {
  readonly category: string
  readonly bytes: Buffer
  /** Absent for bytes that are no text. */
  readonly text?: string
}

const many = (piece: string, times: number) => piece.repeat(times)

const CATEGORIES: Readonly<Record<string, readonly string[]>> = {
  'half a pair': [
    ...['\ud800', '\udfff', '\ud800abc', 'abc\ud83d', 'abc\udc00def', '\udc00\ud800', '\ud83d\ud83d', '\udbff\ud800'],
    many('\ud800', 100),
  ],
  'C0 control': [
    ...[
      '\0',
      'abc\0def',
      '\x01\x02\x03',
      'abc\x07',
      'abc\x08\x08\x08xyz',
      '\tabc',
      'abc\x0b',
      'abc\x0c',
      '\x1a',
      '\x7f',
    ],
    ...['\x1b[2J', '\x1b]0;owned\x07', '\x1b[31mred', '\x1bP1;1|17/ab\x1b\\'],
  ],
  'C1 control': ['\x80abc', '\x85abc', '\x9b31mabc', '\x9d0;abc\x9c', '\x90abc', '\xadabc'],
  'line break': ['\n', 'abc\ndef', 'abc\r\ndef', 'abc\rdef', 'abc\u2028def', 'abc\u2029def', many('\n', 50)],
  direction: [
    ...['\u202a', '\u202b', '\u202c', '\u202d', '\u202e', '\u2066', '\u2067', '\u2068', '\u2069'].map(
      (mark) => `paid ${mark}00,1`,
    ),
    ...['\u200eabc', '\u200fabc', '\u061cabc', 'שלום 123 עולם', many('\u202e', 60)],
  ],
  'not seen': [
    ...[
      '\u200b',
      '\u200c',
      '\u200d',
      '\u2060',
      '\u00ad',
      '\u034f',
      '\u115f',
      '\u3164',
      '\u180e',
      '\ufe0f',
      '\ufff9',
      '\u2800',
    ],
    ...['\u{e0001}', '\u{e0061}\u{e0062}', '\u{e0100}', '\u{1d173}'],
  ].map((mark) => `ab${mark}c`),
  combining: [
    `e${many('\u0301', 40)}`,
    many('Z\u0351\u036b\u0343', 40),
    many('\u0489', 180),
    many('\u1100', 60),
    many('👩\u200d', 30),
  ],
  long: [
    ...[17, 33, 65, 81, 129, 201, 256, 501, 1_025, 4_097].map((length) => many('a', length)),
    ...[many('锯', 200), many('😀', 120), many('a', 20_000), many('锯', 16_000)],
  ],
  formula: [
    ...[
      '=1+1',
      '+1+1',
      '-1+1',
      '@SUM(1)',
      '\t=1+1',
      '=cmd|" /C calc"!A0',
      '=HYPERLINK("http://127.0.0.1/","x")',
      '＝1+1',
    ],
    ...[';=1+1', ',=1+1', '"=1+1', '";=1+1', '"\r\n=1+1', 'abc";"def', "'=1+1", '=DDE("x";"y")'],
  ],
  SQL: [
    ...["' OR '1'='1", "'; DROP TABLE entry; --", '" OR ""="', '1; ATTACH DATABASE "x" AS y', "') UNION SELECT 1 --"],
    ...['%%', '_%', '_', "char(0x27)||'x'"],
  ],
  markup: [
    ...[
      '<script>alert(1)</script>',
      '<img src=x onerror=alert(1)>',
      '"><svg/onload=alert(1)>',
      '</textarea><b>',
      '<!--',
      ']]>',
    ],
    ...[
      '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
      '&lt;&#0;&#x1f;',
      'javascript:alert(1)',
    ],
  ],
  path: [
    ...[
      '../../etc/passwd',
      '..\\..\\windows',
      '/etc/passwd',
      'file:///etc/passwd',
      '/dev/zero',
      '.',
      '..',
      './',
      '~root',
      'CON',
    ],
    ...['a/../../b', '....//....//etc'],
  ],
  header: [
    'a\r\nset-cookie: x=1',
    'a\r\n\r\nHTTP/1.1 200 OK',
    'a\nhost: b',
    'a\r\ncontent-length: 0\r\n\r\nGET / HTTP/1.1',
    'a: b, c; d="e"',
  ],
  JSON: [
    ...[
      '{"a":1}',
      '[]',
      'null',
      'true',
      '"',
      '\\',
      '\\u0000',
      '\\ud800',
      '","role":"platform","x":"',
      '}',
      '{"__proto__":{}}',
    ],
    many('[', 200),
  ],
  YAML: [
    '- a',
    '# a',
    'a: b',
    '| a',
    '!!js/function a',
    '&a *a',
    '<<: *a',
    '---',
    '%YAML 1.1',
    '~',
    'yes',
    '2001-01-01',
    '$' + '{env:HOME}',
  ],
  number: [
    ...[
      '0x10',
      '1e999',
      '-1',
      '-0',
      'NaN',
      'Infinity',
      '1_000',
      '007',
      '9007199254740993',
      '99999999999999999999',
      '1.0000000',
    ],
    ...['1,5', ' 1', '1 ', '١٢٣', '１２３', '½', '²', '0'],
  ],
  time: [
    '2026-02-30T00:00:00Z',
    '2026-11-24T24:00:00Z',
    '2026-11-24T23:59:60Z',
    '+275760-09-13T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '2026-11-24',
  ],
  emoji: ['😀', '👨\u200d👩\u200d👧', '🏳\ufe0f\u200d🌈', '🇨🇳', '1\ufe0f\u20e3', '👍🏽'],
  lookalike: ['bооth-1', 'booth‐1', 'ＢＯＯＴＨ-1', 'booth\u00a01', 'ﬁn', 'ı', 'İ', 'ſaw', '\u212aey', 'аcme'],
  'two spellings': ['\u00e9', 'e\u0301', '\u00c5', 'A\u030a', '\u212b', '\uac01', '\u1100\u1161\u11a8'],
  'byte order mark': ['\ufeffabc', 'abc\ufeff', '\ufffeabc', '\ufeff'],
  'no character': ['\uffff', '\ufdd0', '\u{1ffff}', '\u{10ffff}', '\ue000', '\ufffd'],
  percent: ['%00', '%2e%2e%2f', '%', '%zz', '%u0000', '%c0%ae', '%ed%a0%80', '%2500', '%0d%0aset-cookie:x', '%252e'],
  format: ['%s%s%s%n', '%d', '{0}', '{}', '%j%o', '{{7*7}}', '#{7*7}'],
  prototype: [
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    '__defineGetter__',
    'valueOf',
    'then',
    'length',
  ],
  shell: ['; reboot', '$(reboot)', '`reboot`', '| cat', '&& id', '--help', '-rf', '$' + '{jndi:ldap://127.0.0.1/a}'],
  wire: ['#', '+/+', '$SYS/broker', 'a/b', 'a,b=c d=1 1', 'a\\ b', 'x="y"', 'a\\,b=c', 'a=b\nc,d=e f=1'],
  blank: ['', ' ', '   ', '\u00a0', '\u3000', 'abc ', ' abc', '\u1680\u2003'],
  'slow pattern': [`${many('a', 40)}!`, `${many('1', 60)}x`, many('a-', 100), many(' ', 300), `${many('9', 40)}.`],
}

/** No text in UTF-8: overlong forms, surrogates as bytes, cut and stray bytes, other encodings. */
const BYTES: readonly string[] = [
  'c0af',
  'eda080',
  'e298',
  'ff',
  'fe',
  '80',
  'f8888080',
  'f4908080',
  'fffe6100',
  '616263ff',
]

export const hostileTexts: readonly HostileText[] = [
  ...Object.entries(CATEGORIES).flatMap(([category, texts]) =>
    texts.map((text) => ({ category, text, bytes: encoded(text) })),
  ),
  ...BYTES.map((hex) => ({ category: 'no UTF-8', bytes: Buffer.from(hex, 'hex') })),
]

/** As UTF-8 would write it if it could write half a pair. */
function encoded(text: string): Buffer {
  return Buffer.concat(
    [...text].map((character) => {
      const code = character.codePointAt(0)!
      if (code < 0xd800 || code > 0xdfff) return Buffer.from(character)
      return Buffer.from([0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)])
    }),
  )
}

/** As a literal in JSON: half a pair as an escape, as a text would come; bytes as they are. */
export function literalOf({ text, bytes }: HostileText): Buffer {
  return text === undefined
    ? Buffer.concat([Buffer.from('"'), bytes, Buffer.from('"')])
    : Buffer.from(JSON.stringify(text))
}

/** For a line of a report: printable, and not long. */
export function shown({ category, text, bytes }: HostileText): string {
  const words = text === undefined ? bytes.toString('hex') : JSON.stringify(text.slice(0, 24))
  return `${category} ${words.replace(/[^\x20-\x7e]/g, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)}`
}
