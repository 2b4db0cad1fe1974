/** What of the readings of a machine is shown and sampled, and how often. */
import { expect, test } from 'vitest'
import { createLive } from '../../gateway/control/live.ts'
import { decidesIn, toMachine } from '../../gateway/control/loops/points.ts'
import type { MachineConfig } from '../../gateway/core/ground/config.ts'
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

function openLive(config: MachineConfig = machineConfig) {
  const points = livePoints([config])
  const [image, ring] = [createImage(points.length), createRing(1000, points.length)]
  const live = createLive({ machines: [config], image, ring, sampleEveryMs: EVERY_MS })
  const reader = ringReader(ring)
  let told = 0
  live.onSamples(() => {
    told += 1
  })
  return {
    machine: live.of(config, ({ intervalMs }) => intervalMs, decidesIn(config)),
    show: live.show,
    rest: reader.rest,
    told: () => told,
    shown: (of = signal.id) => imageReader(image)(points.findIndex(({ id }) => id === of)),
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

test('a value that decides nothing is shown and sampled as its reading is, in its unit', () => {
  const shown = { ...signal, id: 'booth/plc.level', name: 'level', scale: 0.1, offset: 3 }
  const machine = { ...machineConfig, signals: [...machineConfig.signals, shown] }
  const steps: [number | boolean, number][] = [
    [7, 1000],
    [7, 2000],
    [8, 3000],
    [6, 2500],
    [true, 4000],
    [true, 4000 + EVERY_MS],
    [8, 5000 + EVERY_MS],
  ]
  const [asReading, asValue] = [openLive(machine), openLive(machine)]
  const named = toMachine(machine)
  for (const [value, ms] of steps) {
    asReading.machine.take([named(read(value, ms, { point: shown.id, sourceAtMs: ms - 1 }))], none)
    const at = { ms, ns: BigInt(ms) * 1_000_000n }
    expect(asValue.show(shown.id, value, at, shown.intervalMs, ms - 1)).toBe(true)
    expect(asValue.shown(shown.id)).toEqual(asReading.shown(shown.id))
  }
  const sampled = asValue.sampled()
  expect(sampled).toEqual(asReading.sampled())
  expect(sampled).toHaveLength(5)
  expect(asValue.told()).toBe(1)
})

test('a value that decides, or that may stand for none, has to be a reading', () => {
  const odd = { ...signal, id: 'booth/plc.odd', name: 'odd', unavailable: ['65535'] }
  const { show, shown } = openLive({ ...machineConfig, signals: [...machineConfig.signals, odd] })
  for (const id of [...machineConfig.signals.map((one) => one.id), odd.id]) {
    expect(show(id, 1, { ms: 1000, ns: 1000n }, 1000), id).toBe(false)
    expect(shown(id)).toBeUndefined()
  }
  expect(show('booth/plc.unknown', 1, { ms: 1000, ns: 1000n }, 1000)).toBe(false)
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

test('the front is told once until it rests', () => {
  const { machine, sampled, told, rest } = openLive()
  machine.take([read(1, 1000)], none)
  machine.take([read(2, 2000)], none)
  expect(told()).toBe(1)
  sampled()
  rest()
  machine.take([read(3, 3000)], none)
  expect(told()).toBe(2)
})
