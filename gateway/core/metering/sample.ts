/**
 * Live values for dashboards: each signal and meter when it changes, and at least every `sampleEveryMs`. They may be
 * dropped; neither permission nor money depends on them. Read next: metering.ts, gateway/front/sinks/inlet.ts (how they
 * are sent on).
 */

import { NS_PER_MS } from '../ground/moment.ts'
import { change, showSample, type Turn } from '../machine/turn.ts'
import { signalsOf } from '../reading/condition.ts'
import type { Reading } from '../reading/reading.ts'

/** Takes the samples that are due after these readings. */
export function sample(turn: Turn, readings: readonly Reading[]): void {
  const { m, env } = turn
  const signals = signalsOf(m.config)
  for (const reading of readings) {
    const config = signals.get(reading.point)
    if (config === undefined) continue
    const value =
      reading.value === undefined || Array.isArray(reading.value)
        ? undefined
        : valueText(reading.value as number | bigint | boolean | string)
    take(config.id, 'signal', reading.readAtMs, reading.quality, value, config.unit)
  }
  const came = new Set(readings.map((reading) => reading.point))
  for (const config of m.config.meters) {
    const state = m.meters.get(config.id)
    if (state === undefined || state.atMs === 0 || (config.kind !== 'duration' && !came.has(config.signal))) continue
    take(config.id, 'meter', state.atMs, 'good', state.total.toString(), config.unit)
  }

  function take(
    id: string,
    kind: 'signal' | 'meter',
    atMs: number,
    quality: Reading['quality'],
    value: string | undefined,
    unit: string | undefined,
  ): void {
    const key = `${kind}:${id}`
    const before = m.shown.sampled.get(key)
    const shown = value ?? quality
    if (
      before !== undefined &&
      before.value === shown &&
      env.now.ns - before.atNs < BigInt(env.sampleEveryMs) * NS_PER_MS
    )
      return
    showSample(turn, key, env.now.ns, shown)
    change(turn, {
      kind: 'sample',
      sample: {
        kind,
        machine: m.config.id,
        id,
        atMs,
        quality,
        ...(unit === undefined ? {} : { unit }),
        ...(value === undefined ? {} : { value }),
      },
    })
  }
}

/** JSON text of a scalar; integers beyond 2^53 as decimal text. */
function valueText(value: number | bigint | boolean | string): string {
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value)
}
