/**
 * The fast way through a long log: an entry is looked at as bytes. Its canonical form begins and ends in fixed words
 *
 *   {"at":"…","boot":"…","clock":"…","data":{ … },"kind":"…","machine":"…","mono":"…","seq":n,"session":"…",…,"v":1}
 *
 * so place, site, kind and version are read without parsing what stands between. A tail of this form closes the
 * outermost object, so in valid JSON nothing inside `data` can pass for it. What does not fit is not judged here: the
 * caller parses it.
 * Pure. Read next: decode-content.ts (the data), ledger/verify/entry/open-entry.ts (the slow way, which judges).
 */
import { canonicalJson } from '../../evidence/canonical.ts'
import { isOfSession, isOpened, knownKinds } from '../entry/kinds.ts'
import { clocks, isInstant, type OpenedEntry } from '../entry/open-entry.ts'
import { MAX_DIGITS } from '../quantity.ts'
import { type Digits, newDigits, setDigits } from './digits.ts'
import {
  after,
  afterText,
  isDigit,
  type Lines,
  latin1,
  matches,
  plainBefore,
  QUOTE,
  type Word,
  word,
  ZERO,
} from './lines.ts'

const AT = word('{"at":"')
const INSTANT = word('0000-00-00T00:00:00.000Z')
const BOOT = word('","boot":"')
const CLOCK = word('","clock":"')
const DATA = word('","data":{')
const KIND = word('},"kind":"')
const MACHINE = word('","machine":"')
const MONO = word('","mono":"')
const SEQ = word('","seq":')
const SESSION = word(',"session":"')
const SIMULATED = word(',"simulated":true')

/** Where in an instant the time of day begins. */
const TIME_AT = 11

export type SeenKind = {
  readonly kind: string
  readonly word: Word
  readonly opened: boolean
  readonly ofSession: boolean
  /** How many of its entries were only scanned; the caller counts them. */
  entries: number
}

export type Scanner = {
  readonly kinds: readonly SeenKind[]
  readonly kindByKey: ReadonlyMap<number, SeenKind>
  /** From the sequence to the end of the entry. */
  readonly tail: Word
  readonly digits: Digits
  /** From the time to `"data":{` in the entry before, and the state of the clock in it: they seldom change. */
  head: Word
  clock: string

  /* Of the entry scanned last: */
  /** Its wall time, RFC 3339. */
  readonly time: Uint8Array
  /** That time is before the one of the entry before. */
  wentBack: boolean
  /** Where the members of `data` begin, and where its closing brace is. */
  dataAt: number
  dataEnd: number
  /** The names of its machine and session; an end of 0 means none. */
  machineAt: number
  machineEnd: number
  sessionAt: number
  sessionEnd: number
  simulated: boolean
}

export function createScanner(site: string): Scanner {
  const kinds = knownKinds.map((kind): SeenKind => {
    return { kind, word: word(kind), opened: isOpened(kind), ofSession: isOfSession(kind), entries: 0 }
  })
  const kindByKey = new Map(kinds.map((each) => [keyOfKind(each.kind), each]))
  if (kindByKey.size !== kinds.length) throw new Error('two kinds of entries have one key')
  return {
    kinds,
    kindByKey,
    tail: word(`,"site":${canonicalJson(site)},"v":1}`),
    digits: newDigits(),
    head: word(''),
    clock: '',
    time: INSTANT.bytes.slice(),
    wentBack: false,
    dataAt: 0,
    dataEnd: 0,
    machineAt: 0,
    machineEnd: 0,
    sessionAt: 0,
    sessionEnd: 0,
    simulated: false,
  }
}

/** The kind of the entry in these bytes, if it is canonical around its data and stands at `seq`. */
export function scanEntry(
  scanner: Scanner,
  lines: Lines,
  start: number,
  end: number,
  seq: number,
): SeenKind | undefined {
  scanner.wentBack = false
  // Both, always: the time of an entry counts, whichever way the rest of it is read.
  const headed = scanHead(scanner, lines, start)
  const kind = scanTail(scanner, lines, start, end, seq)
  return kind !== undefined && headed && scanner.dataAt <= scanner.dataEnd ? kind : undefined
}

/** What stands around the data of the entry scanned last. */
export function envelopeOf(scanner: Scanner, { bytes }: Lines): Omit<OpenedEntry, 'seq' | 'kind' | 'content'> {
  const { machineAt, machineEnd, sessionAt, sessionEnd, simulated, clock } = scanner
  const machine = machineEnd === 0 ? '' : latin1(bytes, machineAt, machineEnd)
  const session = sessionEnd === 0 ? '' : latin1(bytes, sessionAt, sessionEnd)
  return { at: timeOf(scanner), machine, session, simulated, clock }
}

export const timeOf = ({ time }: Scanner): string => latin1(time, 0, time.length)

/* ── from the first byte to the beginning of the data ── */

function scanHead(scanner: Scanner, lines: Lines, start: number): boolean {
  const instant = after(lines, start, AT)
  if (instant < 0 || !scanTime(scanner, lines, instant)) return false
  const from = instant + scanner.time.length
  if (scanner.head.length > 0 && matches(lines, from, scanner.head)) {
    scanner.dataAt = from + scanner.head.length
    return true
  }
  const { bytes } = lines
  const clockAt = after(lines, afterText(bytes, after(lines, from, BOOT)), CLOCK)
  const clockEnd = afterText(bytes, clockAt)
  const dataAt = after(lines, clockEnd, DATA)
  if (dataAt < 0) return false
  const clock = latin1(bytes, clockAt, clockEnd)
  if (!clocks.includes(clock)) return false
  scanner.clock = clock
  scanner.dataAt = dataAt
  scanner.head = word(latin1(bytes, from, dataAt))
  return true
}

/** What a time shares with the time of the entry before is as it must be; the first is compared with no time at all. */
function scanTime(scanner: Scanner, { bytes }: Lines, instant: number): boolean {
  const { time } = scanner
  let index = 0
  while (index < time.length && bytes[instant + index] === time[index]) index += 1
  scanner.wentBack = index < time.length && bytes[instant + index]! < time[index]!
  const changed = index
  for (; index < time.length; index++) {
    const byte = bytes[instant + index]!
    const expected = INSTANT.bytes[index]
    if (expected === ZERO ? !isDigit(byte) : byte !== expected) return forgetTime(scanner)
    time[index] = byte
  }
  return (changed < TIME_AT ? isInstant(timeOf(scanner)) : isTimeOfDay(time)) || forgetTime(scanner)
}

/** Of digits: whether the hour, the minute and the second are some. */
const isTimeOfDay = (time: Uint8Array) =>
  (time[11]! < 0x32 || (time[11] === 0x32 && time[12]! < 0x34)) && time[14]! < 0x36 && time[17]! < 0x36

/** After a time that is none, the next one is looked at as a whole. */
function forgetTime({ time }: Scanner): false {
  time.set(INSTANT.bytes)
  return false
}

/* ── from the last byte backwards to the end of the data; below 0: something else stands there ── */

function scanTail(scanner: Scanner, lines: Lines, start: number, end: number, seq: number): SeenKind | undefined {
  const { bytes } = lines
  let p = end - scanner.tail.length
  if (p < start || !matches(lines, p, scanner.tail)) return undefined
  p = beforeSession(scanner, lines, start, p)
  p = beforeSequence(scanner, lines, p, seq)
  const monoEnd = p
  while (isDigit(bytes[p - 1]!)) p -= 1
  const length = monoEnd - p
  if (length === 0 || length > MAX_DIGITS || (length > 1 && bytes[p] === ZERO)) return undefined
  if (!matches(lines, p - MONO.length, MONO)) return undefined
  p = beforeMachine(scanner, lines, start, p - MONO.length)
  if (p - start < KEY_BYTES) return undefined
  const known = scanner.kindByKey.get(keyAt(lines.view, p))
  if (known?.ofSession && (scanner.machineEnd === 0 || scanner.sessionEnd === 0)) return undefined
  if (known === undefined || !matches(lines, p - known.word.length, known.word)) return undefined
  scanner.dataEnd = p - known.word.length - KIND.length
  return matches(lines, scanner.dataEnd, KIND) ? known : undefined
}

function beforeSession(scanner: Scanner, lines: Lines, start: number, at: number): number {
  scanner.simulated = matches(lines, at - SIMULATED.length, SIMULATED)
  const end = scanner.simulated ? at - SIMULATED.length : at
  scanner.sessionEnd = 0
  if (lines.bytes[end - 1] !== QUOTE) return end
  scanner.sessionEnd = end - 1
  scanner.sessionAt = plainBefore(lines.bytes, start, scanner.sessionEnd)
  const before = scanner.sessionAt - SESSION.length
  return scanner.sessionAt < scanner.sessionEnd && matches(lines, before, SESSION) ? before : -1
}

function beforeSequence({ digits }: Scanner, lines: Lines, end: number, seq: number): number {
  setDigits(digits, seq)
  let p = end
  for (let at = digits.bytes.length - 1; at >= digits.first; at--) {
    p -= 1
    if (lines.bytes[p] !== digits.bytes[at]) return -1
  }
  p -= SEQ.length
  return matches(lines, p, SEQ) ? p : -1
}

/** Names are plain text, or left to the slow way: an escape before the quote would make other JSON of what follows. */
function beforeMachine(scanner: Scanner, lines: Lines, start: number, end: number): number {
  scanner.machineEnd = 0
  const name = plainBefore(lines.bytes, start, end)
  if (!matches(lines, name - MACHINE.length, MACHINE)) return end
  if (name === end) return -1
  scanner.machineAt = name
  scanner.machineEnd = end
  return name - MACHINE.length
}

/* ── kinds are found by a number that no two of them share, made of the last letters of `…},"kind":"<kind>` ── */

const KEY_BYTES = 16

function keyOfKind(kind: string): number {
  const { bytes } = word(`},"kind":"${kind}`)
  return keyAt(new DataView(bytes.buffer, bytes.byteOffset), bytes.length)
}

const keyAt = (view: DataView, end: number) =>
  Math.imul(Math.imul(view.getInt32(end - 16, true), 31) ^ view.getInt32(end - 8, true), 31) ^
  view.getInt32(end - 4, true)
