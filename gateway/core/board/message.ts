/**
 * What the control thread and the front say to each other: rows of the board and outcomes one way, commands the other.
 * Plain data: it crosses a thread. Read next: command/command.ts, board.ts (who makes the rows).
 */

import type { Command } from '../command/command.ts'
import type { Outcome } from '../command/outcome.ts'
import type { Commissioning } from '../drill/commissioning.ts'
import type { ItemState, OperationMode } from '../ground/config.ts'
import type { AccessWord } from '../machine/access-state.ts'
import type { Availability } from '../machine/availability.ts'
import type { Silent } from '../metering/silence.ts'
import type { Quality, Value } from '../reading/reading.ts'

/** A live value for a technician. */
export type SignalRow = {
  readonly id: string
  readonly machine: string
  readonly unit?: string
  readonly title?: string
  readonly quality: Quality
  readonly value?: Value
  readonly cause?: string
  readonly detail?: string
  readonly readAtMs: number
  readonly readAtNs: bigint
}

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
  /** Whole rows, newest wins. Sent after the commit that holds the change, and at least once a second. */
  | {
      readonly kind: 'board'
      readonly rows: readonly BoardRow[]
      readonly signals: readonly SignalRow[]
      readonly links: readonly LinkRow[]
      readonly health: Health
    }
  | { readonly kind: 'stop' }

export type Health = {
  readonly ready: boolean
  /** Why not, or what to look at. */
  readonly notes: readonly string[]
  readonly clock: string
  /** Since the platform was last heard of; absent: never. */
  readonly contactAgeMs?: number
  readonly counters: Readonly<Record<string, number>>
}

/** Front → control. */
export type ToControl =
  | { readonly kind: 'command'; readonly id: number; readonly command: Command }
  | { readonly kind: 'listening'; readonly url: string }
  /** The platform has been heard of: it called with a good token, or answered a pull. */
  | { readonly kind: 'contact' }
  /** What the ledger was held against; sent once, within 6 s of the start. */
  | { readonly kind: 'anchor'; readonly state: 'anchored' | 'unanchored' | 'contradicted'; readonly why: string }
  | { readonly kind: 'stopped' }

/** One row of the board: everything the outside may know of a machine now. */
export type BoardRow = {
  readonly machine: string
  readonly availability: Availability
  readonly itemState: ItemState | 'Unknown'
  readonly mode: OperationMode | 'Unknown'
  readonly access: AccessWord
  /** Open session; shown to its tenant and to technicians only. */
  readonly session?: string
  readonly maintenance: boolean
  readonly simulated: boolean
  /** Losing the gateway locks it; absent: it is never unlocked. */
  readonly failSafe?: boolean
  /** Its meters that do not count, and why. */
  readonly silent: readonly Silent[]
  /** Whether it has been shown to lock itself. */
  readonly commissioning: Commissioning
  /** UTC ms and monotonic ns of the oldest reading it rests on. */
  readonly asOfMs: number
  readonly asOfNs: bigint
  readonly maxAgeMs: number
}
