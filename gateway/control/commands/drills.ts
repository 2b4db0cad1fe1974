/**
 * Drills of a running gateway: one at a time on a link, over that very link, with what they show kept until the next
 * one. The core decides whether one may begin and records how it ended; a gateway that dies in the middle leaves no
 * record, and a machine that locks itself. Read next: loops/drill-loop.ts, core/people/drilling.ts.
 */
import type { Command } from '../../core/command/command.ts'
import { type DrillView, type Outcome, refused } from '../../core/command/outcome.ts'
import { type DrillReport, newRun } from '../../core/drill/drill.ts'
import { type DrillSight, readSight, withSight, writeSight } from '../../core/drill/sight.ts'
import type { Moment } from '../../core/ground/moment.ts'
import { refuse } from '../../core/ground/refusal.ts'
import { interlockOf } from '../../core/machine/state.ts'
import { authoriseTechnician } from '../../core/permission/permission.ts'
import { isOpen } from '../../core/session/session.ts'
import { monotonicMs, runDrill, stepsOf } from '../loops/drill-loop.ts'
import type { LinkLoop } from '../loops/link-loop.ts'
import type { MachineLoop } from '../loops/machine-loop.ts'
import type { AskMachine } from '../loops/replies.ts'

/** A link that was cut on purpose is up again within this, ms. */
const BACK_WITHIN_MS = 10_000

type DrillsDeps = {
  readonly machines: ReadonlyMap<string, MachineLoop>
  readonly links: ReadonlyMap<string, LinkLoop>
  now(): Moment
  ask: AskMachine
  fatal(error: Error): void
}

type Drills = {
  take(command: Extract<Command, { kind: 'drill' | 'drill-view' }>, machine: MachineLoop): Promise<Outcome>
  /** Breaks off what is under way, and waits until it is. */
  stop(): Promise<void>
}

type State = DrillsDeps & {
  readonly views: Map<string, DrillView>
  readonly underWay: Map<string, Promise<void>>
  readonly stopping: AbortController
}

export function createDrills(deps: DrillsDeps): Drills {
  const state: State = { ...deps, views: new Map(), underWay: new Map(), stopping: new AbortController() }
  return {
    async take(command, machine) {
      const refusal = authoriseTechnician(command.principal, command.machine)
      if (refusal) return refused(refusal)
      if (command.kind === 'drill') return begin(state, machine, command.principal.id, command.reason)
      const drill = state.views.get(command.machine)
      return drill === undefined ? refused(refuse('not-found', 'no drill since the start')) : { kind: 'drill', drill }
    },
    async stop() {
      state.stopping.abort()
      await Promise.all(state.underWay.values())
    },
  }
}

async function begin(state: State, machine: MachineLoop, by: string, reason: string): Promise<Outcome> {
  const { id } = machine.state.config
  const other = inUse(state, machine)
  if (other !== undefined)
    return refused(refuse('drill-not-ready', `the drill cuts the link, and ${other} is in use on it`))
  const outcome = await state.ask(machine, (command) => ({ kind: 'drill', command, by, reason }))
  if (outcome.kind === 'refused') return outcome
  const view: DrillView = { machine: id, state: 'running', by, startedAtMs: state.now().ms, steps: [], sights: [] }
  state.views.set(id, view)
  state.underWay.set(
    id,
    run(state, machine).catch((error: Error) => state.fatal(error)),
  )
  return { kind: 'drill', drill: view }
}

/** A machine in use on the same link: the drill cuts it, so nobody else may be unlocked through it. */
function inUse({ machines }: State, machine: MachineLoop): string | undefined {
  const link = machine.state.config.interlock?.link
  const others = [...machines.values()].filter((other) => other !== machine)
  return others.find(({ state }) => {
    const isOnLink = Object.values(state.config.devices).some((device) => device.link === link)
    return isOnLink && (state.drill !== undefined || (state.session !== undefined && isOpen(state.session)))
  })?.state.config.id
}

async function run(state: State, machine: MachineLoop): Promise<void> {
  const { config, drill } = machine.state
  const interlock = interlockOf(machine.state)
  const script = newRun(interlock, drill!.reserve)
  const view = () => state.views.get(config.id)!
  const show = (change: Partial<DrillView>) => state.views.set(config.id, { ...view(), ...change })
  const beganMs = monotonicMs(state.now())
  const sinceMs = () => Math.round(monotonicMs(state.now()) - beganMs)
  const saw = (sight: DrillSight) => show({ sights: withSight(view().sights, sight) })
  const report = await runDrill(
    script,
    stepsOf(script),
    {
      async read() {
        const shown = await machine.readInterlock()
        saw(readSight(sinceMs(), shown))
        return shown
      },
      async write(words) {
        const result = await machine.writeInterlock(words)
        saw(writeSight(sinceMs(), interlock, words, result))
        return result
      },
      async cut(awayMs) {
        saw({ kind: 'cut', atMs: sinceMs() })
        await state.links.get(interlock.link)!.cut(awayMs, BACK_WITHIN_MS)
        saw({ kind: 'back', atMs: sinceMs() })
      },
      nowMs: () => monotonicMs(state.now()),
      begun: (step) => show({ step }),
      ended: (step) => show({ steps: [...view().steps, step] }),
    },
    state.stopping.signal,
  )
  await state.ask(machine, (command) => ({ kind: 'drill-ended', command, report }))
  state.views.set(config.id, endedView(view(), report, state.now().ms))
  state.underWay.delete(config.id)
}

function endedView(view: DrillView, report: DrillReport | undefined, endedAtMs: number): DrillView {
  const { step: _, ...before } = view
  return {
    ...before,
    state: report === undefined ? 'broken-off' : report.passed ? 'passed' : 'failed',
    endedAtMs,
    ...(report === undefined ? {} : { failSafe: report.failSafe }),
    ...(report?.relockMs === undefined ? {} : { relockMs: report.relockMs }),
  }
}
