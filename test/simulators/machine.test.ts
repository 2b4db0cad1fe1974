/** A simulated machine on a clock set by hand: what a pause of the process means. */
import { expect, test } from 'vitest'
import { fromPlc } from '../../simulators/machine/lease-state.ts'
import { createMachine, type Machine } from '../../simulators/machine/machine.ts'
import { newMachine, type Physics } from '../../simulators/machine/physics.ts'
import { block, type Judge } from './simulator.ts'

const plant = { cycleMs: 1000, standbyPowerW: 36, readyPowerW: 36, workingPowerW: 36 }

/** A machine, its clock, and what it wrote to its memory. */
function bench(permission: 'lease' | 'free' = 'lease') {
  const clock = { nowMs: 1_000 }
  const kept: { plc: unknown[]; counters: Physics[] } = { plc: [], counters: [] }
  const retentive = {
    retained: { bootId: 4, highestToken: 32 },
    physics: newMachine,
    keepPlc: (next: unknown) => kept.plc.push(next),
    keepCounters: (next: Physics) => kept.counters.push(next),
    close: () => {},
  }
  const machine = createMachine({ name: 'bench', plant, permission, retentive, nowMs: () => clock.nowMs })
  return { clock, kept, machine }
}

function enable(machine: Machine, seq: number, token: number, leaseMs: number): number[] {
  const { lease } = machine.view()
  const words = block({ seq, command: 1, token, leaseMs, echo: lease.challenge })
  machine.takeBlock(words)
  return words
}

function judge(machine: Machine): Judge {
  return machine.judge() as Judge
}

test('a write after a pause comes after everything the pause brought', () => {
  const { clock, machine } = bench()
  const words = enable(machine, 1, 48, 5000)
  machine.operate({ kind: 'auto-start', on: true })
  clock.nowMs += 60_000
  machine.takeBlock(words.with(9, 1))
  const seen = judge(machine)
  expect(seen).toMatchObject({ producedUnits: 5, startPermission: false, heartbeats: 0, lease: { state: 'locked' } })
  expect(seen.outputEdges).toMatchObject([
    { on: false, cause: 'power-up', atMs: 1_000 },
    { on: true, cause: 'enable', token: 48, atMs: 1_000 },
    { on: false, cause: 'lapse', token: 48, atMs: 6_000 },
  ])
})

test('a look after a pause shows what the pause brought', () => {
  const { clock, machine } = bench()
  enable(machine, 1, 48, 5000)
  clock.nowMs += 5_000
  const { lease } = machine.view()
  expect(fromPlc(lease, clock.nowMs, 0)[3]).toBe(0)
  expect(machine.judge().atMs).toBe(6_000)
})

test('an act after a pause meets the machine as it is then', () => {
  const { clock, machine } = bench()
  enable(machine, 1, 48, 5000)
  clock.nowMs += 5_000
  machine.operate({ kind: 'press-start' })
  expect(judge(machine)).toMatchObject({ cycleRunning: false, producedUnits: 0 })
})

test('the highest token is kept before the enable is shown', () => {
  const { kept, machine } = bench()
  expect(kept.plc).toEqual([{ bootId: 5, highestToken: 32 }])
  enable(machine, 1, 48, 5000)
  expect(kept.plc.at(-1)).toEqual({ bootId: 5, highestToken: 48 })
})

test('a restarted PLC keeps its token and its buttons, and forgets lease, block and cycle', () => {
  const { clock, machine } = bench()
  enable(machine, 500, 48, 10_000)
  machine.operate({ kind: 'auto-start', on: true })
  machine.operate({ kind: 'guard', open: true })
  machine.operate({ kind: 'guard', open: false })
  enable(machine, 501, 64, 10_000)
  clock.nowMs += 500
  machine.suffer({ kind: 'plc-restart' })
  clock.nowMs += 10_000
  expect(judge(machine)).toMatchObject({ producedUnits: 0, startPermission: false })
  expect(judge(machine).lease).toMatchObject({ state: 'locked', bootId: 6, highestToken: 64, acknowledgedSeq: 0 })
  expect(machine.view().toPlc).toEqual(new Array<number>(16).fill(0))
  enable(machine, 3, 80, 1000)
  expect(judge(machine).lease.state).toBe('running')
  machine.operate({ kind: 'emergency-stop', pressed: true })
  machine.suffer({ kind: 'plc-restart' })
  expect(judge(machine).lease.state).toBe('emergency-stop')
})

test('a machine in local is local again after a restart of its PLC', () => {
  const { machine } = bench()
  machine.operate({ kind: 'mode', mode: 'local' })
  machine.suffer({ kind: 'plc-restart' })
  expect(judge(machine)).toMatchObject({ startPermission: true, lease: { state: 'local', bootId: 6 } })
})

test('a PLC whose program hangs keeps its output, and the machine works on', () => {
  const { clock, machine } = bench()
  enable(machine, 1, 48, 2000)
  machine.operate({ kind: 'auto-start', on: true })
  machine.holdLogic(true)
  clock.nowMs += 4_500
  expect(judge(machine)).toMatchObject({ startPermission: true, producedUnits: 4 })
  machine.holdLogic(false)
  expect(judge(machine)).toMatchObject({ startPermission: false, cycleRunning: true, lease: { state: 'finishing' } })
  clock.nowMs += 500
  expect(judge(machine)).toMatchObject({ producedUnits: 5, cycleRunning: false, lease: { state: 'locked' } })
  expect(judge(machine).outputEdges.at(-1)).toMatchObject({ cause: 'lapse', atMs: 5_500 })
})

test('a machine without lease block may be started by anybody unless in maintenance', () => {
  const { clock, machine } = bench('free')
  machine.operate({ kind: 'press-start' })
  clock.nowMs += 1_000
  machine.operate({ kind: 'mode', mode: 'maintenance' })
  machine.operate({ kind: 'press-start' })
  clock.nowMs += 2_000
  const seen = judge(machine)
  expect(seen).toMatchObject({ producedUnits: 1, startPermission: false, lease: null })
  expect(seen.outputEdges.map(({ on, cause }) => [on, cause])).toEqual([
    [true, 'power-up'],
    [false, 'mode'],
  ])
})

test('lists of the judge keep the last thousand, counts go on', () => {
  const { machine } = bench()
  for (let times = 0; times < 1200; times += 1) machine.operate({ kind: 'mode', mode: times % 2 ? 'remote' : 'local' })
  const seen = judge(machine)
  expect(seen.outputEdges).toHaveLength(1000)
  expect(seen.outputEdges.at(-1)).toMatchObject({ on: false, cause: 'mode' })
})
