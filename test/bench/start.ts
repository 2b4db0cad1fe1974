/**
 * A small site: three Modbus machines and a broker. `start` is from the start of the process to the first retained
 * state of a machine, `rss_small` the memory then; held against one thread that imports the same libraries. Each start
 * but the first finds its ledger and keys. Read next: bare/imports.ts.
 */
import { until } from '../support/process.ts'
import { nowMs, pause } from '../support/proof.ts'
import { type CounterReport, type Floor, openFloor } from './floor.ts'
import { rssMb } from './measure.ts'
import { atMost, type Bench, compare, type Figure, type Group, interleave, type Pair } from './pair.ts'
import { writeSite } from './site.ts'
import { startBareSubject, startGateway } from './subject.ts'

const MACHINES = 3
const FLOATS = 20
const POLL_MS = 1000
const SHOWN_MS = 60_000
const MOST_RSS_MB = 130

type Started = { readonly ms: number; readonly rssMb: number; readonly settledMb: number }

export const start: Group = {
  keys: ['start', 'rss_small'],
  async run(bench, wanted) {
    const floor = await openFloor(bench, MACHINES, FLOATS)
    const more = { mqtt: { url: floor.broker.url } }
    const path = writeSite(bench.scope.folder, 'small', { ports: floor.ports, floats: FLOATS, pollMs: POLL_MS, more })
    await gatewayStarts(bench, floor, path)
    const ours: Started[] = []
    const bare: Started[] = []
    const { pairs, notes } = await interleave(
      bench,
      async () => timeOf(ours, await gatewayStarts(bench, floor, path)),
      async () => timeOf(bare, await bareStarts(bench)),
    )
    const memory: Pair[] = ours.map(({ rssMb }, pair) => ({
      ours: rssMb,
      ...(bare[pair] && { bare: bare[pair].rssMb }),
    }))
    const settled = `after it has settled: ${ours.map(({ settledMb }) => `${settledMb.toFixed(0)} MB`).join(', ')}`
    const figures: Figure[] = [
      compare('start', 'ms', pairs, atMost(1.5), { notes }),
      compare(
        'rss_small',
        'MB',
        memory,
        { text: `≤ ${MOST_RSS_MB} MB`, holds: (figure) => figure.ours <= MOST_RSS_MB },
        { notes: [settled, ...notes] },
      ),
    ]
    return figures.filter(({ key }) => wanted.has(key))
  },
}

function timeOf(all: Started[], started: Started): number {
  all.push(started)
  return started.ms
}

async function gatewayStarts(bench: Bench, { counter }: Floor, path: string): Promise<Started> {
  await counter.ask('forget')
  const startMs = nowMs()
  const gateway = await startGateway(bench, path)
  try {
    let shown: number | undefined
    const known = async () => {
      gateway.mustRun()
      const { states } = await counter.ask<CounterReport>('report')
      shown = states.find(([, , what]) => what !== -1)?.[1]
      return shown !== undefined
    }
    await until(known, SHOWN_MS, 'no state of a machine is shown')
    const memory = rssMb(gateway.pid)
    await pause(bench.settleMs)
    return { ms: shown! - startMs, rssMb: memory, settledMb: rssMb(gateway.pid) }
  } finally {
    await gateway.end('SIGTERM')
  }
}

async function bareStarts(bench: Bench): Promise<Started> {
  const startMs = performance.now()
  const program = await startBareSubject(bench, 'imports', {})
  const ms = performance.now() - startMs
  const memory = rssMb(program.pid)
  await program.end()
  return { ms, rssMb: memory, settledMb: memory }
}
