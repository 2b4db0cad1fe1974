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
  noteChange,
  stepTrack,
  type Track,
  trackFacts,
} from './track.ts'

export type MeterSums = { readonly report: Report; readonly tracks: Map<string, Track> }

export const newMeterSums = (report: Report): MeterSums => ({ report, tracks: new Map() })

export function takePoint({ report, tracks }: MeterSums, point: Point, simulated: boolean, seq: number): void {
  const known = tracks.get(point.meter)
  if (known === undefined) tracks.set(point.meter, beginWithPoint(point, simulated, seq, report))
  else stepTrack(known, point, seq, report)
}

export function takeChange({ report, tracks }: MeterSums, change: MeterChange, simulated: boolean, seq: number): void {
  const { name, effect, point } = change
  const known = tracks.get(point.meter)
  const isBooked = effect === 'booked' && (name !== 'out-of-range' || beginsEpoch(change, known?.epoch.number))
  if (!isBooked && effect !== 'named' && !same(change.delta, 0))
    report.fault('counter-differs', `${point.meter} made ${change.delta} by a value that was refused (${name})`, seq)
  if (known === undefined) {
    if (isBooked) tracks.set(point.meter, beginWithChange(change, simulated, seq, report))
  } else if (isBooked) bookChange(known, change, seq, report)
  else noteChange(known, change, seq, report)
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
export function finishMeters({ report, tracks }: MeterSums): MeterFacts[] {
  const sorted = [...tracks.values()].sort((a, b) => (a.meter < b.meter ? -1 : 1))
  for (const { meter, total, firstTotal, charged, corrected } of sorted) {
    const made = minus(total, firstTotal)
    if (made < charged || made < plus(charged, corrected))
      report.fault('use-exceeds-meter', `${meter} made ${made}, charged are ${charged}`)
  }
  return sorted.map(trackFacts)
}
