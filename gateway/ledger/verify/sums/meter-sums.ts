/**
 * All meters of a log, recomputed from its entries alone.
 * Pure. Read next: track.ts (one meter), session-sums.ts.
 */
import type { MeterChange, Point } from '../entry/content.ts'
import type { MeterFacts } from '../facts.ts'
import { minus, plus, type Quantity, same } from '../quantity.ts'
import type { Report } from '../report.ts'
import {
  beginsEpoch,
  beginWithChange,
  beginWithPoint,
  bookChange,
  leaveUnit,
  noteChange,
  stepTrack,
  type Track,
  trackFacts,
} from './track.ts'

/** `left`: by meter and unit, in which it does not count any more. */
export type MeterSums = {
  readonly report: Report
  readonly tracks: Map<string, Track>
  readonly left: Map<string, Track>
}

export const newMeterSums = (report: Report): MeterSums => ({ report, tracks: new Map(), left: new Map() })

/** An account is of one meter in one unit. */
export const keyOf = (meter: string, unit: string) => `${meter} ${unit}`

export function takePoint({ report, tracks }: MeterSums, point: Point, simulated: boolean, seq: number): void {
  const known = tracks.get(point.meter)
  if (known === undefined) tracks.set(point.meter, beginWithPoint(point, simulated, seq, report))
  else stepTrack(known, point, seq, report)
}

export function takeChange(sums: MeterSums, change: MeterChange, simulated: boolean, seq: number): void {
  const { report, tracks } = sums
  const { name, effect, point } = change
  const known = tracks.get(point.meter)
  const isBooked = effect === 'booked' && (name !== 'out-of-range' || beginsEpoch(change, known?.epoch.number))
  if (!isBooked && effect !== 'named' && !same(change.delta, 0))
    report.fault('counter-differs', `${point.meter} made ${change.delta} by a value that was refused (${name})`, seq)
  if (known === undefined) {
    if (isBooked) tracks.set(point.meter, beginWithChange(change, simulated, seq, report))
  } else if (change.left !== undefined) changeUnit(sums, known, change, seq)
  else if (isBooked) bookChange(known, change, seq, report)
  else noteChange(known, change, seq, report)
}

/** The meter counts in another unit from now on: in it, it stands where it stood before. */
function changeUnit({ report, tracks, left }: MeterSums, known: Track, change: MeterChange, seq: number): void {
  const { meter, unit } = change.point
  const earlier = left.get(keyOf(meter, unit))
  const next = leaveUnit(known, earlier, change, seq, report)
  left.set(keyOf(meter, known.unit), known)
  left.delete(keyOf(meter, unit))
  tracks.set(meter, next)
}

/** A session that ended is charged these units. */
export function charge({ tracks }: MeterSums, meter: string, quantity: Quantity): void {
  const track = tracks.get(meter)
  if (track !== undefined) track.charged = plus(track.charged, quantity)
}

/** A correction moved these units to a session, or away from one when below 0. */
export function correct({ tracks }: MeterSums, meter: string, quantity: Quantity): void {
  const track = tracks.get(meter)
  if (track !== undefined) track.corrected = plus(track.corrected, quantity)
}

/** After the last entry: no meter may have been charged more than it made. */
export function finishMeters({ report, tracks, left }: MeterSums): MeterFacts[] {
  const sorted = [...tracks.values(), ...left.values()].sort((a, b) =>
    keyOf(a.meter, a.unit) < keyOf(b.meter, b.unit) ? -1 : 1,
  )
  for (const { meter, total, firstTotal, charged, corrected } of sorted) {
    const made = minus(total, firstTotal)
    if (made < charged || made < plus(charged, corrected))
      report.fault('use-exceeds-meter', `${meter} made ${made}, charged are ${charged}`)
  }
  return sorted.map(trackFacts)
}
