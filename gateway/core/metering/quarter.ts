/**
 * Records the meters that moved, with one entry per machine and quarter hour. The entry is made as the next quarter
 * begins, before anything in it is counted, and states the last readings of the quarter that ends. So every quarter,
 * and with it midnight in any zone, ends exactly where it should, also after a restart. Read next: metering.ts.
 */

import type { MachineState } from '../machine/state.ts'
import { putMeter, record, show, type Turn } from '../machine/turn.ts'
import { pointJson } from '../meter/point.ts'
import { points } from './metering.ts'

const QUARTER_MS = 15 * 60_000

export function recordQuarter(turn: Turn): void {
  const { m, env } = turn
  const quarter = quarterOf(env.now.ms)
  const before = m.shown.quarter === 0 ? quarterRead(m) : m.shown.quarter
  if (m.shown.quarter !== quarter) show(turn, { quarter })
  if (before === quarter) return
  const moved = [...m.meters.values()].filter((state) => state.total !== state.recordedTotal)
  if (moved.length === 0) return
  for (const state of moved) putMeter(turn, { ...state, recordedTotal: state.total })
  const names = new Set(moved.map((state) => state.meter))
  const meters = points(m).filter((point) => names.has(point.meter))
  record(turn, 'MeterSampled', { meters: meters.map(pointJson) }, null)
}

/** When the quarter of this moment ends, UTC ms. */
export const quarterEndMs = (ms: number): number => (quarterOf(ms) + 1) * QUARTER_MS

const quarterOf = (ms: number) => Math.floor(ms / QUARTER_MS)

/** The quarter in which a meter was last read before the start. */
const quarterRead = ({ meters }: MachineState) =>
  quarterOf(Math.max(0, ...[...meters.values()].map(({ atMs }) => atMs)))
