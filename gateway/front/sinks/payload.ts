/**
 * What goes out over MQTT, as JSON. Pure. Times are RFC 3339 in UTC; integers that may pass 2^53 are decimal text.
 * Availability says what a machine is, never who is at it: no session, tenant or booking is in it.
 */
import type { BoardRow } from '../../core/board/message.ts'
import type { ClockState } from '../../core/ground/entry.ts'
import type { MeterState } from '../../core/meter/meter.ts'
import type { Sample } from '../../live/sample.ts'
import type { Delivery } from './sink.ts'

/** Without `times` it is the will: nobody knows when it will be said. */
export function statusPayload(
  site: string,
  online: boolean,
  times: { readonly atMs?: number; readonly asOfMs?: number } = {},
): string {
  const { atMs, asOfMs } = times
  return json({
    site,
    online,
    at: atMs === undefined ? undefined : time(atMs),
    asOf: asOfMs === undefined ? undefined : time(asOfMs),
  })
}

/** `maxAgeMs`: how old the newer of its `asOf` and that of the status may be. */
export function availabilityPayload(site: string, row: BoardRow, maxAgeMs: number): string {
  const { state, reason, freeAtMs, freeUntilMs } = row.availability
  return json({
    site,
    machine: row.machine,
    state,
    reason,
    freeAt: freeAtMs === undefined ? undefined : time(freeAtMs),
    freeUntil: freeUntilMs === undefined ? undefined : time(freeUntilMs),
    itemState: row.itemState,
    mode: row.mode,
    access: row.access,
    asOf: time(row.asOfMs),
    clock: row.clock,
    maxAgeMs,
    simulated: row.simulated,
    failSafe: row.failSafe,
  })
}

/** `clock`: of the gateway, as far as it is known. */
export function meterPayload(meter: MeterState, clock?: ClockState): string {
  const { unit, total, epoch, raw } = meter
  return json({ meter: meter.meter, unit, total, epoch, raw, at: time(meter.atMs), clock })
}

export function eventPayload({ entry, prevSeq }: Delivery): string {
  const { seq, kind, v, site, machine, session, simulated, at, clock, data } = entry.body
  // It was JSON, so there is no bigint in it.
  return JSON.stringify({ seq, prevSeq, kind, v, site, machine, session, simulated, at, clock, data })
}

/** Values that came together share their time, and it is made into text once. */
export function signalsPayload(machine: string, samples: readonly Sample[]): string {
  let known = { ms: Number.NaN, text: '' }
  const textOf = (ms: number) => {
    if (ms !== known.ms) known = { ms, text: time(ms) }
    return known.text
  }
  let newestMs = 0
  const values = samples.map(({ id, atMs, quality, unit, value }) => {
    newestMs = Math.max(newestMs, atMs)
    return { id, value, unit, quality, at: textOf(atMs) }
  })
  // Nothing in it is a bigint, and without a replacer this is several times as fast.
  return JSON.stringify({ machine, at: textOf(newestMs), values })
}

/**
 * The JSON text of a stored sample as a value. A number that a double cannot hold exactly, and what is no JSON, stays
 * text.
 */
export function sampleValue(text: string): number | boolean | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return text
  }
  if (typeof value === 'number') return isExact(value, text) ? value : text
  return typeof value === 'boolean' || typeof value === 'string' ? value : text
}

function isExact(value: number, text: string): boolean {
  return Number.isFinite(value) && (Number.isSafeInteger(value) || !INTEGER.test(text))
}

const INTEGER = /^-?\d+$/

function time(ms: number): string {
  return new Date(ms).toISOString()
}

function json(value: object): string {
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item))
}
