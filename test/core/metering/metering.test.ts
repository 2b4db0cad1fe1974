/** What the machine makes of its readings: which meter is stepped, when it waits, whose the units are. */

import { describe, expect, it } from 'vitest'
import type { MachineConfig, MeterConfig } from '../../../gateway/core/ground/config.ts'
import type { EntryDraft } from '../../../gateway/core/ground/entry.ts'
import { type Env, newMachine } from '../../../gateway/core/machine/state.ts'
import type { MeterState } from '../../../gateway/core/meter/meter.ts'
import type { Reading } from '../../../gateway/core/reading/reading.ts'
import { step } from '../../../gateway/core/step.ts'
import { machineConfig } from '../../support/world.ts'

const { interlock: _none, ...readOnly } = machineConfig
const POLL_MS = 500
const point = (name: string) => `booth/plc.${name}`
const signal = (name: string): MachineConfig['signals'][number] => ({
  ...machineConfig.signals[0]!,
  id: point(name),
  name,
})
const common = { machine: 'booth', gating: false } as const
const counter: MeterConfig = {
  ...common,
  kind: 'register',
  id: point('parts'),
  signal: point('parts'),
  unit: 'pcs',
  perCount: 1n,
  wrapAt: 65_536n,
  maxRate: 10n,
  resets: 'never',
  identity: point('serial'),
}
const strokes: MeterConfig = {
  ...common,
  kind: 'edges',
  id: point('strokes'),
  signal: point('stroke'),
  unit: 'pcs',
  perEdge: 2n,
}
const energy: MeterConfig = {
  ...common,
  kind: 'integral',
  id: point('energy'),
  signal: point('power'),
  unit: 'mWh',
  perNs: 3_600_000_000_000n,
  maxRate: 10_000_000n,
}

type Shown = Readonly<Record<string, Reading['value'] | 'lost'>>

function bench(meters: readonly MeterConfig[], kept: readonly MeterState[] = []) {
  const config: MachineConfig = {
    ...readOnly,
    signals: ['state', 'parts', 'serial', 'stroke', 'power', 'stop'].map(signal),
    meters,
  }
  const m = newMachine(config, { meters: kept, bookings: [] })
  const entries: EntryDraft[] = []
  let ms = 0
  const env = (): Env => {
    const now = { ms: 1_000_000 + ms, ns: BigInt(ms) * 1_000_000n + 1n }
    return {
      now,
      stamp: { wallMs: now.ms, monoNs: now.ns.toString(), bootId: 'boot', clock: 'synchronised' },
      fencingId: 0,
      earlyStartMs: 0,
      offline: false,
      noShowMs: 0,
      acceptSigned: true,
      flapsPerHour: 20,
      believedMs: now.ms,
      leastMs: now.ms,
      timeTrusted: true,
      ledgerProven: true,
      diskOk: true,
      stopping: false,
    }
  }
  const dispatch = (event: Parameters<typeof step>[1]) => {
    for (const effect of step(m, event, env()))
      if (effect.kind === 'change' && effect.change.kind === 'entry') entries.push(effect.change.entry)
  }
  return {
    m,
    pass(byMs: number) {
      ms += byMs
    },
    read(shown: Shown) {
      const { now } = env()
      const at = { readAtMs: now.ms, readAtNs: now.ns }
      const readings = Object.entries(shown).map(([name, value]): Reading => {
        if (value === 'lost' || value === undefined)
          return { point: point(name), quality: 'bad', cause: 'timeout', ...at }
        const raw = typeof value === 'number' && Number.isInteger(value) ? { raw: BigInt(value) } : {}
        return { point: point(name), quality: 'good', value, ...raw, ...at }
      })
      dispatch({ kind: 'readings', readings })
      dispatch({ kind: 'tick' })
      ms += POLL_MS
    },
    total: (name: string) => m.meters.get(point(name))?.total,
    changes: () => entries.filter(({ kind }) => kind === 'MeterChanged').map(({ data }) => data),
    names: () => entries.filter(({ kind }) => kind === 'MeterChanged').map(({ data }) => data.change),
  }
}

describe('a counter with an identity', () => {
  it('is not counted before the identity was read', () => {
    const booth = bench([counter])
    booth.read({ parts: 10 })
    booth.read({ parts: 11, serial: 'lost' })
    expect(booth.total('parts')).toBeUndefined()
    booth.read({ parts: 12, serial: 'A1' })
    booth.read({ parts: 13, serial: 'A1' })
    expect(booth.total('parts')).toBe(1n)
    expect(booth.m.meters.get(point('parts'))).toMatchObject({ identity: 'A1', firstRaw: 12n })
  })

  it('waits after it was lost until the identity is read again, and loses nothing', () => {
    const booth = bench([counter])
    booth.read({ parts: 10, serial: 'A1' })
    booth.read({ parts: 'lost', serial: 'A1' })
    booth.read({ parts: 14 })
    expect(booth.total('parts')).toBe(0n)
    booth.read({ parts: 15, serial: 'A1' })
    expect(booth.total('parts')).toBe(5n)
    expect(booth.names()).toEqual(['first'])
  })

  it('waits when the identity was not read since the counter was', () => {
    const booth = bench([counter])
    booth.read({ parts: 10, serial: 'A1' })
    booth.read({ parts: 12 })
    booth.read({ parts: 13 })
    expect(booth.total('parts')).toBe(2n)
    booth.read({ parts: 14, serial: 'A1' })
    expect(booth.total('parts')).toBe(4n)
  })

  it('waits after a restart of the gateway too, and sees an exchange that happened meanwhile', () => {
    const before = bench([counter])
    before.read({ parts: 10, serial: 'A1' })
    before.read({ parts: 12, serial: 'A1' })
    const booth = bench([counter], [...before.m.meters.values()])
    booth.pass(60_000)
    booth.read({ parts: 14 })
    expect(booth.total('parts')).toBe(2n)
    for (const parts of [14, 14, 15]) booth.read({ parts, serial: 'B2' })
    expect(booth.total('parts')).toBe(3n)
    expect(booth.changes().at(-1)).toMatchObject({
      change: 'exchange',
      from: '12',
      to: '15',
      fromIdentity: 'A1',
      toIdentity: 'B2',
      delta: '1',
      epoch: 2,
    })
  })

  it('does not believe another identity that it saw once', () => {
    const booth = bench([counter])
    booth.read({ parts: 10, serial: 'A1' })
    booth.read({ parts: 11, serial: 'X?' })
    booth.read({ parts: 12, serial: 'A1' })
    expect(booth.total('parts')).toBe(2n)
    expect(booth.names()).toEqual(['first', 'torn'])
  })
})

describe('a foreign use', () => {
  const idle = 1
  const working = 3

  it('is named once for each meter, when it is over, with all that was made in it', () => {
    const { identity: _none, ...parts } = counter as Extract<MeterConfig, { kind: 'register' }>
    const booth = bench([parts])
    const read = (state: number, count: number) => booth.read({ state, parts: count, stop: false })
    read(idle, 10)
    read(idle, 11)
    for (const count of [12, 13, 14, 15]) read(working, count)
    expect(booth.names()).toEqual(['first'])
    read(idle, 16)
    read(idle, 16)
    expect(booth.names()).toEqual(['first', 'foreign'])
    expect(booth.changes().at(-1)).toMatchObject({ account: 'unassigned', delta: '4', total: '6' })
    for (const count of [16, 18, 19]) read(working, count)
    read(idle, 19)
    expect(booth.changes().at(-1)).toMatchObject({ change: 'foreign', delta: '3' })
  })
})

describe('edges', () => {
  it('count when a signal becomes true between two readings', () => {
    const booth = bench([strokes])
    for (const stroke of [true, false, true, true, false, true]) booth.read({ stroke })
    expect(booth.total('strokes')).toBe(4n)
    expect(booth.names()).toEqual([])
  })

  it('do not count over a gap, which is named', () => {
    const booth = bench([strokes])
    booth.read({ stroke: false })
    booth.pass(5000)
    for (const stroke of [true, false, true]) booth.read({ stroke })
    expect(booth.total('strokes')).toBe(2n)
    expect(booth.changes()).toMatchObject([{ change: 'gap', delta: '0', apartMs: 5500 }])
  })
})

describe('an integral', () => {
  it('is the mean of two rates for the time between them, and carries what is below one unit', () => {
    const booth = bench([energy])
    // 3600 mWh an hour are 1 µWh a ms: 500 ms at a mean of 5400 are 0.75 mWh.
    for (const power of [3600, 7200, 3600, 7200, 3600]) booth.read({ power })
    expect(booth.total('energy')).toBe(3n)
  })

  it('does not count over a gap, which is named', () => {
    const booth = bench([energy])
    booth.read({ power: 3_600_000 })
    booth.pass(60_000)
    booth.read({ power: 3_600_000 })
    booth.read({ power: 3_600_000 })
    expect(booth.total('energy')).toBe(500n)
    expect(booth.names()).toEqual(['gap'])
  })

  it('takes nothing off when the rate is negative', () => {
    const booth = bench([energy])
    for (const power of [-7_200_000, -7_200_000, 7_200_000]) booth.read({ power })
    expect(booth.total('energy')).toBe(500n)
  })

  it('refuses a rate that cannot be, and names it once when it stays', () => {
    const booth = bench([energy])
    booth.read({ power: 3_600_000 })
    for (let times = 0; times < 5; times += 1) booth.read({ power: 99_000_000 })
    expect(booth.total('energy')).toBe(0n)
    expect(booth.names()).toEqual(['out-of-range'])
  })
})
