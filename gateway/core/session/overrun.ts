/**
 * How long a cycle may go on after the end of its session, and what it made after that: the grace, shorter when the
 * next tenant is due, and the overrun, metered apart. It cuts nothing; what follows is the owner's policy, in
 * access/ending/ending.ts.
 */

import { type Moment, NS_PER_MS } from '../ground/moment.ts'
import type { MeterUse } from '../meter/point.ts'
import type { Session } from './session.ts'

/** The monotonic clock began anew with the host: since when it has been ending goes by the wall clock. */
export function sinceRebased({ finishingSince }: Session, now: Moment): Pick<Session, 'finishingSince'> {
  if (finishingSince === undefined) return {}
  const passedMs = Math.max(0, now.ms - finishingSince.ms)
  return { finishingSince: { ...finishingSince, ns: (now.ns - BigInt(passedMs) * NS_PER_MS).toString() } }
}

/** What was made after the grace, a line each meter; it is part of the use. */
export function overrunUnits({ overrun, use }: Session): MeterUse[] {
  if (overrun === undefined) return []
  return use.flatMap((line) => {
    const before = overrun.use.find(({ meter }) => meter === line.meter)?.quantity ?? '0'
    const quantity = BigInt(line.quantity) - BigInt(before)
    return quantity > 0n ? [{ ...line, quantity: quantity.toString() }] : []
  })
}
