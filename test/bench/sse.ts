/**
 * A thousand listeners to the event stream: `sse_fanout`. Machines change their state a hundred times a second in all;
 * what the gateway costs is held against a bare server that writes as many events to as many listeners. Read next:
 * bare/listeners.c, bare/streams.ts.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../support/process.ts'
import { pause } from '../support/proof.ts'
import { createCallers } from './callers.ts'
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
/**
 * Of the wanted events, what the slowest listener must get in a window: some are on the way at its start and its end.
 */
const LEAST = 0.85
/** What waits when the machines have stopped is waited for at most this long. */
const DRAIN_MS = 20_000
const QUIET_MS = 500

/** Since they were asked last. */
type Heard = { readonly events: number; readonly fewest: number; readonly open: number }
type Run = Heard & { readonly name: string; readonly cpu: number }

export const sse: Group = {
  keys: ['sse_fanout'],
  async run(bench) {
    const { scope } = bench
    const shop = await startC(scope, 'machines', MACHINES, 1)
    const callers = createCallers(scope.folder)
    const ports = shop.ready.ports as number[]
    const more = { trust: callers.trust, api: { listen: '127.0.0.1:0', maxStreams: LISTENERS, rateLimit: 100_000 } }
    const gateway = await startGateway(
      bench,
      writeSite(scope.folder, 'sse', { ports, floats: 1, pollMs: POLL_MS, more }),
    )
    const bare = await startBare(scope, 'streams', {})
    const tokens = join(scope.folder, 'tokens')
    writeFileSync(
      tokens,
      Array.from({ length: LISTENERS / STREAMS }, (_, index) => `${callers.token(index)}\n`).join(''),
    )
    const listen = (port: unknown) => startC(scope, 'listeners', String(port), '/v1/events', LISTENERS, tokens)
    const ours = await listen(new URL(gateway.url).port)
    bench.say(`${LISTENERS} listen to the gateway`)
    const theirs = await listen(bare.ready.port)
    bench.say(`${LISTENERS} listen to the bare server`)
    const runs: Run[] = []
    const cost =
      (name: string, pid: number, source: Program, on: string, off: string, listeners: Program) => async () => {
        await source.ask(on)
        await pause(bench.settleMs)
        await listeners.ask('report')
        const { cpu } = await costOver(pid, bench.windowMs)
        const run = { name, cpu, ...(await listeners.ask<Heard>('report')) }
        bench.say(told(bench, run))
        await source.ask(off)
        await drained(listeners)
        runs.push(run)
        if (run.events === 0) throw new Error('no event came')
        return (cpu * bench.windowMs * 1000) / run.events
      }
    const { pairs, notes } = await interleave(
      bench,
      cost('gateway', gateway.pid, shop, `toggle ${POLL_MS}`, 'toggle 0', ours),
      cost('bare', bare.pid, bare, `rate ${RATE}`, 'rate 0', theirs),
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

async function drained(listeners: Program): Promise<void> {
  const quiet = async () => {
    await pause(QUIET_MS)
    return (await listeners.ask<Heard>('report')).events === 0
  }
  await until(quiet, DRAIN_MS, 'events go on')
}

const wantedIn = ({ windowMs }: Bench): number => (RATE * windowMs) / 1000

function told(bench: Bench, { name, cpu, events, fewest, open }: Run): string {
  const each = (events / LISTENERS).toFixed(0)
  return `${name}: ${(cpu * 100).toFixed(0)} % of a core; of ${wantedIn(bench)} events ${each} came, ${fewest} to the slowest; ${open} of ${LISTENERS} are connected`
}
