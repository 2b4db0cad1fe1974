/**
 * One OPC UA server with 5,000 variables that change once a second, into states and meters: `opcua_cpu`. The bare
 * program has one subscription to all of them. Nothing is published. Read next: bare/opcua-server.ts,
 * bare/opcua-loop.ts.
 */
import { dirname, join } from 'node:path'
import { addKey } from '../../gateway/cli/keys.ts'
import { until } from '../support/process.ts'
import { pause } from '../support/proof.ts'
import { DEVICE_URI, MACHINES, VALUES } from './bare/opcua-space.ts'
import { costOver } from './measure.ts'
import { atMost, type Bench, compare, type Group, interleave } from './pair.ts'
import { type Program, startBare } from './program.ts'
import { machineId, type Profile, SITE, writeFiles } from './site.ts'
import { type Subject, startBareSubject, startGateway } from './subject.ts'

const POLL = '1s'
const PROFILE = 'bench-opcua'
/** Of the gateway's default and of the bare program, ms. */
const PUBLISHING_MS = 500
const UP_MS = 60_000
/** A value is live when the variables have changed at most so often since: on its way, and one more. */
const LIVE_ROUNDS = 2

export const opcua: Group = {
  keys: ['opcua_cpu'],
  async run(bench) {
    const server = await startBare(bench.scope, 'opcua-server', { pki: join(bench.scope.folder, 'pki') })
    bench.say('the server is up')
    const { pairs, notes } = await interleave(
      bench,
      (pair) => gatewayCost(bench, server, pair),
      () => bareCost(bench, server),
    )
    return [compare('opcua_cpu', '% of a core', pairs, atMost(1.5), { notes })]
  },
}

async function gatewayCost(bench: Bench, server: Program, pair: number): Promise<number> {
  const path = writeFiles(bench.scope.folder, `opcua-${pair}`, profile, siteFile(server.ready.endpoint as string))
  const key = await addKey(join(dirname(path), 'data'), { role: 'technician', name: 'bench' }, [], Date.now())
  const gateway = await startGateway(bench, path)
  const live = async () => {
    gateway.mustRun()
    return isLive(gateway.url, key.text, server)
  }
  try {
    await until(live, UP_MS, 'not every value is live')
    const cost = await costOf(bench, gateway)
    if (!(await live())) throw new Error('values are not live any more')
    return cost
  } finally {
    await gateway.end()
  }
}

async function bareCost(bench: Bench, server: Program): Promise<number> {
  const pki = join(bench.scope.folder, 'bare-pki')
  const { endpoint } = server.ready
  const options = { endpoint, pki, publishingMs: PUBLISHING_MS, samplingMs: 1000 }
  const program = await startBareSubject(bench, 'opcua-loop', options)
  try {
    return await costOf(bench, program)
  } finally {
    await program.end()
  }
}

async function costOf({ settleMs, windowMs }: Bench, subject: Subject): Promise<number> {
  await pause(settleMs)
  // The bare program costs little, and /proc counts in hundredths of a second.
  const { cpu } = await costOver(subject.pid, windowMs * 1.5)
  subject.mustRun()
  return cpu * 100
}

/** Every variable of the first, the middle and the last machine says that it is of one of the newest rounds. */
async function isLive(url: string, key: string, server: Program): Promise<boolean> {
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
