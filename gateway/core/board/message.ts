/**
 * Messages between the control thread and the front: board rows and outcomes to the front, commands to the control
 * thread. Plain data: it crosses threads. Read next: command/command.ts, board.ts (which makes the rows).
 */

import type { Command } from '../command/command.ts'
import type { Outcome } from '../command/outcome.ts'
import type { Commissioning } from '../drill/commissioning.ts'
import type { ItemState, OperationMode } from '../ground/config.ts'
import type { ClockState } from '../ground/entry.ts'
import type { AccessWord } from '../machine/access-state.ts'
import type { Availability } from '../machine/availability.ts'
import type { Silent } from '../metering/silence.ts'
import type { ClockTimes } from '../session/clocks.ts'

export type LinkRow = {
  readonly id: string
  readonly protocol: string
  readonly state: 'connecting' | 'up' | 'down'
  readonly cause?: string
  readonly sinceMs: number
}

/** Control → front. */
export type ToFront =
  | { readonly kind: 'outcome'; readonly id: number; readonly outcome: Outcome }
  /**
   * Rows and links that changed, each complete; they replace the earlier ones. Sent after the commit that made the
   * changes durable, and at least once a second; the first has everything. `health` comes once a second.
   */
  | {
      readonly kind: 'board'
      readonly rows: readonly BoardRow[]
      /**
       * Of rows that are otherwise the same: the place of the machine in the site file, `asOfMs` and `asOfNs`, and so
       * on.
       */
      readonly asOf: Float64Array
      readonly links: readonly LinkRow[]
      readonly health?: Health
    }
  /** What the front has proposed under this id is in force, and durable. What comes later is of it. */
  | { readonly kind: 'configured'; readonly id: string }
  /** There are samples in the ring. */
  | { readonly kind: 'samples' }
  | { readonly kind: 'stop' }

/** What a gateway can be short of. `time`: its main thread is late. */
export const resources = ['memory', 'handles', 'time', 'disk'] as const
export type Resource = (typeof resources)[number]

/** `short`: of what there is so little that no session begins. */
export type ResourceHealth = {
  readonly short: readonly Resource[]
  readonly residentBytes: number
  /** Absent where nobody counts them. */
  readonly openHandles?: number
}

/** Of the active box of a pair. */
type PairHealth = {
  readonly box: string
  readonly other: string
  /** Where callers reach the other box, as the site file says. */
  readonly otherUrl?: string
  /** The other box would take over. */
  readonly followed: boolean
  /** How often one of the two has begun. */
  readonly term: number
  readonly spare: 'absent' | 'copies' | 'follows'
  /** Since the spare was heard; absent: not in this run. */
  readonly heardAgoMs?: number
  /** Since it last had everything, and how many changes of the ledger it lacks; absent where nobody can know. */
  readonly behindMs?: number
  readonly behind?: number
}

export type Health = {
  /** Absent: nobody has looked. */
  readonly resources?: ResourceHealth
  /** Bytes that may still be written to the disk of the data folder; absent while that is not known. */
  readonly diskFreeBytes?: number
  /** Absent: it is not one of a pair. */
  readonly pair?: PairHealth
  readonly ready: boolean
  /** Why it is not ready, or what needs attention. */
  readonly notes: readonly string[]
  readonly clock: string
  /** Time since the platform was last heard from; absent when it never was. */
  readonly contactAgeMs?: number
  readonly counters: Readonly<Record<string, number>>
}

/** Front → control. */
export type ToControl =
  | { readonly kind: 'command'; readonly id: number; readonly command: Command }
  | { readonly kind: 'listening'; readonly url: string }
  /** The platform was heard from: it called with a valid token, or answered a pull. */
  | { readonly kind: 'contact' }
  /** The result of comparing the ledger with its anchor: within 6 s of the start, and when it turns out otherwise. */
  | { readonly kind: 'anchor'; readonly state: 'anchored' | 'unanchored' | 'contradicted'; readonly why: string }
  | { readonly kind: 'stopped' }

/** One row of the board: everything that others may know of a machine now. */
export type BoardRow = {
  readonly machine: string
  readonly availability: Availability
  readonly itemState: ItemState | 'Unknown'
  readonly mode: OperationMode | 'Unknown'
  readonly access: AccessWord
  /** The open session. Only its tenant and technicians may see it. */
  readonly session?: string
  /** The clocks of that session, and when they stood so, UTC ms. */
  readonly clocks?: ClockTimes & { readonly atMs: number }
  readonly maintenance: boolean
  readonly simulated: boolean
  /** Whether losing the gateway locks the machine; absent when it has no interlock. */
  readonly failSafe?: boolean
  /** Its meters that do not count, and why. */
  readonly silent: readonly Silent[]
  /** Whether a drill has shown that it locks itself. */
  readonly commissioning: Commissioning
  /** How far the times are to be trusted. */
  readonly clock: ClockState
  /** UTC ms and monotonic ns of the oldest reading on which the row is based. */
  readonly asOfMs: number
  readonly asOfNs: bigint
  readonly maxAgeMs: number
}
