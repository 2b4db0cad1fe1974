/** The physics of a simulated machine, row by row: what it does, makes and consumes. */
import { describe, expect, test } from 'vitest'
import {
  type Conditions,
  energyWhText,
  newMachine,
  type Physics,
  type Plant,
  presetCounter,
  pressStart,
  produce,
  step,
} from '../../simulators/machine/physics.ts'

const plant: Plant = { cycleMs: 1000, standbyPowerW: 36, readyPowerW: 72, workingPowerW: 3600 }
const allowed: Conditions = { powered: true, halt: 'none', startPermission: true }
const forbidden: Conditions = { ...allowed, startPermission: false }
const stopped: Conditions = { ...allowed, halt: 'error' }
const guardOpen: Conditions = { ...allowed, halt: 'guard' }
const off: Conditions = { ...allowed, powered: false }

type Act = (physics: Physics) => Physics
const pass =
  (dtMs: number, conditions: Conditions = allowed) =>
  (physics: Physics) =>
    step(plant, physics, conditions, dtMs)
const auto: Act = (physics) => ({ ...physics, autoStart: true })
const many = (times: number, act: Act): Act[] => new Array<Act>(times).fill(act)

const rows: { name: string; acts: Act[]; expected: Partial<Physics> }[] = [
  {
    name: 'without power it is off and consumes nothing',
    acts: [pass(5000, off)],
    expected: { state: 'off', energyMWh: 0n, poweredMs: 0 },
  },
  {
    name: 'powered without permission it stands by',
    acts: [pass(1000, forbidden)],
    expected: { state: 'standby', powerW: 36, energyMWh: 10n, poweredMs: 1000 },
  },
  {
    name: 'with permission it is ready and starts nothing by itself',
    acts: [pass(5000)],
    expected: { state: 'ready', producedUnits: 0, runningMs: 0 },
  },
  {
    name: 'a press with permission starts a cycle',
    acts: [pressStart, pass(1)],
    expected: { state: 'working', cycleLeftMs: 999, powerW: 3600 },
  },
  {
    name: 'a press starts at once, in a step of no length',
    acts: [pressStart, pass(0)],
    expected: { state: 'working', cycleLeftMs: 1000 },
  },
  {
    name: 'a press without permission is lost',
    acts: [pressStart, pass(20, forbidden), pass(2000)],
    expected: { state: 'ready', producedUnits: 0 },
  },
  {
    name: 'a cycle makes nothing one millisecond before its end',
    acts: [pressStart, pass(999)],
    expected: { producedUnits: 0, state: 'working' },
  },
  {
    name: 'a cycle makes one unit at its end',
    acts: [pressStart, pass(1000)],
    expected: { producedUnits: 1, partCounter: 1, state: 'ready', runningMs: 1000 },
  },
  {
    name: 'a cycle goes on when the permission goes',
    acts: [pressStart, pass(10), pass(990, forbidden)],
    expected: { producedUnits: 1, state: 'standby' },
  },
  {
    name: 'one press makes one unit only',
    acts: [pressStart, pass(5000)],
    expected: { producedUnits: 1, runningMs: 1000 },
  },
  {
    name: 'the automatic operator starts cycle after cycle',
    acts: [auto, pass(3500)],
    expected: { producedUnits: 3, runningMs: 3500, state: 'working', cycleLeftMs: 500 },
  },
  {
    name: 'small steps make the same as one long one',
    acts: [auto, ...many(175, pass(20))],
    expected: { producedUnits: 3, runningMs: 3500, cycleLeftMs: 500, energyMWh: 3500n },
  },
  {
    name: 'the automatic operator starts nothing without permission',
    acts: [auto, pass(3500, forbidden)],
    expected: { producedUnits: 0, runningMs: 0 },
  },
  {
    name: 'a stopped machine drops its cycle and makes nothing',
    acts: [pressStart, pass(500), pass(20, stopped), pass(2000)],
    expected: { producedUnits: 0, state: 'ready' },
  },
  { name: 'a stopped machine is in error', acts: [pass(20, stopped)], expected: { state: 'error' } },
  {
    name: 'an open guard drops the cycle and makes nothing',
    acts: [pressStart, pass(500), pass(20, guardOpen), pass(2000)],
    expected: { producedUnits: 0, state: 'ready' },
  },
  {
    name: 'a machine with an open guard stands by and starts nothing',
    acts: [auto, pass(2000, guardOpen)],
    expected: { state: 'standby', producedUnits: 0, runningMs: 0 },
  },
  {
    name: 'a machine without power drops its cycle',
    acts: [pressStart, pass(500), pass(20, off), pass(2000)],
    expected: { producedUnits: 0 },
  },
  {
    name: 'energy is exact over odd steps',
    acts: many(1000, pass(7, forbidden)),
    expected: { energyMWh: 70n, energyRestWms: 0 },
  },
  {
    name: 'energy below a milliwatt-hour is kept',
    acts: [pass(99, forbidden)],
    expected: { energyMWh: 0n, energyRestWms: 3564 },
  },
  {
    name: 'producing at once takes no time',
    acts: [(it) => produce(it, 5)],
    expected: { producedUnits: 5, partCounter: 5, runningMs: 0, energyMWh: 0n },
  },
  {
    name: 'a reset changes the counter and not the truth',
    acts: [(it) => produce(it, 5), (it) => presetCounter(it, 0)],
    expected: { producedUnits: 5, partCounter: 0 },
  },
  {
    name: 'the counter wraps at 32 bits and the truth does not',
    acts: [(it) => presetCounter(it, 4294967295), (it) => produce(it, 2)],
    expected: { producedUnits: 2, partCounter: 1 },
  },
]

describe('physics', () => {
  test.each(rows)('$name', ({ acts, expected }) => {
    const end = acts.reduce((physics, act) => act(physics), newMachine)
    expect(end).toMatchObject(expected)
  })

  test('energy is shown as exact decimal watt-hours', () => {
    expect(energyWhText(0n)).toBe('0.000')
    expect(energyWhText(1_002n)).toBe('1.002')
    expect(energyWhText(9_007_199_254_740_993_001n)).toBe('9007199254740993.001')
  })
})
