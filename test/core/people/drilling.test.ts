/** When a drill may begin, what is durable before it writes, and what is recorded of it. */
import { describe, expect, it } from 'vitest'
import { DRILL_COUNTERS, type DrillReport } from '../../../gateway/core/drill/drill.ts'
import type { Refusal } from '../../../gateway/core/ground/refusal.ts'
import { MAX_FENCING_COUNTER } from '../../../gateway/core/interlock/lease.ts'
import type { Env, MachineState } from '../../../gateway/core/machine/state.ts'
import { newTurn } from '../../../gateway/core/machine/turn.ts'
import { onDrill, onDrillEnded } from '../../../gateway/core/people/drilling.ts'
import { machineConfig } from '../../support/world.ts'
import { cameOf, entriesOf, envAt, executing, lockAt, machine, NOW, nothing, plc, session } from '../support.ts'

type Given = Parameters<typeof machine>[0]
const { interlock: _, ...readOnly } = machineConfig
const row: MachineState['row'] = {
  machine: 'booth',
  fencingCounter: 4,
  maintenance: { by: 'wang', reason: 'belt', sinceMs: 0 },
}
const ready: Given = { row }
const begin = (given: Given, env: Partial<Env> = {}) => {
  const turn = newTurn(machine(given), envAt(0, env))
  onDrill(turn, { kind: 'drill', command: 5, by: 'wang', reason: 'new' })
  return turn
}
const drill = { by: 'wang', reason: 'new', reserve: { first: 5, fencingId: 3 } }

describe('a drill', () => {
  it.each<[string, Refusal['code'], string | undefined, Given, Partial<Env>]>([
    ['of a machine without an interlock', 'no-interlock', undefined, { row, config: readOnly }, {}],
    ['of a gateway that stops', 'stopping', undefined, ready, { stopping: true }],
    ['of an unproven ledger', 'ledger-unproven', undefined, ready, { ledgerProven: false }],
    ['of a full disk', 'ledger-full', undefined, ready, { diskOk: false }],
    ['of a clock nobody trusts', 'time-untrusted', undefined, ready, { timeTrusted: false }],
    ['beside another', 'drill-not-ready', 'drill', { row, drill }, {}],
    ['without maintenance', 'drill-not-ready', 'maintenance', {}, {}],
    ['with a session', 'drill-not-ready', 'session', { row, session: session() }, {}],
    ['of a machine that is not locked', 'drill-not-ready', 'Foreign', { row, access: { kind: 'Foreign' } }, {}],
    [
      'of a machine whose key switch is on local',
      'drill-not-ready',
      'turn it to remote',
      {
        row,
        access: { kind: 'Foreign' },
        seen: { lock: lockAt(0, plc({ state: 'local', mode: 'local' })) },
      },
      {},
    ],
    [
      'of an output that is being turned off',
      'drill-not-ready',
      'lock yet',
      { row, withdrawal: { token: 1, sinceNs: 0n, wroteNs: 0n, tries: 0, alarmed: false } },
      {},
    ],
    [
      'under a pressed stop',
      'drill-not-ready',
      'emergency stop',
      { row, seen: { condition: { ...executing, emergencyStop: true } } },
      {},
    ],
    ['of an interlock that was not read', 'not-fresh', undefined, { row, seen: { lock: undefined } }, {}],
    [
      'without fencing tokens',
      'drill-not-ready',
      'fencing tokens',
      { row: { ...row, fencingCounter: MAX_FENCING_COUNTER - DRILL_COUNTERS } },
      {},
    ],
  ])('%s is refused', (_name, code, detail, given, env) => {
    const turn = begin(given, env)
    const { access } = cameOf(turn)
    const refusal = detail === undefined ? { code } : { code, detail: expect.stringContaining(detail) }
    expect(turn.effects).toMatchObject([{ kind: 'reply', command: 5, outcome: { kind: 'refused', refusal } }])
    expect(turn.m.drill).toBe(given?.drill)
    expect(access).toBe(given?.access?.kind ?? 'Locked')
  })

  it.each<[string, number, number]>([
    ['above its own counter', 4, 5],
    ['above the highest token that the PLC has seen', 0, 2],
  ])('sets its fencing tokens aside before it writes, %s', (_name, fencingCounter, first) => {
    const turn = begin({ row: { ...row, fencingCounter } })
    expect(cameOf(turn)).toEqual({ ...nothing, access: 'Locked', whenDurable: ['done'] })
    expect(turn.m.row.fencingCounter).toBe(first + DRILL_COUNTERS - 1)
    expect(turn.m.drill).toEqual({ by: 'wang', reason: 'new', reserve: { first, fencingId: 3 } })
  })
})

describe('the end of a drill', () => {
  const report: DrillReport = {
    class: 'lease',
    passed: true,
    failSafe: true,
    steps: [{ step: 'revoke', passed: true, detail: 'locked', tookMs: 12.4 }],
    relockMs: 5200,
  }
  it.each<[string, readonly string[], DrillReport | undefined, Given]>([
    ['that came to its end is recorded', ['DrillRecorded'], report, { row, drill }],
    ['that failed is recorded too', ['DrillRecorded'], { ...report, passed: false }, { row, drill }],
    ['that was broken off is no result', [], undefined, { row, drill }],
    ['that never began is refused', [], report, ready],
  ])('%s', (_name, entries, given, at) => {
    const turn = newTurn(machine(at), envAt())
    onDrillEnded(turn, { kind: 'drill-ended', command: 5, report: given })
    const recorded = entries.length > 0
    expect(cameOf(turn)).toEqual({
      ...nothing,
      access: 'Locked',
      entries,
      replies: recorded ? [] : [at?.drill ? 'done' : 'drill-not-ready'],
      whenDurable: recorded ? ['done'] : [],
    })
    expect(turn.m.drill).toBeUndefined()
    const kept = {
      atMs: NOW.ms,
      passed: given?.passed,
      failSafe: true,
      interlockId: 'as-built',
      by: 'wang',
      relockMs: 5200,
    }
    expect(turn.m.row.drill).toEqual(recorded ? kept : undefined)
    if (recorded)
      expect(entriesOf(turn)[0]?.data).toMatchObject({
        by: 'wang',
        reason: 'new',
        class: 'lease',
        steps: [{ tookMs: 12 }],
      })
  })
})
