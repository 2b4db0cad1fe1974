/**
 * The overrun of a session: what its last cycle made after the grace, metered separately. Read next:
 * access/ending/grace.ts (how long the grace is), access/ending/finishing.ts (what follows).
 */

import { type Moment, NS_PER_MS } from '../ground/moment.ts'
import type { MeterUse } from '../meter/point.ts'
import type { Session } from './session.ts'

/**
 * After a boot of the host the monotonic clock has begun anew, so the begin of the end is taken from the wall clock.
 */
export function sinceRebased({ finishingSince }: Session, now: Moment): Pick<Session, 'finishingSince'> {
  if (finishingSince === undefined) return {}
  const passedMs = Math.max(0, now.ms - finishingSince.ms)
  return { finishingSince: { ...finishingSince, ns: (now.ns - BigInt(passedMs) * NS_PER_MS).toString() } }
}

/** What was made after the grace, one line per meter. It is part of the use. */
export function overrunUnits({ overrun, use }: Session): MeterUse[] {
  if (overrun === undefined) return []
  return use.flatMap((line) => {
    const before = overrun.use.find(({ meter }) => meter === line.meter)?.quantity ?? '0'
    const quantity = BigInt(line.quantity) - BigInt(before)
    return quantity > 0n ? [{ ...line, quantity: quantity.toString() }] : []
  })
}
