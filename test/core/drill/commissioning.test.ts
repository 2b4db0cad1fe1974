/** Who is let in by what a drill has shown, and when a drill may begin. In virtual time, on support/world.ts. */
import { describe, expect, it } from 'vitest'
import { commissioningOf, type Drilled, whyNot } from '../../../gateway/core/drill/commissioning.ts'
import { DRILL_COUNTERS, type DrillReport } from '../../../gateway/core/drill/drill.ts'
import { fencingToken } from '../../../gateway/core/interlock/lease.ts'
import { createWorld, machineConfig } from '../../support/world.ts'

const DAY_MS = 86_400_000
const NOW_MS = Date.UTC(2026, 5, 1)
const real = { ...machineConfig, simulated: false }
const report = (passed = true): DrillReport => ({
  class: 'lease',
  passed,
  failSafe: true,
  steps: [{ step: 'no-heartbeat', passed, detail: 'seen', tookMs: 1 }],
  relockMs: 5012,
})
const drilled = (more: object = {}): Drilled => ({
  atMs: NOW_MS,
  passed: true,
  failSafe: true,
  interlockId: 'as-built',
  by: 'wang',
  ...more,
})

describe('a machine is commissioned', () => {
  it.each([
    ['never drilled', undefined, 0, 'never'],
    ['passed', drilled(), 0, 'commissioned'],
    ['failed', drilled({ passed: false }), 0, 'failed'],
    ['passed, with another interlock', drilled({ interlockId: 'other' }), 0, 'changed'],
    ['passed 365 days ago less a moment', drilled(), 365 * DAY_MS - 1, 'commissioned'],
    ['passed 365 days ago', drilled(), 365 * DAY_MS, 'expired'],
  ] as const)('%s', (_name, drill, laterMs, kind) => {
    const state = commissioningOf(real, drill, NOW_MS + laterMs)
    expect(state.kind).toBe(kind)
    expect(whyNot(state) === undefined).toBe(kind === 'commissioned')
  })

  it('as a simulator, always', () => {
    expect(commissioningOf(machineConfig, undefined, NOW_MS)).toEqual({
      kind: 'commissioned',
    })
  })
})

function world() {
  const made = createWorld(real)
  made.run(2000)
  return made
}
let nextCommand = 900
const begin = (made: ReturnType<typeof world>) => {
  const command = nextCommand++
  made.dispatch({ kind: 'drill', command, by: 'wang', reason: 'first' })
  made.run(100)
  return made.outcome(command)
}
const end = (made: ReturnType<typeof world>, shown: DrillReport | undefined) => {
  made.dispatch({ kind: 'drill-ended', command: nextCommand++, report: shown })
  made.run(1000)
}

describe('tenants', () => {
  it('are refused until a drill has passed, and told why', () => {
    const made = world()
    made.putBookings([made.booking()])
    const before = made.unlock()
    made.run(1000)
    expect(made.outcome(before)).toMatchObject({
      kind: 'refused',
      refusal: { code: 'not-commissioned', detail: 'it has never passed a drill' },
    })
    expect(made.state.shown.availability).toMatchObject({ state: 'Blocked', reason: 'not-commissioned' })
    made.maintenance(true)
    made.run(1000)
    begin(made)
    end(made, report())
    made.maintenance(false)
    made.run(1000)
    const after = made.unlock()
    expect(made.until(() => made.outcome(after) !== undefined, 3000)).toBe(true)
    expect(made.outcome(after)).toMatchObject({ kind: 'session' })
  })

  it('are shut out again by a drill that fails, and not by one that was broken off', () => {
    const made = world()
    made.maintenance(true)
    made.run(1000)
    begin(made)
    end(made, report())
    begin(made)
    end(made, undefined)
    expect(commissioningOf(real, made.state.row.drill, NOW_MS).kind).toBe('commissioned')
    begin(made)
    end(made, report(false))
    expect(commissioningOf(real, made.state.row.drill, NOW_MS).kind).toBe('failed')
    expect(made.kinds().filter((kind) => kind === 'DrillRecorded')).toHaveLength(2)
  })
})

describe('a drill', () => {
  it('begins only in maintenance, and one at a time', () => {
    const made = world()
    expect(begin(made)).toMatchObject({ refusal: { code: 'drill-not-ready' } })
    made.maintenance(true)
    made.run(1000)
    expect(begin(made)).toEqual({ kind: 'done' })
    expect(begin(made)).toMatchObject({ refusal: { detail: 'a drill is under way' } })
    const off = made.maintenance(false)
    made.run(500)
    expect(made.outcome(off)).toMatchObject({ refusal: { code: 'machine-in-use' } })
  })

  it('has its fencing tokens durable before it begins, and the next session is above them', () => {
    const made = world()
    made.maintenance(true)
    made.run(1000)
    begin(made)
    expect(made.durable.row?.fencingCounter).toBe(DRILL_COUNTERS)
    made.kill()
    made.start()
    made.run(2000)
    expect(made.state.row.fencingCounter).toBe(DRILL_COUNTERS)
    expect(made.kinds()).not.toContain('DrillRecorded')
  })

  it('is no use of a stranger: what it does to the machine is flagged by nobody, and its units are nobody’s', () => {
    const made = world()
    made.maintenance(true)
    made.run(1000)
    begin(made)
    made.operator(true)
    const token = fencingToken(1, 0)
    const challenge = made.lease.challenge
    made.happen({ kind: 'write', words: [9, 1, 0, token, 1, 5000, 0, 4, challenge, 0, 0, 0, 0, 0, 0, 9] })
    made.run(4000)
    expect(made.enabledNow).toBe(true)
    expect(made.state.access.kind).toBe('Locked')
    made.run(12_000)
    end(made, report())
    expect(made.machine.producedUnits).toBeGreaterThan(0)
    expect(made.kinds()).not.toContain('ForeignUse')
    expect(made.state.meters.get('booth/plc.parts')?.accounts.unassigned).toBe(BigInt(made.machine.producedUnits))
  })

  it('is recorded with the person, the steps and the interlock it was for', () => {
    const made = world()
    made.maintenance(true)
    made.run(1000)
    begin(made)
    end(made, report())
    expect(made.durable.entries.find(({ kind }) => kind === 'DrillRecorded')?.data).toMatchObject({
      passed: true,
      by: 'wang',
      reason: 'first',
      interlockId: 'as-built',
      relockMs: 5012,
      steps: [{ step: 'no-heartbeat', passed: true }],
    })
  })
})
