/**
 * Reports: what somebody says is wrong with a machine, and what becomes of it. An open one is kept with the machine;
 * each step of it is an entry. Read next: people/reports.ts (how a machine takes them).
 */
import type { JsonObject } from '../ground/entry.ts'

/** `note`: to be known. `wrench`: somebody has to see to it. `stop`: nobody else may begin a use before that. */
export const severities = ['note', 'wrench', 'stop'] as const
export type Severity = (typeof severities)[number]

/** `taken`: somebody sees to it. A closed one is kept in entries alone. */
export const reportStates = ['open', 'taken', 'closed'] as const
type ReportState = (typeof reportStates)[number]

/** How a report came: a person made it, an answer was outside its limits, or a service is overdue. */
export const reportCauses = ['person', 'answer', 'service'] as const

/** A picture without anything but its pixels. The bytes are a file beside the ledger. */
export type Photo = {
  /** Hex. */
  readonly sha256: string
  readonly type: 'image/jpeg' | 'image/png' | 'image/webp'
  readonly bytes: number
}

export type ReportInput = {
  /** UUIDv7. */
  readonly id: string
  readonly severity: Severity
  readonly text: string
  readonly photos: readonly Photo[]
  readonly cause: (typeof reportCauses)[number]
  /** The person; a tenant by the pseudonym. */
  readonly by: JsonObject
}

export type Report = ReportInput & {
  readonly atMs: number
  /** The session in which it was made. */
  readonly session?: string
  readonly state: Exclude<ReportState, 'closed'>
  /** Whether a new use is refused. */
  readonly blocks: boolean
  /** Who sees to it. */
  readonly owner?: string
  /** When that should be over, UTC ms. */
  readonly expectedEndMs?: number
}

/** What a person changes; absent: it stays. */
export type ReportChange = {
  readonly id: string
  readonly state?: ReportState
  readonly blocks?: boolean
  readonly owner?: string
  readonly expectedEndMs?: number
  readonly text: string
  readonly by: JsonObject
}
