/**
 * The fast way through a long log: an entry is looked at as bytes. Its canonical form begins and ends in fixed words
 *
 *   {"at":"…","boot":"…","clock":"…","data":{ … },"kind":"…","machine":"…","mono":"…","seq":n,"session":"…",…,"v":1}
 *
 * so place, site, kind and version are read without parsing what lies between. A tail of this form closes the outermost
 * object, so that in valid JSON nothing inside `data` can pass for it. What does not fit is not judged here: the caller
 * parses it. Pure. Imports nothing but its siblings named in canonical.ts. Read next: fast.ts (the data), body.ts (the
 * slow way, which has the last word).
 */
import { clocks, isOpened, knownKinds, type OpenedEntry } from './body.ts'
import { canonicalJson, toUtf8 } from './canonical.ts'

const ZERO = 0x30
const QUOTE = 0x22
const INSTANT = toUtf8('0000-00-00T00:00:00.000Z')
const AT = toUtf8('{"at":"')
const BOOT = toUtf8('","boot":"')
const CLOCK = toUtf8('","clock":"')
const DATA = toUtf8('","data":{')
const KIND = toUtf8('},"kind":"')
const MACHINE = toUtf8('","machine":"')
const MONO = toUtf8('","mono":"')
const SEQ = toUtf8('","seq":')
const SESSION = toUtf8(',"session":"')
const SIMULATED = toUtf8(',"simulated":true')

/** A number no two kinds share: length and letters that tell them apart. */
const keyOf = (bytes: Uint8Array, from: number, to: number) =>
  ((to - from) << 16) ^ (bytes[from]! << 8) ^ bytes[from + 1]! ^ (bytes[to - 4]! << 4) ^ (bytes[to - 3]! << 12)

/** A kind, and how many entries of it were counted. */
export type Seen = { readonly kind: string; readonly opened: boolean; entries: number }

export type Scanner = ReturnType<typeof createScanner>

export function createScanner(site: string) {
  const seen = knownKinds.map((kind): Seen & { bytes: Uint8Array } => ({
    kind,
    opened: isOpened(kind),
    entries: 0,
    bytes: toUtf8(kind),
  }))
  const seenByKey = new Map(seen.map((each) => [keyOf(each.bytes, 0, each.bytes.length), each]))
  if (seenByKey.size !== seen.length) throw new Error('two kinds of entries have one key')
  const TAIL = toUtf8(`,"site":${canonicalJson(site)},"v":1}`)
  const at = INSTANT.slice()
  /** From the end of the time to `"data":{`, of the entry before: it seldom changes. */
  let head = new Uint8Array(0)
  let clock = ''
  let dataAt = 0
  let dataEnd = 0
  let machineAt = 0
  let machineEnd = 0
  let sessionAt = 0
  let sessionEnd = 0
  let simulated = false
  let wentBack = false

  function readTail(bytes: Uint8Array, start: number, end: number, seq: number): Seen | undefined {
    let p = end - TAIL.length
    if (p < start || !matches(bytes, p, TAIL)) return undefined
    simulated = matches(bytes, p - SIMULATED.length, SIMULATED)
    if (simulated) p -= SIMULATED.length
    sessionEnd = 0
    if (bytes[p - 1] === QUOTE) {
      sessionEnd = p - 1
      sessionAt = textStart(bytes, start, sessionEnd)
      p = sessionAt - SESSION.length
      if (!matches(bytes, p, SESSION)) return undefined
    }
    let rest = seq
    do {
      p -= 1
      if (bytes[p] !== ZERO + (rest % 10)) return undefined
      rest = Math.floor(rest / 10)
    } while (rest > 0)
    p -= SEQ.length
    if (!matches(bytes, p, SEQ)) return undefined
    const monoEnd = p
    while (isDigit(bytes[p - 1]!)) p -= 1
    if (p === monoEnd || !matches(bytes, p - MONO.length, MONO)) return undefined
    p -= MONO.length
    let word = textStart(bytes, start, p)
    machineEnd = 0
    if (matches(bytes, word - MACHINE.length, MACHINE)) {
      machineAt = word
      machineEnd = p
      p = word - MACHINE.length
      word = textStart(bytes, start, p)
    }
    dataEnd = word - KIND.length
    if (dataEnd < start || !matches(bytes, dataEnd, KIND) || p - word < 4) return undefined
    const known = seenByKey.get(keyOf(bytes, word, p))
    return known !== undefined && known.bytes.length === p - word && matches(bytes, word, known.bytes)
      ? known
      : undefined
  }

  function readHead(bytes: Uint8Array, start: number): boolean {
    if (!matches(bytes, start, AT)) return false
    let p = start + AT.length
    // What it shares with the time of the entry before is good; the first is compared with the year 0.
    let index = 0
    while (index < INSTANT.length && bytes[p + index] === at[index]) index += 1
    wentBack = index < INSTANT.length && bytes[p + index]! < at[index]!
    for (; index < INSTANT.length; index++) {
      const byte = bytes[p + index]!
      if (INSTANT[index] === ZERO ? !isDigit(byte) : byte !== INSTANT[index]) return false
      at[index] = byte
    }
    p += INSTANT.length
    if (head.length > 0 && matches(bytes, p, head)) {
      dataAt = p + head.length
      return true
    }
    const from = p
    if (!matches(bytes, p, BOOT)) return false
    p = textEnd(bytes, p + BOOT.length)
    if (!matches(bytes, p, CLOCK)) return false
    const clockAt = p + CLOCK.length
    p = textEnd(bytes, clockAt)
    clock = latin1(bytes, clockAt, p)
    if (!matches(bytes, p, DATA) || !clocks.includes(clock)) return false
    dataAt = p + DATA.length
    head = bytes.slice(from, dataAt)
    return true
  }

  return {
    /** Entries counted by kind: by whoever asks for a kind. */
    seen: seen as readonly Seen[],
    /** The kind of the entry in these bytes, when it is canonical around its data and stands at `seq`. */
    kindOf(bytes: Uint8Array, start: number, end: number, seq: number): Seen | undefined {
      wentBack = false
      const kind = readTail(bytes, start, end, seq)
      return kind !== undefined && readHead(bytes, start) && dataAt <= dataEnd ? kind : undefined
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
    envelope(bytes: Uint8Array): Omit<OpenedEntry, 'seq' | 'kind' | 'content'> {
      return {
        machine: machineEnd === 0 ? '' : latin1(bytes, machineAt, machineEnd),
        session: sessionEnd === 0 ? '' : latin1(bytes, sessionAt, sessionEnd),
        simulated,
        at: latin1(at, 0, at.length),
        clock,
      }
    },
  }
}

export const isDigit = (byte: number) => byte >= ZERO && byte <= 0x39

export function matches(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let index = 0; index < word.length; index++) if (bytes[at + index] !== word[index]) return false
  return true
}

/** Plain text: no quote, no escape, printable ASCII. Anything else is for the slow way. */
const isPlain = (byte: number | undefined) =>
  byte !== undefined && byte >= 0x20 && byte < 0x7f && byte !== QUOTE && byte !== 0x5c

/** Where the plain text begins that ends before `end`. */
function textStart(bytes: Uint8Array, start: number, end: number): number {
  let p = end
  while (p > start && isPlain(bytes[p - 1])) p -= 1
  return p
}

/** Where the plain text ends that begins at `start`. */
export function textEnd(bytes: Uint8Array, start: number): number {
  let p = start
  while (isPlain(bytes[p])) p += 1
  return p
}

/** Bytes that are plain text. */
export function latin1(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode.apply(null, bytes.subarray(from, to) as unknown as number[])
}
