/** What of the readings of a machine is shown and sampled, and how often. */
import { expect, test } from 'vitest'
import { createLive } from '../../gateway/control/live.ts'
import type { MeterState } from '../../gateway/core/meter/meter.ts'
import type { Reading, Value } from '../../gateway/core/reading/reading.ts'
import { createImage, imageReader } from '../../gateway/live/image.ts'
import { livePoints } from '../../gateway/live/point.ts'
import { createRing, ringReader } from '../../gateway/live/ring.ts'
import { sampleAt } from '../../gateway/live/sample.ts'
import { meterState } from '../front/sinks/rows.ts'
import { machineConfig } from '../support/world.ts'

const EVERY_MS = 60_000
const signal = machineConfig.signals[0]!
const meter = machineConfig.meters.find(({ kind }) => kind !== 'duration')!
const points = livePoints([machineConfig])

function openLive() {
  const [image, ring] = [createImage(points.length), createRing(1000, points.length)]
  const live = createLive({ machines: [machineConfig], image, ring, sampleEveryMs: EVERY_MS })
  const reader = ringReader(ring)
  let told = 0
  live.onSamples(() => {
    told += 1
  })
  return {
    machine: live.of(machineConfig, ({ intervalMs }) => intervalMs),
    told: () => told,
    shown: () => imageReader(image)(points.findIndex(({ id }) => id === signal.id)),
    sampled() {
      const batch = reader.take(1000)
      if (batch === undefined) return []
      return Array.from({ length: batch.count }, (_, index) => sampleAt(batch, index, points)).map(
        ({ id, value, quality }) => [id, value ?? quality],
      )
    },
  }
}

const none = new Map<string, MeterState>()
const read = (value: Value | undefined, ms: number, more: Partial<Reading> = {}): Reading => ({
  point: signal.id,
  quality: value === undefined ? 'bad' : 'good',
  ...(value === undefined ? {} : { value }),
  readAtMs: ms,
  readAtNs: BigInt(ms) * 1_000_000n,
  ...more,
})

test('a signal is sampled when it changes, and again when it has not for long', () => {
  const { machine, sampled } = openLive()
  const steps: [Value | undefined, number][] = [
    [1, 1000],
    [1, 2000],
    [2, 3000],
    [undefined, 4000],
    [undefined, 5000],
    [2, 6000],
    [2, 6000 + EVERY_MS - 1],
    [2, 6000 + EVERY_MS],
  ]
  for (const [value, ms] of steps) machine.take([read(value, ms)], none)
  expect(sampled().map(([, shows]) => shows)).toEqual([1, 2, 'bad', 2, 2])
})

test('a reading that comes late replaces nothing, and is no sample', () => {
  const { machine, sampled, shown } = openLive()
  machine.take([read(2, 2000), read(1, 1000)], none)
  expect(sampled()).toEqual([[signal.id, 2]])
  expect(shown()).toMatchObject({ value: 2, readAtMs: 2000 })
})

test('what is no signal is neither shown nor sampled', () => {
  const { machine, sampled } = openLive()
  machine.take([read(1, 1000, { point: '#interlock' }), read([1, 2], 2000, { point: '#interlock' })], none)
  expect(sampled()).toEqual([])
})

test('a total is sampled with the reading that it counts', () => {
  const { machine, sampled } = openLive()
  const states = new Map([[meter.id, meterState({ meter: meter.id, total: 2n ** 60n })]])
  machine.take([], states)
  expect(sampled()).toEqual([])
  machine.take([read(5, 1000, { point: 'signal' in meter ? meter.signal : '' })], states)
  expect(sampled()).toContainEqual([meter.id, '1152921504606846976'])
})

test('the front is told once until it takes', () => {
  const { machine, sampled, told } = openLive()
  machine.take([read(1, 1000)], none)
  machine.take([read(2, 2000)], none)
  expect(told()).toBe(1)
  sampled()
  machine.take([read(3, 3000)], none)
  expect(told()).toBe(2)
})
