/**
 * Drills of a running gateway: one at a time on a link, over that very link, with what they do kept until the next one.
 * The core says whether one may begin and records how it ended; a gateway that dies in the middle leaves no record, and
 * a machine that locks itself. Read next: control/loops/drill-loop.ts, core/people/drilling.ts.
 */
import { type DrillView, type Outcome, refused } from '../../core/command/outcome.ts'
import { newRun } from '../../core/drill/drill.ts'
import { refuse } from '../../core/ground/refusal.ts'
import { isOpen } from '../../core/session/session.ts'
import { runDrill, stepsOf } from '../loops/drill-loop.ts'
import type { LinkLoop } from '../loops/link-loop.ts'
import type { Ask, MachineLoop } from '../loops/machine-loop.ts'

/** A link that was cut on purpose is up again within this, ms. */
const BACK_WITHIN_MS = 10_000

export type DrillsDeps = {
  readonly machines: ReadonlyMap<string, MachineLoop>
  readonly links: ReadonlyMap<string, LinkLoop>
  nowNs(): bigint
  nowMs(): number
  /** Asks the machine, and answers when that is durable. */
  ask: Ask
  onFailure(error: Error): void
}

export type Drills = {
  begin(machine: MachineLoop, by: string, reason: string): Promise<Outcome>
  view(machine: string): DrillView | undefined
  /** Breaks off what is under way, and waits until it is. */
  stop(): Promise<void>
}

export function createDrills(deps: DrillsDeps): Drills {
  const views = new Map<string, DrillView>()
  const underWay = new Map<string, Promise<void>>()
  const stopping = new AbortController()

  /** The link is cut on purpose: nobody else may be unlocked through it. */
  function inUse(machine: MachineLoop): string | undefined {
    const link = machine.state.config.interlock?.link
    const others = [...deps.machines.values()].filter((other) => other !== machine)
    return others.find(({ state }) => {
      const shares = Object.values(state.config.devices).some((device) => device.link === link)
      return shares && (state.drill !== undefined || (state.session !== undefined && isOpen(state.session)))
    })?.state.config.id
  }

  async function begin(machine: MachineLoop, by: string, reason: string): Promise<Outcome> {
    const { config } = machine.state
    const other = inUse(machine)
    if (other !== undefined)
      return refused(refuse('drill-not-ready', `the drill cuts the link, and ${other} is in use on it`))
    const outcome = await deps.ask(machine, (command) => ({ kind: 'drill', command, by, reason }))
    if (outcome.kind === 'refused') return outcome
    const view: DrillView = { machine: config.id, state: 'running', by, startedAtMs: deps.nowMs(), steps: [] }
    views.set(config.id, view)
    underWay.set(
      config.id,
      run(machine).catch((error: Error) => deps.onFailure(error)),
    )
    return { kind: 'drill', drill: view }
  }

  async function run(machine: MachineLoop): Promise<void> {
    const { config, drill } = machine.state
    const interlock = config.interlock!
    const script = newRun(interlock, drill!.reserve)
    const show = (change: Partial<DrillView>) => views.set(config.id, { ...views.get(config.id)!, ...change })
    const report = await runDrill(
      script,
      stepsOf(script),
      {
        read: machine.readInterlock,
        write: machine.writeInterlock,
        cut: (awayMs) => deps.links.get(interlock.link)!.cut(awayMs, BACK_WITHIN_MS),
        nowMs: () => Number(deps.nowNs() / 1000n) / 1000,
        begun: (step) => show({ step }),
        ended: (step) => show({ steps: [...views.get(config.id)!.steps, step] }),
      },
      stopping.signal,
    )
    await deps.ask(machine, (command) => ({ kind: 'drill-ended', command, report }))
    const { step: _, ...before } = views.get(config.id)!
    views.set(config.id, {
      ...before,
      state: report === undefined ? 'broken-off' : report.passed ? 'passed' : 'failed',
      endedAtMs: deps.nowMs(),
      ...(report === undefined ? {} : { failSafe: report.failSafe }),
      ...(report?.relockMs === undefined ? {} : { relockMs: report.relockMs }),
    })
    underWay.delete(config.id)
  }

  return {
    begin,
    view: (machine) => views.get(machine),
    async stop() {
      stopping.abort()
      await Promise.all(underWay.values())
    },
  }
}
