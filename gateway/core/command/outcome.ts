/** The result of a command. Plain data: it crosses from the control thread to the front. Read next: command.ts. */

import type { Booking } from '../booking/booking.ts'
import type { Block } from '../booking/plan.ts'
import type { DrillStep } from '../drill/drill.ts'
import type { DrillSight } from '../drill/sight.ts'
import type { Refusal } from '../ground/refusal.ts'
import type { LinkTrust } from '../ground/trust.ts'
import type { Session } from '../session/session.ts'

export type Outcome =
  | { readonly kind: 'booking'; readonly booking: Booking; readonly created: boolean }
  | {
      readonly kind: 'bookings'
      readonly version: number
      readonly put: number
      readonly cancelled: number
      readonly refused: readonly { readonly id: string; readonly code: Refusal['code']; readonly detail?: string }[]
    }
  | { readonly kind: 'session'; readonly session: Session }
  | { readonly kind: 'block'; readonly block: Block; readonly created: boolean }
  /** The id of an entry that a person made. */
  | { readonly kind: 'recorded'; readonly id: string }
  | { readonly kind: 'drill'; readonly drill: DrillView }
  /** In the order asked; `words` absent: `cause` says why. */
  | { readonly kind: 'registers'; readonly blocks: readonly RegistersRead[] }
  | { readonly kind: 'trust'; readonly links: readonly LinkTrust[] }
  | { readonly kind: 'nodes'; readonly nodes: readonly NodeFound[] }
  | { readonly kind: 'configuration'; readonly result: ApplyResult }
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

export const refused = (refusal: Refusal): Outcome => ({ kind: 'refused', refusal })

export type RegistersRead = {
  readonly table: 'holding' | 'input'
  readonly start: number
  readonly words?: readonly number[]
  readonly cause?: string
  readonly detail?: string
}

/** A node of a device, and what it holds where it is a value. */
export type NodeFound = {
  readonly id: string
  readonly name: string
  readonly kind: string
  readonly type?: string
  /** As text. */
  readonly value?: string
  readonly cause?: string
}

/** What a changed configuration does to a gateway that runs, or would do. */
export type ApplyResult = {
  readonly applied: boolean
  /** One line for each link and machine. */
  readonly steps: readonly string[]
  /** Why it cannot be applied while the gateway runs. */
  readonly needsRestart: readonly string[]
  /** Machines that are in use and would be changed. */
  readonly waits: readonly { readonly machine: string; readonly why: string }[]
}

/** A drill under way, or the last one since the start. */
export type DrillView = {
  readonly machine: string
  /** A drill that was broken off proves nothing and is not recorded. */
  readonly state: 'running' | 'passed' | 'failed' | 'broken-off'
  readonly by: string
  readonly startedAtMs: number
  readonly endedAtMs?: number
  /** The step under way. */
  readonly step?: string
  readonly steps: readonly DrillStep[]
  /** Of its last half minute. */
  readonly sights: readonly DrillSight[]
  readonly relockMs?: number
  readonly failSafe?: boolean
}
