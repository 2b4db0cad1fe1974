/** A meter that does not count says so, and one that was configured differently counts on in an epoch of its own. */
import { describe, expect, it } from 'vitest'
import { machineNotes } from '../../../gateway/core/board/notes.ts'
import type { MachineConfig, RegisterMeterConfig } from '../../../gateway/core/ground/config.ts'
import type { EntryDraft } from '../../../gateway/core/ground/entry.ts'
import { type Env, newMachine } from '../../../gateway/core/machine/state.ts'
import { type MeterState, newMeter } from '../../../gateway/core/meter/meter.ts'
import { waitsForEnd } from '../../../gateway/core/metering/metering.ts'
import { silentMeters } from '../../../gateway/core/metering/silence.ts'
import type { Reading } from '../../../gateway/core/reading/reading.ts'
import { step } from '../../../gateway/core/step.ts'
import { machineConfig } from '../../support/world.ts'
import { envAt, session } from '../support.ts'

const POINT = 'booth/plc.parts'
const meter = (over: Partial<RegisterMeterConfig> = {}): RegisterMeterConfig => ({
  kind: 'register',
  id: POINT,
  machine: 'booth',
  signal: POINT,
  unit: 'pcs',
  perCount: 1n,
  maxRate: 10n,
  resets: 'never',
  gating: false,
  definition: 'as-built',
  ...over,
})

/** A definition as config/resolve/meter.ts makes it. */
const definition = ({ unit = 'pcs', perCount = 1 }: { unit?: string; perCount?: number }) =>
  JSON.stringify(['register', {}, unit, perCount, null, null, 'bus', { unit: 1 }])

function bench(config: RegisterMeterConfig, kept: readonly MeterState[] = []) {
  const { interlock: _, ...readOnly } = machineConfig
  const machine: MachineConfig = { ...readOnly, meters: [config] }
  const m = newMachine(machine, { meters: kept, bookings: [] })
  const entries: EntryDraft[] = []
  let ms = kept.length > 0 ? 60_000 : 0
  const env = (): Env => {
    const now = { ms: Date.UTC(2026, 0, 5, 8) + ms, ns: BigInt(ms) * 1_000_000n + 1n }
    return { ...envAt(), now, stamp: { ...envAt().stamp, bootId: 'boot' } }
  }
  const dispatch = (event: Parameters<typeof step>[1]) => {
    for (const effect of step(m, event, env()))
      if (effect.kind === 'change' && effect.change.kind === 'entry') entries.push(effect.change.entry)
  }
  return {
    m,
    notes: () => machineNotes(env(), m).map(({ text }) => text),
    silent: () => silentMeters(env(), m),
    changes: () => entries.filter(({ kind }) => kind === 'MeterChanged').map(({ data }) => data),
    /** One poll, a second later. */
    read(shown: number | 'timeout') {
      ms += 1000
      const at = { readAtMs: env().now.ms, readAtNs: env().now.ns }
      const raw = typeof shown === 'number' && Number.isInteger(shown) ? { raw: BigInt(shown) } : {}
      const reading: Reading =
        shown === 'timeout'
          ? { point: POINT, quality: 'bad', cause: 'timeout', detail: 'no answer within 500 ms', ...at }
          : { point: POINT, quality: 'good', value: shown, ...raw, ...at }
      dispatch({ kind: 'readings', readings: [reading] })
      dispatch({ kind: 'tick' })
    },
    idle(seconds: number) {
      for (let second = 0; second < seconds; second++) {
        ms += 1000
        dispatch({ kind: 'tick' })
      }
    },
  }
}

describe('a meter that does not count', () => {
  it.each<[string, (bench_: ReturnType<typeof bench>) => void, string]>([
    ['was never read', (one) => one.idle(8), 'never-read'],
    [
      'cannot be read any more',
      (one) =>
        [1, 2].map(one.read).concat(
          Array(8)
            .fill(0)
            .map(() => one.read('timeout')),
        ),
      'timeout',
    ],
    ['is not polled any more', (one) => [one.read(1), one.idle(8)], 'stale'],
    ['shows what the machine cannot have made', (one) => [1, ...Array(8).fill(90_000)].map(one.read), 'out-of-range'],
    ['has fallen back and stays there', (one) => [500, ...Array(8).fill(3)].map(one.read), 'regress'],
    // home-assistant/core#95154, 0xAHA/Growatt_ModbusTCP#284: a register of the balance, while something is fed in.
    ['goes back step by step', (one) => Array.from({ length: 60 }, (_, s) => 5000 - s).map(one.read), 'regress'],
  ])('%s, and says why', (_name, live, reason) => {
    const one = bench(meter())
    live(one)
    expect(one.silent()).toMatchObject([{ meter: POINT, reason }])
    expect(one.notes()).toContainEqual(expect.stringContaining(`${POINT} does not count: ${reason}`))
    expect(one.changes().filter(({ change }) => change === 'silent')).toMatchObject([
      { meter: POINT, reason, delta: '0', unit: 'pcs' },
    ])
  })

  it('is silent no more once it counts again, and is recorded once in an hour however often it stops', () => {
    const one = bench(meter())
    for (let count = 1; count <= 20; count++) {
      one.read(count)
      expect(one.silent()).toEqual([])
      for (let poll = 0; poll < 6; poll++) one.read('timeout')
      expect(one.silent()).toMatchObject([{ reason: 'timeout', detail: 'no answer within 500 ms' }])
    }
    expect(one.changes().filter(({ change }) => change === 'silent')).toHaveLength(1)
  })

  it('says to hold it against the display when its values cannot be right, as with a wrong byte order', () => {
    const one = bench(meter())
    for (const count of [1, ...Array(8).fill(90_000)]) one.read(count)
    expect(one.notes()).toContainEqual(expect.stringMatching(/hold it against the display.*correct address, order/))
  })

  it('says nothing in the first moments, nor while it counts', () => {
    const one = bench(meter())
    one.idle(3)
    expect(one.silent()).toEqual([])
    for (let count = 1; count < 30; count++) one.read(count)
    expect(one.silent()).toEqual([])
    expect(one.changes().map(({ change }) => change)).toEqual(['first'])
  })
})

describe('a meter that was configured differently', () => {
  const lived = () => {
    const one = bench(meter())
    for (const count of [100, 105, 110]) one.read(count)
    return one.m.meters.get(POINT)!
  }

  it('counts on in an epoch of its own, and books nothing in between', () => {
    const one = bench(meter({ definition: 'tenfold', perCount: 10n }), [lived()])
    for (const count of [120, 121, 122]) one.read(count)
    expect(one.m.meters.get(POINT)).toMatchObject({ epoch: 2, total: 30n, firstRaw: 120n, definition: 'tenfold' })
    expect(one.changes()).toMatchObject([{ change: 'reconfigured', from: '110', to: '120', delta: '0', epoch: 2 }])
  })

  it('goes on as it was when only its limits or its name for people are others', () => {
    const one = bench(meter({ maxRate: 20n, title: 'Parts' }), [lived()])
    one.read(112)
    expect(one.m.meters.get(POINT)).toMatchObject({ epoch: 1, total: 12n })
  })

  it('takes a state from before definitions were kept as it is', () => {
    const { definition: _, ...old } = lived()
    const one = bench(meter(), [old])
    one.read(112)
    expect(one.m.meters.get(POINT)).toMatchObject({ epoch: 1, total: 12n, definition: 'as-built' })
  })

  it('has another total in another unit, and says from what to what', () => {
    const one = bench(meter({ definition: definition({ unit: 'kg', perCount: 2 }), unit: 'kg', perCount: 2n }), [
      { ...lived(), definition: definition({}), foreign: 4n },
    ])
    for (const count of [200, 201, 202]) one.read(count)
    expect(one.m.meters.get(POINT)).toMatchObject({
      epoch: 2,
      unit: 'kg',
      total: 4n,
      accounts: { unassigned: 4n },
      otherUnits: [{ unit: 'pcs', total: 10n }],
    })
    expect(one.changes()).toMatchObject([
      { change: 'foreign', unit: 'pcs', delta: '4', epoch: 1 },
      {
        change: 'reconfigured',
        unit: 'kg',
        total: '0',
        fromUnit: 'pcs',
        fromTotal: '10',
        from: '110',
        to: '200',
        epoch: 2,
        detail: 'unit from pcs to kg, perCount from 1 to 2',
      },
    ])
    expect(one.silent()).toEqual([])
  })

  it('goes on with the total of a unit in which it has counted before', () => {
    const { definition: _, ...kept } = lived()
    const weighed = { ...kept, unit: 'kg', total: 7n, otherUnits: [{ unit: 'pcs', total: 10n }] }
    const one = bench(meter(), [{ ...weighed, definition: definition({ unit: 'kg' }) }])
    for (const count of [300, 301]) one.read(count)
    expect(one.m.meters.get(POINT)).toMatchObject({ unit: 'pcs', total: 11n, otherUnits: [{ unit: 'kg', total: 7n }] })
    expect(one.changes()).toMatchObject([{ fromUnit: 'kg', fromTotal: '7', total: '10' }])
  })

  it('stays where it was until a value counts by the new definition, and is named in its own epoch', () => {
    const resolution = { numerator: 1n, denominator: 10n, bits: 24 as const }
    const one = bench(meter({ definition: 'floats', resolution }), [lived()])
    for (let poll = 0; poll < 8; poll++) one.read(120.55)
    expect(one.m.meters.get(POINT)).toMatchObject({ epoch: 1, total: 10n, raw: 110n })
    expect(one.changes().map(({ change, epoch }) => [change, epoch])).toEqual([
      ['out-of-range', 1],
      ['silent', 1],
    ])
    one.read(121)
    expect(one.changes().at(-1)).toMatchObject({ change: 'reconfigured', from: '110', to: '1210', epoch: 2 })
  })

  it('begins an epoch when it was stored without a definition, and its accounts are of another scale', () => {
    const { definition: _, ...old } = lived()
    const one = bench(meter({ perCount: 10n }), [old])
    for (const count of [120, 121]) one.read(count)
    expect(one.m.meters.get(POINT)).toMatchObject({ epoch: 2, total: 20n })
  })
})

describe('a meter that changes while a session is open', () => {
  const kept = (): MeterState => ({ ...newMeter(meter(), 'boot'), raw: 110n, firstRaw: 110n, atMs: 1, atNs: 1n })
  const begin = { meter: POINT, unit: 'pcs', epoch: 1, total: '10', atMs: 1 }
  it.each([
    ['in another unit waits for its end', [begin], { unit: 'kg' }, true],
    ['that the session began without waits for its end', [], {}, true],
    ['in its scale does not wait', [begin], { perCount: 10n }, false],
  ])('%s', (_name, points, over, waits) => {
    expect(waitsForEnd(session({ begin: points }), kept(), meter(over))).toBe(waits)
    expect(waitsForEnd(undefined, kept(), meter(over))).toBe(false)
    expect(waitsForEnd(session({ begin: points, status: 'ended' }), kept(), meter(over))).toBe(false)
    expect(waitsForEnd(session({ begin: points }), undefined, meter(over))).toBe(false)
  })
})
