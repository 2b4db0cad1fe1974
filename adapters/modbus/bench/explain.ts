/**
 * Why a device is asked what it is asked: the requests of one cycle with what each holds, and the registers behind each
 * value. Pure. Read next: adapters/modbus/plan.ts (which makes them), gateway/cli/bench/probe.ts.
 */
import type { Moment } from '../../../gateway/core/ground/moment.ts'
import type { Reading } from '../../../gateway/core/reading/reading.ts'
import type { Point } from '../../adapter.ts'
import { decode } from '../decode.ts'
import type { ModbusAddress, ModbusDevice } from '../options.ts'
import { type PlanLimits, plan, sizeOf } from '../plan.ts'

export type ExplainedRequest = {
  readonly unit: number
  readonly code: number
  readonly table: string
  readonly start: number
  readonly count: number
  /** Registers or bits that nobody wants, read so that one request does for two. */
  readonly between: number
  readonly holds: readonly { readonly point: string; readonly start: number; readonly count: number }[]
}

const CODES = { coil: 1, discrete: 2, holding: 3, input: 4 } as const

/** `later`: points whose place is known only when the device is there. */
export function explainCycle(
  points: readonly Point[],
  limits: PlanLimits,
): { readonly requests: readonly ExplainedRequest[]; readonly later: readonly string[] } {
  const fixed = points.filter(isFixed)
  const requests = plan(fixed, limits, new Set()).requests.map(({ unit, table, start, count, points: held }) => {
    const holds = held.map(({ id, address }) => {
      const at = address as ModbusAddress
      return { point: id, start: at.address, count: sizeOf(at) }
    })
    const wanted = new Set(holds.flatMap((one) => Array.from({ length: one.count }, (_, at) => one.start + at)))
    return { unit, code: CODES[table], table, start, count, between: count - wanted.size, holds }
  })
  return { requests, later: points.filter((point) => !isFixed(point)).map(({ id }) => id) }
}

/** The registers behind a value; undefined for bits, and for what has no place of its own. */
export function registersOf(
  point: Point,
):
  | { readonly unit: number; readonly table: 'holding' | 'input'; readonly start: number; readonly count: number }
  | undefined {
  const { table, address: start } = point.address as ModbusAddress
  if (!isFixed(point) || (table !== 'holding' && table !== 'input')) return undefined
  return { unit: (point.device as ModbusDevice).unit, table, start, count: sizeOf(point.address as ModbusAddress) }
}

/** The reading of a point from the registers behind it. */
export function readingFrom(point: Point, words: readonly number[], at: Moment): Reading {
  const decoded = decode(point.address as ModbusAddress, words)
  return { point: point.id, ...decoded, readAtMs: at.ms, readAtNs: at.ns }
}

function isFixed({ address }: Point): boolean {
  const { address: start, table } = address as Partial<ModbusAddress>
  return start !== undefined && table !== undefined && !('models' in (address as object))
}
