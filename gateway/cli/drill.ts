/**
 * `latchkey drill <url> <machine>`: has a running gateway prove that a machine locks itself, and shows each step. The
 * gateway does and records it; this command only asks. It puts the machine into maintenance before, and back after.
 * Ends 0 when the drill passed, 1 when it failed or could not begin, 130 after Ctrl-C (the drill goes on by itself).
 * Read next: conformance.ts (a PLC without a gateway), core/drill/drill.ts.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { suggest } from '../../config/document/suggest.ts'
import { oneLine } from '../core/ground/text.ts'
import { parseKey } from '../front/api/caller/key.ts'
import { agreed, type DrillCliIo, STOPPED, stepLine } from './drill-io.ts'
import { createClient, type Gateway, isPlain } from './gateway-client.ts'

const ASK_EVERY_MS = 300

type DrillOptions = {
  readonly key?: string | undefined
  readonly reason: string
  readonly yes: boolean
  readonly json: boolean
}

type Step = { readonly step: string; readonly passed: boolean; readonly detail: string }
type View = {
  readonly state: 'running' | 'passed' | 'failed' | 'broken-off'
  readonly step?: string
  readonly steps: readonly Step[]
  readonly relockMs?: number
  readonly failSafe?: boolean
}

type Machines = {
  readonly machines: readonly { readonly id: string; readonly availability: { readonly reason?: string } }[]
}

export async function drillCommand(
  url: string,
  machine: string,
  options: DrillOptions,
  io: DrillCliIo,
): Promise<number> {
  const key = options.key ?? io.env.LATCHKEY_KEY
  const fail = (message: string): number => {
    if (options.json) io.stdout.write(`${JSON.stringify({ ok: false, message })}\n`)
    else io.stderr.write(`${oneLine(message)}\n`)
    return 1
  }
  if (key === undefined)
    return fail('give the key of a technician with --key, or LATCHKEY_KEY in the environment (latchkey keys add …)')
  if (parseKey(key) === undefined)
    return fail('this is no key of a gateway, which has the form lk_<id>_<secret>: copy it whole, as it was shown once')
  if (isPlain(url)) io.stderr.write(`The key goes to ${oneLine(url)} in the clear: who is on the way can read it.\n`)
  if (!(await agreed(machine, options.yes, io))) return fail('the drill was not begun')
  const gateway = createClient(url, key)
  const stopped = new AbortController()
  let maintained = false
  try {
    const { machines } = await gateway<Machines>('GET', '/machines')
    const found = machines.find(({ id }) => id === machine)
    if (found === undefined) return fail(unknownMachine(machine, machines))
    if (found.availability.reason !== 'maintenance') {
      await gateway('POST', `/machines/${machine}/maintenance`, { on: true, reason: options.reason })
      maintained = true
    }
    await gateway('POST', `/machines/${machine}/drill`, { reason: options.reason })
    io.once?.('SIGINT', () => stopped.abort())
    const view = await follow(gateway, machine, options, io, stopped.signal)
    if (view === undefined) {
      io.stderr.write(`The drill of ${machine} goes on by itself, and the machine stays in maintenance.\n`)
      return STOPPED
    }
    if (options.json) io.stdout.write(`${JSON.stringify({ ok: view.state === 'passed', ...view })}\n`)
    else io.stdout.write(`${oneLine(summary(machine, view))}\n`)
    return view.state === 'passed' ? 0 : 1
  } catch (error) {
    return fail((error as Error).message)
  } finally {
    if (maintained && !stopped.signal.aborted)
      await gateway('POST', `/machines/${machine}/maintenance`, { on: false, reason: options.reason }).catch(
        (error: Error) => io.stderr.write(`the machine stays in maintenance: ${error.message}\n`),
      )
  }
}

function unknownMachine(machine: string, machines: Machines['machines']): string {
  const ids = machines.map(({ id }) => id)
  return `there is no machine "${machine}" at this gateway; ${suggest(machine, ids)}`
}

/** Shows each step as it ends. Returns undefined after Ctrl-C: the drill goes on. */
async function follow(
  gateway: Gateway,
  machine: string,
  options: DrillOptions,
  io: DrillCliIo,
  stopped: AbortSignal,
): Promise<View | undefined> {
  let shown = 0
  for (;;) {
    const view = await gateway<View>('GET', `/machines/${machine}/drill`)
    if (!options.json) for (const step of view.steps.slice(shown)) io.stderr.write(`${stepLine(step)}\n`)
    shown = view.steps.length
    if (view.state !== 'running') return view
    await pause(ASK_EVERY_MS, undefined, { signal: stopped }).catch(() => undefined)
    if (stopped.aborted) return undefined
  }
}

function summary(machine: string, { state, relockMs, failSafe, steps }: View): string {
  const measured = relockMs === undefined ? '' : `; locked itself within ${relockMs} ms each time`
  switch (state) {
    case 'passed':
      return failSafe === false
        ? `${machine}: passed, WITHOUT a fail-safe: it stays unlocked when the gateway is lost`
        : `${machine}: passed, ${steps.length} steps${measured}`
    case 'failed':
      return `${machine}: FAILED at ${steps.filter(({ passed }) => !passed).map(({ step }) => step)}; no tenant is let in`
    default:
      return `${machine}: broken off; nothing is recorded, and what was recorded before stands`
  }
}
