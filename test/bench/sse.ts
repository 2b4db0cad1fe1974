/**
 * A thousand listeners to the event stream: `sse_fanout`. Machines change their state a hundred times a second in all;
 * what the gateway costs is held against a bare server that writes as many events to as many listeners. Read next:
 * bare/listeners.c, bare/streams.ts.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../support/process.ts'
import { pause } from '../support/proof.ts'
import { type Callers, createCallers } from './callers.ts'
import { costOver } from './measure.ts'
import { type Aim, atMost, type Bench, compare, type Group, interleave } from './pair.ts'
import { type Program, startBare, startC } from './program.ts'
import { writeSite } from './site.ts'
import { startGateway } from './subject.ts'

const LISTENERS = 1000
/** The most streams of one caller. */
const STREAMS = 10
const RATE = 100
/** Each is polled once a second and changes its state as often, which makes two entries: the use, the availability. */
const MACHINES = RATE / 2
const POLL_MS = 1000
/** Of the wanted events, what the slowest listener must get in a window: some are on the way at its ends. */
const LEAST = 0.85
/** What waits when the machines have stopped is waited for at most this long. */
const DRAIN_MS = 20_000
const QUIET_MS = 500

/** Since they were asked last. */
type Heard = { readonly events: number; readonly fewest: number; readonly open: number }
type Run = Heard & { readonly name: string; readonly cpu: number }

/** A server with its listeners, and what makes its events. */
type Side = {
  readonly name: string
  readonly pid: number
  readonly listeners: Program
  readonly source: Program
  /** Lines to the source. */
  readonly on: string
  readonly off: string
}

export const sse: Group = {
  keys: ['sse_fanout'],
  async run(bench) {
    const callers = createCallers(bench.scope.folder)
    const tokens = join(bench.scope.folder, 'tokens')
    const texts = Array.from({ length: LISTENERS / STREAMS }, (_, caller) => callers.token(caller))
    writeFileSync(tokens, `${texts.join('\n')}\n`)
    const gateway = await gatewaySide(bench, callers, tokens)
    const server = await bareSide(bench, tokens)
    const runs: Run[] = []
    const cost = async (side: Side) => {
      const run = await listened(bench, side)
      bench.say(told(bench, run))
      runs.push(run)
      if (run.events === 0) throw new Error('no event came')
      return (run.cpu * bench.windowMs * 1000) / run.events
    }
    const { pairs, notes } = await interleave(
      bench,
      () => cost(gateway),
      () => cost(server),
    )
    const { text, holds } = atMost(1.5)
    const aim: Aim = {
      text: `${text}, ${RATE} a second to each`,
      holds: (figure) => holds(figure) && runs.every((run) => run.fewest >= LEAST * wantedIn(bench)),
    }
    const all = [...runs.map((run) => told(bench, run)), ...notes]
    return [compare('sse_fanout', 'µs per event and listener', pairs, aim, { notes: all })]
  },
}

async function gatewaySide(bench: Bench, { trust }: Callers, tokens: string): Promise<Side> {
  const { scope } = bench
  const source = await startC(scope, 'machines', MACHINES, 1)
  const ports = source.ready.ports as number[]
  const more = { trust, api: { listen: '127.0.0.1:0', maxStreams: LISTENERS, rateLimit: 100_000 } }
  const path = writeSite(scope.folder, 'sse', { ports, floats: 1, pollMs: POLL_MS, more })
  const { pid, url } = await startGateway(bench, path)
  const listeners = await listen(bench, new URL(url).port, tokens)
  return { name: 'gateway', pid, listeners, source, on: `toggle ${POLL_MS}`, off: 'toggle 0' }
}

async function bareSide(bench: Bench, tokens: string): Promise<Side> {
  const source = await startBare(bench.scope, 'streams', {})
  const listeners = await listen(bench, String(source.ready.port), tokens)
  return { name: 'bare', pid: source.pid, listeners, source, on: `rate ${RATE}`, off: 'rate 0' }
}

async function listen({ scope, say }: Bench, port: string, tokens: string): Promise<Program> {
  const listeners = await startC(scope, 'listeners', port, '/v1/events', LISTENERS, tokens)
  say(`${LISTENERS} listen to port ${port}`)
  return listeners
}

async function listened(bench: Bench, { name, pid, listeners, source, on, off }: Side): Promise<Run> {
  await source.ask(on)
  await pause(bench.settleMs)
  await listeners.ask('report')
  const { cpu } = await costOver(pid, bench.windowMs)
  const heard = await listeners.ask<Heard>('report')
  await source.ask(off)
  await drained(listeners)
  return { name, cpu, ...heard }
}

async function drained(listeners: Program): Promise<void> {
  const quiet = async () => {
    await pause(QUIET_MS)
    return (await listeners.ask<Heard>('report')).events === 0
  }
  await until(quiet, DRAIN_MS, 'events go on')
}

const wantedIn = ({ windowMs }: Bench): number => (RATE * windowMs) / 1000

function told(bench: Bench, { name, cpu, events, fewest, open }: Run): string {
  return [
    `${name}: ${(cpu * 100).toFixed(0)} % of a core`,
    `of ${wantedIn(bench)} events ${(events / LISTENERS).toFixed(0)} came, ${fewest} to the slowest`,
    `${open} of ${LISTENERS} are connected`,
  ].join('; ')
}
