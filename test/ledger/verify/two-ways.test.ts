/**
 * An entry is read in two ways: from its bytes, and parsed. Here each is held against the other on entries changed at
 * random: what the fast way takes, the slow way takes, and both say the same. The fast way may always decline.
 */
import { expect, it } from 'vitest'
import { fromUtf8 } from '../../../gateway/ledger/evidence/canonical.ts'
import { createContentDecoder } from '../../../gateway/ledger/verify/bytes/decode-content.ts'
import { newLines } from '../../../gateway/ledger/verify/bytes/lines.ts'
import { createScanner, envelopeOf, scanEntry } from '../../../gateway/ledger/verify/bytes/scan-entry.ts'
import { isOpened } from '../../../gateway/ledger/verify/entry/kinds.ts'
import { type OpenedEntry, openEntry } from '../../../gateway/ledger/verify/entry/open-entry.ts'
import { createReport } from '../../../gateway/ledger/verify/report.ts'
import { createLog } from './shop/log.ts'
import { random } from './shop/random.ts'
import { createShop } from './shop/shop.ts'
import { worldLog } from './shop/world-log.ts'

const SITE = 'hall'
const CASES = 150_000

/** Pieces that mean something to one of the two readers. */
const pieces = [
  ...['"', '\\', '\\"', '\\u0041', '\\ud800', '\u0000', '\u007f', '\ufeff', '\r', ' ', ',', '{', '}', '[', ']', ':'],
  ...['0', '00', '-', '-0', '1.0', '1e5', '1e400', '9007199254740993', '999999999999999', '1000000000000000', 'null'],
  ...['true', 'false', '{}', '[]', '"data":{', '},"kind":"', '","machine":"', '","mono":"', '","seq":', ',"v":1}'],
  ...[',"session":"x"', ',"simulated":true', ',"incomplete":true', '"__proto__":', '\u00e4', '\u65e5', '\ud83e\ude9a'],
].map((text) => Buffer.from(text))

function originals(): Buffer[] {
  const log = createLog(SITE, 'hall/00')
  const shop = createShop(log, { machines: ['saw'], accounts: true })
  shop.start()
  for (let times = 0; times < 3; times++) {
    shop.unlock('saw')
    shop.work('saw', 4)
    shop.sample('saw')
    shop.gap('saw', 3n, 'session')
    shop.end('saw')
  }
  return [...log.bodies, ...worldLog(4, 30).bodies].map((body) => Buffer.from(body))
}

/** Entries and a way to choose among them by a seed: a whole number from 0 up to `most`. */
type Deck = { readonly bodies: readonly Buffer[]; readonly below: (most: number) => number }

function changed({ bodies, below }: Deck, body: Buffer): Buffer {
  const at = below(body.length + 1)
  const cut = (to: number, ...between: Uint8Array[]) =>
    Buffer.concat([body.subarray(0, at), ...between, body.subarray(Math.min(body.length, to))])
  switch (below(8)) {
    case 0:
      return body
    case 1:
      return cut(at + 1, Buffer.of(below(256)))
    case 2:
      return cut(at, pieces[below(pieces.length)]!)
    case 3:
      return cut(at + 1 + below(4), pieces[below(pieces.length)]!)
    case 4:
      return cut(at + 1 + below(12))
    case 5: {
      // A piece of another entry, or of its own.
      const other = bodies[below(bodies.length)]!
      const from = below(other.length)
      return cut(at + below(20), other.subarray(from, from + below(60)))
    }
    case 6: {
      // Another digit: still canonical, mostly.
      const digit = body.findIndex((byte, index) => index >= at && byte >= 0x30 && byte <= 0x39)
      if (digit < 0) return body
      const copy = Buffer.from(body)
      copy[digit] = 0x30 + below(10)
      return copy
    }
    default: {
      // A field or an item away, or doubled.
      const comma = body.indexOf(',', at)
      const stop = body.indexOf(',', comma + 1)
      if (comma < 0 || stop < 0) return body
      const part = body.subarray(comma, stop)
      return Buffer.concat([body.subarray(0, comma), ...(below(2) === 0 ? [] : [part, part]), body.subarray(stop)])
    }
  }
}

/** The fast way: what it makes of an entry; undefined when it leaves the entry to the slow way. */
function createFastWay({ bodies, below }: Deck) {
  const scanner = createScanner(SITE)
  const decode = createContentDecoder()
  return (body: Buffer, seq: number): { kind: string; entry: OpenedEntry | undefined } | undefined => {
    // Something stands before every line, and after it.
    const lines = newLines(body.length + 80)
    lines.bytes.set(bodies[below(bodies.length)]!.subarray(-40))
    lines.bytes.set(body, 40)
    lines.bytes.set(Buffer.from('\n{"at":"2026'), 40 + body.length)
    lines.bytes[39] = 0
    const seen = scanEntry(scanner, lines, 40, 40 + body.length, seq)
    if (seen === undefined) return undefined
    const { kind } = seen
    if (!isOpened(kind)) return { kind, entry: undefined }
    const content = decode(kind, lines, scanner.dataAt, scanner.dataEnd)
    return content && { kind, entry: { ...envelopeOf(scanner, lines), seq, kind, content } }
  }
}

it(`both ways say the same of ${CASES} entries changed at random`, () => {
  const bodies = originals()
  const next = random(20)
  const below = (most: number) => Math.floor(next() * most)
  const fast = createFastWay({ bodies, below })
  const count = { taken: 0, declined: 0, unopened: 0 }

  for (let times = 0; times < CASES; times++) {
    const original = bodies[below(bodies.length)]!
    const seq = (JSON.parse(original.toString()) as { seq: number }).seq
    let body = changed({ bodies, below }, original)
    if (below(3) === 0) body = changed({ bodies, below }, body)
    if (body.includes(0x0a)) continue
    const quick = fast(body, seq)
    if (quick === undefined) {
      count.declined += 1
      continue
    }
    const report = createReport()
    const text = fromUtf8(body)
    const slow = text === undefined ? undefined : openEntry(text, seq, SITE, report)
    if (quick.entry === undefined) {
      // Its data were not read, which the verdict says; around them it is what it seems.
      count.unopened += 1
      if (slow !== undefined && slow.kind !== quick.kind) expect.fail(`case ${times}: ${body}`)
      continue
    }
    count.taken += 1
    const { faults, notes } = report.verdict('bundle', {} as never)
    expect({ slow, faults, notes }, `case ${times}: ${body}`).toEqual({ slow: quick.entry, faults: [], notes: [] })
  }
  expect(count.taken).toBeGreaterThan(CASES / 20)
  expect(count.declined).toBeGreaterThan(CASES / 20)
  expect(count.unopened).toBeGreaterThan(CASES / 50)
}, 120_000)
