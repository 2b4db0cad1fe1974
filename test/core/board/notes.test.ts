/** Whoever runs the gateway reads what keeps tenants out, and the next step: in health, and once in the log. */
import { describe, expect, it } from 'vitest'
import { availabilityOf } from '../../../gateway/core/board/board.ts'
import { isReady, machineNotes } from '../../../gateway/core/board/notes.ts'
import type { MachineState } from '../../../gateway/core/machine/state.ts'
import * as given from '../support.ts'
import { envAt, lockAt, machine, output } from '../support.ts'

const put = (over: (m: MachineState) => Partial<MachineState>): MachineState => {
  const m = { ...machine(), pace: { ...machine().pace, startedNs: given.NOW.ns } }
  return { ...m, ...over(m) }
}
const off = 'the watchdog of the module is off'

describe('a gateway', () => {
  it('that could let somebody in is ready', () => {
    expect(isReady(envAt(), [put(() => ({}))])).toBe(true)
  })

  it.each([
    ['that stops', { stopping: true }],
    ['whose ledger is not proven', { ledgerProven: false }],
    ['whose disk has no room', { diskOk: false }],
    ['whose clock is not trusted', { timeTrusted: false }],
  ])('%s is not ready', (_name, over) => {
    expect(isReady({ ...envAt(), ...over }, [put(() => ({}))])).toBe(false)
  })
})

describe('a gateway whose machines', () => {
  const undrilled = put(({ config }) => ({ config: { ...config, simulated: false } }))
  const unlocksNothing = put(({ config: { interlock: _, ...config } }) => ({ config }))

  it.each<[string, boolean, MachineState[]]>([
    ['let nobody in is not ready', false, [undrilled]],
    ['let somebody in at one place is ready', true, [undrilled, put(() => ({}))]],
    ['are metered alone is ready', true, [unlocksNothing]],
    ['that it unlocks let nobody in is not ready, whatever is metered beside them', false, [unlocksNothing, undrilled]],
  ])('%s', (_name, ready, machines) => {
    expect(isReady(envAt(), machines)).toBe(ready)
  })
})

describe('a machine', () => {
  it('that lets tenants in has no note', () => {
    expect(
      machineNotes(
        envAt(),
        put(() => ({})),
      ),
    ).toEqual([])
  })

  it.each<[name: string, m: MachineState, note: RegExp]>([
    [
      'that never passed a drill names the command',
      put(({ config }) => ({ config: { ...config, simulated: false } })),
      /^\S+ lets no tenant in: it has never passed a drill; .*latchkey drill http:\/\/… \S+$/,
    ],
    [
      'whose module would not drop its output says so in the words of the module',
      put(({ seen }) => ({ seen: { ...seen, lock: lockAt(0, output({ unsafe: off })) } })),
      /^\S+ lets nobody in: the watchdog of the module is off; set the module as its profile says$/,
    ],
    [
      'with a value that the device refuses names the value and what the device said',
      put(({ seen }) => {
        const readings = new Map(seen.readings)
        const id = given.point('stop')
        const { value: _, ...reading } = readings.get(id)!
        readings.set(id, { ...reading, quality: 'bad', cause: 'refused', detail: 'exception 2' })
        return { seen: { ...seen, readings } }
      }),
      /lets nobody in: plc\.stop is not read: refused \(exception 2\); see \/v1\/machines\/\S+\/signals$/,
    ],
    [
      'with a float counter that has used up half of what it can show says so, long before it ends',
      put(({ config, meters }) => {
        const [register] = config.meters.filter((meter) => meter.kind === 'register')
        const resolution = { numerator: 1n, denominator: 1000n, bits: 24 as const }
        const state = { ...meters.get(register!.id)!, raw: 8_192_000n }
        return {
          config: { ...config, meters: [{ ...register!, resolution }] },
          meters: new Map([[state.meter, state]]),
        }
      }),
      /stands at 8192000 counts, and its float tells single counts apart up to 16384000: .*finer: true/,
    ],
    [
      'with a float behind a ratio that has used up half of what it can show says the same',
      put(({ config, seen }) => {
        const [register] = config.meters.filter((meter) => meter.kind === 'register')
        const [first, second] = config.signals
        const steps = { numerator: 1n, denominator: 1000n, bits: 24 as const, step: '0.001' }
        const composed = {
          kind: 'sum',
          instant: 'cycle',
          add: [second!.id],
          subtract: [],
          floats: { [second!.id]: steps },
        } as const
        const reading = { ...seen.readings.get(second!.id)!, quality: 'good', value: 8192 } as const
        return {
          config: {
            ...config,
            meters: [{ ...register!, signal: 'made' }],
            signals: [...config.signals, { ...first!, id: 'made', composed }],
          },
          seen: { ...seen, readings: new Map([...seen.readings, [second!.id, reading]]) },
        }
      }),
      /stands at 8192000 counts, and its float tells single counts apart up to 16384000/,
    ],
  ])('%s', (_name, m, note) => {
    expect(machineNotes(envAt(), m).map(({ text }) => text)).toEqual([expect.stringMatching(note)])
  })

  it('that has not been read yet is no matter right after the start, and one soon after it', () => {
    const m = put(({ seen }) => ({ seen: { ...seen, readings: new Map() } }))
    const notesAt = (ms: number) => machineNotes(envAt(ms), m).map(({ text }) => text)
    expect(notesAt(2000)).toEqual([])
    expect(notesAt(4000)).toContainEqual(expect.stringMatching(/lets nobody in: .* is not read: never-read/))
  })

  it('whose module would not drop its output is out of order for that reason, not for a fault', () => {
    const m = put(({ seen }) => ({ seen: { ...seen, lock: lockAt(0, output({ unsafe: off })) } }))
    expect(availabilityOf(envAt(), m)).toMatchObject({ state: 'OutOfOrder', reason: 'interlock-unsafe', detail: off })
  })
})
