/**
 * What a check of evidence answers: good or not, each fault with a stable code and plain words, notes that change nothing
 * but should be read, and the facts recomputed from the entries. Codes stay; words may be bettered.
 * Imports nothing but its siblings named in ledger/evidence/canonical.ts.
 */
import type { Mark } from './content.ts'
import { faultWords, noteWords } from './words.ts'

export type FaultCode = keyof typeof faultWords
export type NoteCode = keyof typeof noteWords

export type Fault = {
  readonly code: FaultCode
  /** The words of the code in English, and the detail. */
  readonly message: string
  readonly detail?: string
  /** The entry it is about. */
  readonly seq?: number
}
export type Note = {
  readonly code: NoteCode
  readonly message: string
  readonly detail?: string
  /** The first entry it is about. */
  readonly seq?: number
  /** How often. */
  readonly count: number
}

/** Units are decimal text, in the smallest unit of the meter. */
export type SessionFacts = {
  readonly session: string
  readonly machine: string
  readonly booking: string
  /** Pseudonym. */
  readonly tenant: string
  readonly simulated: boolean
  readonly startedAt: string | null
  readonly endedAt: string
  readonly stoppedReason: string
  readonly incomplete: boolean
  /** How it was not like others. */
  readonly marks: readonly Mark[]
  /** Whose the usage is, in percent. */
  readonly shares: readonly { readonly owner: string; readonly percent: string }[]
  /** Times by the four clocks of the session, ms. */
  readonly clocks?: {
    readonly bookedMs: number
    readonly occupiedMs: number
    readonly poweredMs: number
    readonly executingMs: number
  }
  /** The entries of the confirmation and of the end. */
  readonly confirmedSeq: number
  readonly endedSeq: number
  readonly use: readonly {
    readonly meter: string
    readonly unit: string
    readonly begin: string
    readonly end: string
    /** Charged to the session. */
    readonly quantity: string
    /** What of it was made after the grace; absent: nothing. */
    readonly overrun?: string
    /** Made between begin and end, and not charged: end − begin − quantity. */
    readonly elsewhere: string
  }[]
}

export type EpochFacts = {
  readonly epoch: number
  /** As the device holds them; absent for meters that are not registers. */
  readonly firstRaw?: string
  readonly lastRaw?: string
  readonly wraps: number
  /** Units per count of the device, once the counter has moved. */
  readonly perCount?: string
  /** Units made in the epoch, as booked. */
  readonly units: string
  /** The same by the counter itself: (last raw − first raw + wraps × modulus) × perCount; registers only. */
  readonly counted?: string
  /** As the gateway booked them, when its entries say so; their sum is `units`. */
  readonly accounts?: { readonly session: string; readonly unassigned: string; readonly disputed: string }
}

export type MeterFacts = {
  readonly meter: string
  readonly unit: string
  readonly simulated: boolean
  readonly epochs: readonly EpochFacts[]
  /** units = sessions + elsewhere. */
  readonly units: string
  readonly sessions: string
  /** Unassigned, disputed, or of a session that has not ended. */
  readonly elsewhere: string
  /** Of these, what changes of the counter name. */
  readonly namedUnassigned: string
  readonly namedDisputed: string
  /** Made while somebody else held the machine, as named when that was over. */
  readonly namedForeign: string
  /** Moved to sessions by corrections, or from them when below 0; not in `sessions`. */
  readonly corrected: string
}

/** A record made by a person, afterwards. */
export type HandFacts = {
  readonly seq: number
  readonly kind: 'Correction' | 'ManualEntry'
  readonly machine: string
  readonly reason: string
  /** Correction: the entry it puts right, and the session of that one. */
  readonly original?: number
  readonly session?: string
  readonly text?: string
  /** What was moved, or used by hand. */
  readonly units: readonly {
    readonly meter: string
    readonly unit: string
    readonly quantity: string
    readonly from: string
    readonly to: string
  }[]
}

export type CheckpointFacts = {
  readonly size: number
  /** Base64. */
  readonly root: string
  /** Names and key ids that signed it. */
  readonly signers: readonly string[]
  readonly witnesses: readonly { readonly name: string; readonly at: string }[]
}

export type Facts = {
  readonly origin?: string
  readonly site?: string
  readonly entries: number
  readonly firstAt?: string
  readonly lastAt?: string
  readonly kinds: Readonly<Record<string, number>>
  readonly checkpoints: readonly CheckpointFacts[]
  readonly sessions: readonly SessionFacts[]
  readonly meters: readonly MeterFacts[]
  readonly byHand: readonly HandFacts[]
  /** What ran, and on which configuration, from which entry on. */
  readonly identity: readonly {
    readonly seq: number
    readonly at: string
    readonly version?: string
    readonly configurationId?: string
  }[]
  readonly receipts: number
}

export const noFacts: Facts = {
  entries: 0,
  kinds: {},
  checkpoints: [],
  sessions: [],
  meters: [],
  byHand: [],
  identity: [],
  receipts: 0,
}

export type Verdict = {
  readonly ok: boolean
  readonly kind: 'receipt' | 'bundle'
  readonly faults: readonly Fault[]
  /** Faults beyond the first hundred. */
  readonly moreFaults: number
  readonly notes: readonly Note[]
  readonly facts: Facts
}

const MOST_FAULTS = 100
/** Different details kept of one note; what is beyond them is only counted. */
const MOST_DETAILS = 50

/** Gathers faults and notes; a note is kept once per code and detail, with a count. */
export function createReport() {
  const faults: Fault[] = []
  const notes = new Map<string, { note: Omit<Note, 'count'>; count: number }>()
  const details = new Map<NoteCode, number>()
  let more = 0
  return {
    fault(code: FaultCode, detail?: string, seq?: number): undefined {
      if (faults.length >= MOST_FAULTS) more += 1
      else faults.push({ code, ...said(faultWords[code].en, detail, seq) })
      return undefined
    },
    note(code: NoteCode, detail?: string, seq?: number, count = 1): void {
      const different = details.get(code) ?? 0
      const full = different >= MOST_DETAILS && !notes.has(`${code}\n${detail}`)
      const kept = full ? 'and others' : detail
      const known = notes.get(`${code}\n${kept}`)
      if (known !== undefined) {
        known.count += count
        return
      }
      details.set(code, different + 1)
      notes.set(`${code}\n${kept}`, { note: { code, ...said(noteWords[code].en, kept, seq) }, count })
    },
    get good() {
      return faults.length === 0
    },
    verdict(kind: Verdict['kind'], facts: Facts): Verdict {
      return {
        ok: faults.length === 0,
        kind,
        faults,
        moreFaults: more,
        notes: [...notes.values()].map(({ note, count }) => ({ ...note, count })),
        facts,
      }
    },
  }
}
export type Report = ReturnType<typeof createReport>

function said(words: string, detail: string | undefined, seq: number | undefined) {
  return {
    message: `${seq === undefined ? '' : `entry ${seq}: `}${words}${detail === undefined ? '' : ` (${detail})`}`,
    ...(detail === undefined ? {} : { detail }),
    ...(seq === undefined ? {} : { seq }),
  }
}
