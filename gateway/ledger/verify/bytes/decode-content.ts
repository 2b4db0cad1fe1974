/**
 * The content of the common kinds, decoded from canonical bytes: fields stand in one order, so each is expected in
 * turn. Undefined whenever anything else stands there (another field, an escape, a number of more than 15 digits): the
 * caller then parses the entry, and that way judges. Both ways must say the same of every entry; a test compares them.
 * Pure. Read next: place.ts, decode-meter.ts, ledger/verify/entry/parse-content.ts (the other way).
 */
import type { Content } from '../entry/content.ts'
import type { Share } from '../facts.ts'
import type { Times } from '../times.ts'
import { decodePoint, decodeUse } from './decode-meter.ts'
import { type Lines, word } from './lines.ts'
import {
  newPlace,
  type Place,
  pass,
  passIf,
  passText,
  readFlag,
  readList,
  readNumber,
  readQuoted,
  readText,
} from './place.ts'

/** `dataAt`, `dataEnd`: between the braces of the data. */
export type DecodeContent = (
  kind: Content['kind'],
  lines: Lines,
  dataAt: number,
  dataEnd: number,
) => Content | undefined

export function createContentDecoder(): DecodeContent {
  const place = newPlace()
  return (kind, lines, dataAt, dataEnd) => {
    place.lines = lines
    place.at = dataAt
    const content = decoders[kind]?.(place)
    return place.at === dataEnd ? content : undefined
  }
}

const decoders: Partial<Record<Content['kind'], (place: Place) => Content>> = {
  MeterSampled: decodeSample,
  SessionFinishing: decodeFinish,
  UnlockIntended: decodeIntent,
  UnlockConfirmed: decodeConfirmation,
  SessionEnded: decodeEnd,
}

const QUOTED = word('"')
const CLOSE = word('"}')
const END_LIST = word(']')
const BEGIN = word('"begin":[')

/* ── readings ── */

const METERS = word('"meters":[')
const ITEM_STATE = word('"itemState":"')
const NEXT_METERS = word('","meters":[')
const OVERRUN = word('],"overrun":')
const REASON = word(',"reason":"')

function decodeSample(place: Place): Content {
  pass(place, METERS)
  const meters = readList(place, decodePoint)
  pass(place, END_LIST)
  return { kind: 'MeterSampled', meters }
}

function decodeFinish(place: Place): Content {
  pass(place, ITEM_STATE)
  passText(place)
  pass(place, NEXT_METERS)
  const meters = readList(place, decodePoint)
  pass(place, OVERRUN)
  readFlag(place)
  pass(place, REASON)
  passText(place)
  pass(place, QUOTED)
  return { kind: 'SessionFinishing', meters }
}

/* ── unlocks ── */

const BOOKED_UNTIL = word('"bookedUntil":"')
const NEXT_BOOKED_UNTIL = word('],"bookedUntil":"')
const BOOKING = word('","booking":"')
const BY = word('","by":"')
const RESUME = word('","resume":')
const NO_LIMITS = word('","limits":{},"resume":')
const TAG = word(',"tag":')
const TENANT = word(',"tenant":"')
const TOKEN = word('","token":"')

function decodeIntent(place: Place): Content {
  const begin = passIf(place, BEGIN) ? readList(place, decodePoint) : undefined
  pass(place, begin === undefined ? BOOKED_UNTIL : NEXT_BOOKED_UNTIL)
  passText(place)
  pass(place, BOOKING)
  const booking = readText(place)
  pass(place, BY)
  passText(place)
  if (!passIf(place, NO_LIMITS)) pass(place, RESUME)
  readFlag(place)
  pass(place, TAG)
  readNumber(place)
  pass(place, TENANT)
  const tenant = readText(place)
  pass(place, TOKEN)
  const token = readNumber(place)
  pass(place, QUOTED)
  return { kind: 'UnlockIntended', booking, tenant, token, begin }
}

const LEASE_LEFT = word('"leaseLeftMs":')
const NEXT_LEASE_LEFT = word('],"leaseLeftMs":')
const PLC_BOOT_ID = word(',"plcBootId":')
const PLC_STATE = word(',"plcState":"')
const TOKEN_AFTER_TAG = word(',"token":"')

/** A confirmation in time; a late one has a field more and is parsed. */
function decodeConfirmation(place: Place): Content {
  const begin = passIf(place, BEGIN) ? readList(place, decodePoint) : undefined
  pass(place, begin === undefined ? LEASE_LEFT : NEXT_LEASE_LEFT)
  readNumber(place)
  pass(place, PLC_BOOT_ID)
  readNumber(place)
  pass(place, PLC_STATE)
  passText(place)
  pass(place, RESUME)
  const resume = readFlag(place)
  pass(place, TAG)
  readNumber(place)
  pass(place, TOKEN_AFTER_TAG)
  const token = readNumber(place)
  pass(place, QUOTED)
  return { kind: 'UnlockConfirmed', token, begin, resume, late: false }
}

/* ── ends ── */

const NEXT_BOOKING = word('],"booking":"')
const CLOCKS = word(',"clocks":{"bookedMs":')
const EXECUTING = word(',"executingMs":')
const OCCUPIED = word(',"occupiedMs":')
const POWERED = word(',"poweredMs":')
const END_CLOCKS = word('}')
const END = word(',"end":[')
const ENDED_AT = word('],"endedAt":"')
const INCOMPLETE = word(',"incomplete":true')
const SHARES = word(',"shares":[')
const OWNER = word('{"owner":"')
const PERCENT = word('","percent":"')
const STARTED_AT = word(',"startedAt":')
const NONE = word('null')
const STOPPED = word(',"stoppedReason":"')
const NEXT_TENANT = word('","tenant":"')
const USE = word('","use":[')

/** A plain end; one with marks or overrun has fields more and is parsed. */
function decodeEnd(place: Place): Content {
  pass(place, BEGIN)
  const begin = readList(place, decodePoint)
  pass(place, NEXT_BOOKING)
  const booking = readText(place)
  pass(place, QUOTED)
  const clocks = passIf(place, CLOCKS) ? decodeClocks(place) : undefined
  pass(place, END)
  const end = readList(place, decodePoint)
  pass(place, ENDED_AT)
  const endedAt = readText(place)
  pass(place, QUOTED)
  const incomplete = passIf(place, INCOMPLETE)
  const shares = passIf(place, SHARES) ? decodeShares(place) : []
  pass(place, STARTED_AT)
  const startedAt = passIf(place, NONE) ? null : readQuoted(place)
  pass(place, STOPPED)
  const stoppedReason = readText(place)
  pass(place, NEXT_TENANT)
  const tenant = readText(place)
  pass(place, USE)
  const use = readList(place, decodeUse)
  pass(place, END_LIST)
  const texts = { booking, tenant, stoppedReason, startedAt, endedAt }
  return { kind: 'SessionEnded', ...texts, begin, end, use, overrun: [], shares, clocks, marks: [], incomplete }
}

function decodeClocks(place: Place): Times {
  const bookedMs = readNumber(place)
  pass(place, EXECUTING)
  const executingMs = readNumber(place)
  pass(place, OCCUPIED)
  const occupiedMs = readNumber(place)
  pass(place, POWERED)
  const poweredMs = readNumber(place)
  pass(place, END_CLOCKS)
  return { bookedMs, occupiedMs, poweredMs, executingMs }
}

function decodeShares(place: Place): Share[] {
  const shares = readList(place, decodeShare)
  pass(place, END_LIST)
  return shares
}

function decodeShare(place: Place): Share {
  pass(place, OWNER)
  const owner = readText(place)
  pass(place, PERCENT)
  const percent = readText(place)
  pass(place, CLOSE)
  return { owner, percent }
}
