/**
 * The drill against a PLC that keeps the rules, and against PLCs that break one rule each: a drill that cannot fail
 * proves nothing. Virtual time; `npm run prove -- access` does it over the wire.
 */
import { describe, expect, test } from 'vitest'
import { runDrill, stepsOf } from '../../gateway/control/loops/drill-loop.ts'
import { type DrillReport, newRun, releaseWords } from '../../gateway/core/drill/drill.ts'
import { decodeFromPlc } from '../../gateway/core/interlock/lease.ts'
import { permissionOf } from '../../simulators/machine/lease-state.ts'
import { machineConfig } from '../support/world.ts'
import { executedProgram, type PlcUnderTest, simulatedRules } from './plc-under-test.ts'

/** What stands between the drill and the PLC: a defect. */
type Defect = {
  readonly read?: (words: readonly number[], plc: PlcUnderTest) => readonly number[]
  readonly write?: (words: readonly number[], last: readonly number[] | undefined) => readonly number[] | undefined
}

async function drilled(
  defect: Defect = {},
  abort?: AbortSignal,
  plc = simulatedRules(permissionOf),
): Promise<DrillReport | undefined> {
  const run = newRun(machineConfig.interlock!, { first: 1, fencingId: 3 })
  let last: readonly number[] | undefined
  return runDrill(
    run,
    stepsOf(run),
    {
      nowMs: plc.nowMs,
      async read() {
        await plc.wait(10)
        const words = await plc.read()
        const block = decodeFromPlc(defect.read?.(words, plc) ?? words)
        return block && { class: 'lease', ...block }
      },
      async write(words) {
        const sent = defect.write ? defect.write(words, last) : words
        last = words
        if (sent !== undefined) await plc.write(sent)
        return 'accepted'
      },
      wait: plc.wait,
      cut: async (awayMs) => plc.wait(awayMs + 300),
      begun: () => undefined,
      ended: () => undefined,
    },
    abort ?? new AbortController().signal,
  )
}

const failures = (report: DrillReport | undefined) =>
  report?.steps.filter(({ passed }) => !passed).map(({ step }) => step) ?? []

let beats = 100
function counted(): number {
  beats += 1
  return beats
}

const CHALLENGE = 13
const HEARTBEAT = 9
const COMMAND = 4

describe('a PLC that keeps the rules', () => {
  test('passes every step, and locks itself within 7 s each time', async () => {
    const report = await drilled()
    expect(failures(report)).toEqual([])
    expect(report).toMatchObject({ passed: true, failSafe: true, class: 'lease', plcBootId: 1 })
    expect(report?.steps).toHaveLength(14)
    expect(report?.relockMs).toBeGreaterThan(4500)
    expect(report?.relockMs).toBeLessThanOrEqual(7000)
  })
})

test('the reference program, executed, passes every step', async () => {
  const report = await drilled({}, undefined, executedProgram())
  expect(failures(report)).toEqual([])
  expect(report).toMatchObject({ passed: true, failSafe: true })
})

describe('a PLC that breaks a rule fails the step of that rule', () => {
  test.each<[string, string, Defect]>([
    ['its challenge stands still', 'challenge-changes', { read: (words) => words.with(CHALLENGE, 77) }],
    [
      'it takes a torn block for a whole one',
      'torn-block',
      { write: (words) => (words[0] === words[15] ? words : words.with(15, words[0]!)) },
    ],
    [
      'it takes any write of its owner for a heartbeat',
      'stuck-heartbeat',
      {
        write: (words, last) =>
          words[COMMAND] === 1 && last !== undefined && words.every((word, index) => word === last[index])
            ? words.with(HEARTBEAT, counted())
            : words,
      },
    ],
    [
      'it loses its heartbeats',
      'kept-by-heartbeats',
      { write: (words) => (words[HEARTBEAT]! > 0 ? undefined : words) },
    ],
    ['it ignores revoke', 'revoke', { write: (words) => (words[COMMAND] === 3 ? undefined : words) }],
    ['it ignores finish', 'finish', { write: (words) => (words[COMMAND] === 2 ? undefined : words) }],
    ['it says that it is on local', 'locked-at-start', { read: (words) => words.with(15, 0) }],
    ['its safety circuit is open', 'locked-at-start', { read: (words) => words.with(14, 0) }],
    ['it speaks another version', 'locked-at-start', { read: (words) => words.with(0, 2) }],
  ])('%s: %s', async (_defect, step, defect) => {
    const report = await drilled(defect)
    expect(report?.passed).toBe(false)
    expect(failures(report)).toContain(step)
  })
})

test('a drill that is broken off proves nothing, and gives back what it holds', async () => {
  const stop = new AbortController()
  const given: (readonly number[])[] = []
  const report = await drilled(
    {
      write: (words) => {
        given.push(words)
        if (words[COMMAND] === 1 && words[5] !== 0 && given.length > 6) stop.abort()
        return words
      },
    },
    stop.signal,
  )
  expect(report).toBeUndefined()
  expect(given.at(-1)?.[COMMAND]).toBe(3)
})

test('what holds nothing has nothing to give back', () => {
  expect(releaseWords(newRun(machineConfig.interlock!, { first: 1, fencingId: 0 }))).toBeUndefined()
})
