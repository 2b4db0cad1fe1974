/**
 * What can happen to a machine, and what follows from it, as data. Read next: step.ts (which takes the events),
 * state.ts, turn.ts.
 */

import type { Booking } from '../booking/booking.ts'
import type { Block } from '../booking/plan.ts'
import type { Outcome } from '../command/outcome.ts'
import type { DrillReport } from '../drill/drill.ts'
import type { MachineConfig } from '../ground/config.ts'
import type { JsonObject } from '../ground/entry.ts'
import type { Certificate } from '../meter/certificate.ts'
import type { Principal } from '../permission/principal.ts'
import type { Reading } from '../reading/reading.ts'
import type { Given } from '../session/answers.ts'
import type { Correction } from '../session/correction.ts'
import type { ReportChange, ReportInput } from '../session/report.ts'
import type { UnlockRequest } from './access-state.ts'
import type { Change } from './change.ts'

export type MachineEvent =
  | { readonly kind: 'readings'; readonly readings: readonly Reading[]; readonly ref?: number }
  | {
      readonly kind: 'written'
      readonly ref: number
      readonly result: 'accepted' | 'refused' | 'unsent' | 'unknown'
      readonly detail?: string
    }
  | { readonly kind: 'committed'; readonly ref: number }
  | { readonly kind: 'tick' }
  | { readonly kind: 'unlock'; readonly request: UnlockRequest }
  | { readonly kind: 'resume'; readonly command: number; readonly by: string }
  | {
      readonly kind: 'end'
      readonly command: number
      readonly by: 'tenant' | 'platform' | 'owner' | 'technician'
      /** The rest of the booking is given back. */
      readonly release?: true
    }
  | {
      readonly kind: 'maintenance'
      readonly command: number
      readonly on: boolean
      readonly by: string
      readonly reason: string
    }
  | { readonly kind: 'inspection'; readonly inspection: Inspection }
  | { readonly kind: 'bookings'; readonly bookings: Booking[] }
  | { readonly kind: 'block'; readonly command: number; readonly block: Block; readonly most: number }
  | { readonly kind: 'unblock'; readonly command: number; readonly id: string; readonly by: string }
  /** Tokens that the platform has revoked; a session opened by one of them has no right to go on. */
  | { readonly kind: 'revoked'; readonly jtis: readonly string[]; readonly issuedAtMs: number }
  /** `most`: open ones that a machine may have. */
  | { readonly kind: 'report'; readonly command: number; readonly report: ReportInput; readonly most: number }
  | {
      readonly kind: 'service-done'
      readonly command: number
      readonly service: string
      readonly text: string
      readonly parts: readonly string[]
      /** Of a calibration; `fromMs`: when its day begins. */
      readonly certificate?: Certificate & { readonly fromMs: number }
      readonly by: JsonObject
    }
  /** After a use; `tenant` is the pseudonym. */
  | {
      readonly kind: 'answers'
      readonly command: number
      readonly answered: Given & { readonly session: string; readonly tenant: string }
    }
  | { readonly kind: 'report-change'; readonly command: number; readonly change: ReportChange }
  | { readonly kind: 'correct'; readonly command: number; readonly correction: Correction }
  /** Other names or rules; how the machine is read, metered and locked is as before. */
  | { readonly kind: 'configured'; readonly config: MachineConfig }
  | DrillEvent

export type Effect =
  | { readonly kind: 'change'; readonly change: Change }
  /** Make all changes so far durable now, and answer with `committed`. */
  | { readonly kind: 'commit'; readonly ref: number }
  /** Read ahead of the polls, after `afterMs`, and answer with `readings`. */
  | {
      readonly kind: 'read'
      readonly ref: number
      readonly what: 'interlock' | 'interlock+meters'
      readonly afterMs?: number
    }
  /** Write one block once, and answer with `written`. */
  | { readonly kind: 'write'; readonly ref: number; readonly words: readonly number[] }
  | { readonly kind: 'reply'; readonly command: number; readonly outcome: Outcome }

export type DrillEvent =
  | { readonly kind: 'drill'; readonly command: number; readonly by: string; readonly reason: string }
  | { readonly kind: 'drill-ended'; readonly command: number; readonly report: DrillReport | undefined }

export type Inspection = {
  readonly command: number
  readonly inspector: Inspector
  readonly passed: boolean
  readonly note: string
}

/** The person who inspects; the id of a tenant is their pseudonym. */
export type Inspector = { readonly role: Principal['role']; readonly id: string; readonly by: JsonObject }
