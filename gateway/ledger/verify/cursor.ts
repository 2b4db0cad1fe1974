/**
 * A place in a line of canonical JSON, moved on by what is expected there. Once something is otherwise the place is lost
 * (below 0), and stays so; what was read until then is worth nothing.
 * Pure. Imports nothing but its siblings named in ledger/evidence/canonical.ts. Read next: fast.ts.
 */
import type { Accounts, Point, Use } from './content.ts'
import {
  after,
  afterDigits,
  afterText,
  decimal,
  type Lines,
  latin1,
  matches,
  newLines,
  QUOTE,
  type Word,
  word,
} from './lines.ts'

const ACCOUNTS = word('{"accounts":{"disputed":"')
const ACCOUNT_SESSION = word('","session":"')
const ACCOUNT_UNASSIGNED = word('","unassigned":"')
const AT_AFTER_ACCOUNTS = word('"},"at":')
const AT = word('{"at":')
const EPOCH = word(',"epoch":')
const METER = word(',"meter":"')
const RAW = word('","raw":"')
const TOTAL = word('","total":"')
const UNIT = word('","unit":"')
const USE_METER = word('{"meter":"')
const QUANTITY = word('","quantity":"')
const CLOSE = word('"}')
const YES = word('true')
const NO = word('false')
const QUOTED = word('"')
const COMMA = 0x2c
const BRACKET = 0x5d

/** A text that comes again and again: of a meter, or of its unit. `next` and `unit` are what stood behind it the last time. */
type Name = { readonly text: string; readonly word: Word; next: Name | undefined; unit: Name | undefined }
const MOST_NAMES = 10_000

export function createCursor() {
  let lines = newLines(0)
  /** Where the next field is; below 0 once something was not as expected. */
  let p = 0
  const names = new Map<number, Name>()
  let lastMeter: Name | undefined

  /** A meter: mostly the one that stood behind the last one before. */
  function meterAt(at: number): Name | undefined {
    const expected = lastMeter?.next
    const found = expected !== undefined && isAt(at, expected) ? expected : nameAt(at)
    if (lastMeter !== undefined) lastMeter.next = found
    lastMeter = found
    return found
  }

  function unitOf(meter: Name, at: number): Name | undefined {
    if (meter.unit === undefined || !isAt(at, meter.unit)) meter.unit = nameAt(at)
    return meter.unit
  }

  const isAt = (at: number, name: Name) => matches(lines, at, name.word) && lines.bytes[at + name.word.length] === QUOTE

  function nameAt(at: number): Name | undefined {
    if (at < 0) return undefined
    const { bytes, view } = lines
    let end = at
    while (end < bytes.length && bytes[end] !== QUOTE) end += 1
    let key = end - at
    for (let q = at; q + 4 <= end; q += 4) key = Math.imul(key ^ view.getInt32(q, true), 0x9e3779b1)
    if (end - at < 4) key = (key << 16) ^ (bytes[at]! << 8) ^ bytes[end - 1]!
    const known = names.get(key)
    if (known !== undefined && isAt(at, known)) return known
    if (afterText(bytes, at) !== end) return undefined
    const text = latin1(bytes, at, end)
    const found: Name = { text, word: word(text), next: undefined, unit: undefined }
    if (names.size < MOST_NAMES) names.set(key, found)
    return found
  }

  function point(): Point | undefined {
    const { bytes } = lines
    let accounts: Accounts | undefined
    let q = after(lines, p, AT)
    if (q < 0) {
      const disputed = after(lines, p, ACCOUNTS)
      const disputedEnd = afterDigits(bytes, disputed)
      const session = after(lines, disputedEnd, ACCOUNT_SESSION)
      const sessionEnd = afterDigits(bytes, session)
      const unassigned = after(lines, sessionEnd, ACCOUNT_UNASSIGNED)
      const unassignedEnd = afterDigits(bytes, unassigned)
      q = after(lines, unassignedEnd, AT_AFTER_ACCOUNTS)
      accounts = {
        session: decimal(bytes, session, sessionEnd),
        unassigned: decimal(bytes, unassigned, unassignedEnd),
        disputed: decimal(bytes, disputed, disputedEnd),
      }
    }
    const atEnd = afterDigits(bytes, q)
    const epoch = after(lines, atEnd, EPOCH)
    const epochEnd = afterDigits(bytes, epoch)
    const meter = meterAt(after(lines, epochEnd, METER))
    if (meter === undefined) return undefined
    const at = decimal(bytes, q, atEnd)
    q = after(lines, epochEnd, METER) + meter.word.length
    const rawAt = after(lines, q, RAW)
    const rawEnd = afterDigits(bytes, rawAt)
    if (rawAt >= 0) q = rawEnd
    const total = after(lines, q, TOTAL)
    const totalEnd = afterDigits(bytes, total)
    const unitAt = after(lines, totalEnd, UNIT)
    const unit = unitOf(meter, unitAt)
    if (unit === undefined) return undefined
    p = after(lines, unitAt + unit.word.length, CLOSE)
    return {
      meter: meter.text,
      unit: unit.text,
      epoch: decimal(bytes, epoch, epochEnd),
      at,
      total: decimal(bytes, total, totalEnd),
      raw: rawAt < 0 ? undefined : decimal(bytes, rawAt, rawEnd),
      accounts,
    }
  }

  function list<T>(read: () => T | undefined): T[] {
    const items: T[] = []
    if (p < 0 || lines.bytes[p] === BRACKET) return items
    for (;;) {
      const item = read()
      if (item === undefined) p = -1
      if (item === undefined || p < 0) return items
      items.push(item)
      if (lines.bytes[p] !== COMMA) return items
      p += 1
    }
  }

  function use(): Use | undefined {
    const from = after(lines, p, USE_METER)
    const meter = nameAt(from)
    if (meter === undefined) return undefined
    const quantity = after(lines, from + meter.word.length, QUANTITY)
    const quantityEnd = afterDigits(lines.bytes, quantity)
    const unitAt = after(lines, quantityEnd, UNIT)
    const unit = unitOf(meter, unitAt)
    if (unit === undefined) return undefined
    p = after(lines, unitAt + unit.word.length, CLOSE)
    return { meter: meter.text, unit: unit.text, quantity: decimal(lines.bytes, quantity, quantityEnd) }
  }

  function must(expected: Word): void {
    p = after(lines, p, expected)
  }

  function has(expected: Word): boolean {
    if (!matches(lines, p, expected)) return false
    p += expected.length
    return true
  }

  function number(): number {
    const from = p
    p = afterDigits(lines.bytes, p)
    return decimal(lines.bytes, from, p)
  }

  function skipText(): void {
    p = afterText(lines.bytes, p)
  }

  function text(): string {
    const from = p
    p = afterText(lines.bytes, p)
    return p < 0 ? '' : latin1(lines.bytes, from, p)
  }

  function flag(): boolean {
    if (has(YES)) return true
    must(NO)
    return false
  }

  function quoted(): string {
    must(QUOTED)
    const value = text()
    must(QUOTED)
    return value
  }

  return {
    start(source: Lines, at: number): void {
      lines = source
      p = at
    },
    get at() {
      return p
    },
    must,
    /** Passes over the word if it is there. */
    has,
    number,
    flag,
    text,
    skipText,
    quoted,
    /** The items of a list whose opening bracket was passed; the closing one is left. */
    list,
    point,
    use,
  }
}
