/** Records the meters that moved, with one entry per machine and quarter hour. Read next: metering.ts. */

import { putMeter, record, show, type Turn } from '../machine/turn.ts'
import { pointJson } from '../meter/point.ts'
import { points } from './metering.ts'

const QUARTER_MS = 15 * 60_000

export function recordQuarter(turn: Turn): void {
  const { m, env } = turn
  const quarter = Math.floor(env.now.ms / QUARTER_MS)
  const before = m.shown.quarter
  if (before === quarter) return
  show(turn, { quarter })
  if (before === 0) return
  const moved = [...m.meters.values()].filter((state) => state.total !== state.recordedTotal)
  if (moved.length === 0) return
  for (const state of moved) putMeter(turn, { ...state, recordedTotal: state.total })
  const names = new Set(moved.map((state) => state.meter))
  const meters = points(m).filter((point) => names.has(point.meter))
  record(turn, 'MeterSampled', { meters: meters.map(pointJson) }, null)
}
