/**
 * The drill of an output against the simulated I/O module, and against modules that break one promise each. Virtual
 * time; `npm run prove -- access --only conformance` does it over the wire.
 */
import { describe, expect, test } from 'vitest'
import { runDrill, stepsOf } from '../../gateway/control/loops/drill-loop.ts'
import { type DrillReport, newRun } from '../../gateway/core/drill/drill.ts'
import type { OutputInterlock } from '../../gateway/core/ground/config.ts'
import { lets, type Output } from '../../gateway/core/interlock/output.ts'
import { feedbackOf, type Module, type ModuleEvent, newModule, step } from '../../simulators/machine/io-module.ts'
import { outputConfig } from '../support/world.ts'

/** What stands between the drill and the module: a defect. */
type Defect = {
  /** As it is set before the drill. */
  readonly module?: Partial<Module>
  readonly shows?: Partial<Output>
  /** What comes of a write; undefined: nothing. */
  readonly write?: (on: boolean, module: Module) => boolean | undefined
  /** While nobody was connected. */
  readonly away?: (module: Module) => Module
  /** When the link is back. */
  readonly back?: (module: Module) => Module
}

async function drilled(
  kind: 'watchdog' | 'coil',
  defect: Defect = {},
  stop = new AbortController().signal,
  watchdog: Partial<NonNullable<OutputInterlock['watchdog']>> = {},
) {
  const { interlock } = outputConfig(
    kind === 'watchdog'
      ? { watchdog: { unitMs: 100, settings: [], ...watchdog } }
      : { class: 'coil', risk: { acceptedBy: 'Wang Li', reason: 'old saw' } },
  )
  const run = newRun(interlock!, { first: 1, fencingId: 3 })
  let ms = 1_000_000
  let module: Module = {
    ...newModule,
    watchdogMs: kind === 'watchdog' ? newModule.watchdogMs : 0,
    fedAtMs: ms,
    ...defect.module,
  }
  const happen = (event: ModuleEvent) => {
    module = step(module, event)
  }
  const wait = async (forMs: number) => {
    for (const untilMs = ms + forMs; ms < untilMs; ) {
      ms = Math.min(untilMs, ms + 10)
      happen({ kind: 'tick', atMs: ms })
    }
  }
  const told = (): Output => ({
    class: kind,
    on: module.output,
    feedback: feedbackOf(module),
    bootId: module.bootId,
    watchdogMs: module.watchdogMs,
    unsafe: undefined,
    ...defect.shows,
  })
  const report = await runDrill(
    run,
    stepsOf(run),
    {
      nowMs: () => ms,
      async read() {
        await wait(10)
        happen({ kind: 'request', atMs: ms })
        return told()
      },
      async write([word]) {
        await wait(10)
        const on = (defect.write ?? ((asked) => asked))(word === 1, module)
        if (on !== undefined) happen({ kind: 'write', on, atMs: ms })
        return 'accepted'
      },
      wait,
      async cut(awayMs) {
        const before = module
        await wait(awayMs)
        if (defect.away) module = defect.away(before)
        await wait(300)
        if (defect.back) module = defect.back(module)
      },
      begun: () => undefined,
      ended: () => undefined,
    },
    stop,
  )
  return { report, isOn: lets(told()) }
}

const failures = (report: DrillReport | undefined) =>
  report?.steps.filter(({ passed }) => !passed).map(({ step: name }) => name) ?? []

describe('a module that keeps its promise passes every step, and is off after it', () => {
  test.each<[string, Defect]>([
    ['fed by writes', {}],
    ['fed by any request, reads too', { module: { fedBy: 'requests' } }],
    ['which says nothing of what it switches', { shows: { feedback: undefined } }],
  ])('a watchdog %s', async (_what, defect) => {
    const { report, isOn } = await drilled('watchdog', defect)
    expect(failures(report)).toEqual([])
    expect(report).toMatchObject({ class: 'watchdog', passed: true, failSafe: true })
    expect(report?.steps.map(({ step: name }) => name)).toEqual([
      'off-at-start',
      'on-and-off',
      'kept-by-refreshes',
      'link-cut',
    ])
    expect(report?.relockMs).toBeGreaterThanOrEqual(5000)
    expect(report?.relockMs).toBeLessThanOrEqual(7000)
    expect(isOn).toBe(false)
  })

  test.each([
    ['writes', 'reads alone do not keep it on'],
    ['requests', 'READS KEEP IT ON: it stays on when it can no longer be written'],
  ] as const)(
    'of which nobody knows what feeds it, and which is fed by %s: the report says it',
    async (fedBy, says) => {
      const stated = { statedMs: 5000, isFeedUnknown: true } as const
      const { report, isOn } = await drilled('watchdog', { module: { fedBy } }, undefined, stated)
      expect(report?.passed).toBe(true)
      const detail = report?.steps.find(({ step: name }) => name === 'link-cut')?.detail
      expect(detail).toContain('its time cannot be read and was stated as 5000 ms')
      expect(detail).toContain(says)
      expect(isOn).toBe(false)
    },
  )

  test('a coil, which proves no fail-safe however it goes', async () => {
    const { report, isOn } = await drilled('coil')
    expect(failures(report)).toEqual([])
    expect(report).toMatchObject({ class: 'coil', passed: true, failSafe: false })
    expect(report).not.toHaveProperty('relockMs')
    expect(report?.steps.at(-1)?.detail).toContain('NO FAIL-SAFE')
    expect(isOn).toBe(false)
  })
})

describe('a module that breaks its promise fails the step of it', () => {
  test('an output that is on and whose contact stays off is said to be wired wrongly', async () => {
    const { report } = await drilled('watchdog', { module: { contact: 'stuck-off' } })
    expect(report?.steps.find(({ passed }) => !passed)?.detail).toMatch(
      /the output is on, and its contact \(feedback\) stays off: look which output and which input are wired to it/,
    )
  })

  test.each<[string, string, Defect]>([
    ['it says itself that it is not safe', 'off-at-start', { shows: { unsafe: 'the watchdog of the module is off' } }],
    ['it is on before anybody wrote', 'off-at-start', { module: { output: true, watchdogMs: 0 } }],
    ['its contact is stuck on', 'off-at-start', { module: { contact: 'stuck-on' } }],
    ['its contact does not close', 'on-and-off', { module: { contact: 'stuck-off' } }],
    ['it ignores writes', 'on-and-off', { write: () => undefined }],
    ['it ignores off', 'on-and-off', { write: (on) => (on ? on : undefined) }],
    [
      'a write of what it shows already does not feed it',
      'kept-by-refreshes',
      { write: (on, { output }) => (on === output ? undefined : on) },
    ],
    ['its watchdog is set and does nothing', 'link-cut', { away: (before) => ({ ...before, fedAtMs: 2_000_000 }) }],
    ['its watchdog is slower than it says', 'link-cut', { module: { watchdogMs: 6500 }, shows: { watchdogMs: 5000 } }],
    [
      'it goes on again when somebody connects',
      'link-cut',
      { back: (module) => ({ ...module, output: true, fedAtMs: 2_000_000 }) },
    ],
  ])('%s: %s', async (_defect, name, defect) => {
    const { report } = await drilled('watchdog', defect)
    expect(report?.passed).toBe(false)
    expect(failures(report)).toContain(name)
  })
})

test.each(['watchdog', 'coil'] as const)('a %s whose drill is broken off is turned off', async (kind) => {
  const stop = new AbortController()
  const written: boolean[] = []
  const { report, isOn } = await drilled(
    kind,
    {
      write(on) {
        written.push(on)
        if (on) stop.abort()
        return on
      },
    },
    stop.signal,
  )
  expect(report).toBeUndefined()
  expect(written).toEqual([true, false])
  expect(isOn).toBe(false)
})
