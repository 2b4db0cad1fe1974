/** A meter whose device is set up otherwise than its profile needs does not count, and says what to do. */
import { describe, expect, it } from 'vitest'
import { machineNotes } from '../../../gateway/core/board/notes.ts'
import type { MachineConfig, NeededSetting, RegisterMeterConfig } from '../../../gateway/core/ground/config.ts'
import { type Env, newMachine } from '../../../gateway/core/machine/state.ts'
import { unmetSetting } from '../../../gateway/core/metering/settings.ts'
import { silentMeters } from '../../../gateway/core/metering/silence.ts'
import type { Reading, Value } from '../../../gateway/core/reading/reading.ts'
import { step } from '../../../gateway/core/step.ts'
import { machineConfig } from '../../support/world.ts'
import { envAt } from '../support.ts'

const COUNTER = 'booth/plc.parts'
const MODE = 'booth/plc.mode'
const needed = (how: Partial<NeededSetting>): NeededSetting => ({ signal: MODE, what: 'the application', ...how })
const meter = (needs: readonly NeededSetting[]): RegisterMeterConfig => ({
  kind: 'register',
  id: COUNTER,
  machine: 'booth',
  signal: COUNTER,
  unit: 'pcs',
  perCount: 1n,
  maxRate: 10n,
  resets: 'never',
  gating: false,
  needs,
})
const { interlock: _, ...readOnly } = machineConfig
const machine = (needs: readonly NeededSetting[]): MachineConfig => ({
  ...readOnly,
  signals: [
    ...readOnly.signals,
    { ...readOnly.signals[0]!, id: MODE, name: 'mode', intervalMs: 1000, required: false },
  ],
  meters: [meter(needs)],
})
const at = (ms: number) => ({ ms: Date.UTC(2026, 0, 5, 8) + ms, ns: BigInt(ms) * 1_000_000n + 1n })
const reading = (point: string, value: Value | undefined, ms: number): Reading => ({
  point,
  ...(value === undefined ? { quality: 'bad', cause: 'timeout' } : { quality: 'good', value }),
  ...(typeof value === 'number' && { raw: BigInt(Math.trunc(value)) }),
  readAtMs: at(ms).ms,
  readAtNs: at(ms).ns,
})

describe('a setting', () => {
  const why = (how: Partial<NeededSetting>, value: Value | undefined, lostMs?: number) => {
    const readings = new Map([[MODE, reading(MODE, value, 1000)]])
    const lostNs = new Map(lostMs === undefined ? [] : [[COUNTER, at(lostMs).ns]])
    const needs = [needed(how)]
    return unmetSetting(machine(needs), meter(needs), { readings, lostNs }, at(2000))
  }

  it.each<[string, Partial<NeededSetting>, Value]>([
    ['is a number', { oneOf: [7] }, 7],
    ['is a float', { oneOf: [2141] }, 2141],
    ['is a bit', { oneOf: [false] }, false],
    ['is one of several texts', { oneOf: ['A', 'B'] }, 'B'],
    ['is an integer beyond what a number holds', { oneOf: ['18446744073709551615'] }, 2n ** 64n - 1n],
    ['is within a range', { atLeast: 1, atMost: 5 }, 5],
  ])('is right: %s', (_name, how, value) => {
    expect(why(how, value)).toBeUndefined()
  })

  it.each<[Partial<NeededSetting>, Value, string]>([
    [{ oneOf: [7], todo: 'choose H' }, 3, 'the application must be 7, and the device shows 3: choose H'],
    [
      { oneOf: [1, 5] },
      9,
      'the application must be 1 or 5, and the device shows 9: set the device as its profile says',
    ],
    [{ atLeast: 3, todo: 'x' }, 2, 'the application must be at least 3, and the device shows 2: x'],
    [{ atMost: 3, todo: 'x' }, 4, 'the application must be at most 3, and the device shows 4: x'],
    [{ atLeast: 1, atMost: 3, todo: 'x' }, 0, 'the application must be 1 to 3, and the device shows 0: x'],
  ])('is wrong, and it is said what to do: %o shows %s', (how, value, detail) => {
    expect(why(how, value)).toEqual({ reason: 'setting', detail })
  })

  it('is not known before it was read, nor since the counter was lost', () => {
    const unread = { reason: 'setting-unread', detail: 'the application has not been read' }
    expect(why({ oneOf: [7] }, undefined)).toEqual(unread)
    expect(why({ oneOf: [7] }, 7, 1500)).toEqual(unread)
    expect(why({ oneOf: [7] }, 7, 500)).toBeUndefined()
  })
})

it('counts nothing while the setting is wrong, says so at once, and counts on from its counter when it is right', () => {
  const m = newMachine(machine([needed({ oneOf: [7], todo: 'choose H' })]), { meters: [], bookings: [] })
  let ms = 0
  const env = (): Env => ({ ...envAt(), now: at(ms), stamp: { ...envAt().stamp, bootId: 'boot' } })
  const poll = (count: number, mode: number | undefined) => {
    ms += 1000
    const readings = [reading(MODE, mode, ms), reading(COUNTER, count, ms)]
    step(m, { kind: 'readings', readings }, env())
    step(m, { kind: 'tick' }, env())
    return { total: m.meters.get(COUNTER)?.total, silent: silentMeters(env(), m) }
  }
  expect(poll(100, 7)).toEqual({ total: 0n, silent: [] })
  expect(poll(105, 7)).toEqual({ total: 5n, silent: [] })
  expect(poll(112, 3)).toMatchObject({ total: 5n, silent: [{ reason: 'setting' }] })
  expect(machineNotes(env(), m).map(({ text }) => text)).toContainEqual(
    expect.stringContaining('does not count: setting (the application must be 7, and the device shows 3: choose H)'),
  )
  expect(poll(114, undefined)).toMatchObject({ total: 5n })
  expect(poll(120, 7)).toEqual({ total: 20n, silent: [] })
})
