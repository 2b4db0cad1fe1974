/**
 * Heartbeats while everything else is in trouble: the API is flooded with ten times what it can answer, every fsync of
 * the ledger takes half a second longer, and an export runs. When each heartbeat came is what the machines saw. How
 * late one is: the time since the one before, less the period. A lease margin is the lease less a heartbeat and a
 * request timeout.
 */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { openWriter } from '../../../gateway/ledger/store/database.ts'
import { createWriter } from '../../../gateway/ledger/store/writer.ts'
import type { Flooded } from '../../support/flood.ts'
import { type Plant, startPlant } from '../../support/gateway-plant.ts'
import { runProcess } from '../../support/process.ts'
import { pause } from '../../support/proof.ts'
import { commandPath } from '../../support/real.ts'
import { ENABLE } from '../../support/simulators.ts'
import type { Item, Run, Verdict } from '../item.ts'

const HEARTBEAT_MS = 1000
const LEASE_MS = 5000
const REQUEST_TIMEOUT_MS = 1000
const MARGIN_MS = LEASE_MS - HEARTBEAT_MS - REQUEST_TIMEOUT_MS
const SHARE = 0.2
const STALL_MS = 500
const FLOOD = 10
/** How long the API is asked for as much as it can give, s. */
const PROBE_S = 3

const stalled = [
  commandPath('strace'),
  ...['-f', '--seccomp-bpf', '-o', '/dev/null', '-e', 'trace=fsync,fdatasync'],
  ...['-e', `inject=fsync,fdatasync:delay_enter=${STALL_MS * 1000}`],
]

export const jitter: Item = {
  name: 'jitter',
  async run(run) {
    const { quick, scope, say } = run
    const [booths, seconds, rows] = quick ? [4, 4, 10_000] : [10, 150, 200_000]
    const plant = await startPlant(scope, {
      site: 'jitter',
      machines: { 'spray-booth': booths },
      cycleMs: 700,
      autoStart: true,
      // The ledger answers late, that is the point: it must not be taken for dead.
      bounds: { ledgerTimeout: '60s' },
      wrap: stalled,
      prepare: (ledgerPath) => fill(ledgerPath, 'jitter', rows, say),
    })
    const rate = FLOOD * (await capacityOf(plant))
    say(`the API answers ${rate / FLOOD} a second; ${rate} a second will be sent`)
    await Promise.all(plant.machines.map(async ({ id, token }) => plant.api.unlocked(id, await token())))
    const fromMs = (await plant.machines[0]!.simulator.judge()).atMs
    const flooding = floodWith(plant, rate, seconds)
    const exporting = exportRows(plant, rows, say)
    const [flooded, exported] = await Promise.all([flooding, exporting])
    say(`${flooded.sent} of ${flooded.offered} requests were sent, answered ${JSON.stringify(flooded.answers)}`)
    const seen = await latenesses(plant, fromMs)
    return verdictOf(seen, exported, rows, flooded, seconds)
  },
}

/** A ledger that has been in use for long. */
function fill(path: string, site: string, rows: number, say: Run['say']): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const writer = createWriter(openWriter(path), { site, simulated: new Set(['booth-1']) })
  const meter = 'booth-1/plc.parts'
  const sinceMs = Date.now() - rows * 1000
  for (let from = 0; from < rows; from += 1000)
    writer.commit([
      Array.from({ length: Math.min(1000, rows - from) }, (_, index) => ({
        kind: 'entry' as const,
        entry: {
          kind: 'MeterSampled' as const,
          version: 1 as const,
          machine: 'booth-1',
          at: {
            wallMs: sinceMs + (from + index) * 1000,
            monoNs: '1',
            bootId: 'before',
            clock: 'synchronised' as const,
          },
          data: { meters: [{ meter, unit: 'pcs', epoch: 1, raw: '0', total: '0', at: sinceMs }] },
        },
      })),
    ])
  writer.close()
  say(`${rows} entries are in the ledger`)
}

/** Answers a second when each caller asks again as soon as it has its answer. */
async function capacityOf(plant: Plant): Promise<number> {
  const { answers } = await floodWith(plant, 0, PROBE_S)
  return Math.max(1, Math.round((answers['200'] ?? 0) / PROBE_S))
}

async function floodWith({ api, platform }: Plant, rate: number, seconds: number): Promise<Flooded> {
  const args = ['test/support/flood.ts', `${api.url}/v1/machines`, await platform.serviceToken()]
  const root = new URL('../../..', import.meta.url).pathname
  return JSON.parse(
    await runProcess(process.execPath, [...args, String(rate), String(seconds)], { cwd: root }),
  ) as Flooded
}

/** Readings of a meter as CSV, page by page; the API may shed a page, which is then asked for again. */
async function exportRows({ api, auditor }: Plant, rows: number, say: Run['say']): Promise<number> {
  let came = 0
  let page: string | undefined = '/v1/meters/booth-1/plc.parts/readings?format=csv&limit=1000'
  while (page !== undefined && came < rows) {
    const answer: Response | undefined = await fetch(`${api.url}${page}`, {
      headers: { authorization: `Bearer ${auditor}` },
      signal: AbortSignal.timeout(30_000),
    }).catch(() => undefined)
    const text = await answer?.text().catch(() => undefined)
    if (answer?.status !== 200 || text === undefined) {
      await pause(100)
      continue
    }
    const before = came
    came += text.trimEnd().split('\r\n').length - 1
    page = /^<([^>]+)>/.exec(answer.headers.get('link') ?? '')?.[1]
    if (Math.floor(before / 20_000) !== Math.floor(came / 20_000)) say(`${came} of ${rows} rows are exported`)
  }
  return came
}

type Seen = { readonly latestMs: readonly number[]; readonly lost: readonly string[] }

async function latenesses({ machines }: Plant, fromMs: number): Promise<Seen> {
  const all: number[] = []
  const lost: string[] = []
  for (const { id, simulator } of machines) {
    const { outputEdges, writeFrames } = await simulator.judge()
    for (const { on, atMs, cause } of outputEdges) if (!on && atMs >= fromMs) lost.push(`${id} was locked: ${cause}`)
    const beats = writeFrames.last.filter(({ words, atMs }) => words[4] === ENABLE && atMs >= fromMs)
    for (const [index, { atMs }] of beats.entries())
      if (index > 0) all.push(Math.max(0, atMs - beats[index - 1]!.atMs - HEARTBEAT_MS))
  }
  return { latestMs: all.sort((a, b) => a - b), lost }
}

function verdictOf(
  { latestMs, lost }: Seen,
  exported: number,
  rows: number,
  flooded: Flooded,
  seconds: number,
): Verdict {
  const at = (share: number) =>
    latestMs[Math.min(latestMs.length - 1, Math.floor(share * latestMs.length))] ?? Number.NaN
  const mostMs = SHARE * MARGIN_MS
  return {
    figure: `${latestMs.length} heartbeats: p99.9 ${at(0.999)} ms late, most ${at(1)} ms; ${lost.length} leases lost; ${exported} rows exported`,
    aim: `p99.9 at most ${mostMs} ms (20 % of ${MARGIN_MS} ms), none lost, ${rows} rows`,
    ok: at(0.999) <= mostMs && lost.length === 0 && exported >= rows && latestMs.length > seconds && flooded.sent > 0,
    notes: [...lost, JSON.stringify(flooded), JSON.stringify(latestMs.slice(-20))],
  }
}
