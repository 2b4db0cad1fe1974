/**
 * The fast way through a long log: an entry is looked at as bytes. Its canonical form begins and ends in fixed words
 *
 *   {"at":"…","boot":"…","clock":"…","data":{ … },"kind":"…","machine":"…","mono":"…","seq":n,"session":"…",…,"v":1}
 *
 * so place, site, kind and version are read without parsing what lies between. A tail of this form closes the outermost
 * object, so that in valid JSON nothing inside `data` can pass for it. What does not fit is not judged here: the caller
 * parses it. Pure. Imports nothing but its siblings named in ledger/evidence/canonical.ts. Read next: fast.ts (the data), body.ts (the
 * slow way, which has the last word).
 */

import { canonicalJson } from '../evidence/canonical.ts'
import { clocks, isOpened, knownKinds, type OpenedEntry } from './body.ts'
import { after, afterText, isDigit, type Lines, latin1, matches, plainBefore, QUOTE, word } from './lines.ts'

const ZERO = 0x30
const NINE = 0x39
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

/** A number no two kinds share, from the last letters of `…},"kind":"<kind>`. */
const KEY_BYTES = 16
const keyOf = (view: DataView, end: number) =>
  Math.imul(Math.imul(view.getInt32(end - 16, true), 31) ^ view.getInt32(end - 8, true), 31) ^
  view.getInt32(end - 4, true)

/** A kind, and how many entries of it were counted. */
export type Seen = { readonly kind: string; readonly opened: boolean; entries: number }

/** What envelope() tells. */
export type Envelope = Pick<OpenedEntry, 'machine' | 'session' | 'simulated' | 'clock'>

export type Scanner = ReturnType<typeof createScanner>

export function createScanner(site: string) {
  const TAIL = word(`,"site":${canonicalJson(site)},"v":1}`)
  const seen = knownKinds.map((kind) => ({ kind, opened: isOpened(kind), entries: 0, word: word(kind) }))
  const seenByKey = new Map(
    seen.map((each) => {
      const { bytes } = word(`},"kind":"${each.kind}`)
      return [keyOf(new DataView(bytes.buffer, bytes.byteOffset), bytes.length), each]
    }),
  )
  if (seenByKey.size !== seen.length) throw new Error('two kinds of entries have one key')
  const at = INSTANT.bytes.slice()
  /** The sequence as text, at the end of these. */
  const digits = new Uint8Array(16).fill(ZERO)
  let firstDigit = digits.length
  let counted = Number.NaN
  /** From the end of the time to `"data":{`, of the entry before: it seldom changes. */
  let head = word('')
  let clock = ''
  let dataAt = 0
  let dataEnd = 0
  let machineAt = 0
  let machineEnd = 0
  let sessionAt = 0
  let sessionEnd = 0
  let simulated = false
  let wentBack = false

  /** Counts the digits on: one at a time, as entries come. */
  function count(seq: number): void {
    if (seq !== counted + 1) return write(seq)
    counted = seq
    let at = digits.length - 1
    for (; digits[at] === NINE; at--) digits[at] = ZERO
    if (at < firstDigit) write(seq)
    else digits[at]! += 1
  }

  function write(seq: number): void {
    const text = String(seq)
    counted = seq
    firstDigit = digits.length - text.length
    for (let at = 0; at < text.length; at++) digits[firstDigit + at] = text.charCodeAt(at)
  }

  /** From the last byte backwards to the end of `data`. */
  function readTail(lines: Lines, start: number, end: number, seq: number): Seen | undefined {
    const { bytes } = lines
    let p = end - TAIL.length
    if (p < start || !matches(lines, p, TAIL)) return undefined
    simulated = matches(lines, p - SIMULATED.length, SIMULATED)
    if (simulated) p -= SIMULATED.length
    sessionEnd = 0
    if (bytes[p - 1] === QUOTE) {
      sessionEnd = p - 1
      sessionAt = plainBefore(bytes, start, sessionEnd)
      p = sessionAt - SESSION.length
      if (!matches(lines, p, SESSION)) return undefined
    }
    count(seq)
    for (let at = digits.length - 1; at >= firstDigit; at--) {
      p -= 1
      if (bytes[p] !== digits[at]) return undefined
    }
    p -= SEQ.length
    if (!matches(lines, p, SEQ)) return undefined
    const monoEnd = p
    while (isDigit(bytes[p - 1]!)) p -= 1
    if (p === monoEnd || !matches(lines, p - MONO.length, MONO)) return undefined
    p -= MONO.length
    machineEnd = 0
    // Names are plain text, or for the slow way: an escape before the quote would make other JSON of what follows.
    const name = plainBefore(bytes, start, p)
    if (matches(lines, name - MACHINE.length, MACHINE)) {
      machineAt = name
      machineEnd = p
      p = name - MACHINE.length
    }
    if (p - start < KEY_BYTES) return undefined
    const known = seenByKey.get(keyOf(lines.view, p))
    if (known === undefined || !matches(lines, p - known.word.length, known.word)) return undefined
    dataEnd = p - known.word.length - KIND.length
    return matches(lines, dataEnd, KIND) ? known : undefined
  }

  /** From the first byte to the beginning of `data`. */
  function readHead(lines: Lines, start: number): boolean {
    const { bytes } = lines
    const instant = after(lines, start, AT)
    if (instant < 0) return false
    // What it shares with the time of the entry before is good; the first is compared with the year 0.
    let index = 0
    while (index < at.length && bytes[instant + index] === at[index]) index += 1
    wentBack = index < at.length && bytes[instant + index]! < at[index]!
    for (; index < at.length; index++) {
      const byte = bytes[instant + index]!
      const expected = INSTANT.bytes[index]
      if (expected === ZERO ? !isDigit(byte) : byte !== expected) return false
      at[index] = byte
    }
    const from = instant + at.length
    if (head.length > 0 && matches(lines, from, head)) {
      dataAt = from + head.length
      return true
    }
    const clockAt = after(lines, afterText(bytes, after(lines, from, BOOT)), CLOCK)
    const clockEnd = afterText(bytes, clockAt)
    const data = after(lines, clockEnd, DATA)
    if (data < 0) return false
    const state = latin1(bytes, clockAt, clockEnd)
    if (!clocks.includes(state)) return false
    clock = state
    dataAt = data
    head = word(latin1(bytes, from, data))
    return true
  }

  return {
    /** Entries counted by kind, by whoever asks for a kind. */
    seen: seen as readonly Seen[],
    /** The kind of the entry in these bytes, when it is canonical around its data and stands at `seq`. */
    kindOf(lines: Lines, start: number, end: number, seq: number): Seen | undefined {
      wentBack = false
      // Always: the time of an entry counts, whoever reads the rest of it.
      const headed = readHead(lines, start)
      const kind = readTail(lines, start, end, seq)
      return kind !== undefined && headed && dataAt <= dataEnd ? kind : undefined
    },
    /* Of the entry scanned last: */
    /** Its wall time. */
    get at() {
      return latin1(at, 0, at.length)
    },
    /** That is before the wall time of the entry before it. */
    get wentBack() {
      return wentBack
    },
    /** Where the members of `data` begin, and where its closing brace is. */
    get dataAt() {
      return dataAt
    },
    get dataEnd() {
      return dataEnd
    },
    get simulated() {
      return simulated
    },
    envelope({ bytes }: Lines): Envelope {
      const machine = machineEnd === 0 ? '' : latin1(bytes, machineAt, machineEnd)
      const session = sessionEnd === 0 ? '' : latin1(bytes, sessionAt, sessionEnd)
      return { machine, session, simulated, clock }
    },
  }
}
