/**
 * A cancellation that came before its booking: a platform that sends through a queue may be overtaken by itself. What
 * was cancelled stays cancelled when it arrives, and a newer version of it is taken. Pure.
 * Read next: decide.ts (a version that was cancelled stays so), gateway/control/commands/bookings.ts.
 */
import { DAY_MS } from '../ground/moment.ts'

export type Tombstone = {
  readonly id: string
  /** This version and older ones are cancelled; absent: the first one that arrives. */
  readonly version?: number
  readonly cancelledAtMs: number
}

/** How long a booking may be late behind its own cancellation. */
const KEPT_MS = 31 * DAY_MS
/** Beyond this the oldest gives way. */
const MOST = 1_000

/** Whether a version that arrives has been cancelled. */
export const isBuried = ({ version }: Tombstone, arrived: number): boolean =>
  version === undefined || arrived <= version

export function withTombstone(known: readonly Tombstone[], given: Tombstone, nowMs: number): Tombstone[] {
  const isKept = ({ id, cancelledAtMs }: Tombstone) => id !== given.id && cancelledAtMs > nowMs - KEPT_MS
  return [...known.filter(isKept), given].slice(-MOST)
}
