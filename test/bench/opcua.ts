/**
 * One OPC UA server with 5,000 variables that change once a second, into states and meters: `opcua_cpu`. The bare
 * program has one subscription to all of them. Nothing is published. Both run all the time, and are measured in the
 * same windows. Read next: bare/opcua-server.ts, bare/opcua-loop.ts.
 */
import { dirname, join } from 'node:path'
import { addKey } from '../../gateway/cli/keys.ts'
import { until } from '../support/process.ts'
import { pause } from '../support/proof.ts'
import { COUNTERS, DEVICE_URI, MACHINES, VALUES } from './bare/opcua-space.ts'
import { type Cost, costOver } from './measure.ts'
import { type Aim, atMost, type Bench, compare, type Group, type Pair } from './pair.ts'
import { type Program, startBare } from './program.ts'
import { machineId, type Profile, SITE, writeFiles } from './site.ts'
import { startGateway } from './subject.ts'

const POLL = '1s'
const PROFILE = 'bench-opcua'
/** The default of the gateway. */
const PUBLISHING_MS = 500
const bareOptions = { publishingMs: PUBLISHING_MS, samplingMs: 1000 }
const UP_MS = 60_000
/** The bare program costs a hundredth of a core, and /proc counts in hundredths of a second: so long is its window. */
const WINDOWS = 2.5
/** A value is live when the variables have changed at most so often since: on its way, and one more. */
const LIVE_ROUNDS = 2

export const opcua: Group = {
  keys: ['opcua_cpu'],
  async run(bench) {
    const { scope, settleMs, say } = bench
    const ms = bench.windowMs * WINDOWS
    const server = await startBare(scope, 'opcua-server', { pki: join(scope.folder, 'pki') })
    const endpoint = server.ready.endpoint as string
    const gateway = await startLive(bench, endpoint, server)
    say('every value is live in the gateway')
    const bare = await startBare(scope, 'opcua-loop', { ...bareOptions, endpoint, pki: join(scope.folder, 'bare-pki') })
    say('every value is live in the bare program')
    await pause(settleMs)
    const pairs: Pair[] = []
    const notes: string[] = []
    for (let pair = 1; pair <= bench.pairs; pair += 1) {
      const before = await changesOf(bare)
      const [ours, theirs] = await Promise.all([costOver(gateway.pid, ms), costOver(bare.pid, ms)])
      pairs.push({ ours: ours.cpu * 100, bare: theirs.cpu * 100 })
      say(`pair ${pair} of ${bench.pairs}: ${percent(ours)} by ${percent(theirs)}`)
      if (!(await gateway.isLive())) notes.push(`pair ${pair}: values are not live in the gateway any more`)
      const missing = leastChanges(ms) - ((await changesOf(bare)) - before)
      if (missing > 0) notes.push(`pair ${pair}: the bare program lacks ${missing} changes`)
    }
    const { text, holds } = atMost(1.5)
    const aim: Aim = { text, holds: (figure) => holds(figure) && notes.length === 0 }
    return [compare('opcua_cpu', '% of a core', pairs, aim, { notes })]
  },
}

const percent = ({ cpu }: Cost): string => `${(cpu * 100).toFixed(1)} % of a core`

const changesOf = async (bare: Program): Promise<number> => (await bare.ask<{ changes: number }>('changes')).changes

/** One round may lie outside the window. */
const leastChanges = (ms: number): number => MACHINES * (VALUES + COUNTERS.length + 1) * (ms / 1000 - 1)

/** A gateway that has every value. */
async function startLive(
  bench: Bench,
  endpoint: string,
  server: Program,
): Promise<{ readonly pid: number; isLive(): Promise<boolean> }> {
  const path = writeFiles(bench.scope.folder, 'opcua', profile, siteFile(endpoint))
  const key = await addKey(join(dirname(path), 'data'), { role: 'technician', name: 'bench' }, [], Date.now())
  const gateway = await startGateway(bench, path)
  const isLive = async () => {
    gateway.mustRun()
    return areLive(gateway.url, key.text, server)
  }
  await until(isLive, UP_MS, 'not every value is live')
  return { pid: gateway.pid, isLive }
}

/** Every variable of the first, the middle and the last machine says that it is of one of the newest rounds. */
async function areLive(url: string, key: string, server: Program): Promise<boolean> {
  const { round } = await server.ask<{ round: number }>('round')
  for (const index of [0, MACHINES / 2, MACHINES - 1]) {
    const headers = { authorization: `Bearer ${key}` }
    const response = await fetch(`${url}/v1/machines/${machineId(index)}/signals`, { headers })
    if (!response.ok) return false
    const { signals } = (await response.json()) as { signals: { id: string; value?: number }[] }
    const rounds = signals.filter(({ id }) => !id.endsWith('.state')).map(({ value = 0 }) => value)
    if (rounds.length < VALUES || Math.min(...rounds) < round - LIVE_ROUNDS) return false
  }
  return true
}

function siteFile(endpoint: string): object {
  return {
    site: SITE,
    timezone: 'Asia/Shanghai',
    dataDir: 'data',
    api: { listen: '127.0.0.1:0' },
    links: { plant: { protocol: 'opcua', endpoint, security: 'None', publishingIntervalMs: PUBLISHING_MS } },
    machines: Object.fromEntries(
      Array.from({ length: MACHINES }, (_, index) => [
        machineId(index),
        {
          name: { en: `Machine ${index}` },
          owner: 'bench',
          devices: { io: { profile: PROFILE, link: 'plant', root: `nsu=${DEVICE_URI};s=${machineId(index)}` } },
          state: 'io',
        },
      ]),
    ),
  }
}

const at = (node: string, type: string) => ({ address: { node, type }, poll: POLL })
const profile: Profile = {
  profile: PROFILE,
  maker: 'Latchkey',
  model: 'machine of the bench',
  source: { document: 'test/bench/bare/opcua-space.ts', page: 'opening comment' },
  protocol: 'opcua',
  rung: 'meters',
  signals: {
    ...Object.fromEntries(Array.from({ length: VALUES }, (_, index) => [`v${index}`, at(`v${index}`, 'f64')])),
    state: at('state', 'i32'),
    parts: at('parts', 'u32'),
    energy: at('energy', 'u32'),
  },
  state: { kind: 'map', signal: 'state', states: { 2: 'NotExecuting', 3: 'Executing' } },
  meters: {
    parts: { kind: 'register', signal: 'parts', unit: 'pcs', wrapAt: '4294967296', maxRate: '10' },
    energy: { kind: 'register', signal: 'energy', unit: 'Wh', wrapAt: '4294967296', maxRate: '100' },
  },
}
