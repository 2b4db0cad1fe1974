/**
 * The contents of the common kinds, read from canonical bytes: fields stand in one order, so each is expected in turn.
 * Undefined whenever anything is otherwise (another field, an escape, a number beyond 15 digits): then the slow way reads
 * it, and judges. Both ways must say the same of every entry; a test holds them against each other.
 * Pure. Imports nothing but its siblings named in ledger/evidence/canonical.ts. Read next: content.ts.
 */
import type { ClockTimes, Content, Share } from './content.ts'
import { createCursor } from './cursor.ts'
import { type Lines, word } from './lines.ts'

const METERS = word('"meters":[')
const BEGIN = word('"begin":[')
const END_LIST = word(']')
const CLOSE = word('"}')
const QUOTED = word('"')
const NONE = word('null')
const ITEM_STATE = word('"itemState":"')
const NEXT_METERS = word('","meters":[')
const OVERRUN = word('],"overrun":')
const REASON = word(',"reason":"')
const BOOKED_UNTIL = word('"bookedUntil":"')
const NEXT_BOOKED_UNTIL = word('],"bookedUntil":"')
const BOOKING = word('","booking":"')
const NEXT_BOOKING = word('],"booking":"')
const BY = word('","by":"')
const RESUME = word('","resume":')
const NO_LIMITS = word('","limits":{},"resume":')
const TAG = word(',"tag":')
const TENANT = word(',"tenant":"')
const NEXT_TENANT = word('","tenant":"')
const TOKEN = word('","token":"')
const TOKEN_AFTER_TAG = word(',"token":"')
const LEASE_LEFT = word('"leaseLeftMs":')
const NEXT_LEASE_LEFT = word('],"leaseLeftMs":')
const PLC_BOOT_ID = word(',"plcBootId":')
const PLC_STATE = word(',"plcState":"')
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
const STOPPED = word(',"stoppedReason":"')
const USE = word('","use":[')

/** Reads the data between its braces: from `dataAt` to `dataEnd`, exclusive. */
export function createReader() {
  const cursor = createCursor()
  const { must, has, number, flag, text, skipText, quoted, list, point, use } = cursor

  function share(): Share | undefined {
    must(OWNER)
    const owner = text()
    must(PERCENT)
    const percent = text()
    must(CLOSE)
    return { owner, percent }
  }

  function clocks(): ClockTimes {
    const bookedMs = number()
    must(EXECUTING)
    const executingMs = number()
    must(OCCUPIED)
    const occupiedMs = number()
    must(POWERED)
    const poweredMs = number()
    must(END_CLOCKS)
    return { bookedMs, occupiedMs, poweredMs, executingMs }
  }

  const readers: Partial<Record<Content['kind'], () => Content>> = {
    MeterSampled() {
      must(METERS)
      const meters = list(point)
      must(END_LIST)
      return { kind: 'MeterSampled', meters }
    },
    SessionFinishing() {
      must(ITEM_STATE)
      skipText()
      must(NEXT_METERS)
      const meters = list(point)
      must(OVERRUN)
      flag()
      must(REASON)
      skipText()
      must(QUOTED)
      return { kind: 'SessionFinishing', meters }
    },
    UnlockIntended() {
      const begin = has(BEGIN) ? list(point) : undefined
      must(begin === undefined ? BOOKED_UNTIL : NEXT_BOOKED_UNTIL)
      skipText()
      must(BOOKING)
      skipText()
      must(BY)
      skipText()
      if (!has(NO_LIMITS)) must(RESUME)
      flag()
      must(TAG)
      number()
      must(TENANT)
      skipText()
      must(TOKEN)
      const token = number()
      must(QUOTED)
      return { kind: 'UnlockIntended', token, begin }
    },
    /** As the machine answers in time; a late confirmation is for the slow way. */
    UnlockConfirmed() {
      const begin = has(BEGIN) ? list(point) : undefined
      must(begin === undefined ? LEASE_LEFT : NEXT_LEASE_LEFT)
      number()
      must(PLC_BOOT_ID)
      number()
      must(PLC_STATE)
      skipText()
      must(RESUME)
      const resume = flag()
      must(TAG)
      number()
      must(TOKEN_AFTER_TAG)
      const token = number()
      must(QUOTED)
      return { kind: 'UnlockConfirmed', token, begin, resume, late: false }
    },
    /** As most do; what was not like others is for the slow way. */
    SessionEnded() {
      must(BEGIN)
      const begin = list(point)
      must(NEXT_BOOKING)
      const booking = text()
      must(QUOTED)
      const times = has(CLOCKS) ? clocks() : undefined
      must(END)
      const end = list(point)
      must(ENDED_AT)
      const endedAt = text()
      must(QUOTED)
      const incomplete = has(INCOMPLETE)
      const shared = has(SHARES)
      const shares = shared ? list(share) : []
      if (shared) must(END_LIST)
      must(STARTED_AT)
      const startedAt = has(NONE) ? null : quoted()
      must(STOPPED)
      const stoppedReason = text()
      must(NEXT_TENANT)
      const tenant = text()
      must(USE)
      const uses = list(use)
      must(END_LIST)
      return {
        kind: 'SessionEnded',
        booking,
        tenant,
        stoppedReason,
        startedAt,
        endedAt,
        begin,
        end,
        use: uses,
        overrun: [],
        marks: [],
        shares,
        clocks: times,
        incomplete,
      }
    },
  }

  return (kind: Content['kind'], lines: Lines, dataAt: number, dataEnd: number): Content | undefined => {
    cursor.start(lines, dataAt)
    const content = readers[kind]?.()
    return cursor.at === dataEnd ? content : undefined
  }
}
