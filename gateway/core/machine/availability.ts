/**
 * The availability of a machine, derived from its condition and its access by ordered rules, of which the first that
 * matches wins. Its words are those of OCPI and OCPP 1.6. It never names who uses the machine. Pure. Read next:
 * board/board.ts (from what it is derived).
 */

import type { ItemState } from '../ground/config.ts'
import type { Staleness } from '../reading/condition.ts'
import type { AccessWord } from './access-state.ts'

export type AvailabilityState =
  | 'Available'
  | 'Reserved'
  | 'Preparing'
  | 'InUse'
  | 'Finishing'
  | 'ToCheck'
  | 'Blocked'
  | 'OutOfOrder'
  | 'Unknown'

/** Stable words. With a colon: why a signal gates nothing, and which one. */
export type AvailabilityReason =
  | `${string}:${string}`
  | 'starting'
  | 'state-unknown'
  | 'emergency-stop'
  | 'interlock-unsafe'
  | 'fault'
  | 'out-of-service'
  | 'maintenance'
  | 'maintenance-window'
  | 'owner-block'
  | 'inspection-failed'
  | 'reported'
  | 'service-due'
  | 'service-overdue'
  | 'not-commissioned'
  | 'unconfirmed'
  | 'access-unknown'
  | 'foreign'
  | 'session'
  | 'clean-down'
  | 'inspection'
  | 'booking'
  | 'machine-off'

export type AvailabilityInput = {
  readonly stale?: Staleness
  readonly itemState: ItemState | 'Unknown'
  readonly fault: boolean
  /** Why its output could stay on by itself, in words. */
  readonly unsafe?: string
  readonly emergencyStop: boolean
  readonly maintenance: boolean
  readonly commissioned: boolean
  readonly hasInterlock: boolean
  readonly access: AccessWord
  readonly session: boolean
  /** The plan that closes the machine now. */
  readonly closed?: 'maintenance-window' | 'owner-block'
  /** Whether a booking holds now. */
  readonly reserved: boolean
  /** When no session, booking or plan will hold it any more, UTC ms; absent when that is not known. */
  readonly freeAtMs?: number
  /** When the next booking or plan begins, UTC ms. */
  readonly freeUntilMs?: number
  /** Whether it is being cleaned down for the next tenant. */
  readonly cleanDown?: boolean
  readonly inspection?: 'due' | 'failed'
  /** What keeps everybody from a new use: a report, or a service, and what it says. */
  readonly reported?: { readonly reason: 'reported' | 'service-due' | 'service-overdue'; readonly detail: string }
}

export type Availability = {
  readonly state: AvailabilityState
  readonly reason?: AvailabilityReason
  /** In words, where the reason alone does not say what to do. */
  readonly detail?: string
  /** When it is expected to be free, UTC ms. */
  readonly freeAtMs?: number
  /** Until when it is free, UTC ms; absent when no booking, window or block is known. */
  readonly freeUntilMs?: number
}

export function deriveAvailability(input: AvailabilityInput): Availability {
  const { freeAtMs, freeUntilMs } = input
  const busy = (state: AvailabilityState, reason: AvailabilityReason): Availability => ({
    state,
    reason,
    ...(freeAtMs === undefined ? {} : { freeAtMs }),
  })
  if (input.stale) return { state: 'Unknown', reason: `${input.stale.cause}:${input.stale.signal}` }
  if (input.itemState === 'Unknown') return { state: 'Unknown', reason: 'state-unknown' }
  if (input.emergencyStop) return { state: 'OutOfOrder', reason: 'emergency-stop' }
  if (input.unsafe !== undefined) return { state: 'OutOfOrder', reason: 'interlock-unsafe', detail: input.unsafe }
  if (input.fault) return { state: 'OutOfOrder', reason: 'fault' }
  if (input.itemState === 'OutOfService') return { state: 'OutOfOrder', reason: 'out-of-service' }
  if (input.maintenance) return { state: 'Blocked', reason: 'maintenance' }
  if (input.closed) return busy('Blocked', input.closed)
  if (input.inspection === 'failed') return { state: 'Blocked', reason: 'inspection-failed' }
  if (input.reported !== undefined && !input.session) return { state: 'Blocked', ...input.reported }
  if (input.hasInterlock && !input.commissioned) return { state: 'Blocked', reason: 'not-commissioned' }
  if (input.access === 'Unconfirmed') return { state: 'Unknown', reason: 'unconfirmed' }
  if (input.access === 'Unknown' && input.hasInterlock) return { state: 'Unknown', reason: 'access-unknown' }
  if (input.access === 'Foreign' || (input.itemState === 'Executing' && !input.session))
    return { state: 'InUse', reason: 'foreign' }
  if (input.session) {
    if (input.access === 'Unlocking') return busy('Preparing', 'session')
    return busy(input.access === 'Finishing' ? 'Finishing' : 'InUse', 'session')
  }
  if (input.cleanDown) return busy('Finishing', 'clean-down')
  if (input.inspection === 'due') return { state: 'ToCheck', reason: 'inspection' }
  if (input.reserved) return busy('Reserved', 'booking')
  if (input.itemState === 'NotAvailable') return { state: 'Blocked', reason: 'machine-off' }
  return { state: 'Available', ...(freeUntilMs === undefined ? {} : { freeUntilMs }) }
}
