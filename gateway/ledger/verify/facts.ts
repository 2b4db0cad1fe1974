/**
 * The facts that a verdict states, recomputed from the entries. Units are decimal text, in the smallest unit of the
 * meter.
 * Pure. Read next: verdict.ts, sums/log-sums.ts (where most of them come from).
 */
import { toBase64 } from '../evidence/canonical.ts'
import type { SignedCheckpoint } from '../evidence/trust.ts'
import type { Times } from './times.ts'

/** How a session differed from a plain one. */
export type Mark = 'offline' | 'override' | 'late-revocation' | 'not-fail-safe'

/** Who bears the usage of a session, in percent. */
export type Share = { readonly owner: string; readonly percent: string }

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
  readonly marks: readonly Mark[]
  readonly shares: readonly Share[]
  /** Absent in logs from before they were recorded. */
  readonly clocks?: Times
  /** The entry of the confirmation; −1 when there is none. */
  readonly confirmedSeq: number
  readonly endedSeq: number
  readonly use: readonly UseFacts[]
}

export type UseFacts = {
  readonly meter: string
  readonly unit: string
  /** Totals of the begin and end readings. */
  readonly begin: string
  readonly end: string
  /** Units charged to the session. */
  readonly quantity: string
  /** The part of `quantity` that was made after the grace; absent when there is none. */
  readonly overrun?: string
  /** Made between begin and end, and not charged: end − begin − quantity. */
  readonly elsewhere: string
}

export type EpochFacts = {
  readonly epoch: number
  /** The counter as the device holds it; absent for meters that are not registers. */
  readonly firstRaw?: string
  readonly lastRaw?: string
  readonly wraps: number
  /** Units per count of the device, once the counter has moved. */
  readonly perCount?: string
  /** Units made in the epoch, as booked. */
  readonly units: string
  /** The same by the counter itself: (last raw − first raw + wraps × modulus) × perCount; registers only. */
  readonly counted?: string
  /** As the gateway booked them, where its entries say so; their sum is `units`. */
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
  /** The parts of `elsewhere` that changes of the counter name. */
  readonly namedUnassigned: string
  readonly namedDisputed: string
  /** Made while a stranger used the machine, as recorded when that use was over. */
  readonly namedForeign: string
  /** Moved to sessions by corrections, or away from them when below 0; not part of `sessions`. */
  readonly corrected: string
}

/** A record that a person made afterwards. */
export type HandFacts = {
  readonly seq: number
  readonly kind: 'Correction' | 'ManualEntry'
  readonly machine: string
  readonly reason: string
  /** Correction: the entry it corrects, and the session of that entry. */
  readonly original?: number
  readonly session?: string
  readonly text?: string
  /** What was moved from one account to another, or used between two times. */
  readonly units: readonly {
    readonly meter: string
    readonly unit: string
    readonly quantity: string
    readonly from: string
    readonly to: string
  }[]
}

type CheckpointFacts = {
  readonly size: number
  /** Base64. */
  readonly root: string
  /** Names and key ids that signed it. */
  readonly signers: readonly string[]
  readonly witnesses: readonly { readonly name: string; readonly at: string }[]
}

export function checkpointFacts({ checkpoint, signers, witnesses }: SignedCheckpoint): CheckpointFacts {
  return { size: checkpoint.size, root: toBase64(checkpoint.root), signers, witnesses }
}

/** The software or the configuration that was in force from this entry on. */
export type IdentityFacts = {
  readonly seq: number
  readonly at: string
  readonly version?: string
  readonly configurationId?: string
}

/** What the report of a machine's acceptance says; its values are not judged. */
export type AcceptanceFacts = {
  readonly seq: number
  readonly at: string
  readonly machine: string
  readonly accepted: boolean
  readonly label: string
  readonly by: string
  readonly reason: string
  readonly drill: string
  readonly readings: readonly {
    readonly signal: string
    readonly shown: string
    readonly reported: string
    readonly agrees: boolean
  }[]
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
  readonly identity: readonly IdentityFacts[]
  readonly receipts: number
  /** Of an acceptance file. */
  readonly accepted?: readonly AcceptanceFacts[]
}

/** Of evidence that could not be read. */
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
