/**
 * What another tree of this repository costs beside this one, over the same work: a site of a hundred meters, each read
 * once a second. Start, CPU and memory, tree by turns: `node test/bench/against.ts <folder of the other tree> [pairs]`.
 * The other tree has its packages installed. Read next: bare/machines.c, measure.ts.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startProcess } from '../support/process.ts'
import { createScope, nowMs, pause, type Scope } from '../support/proof.ts'
import { costOver, cpuMs, quantile } from './measure.ts'
import { startC } from './program.ts'
import { type Profile, writeFiles } from './site.ts'

const METERS = 100
const FLOATS = 20
const SETTLE_MS = 8000
const WINDOW_MS = 30_000
const READY_MS = 90_000
/** The step of a float of bare/machines.c, and after how many it begins anew. */
const [STEP, STEPS] = ['0.015625', '262144']

type Cost = { readonly startMs: number; readonly startCpuMs: number; readonly cpu: number; readonly rssMb: number }

const [other, pairs = '5'] = process.argv.slice(2)
if (other === undefined) throw new Error('name the folder of the other tree')
const here = join(import.meta.dirname, '..', '..')
const scope = createScope('against')
try {
  const shop = await startC(scope, 'machines', METERS, FLOATS)
  const costs: Cost[][] = []
  for (let pair = 0; pair < Number(pairs); pair += 1) {
    const trees = pair % 2 === 0 ? [other, here] : [here, other]
    const found = new Map<string, Cost>()
    for (const tree of trees)
      found.set(tree, await costOf(scope, tree, shop.ready.ports as number[], `${pair}-${found.size}`))
    costs.push([found.get(other)!, found.get(here)!])
    process.stdout.write(`pair ${pair + 1}: ${JSON.stringify(costs.at(-1))}\n`)
  }
  for (const key of ['startMs', 'startCpuMs', 'cpu', 'rssMb'] as const) {
    const ratios = costs.map(([before, after]) => after![key] / before![key])
    const range = `${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}`
    process.stdout.write(`${key}: ${quantile(ratios, 0.5).toFixed(3)} of the other tree, ${range}\n`)
  }
} finally {
  await scope.close()
}

async function costOf(scope: Scope, tree: string, ports: readonly number[], name: string): Promise<Cost> {
  const site = writeFiles(scope.folder, name, profile(), siteFile(ports))
  const { bin } = JSON.parse(readFileSync(join(tree, 'package.json'), 'utf8')) as { bin: Record<string, string> }
  const node = join(tree, 'node_modules', '.bin', 'node')
  const beganMs = nowMs()
  const gateway = startProcess(node, [join(tree, bin.latchkey!), 'run', site], { cwd: tree })
  try {
    await gateway.ready(READY_MS)
    const [startMs, startCpuMs] = [nowMs() - beganMs, cpuMs(gateway.pid)]
    await pause(SETTLE_MS)
    return { startMs, startCpuMs, ...(await costOver(gateway.pid, WINDOW_MS)) }
  } finally {
    await gateway.kill('SIGTERM')
  }
}

function siteFile(ports: readonly number[]): object {
  const ids = ports.map((_, index) => `m${index}`)
  const link = (index: number) => ({ protocol: 'modbus', transport: 'tcp', host: '127.0.0.1', port: ports[index] })
  const machine = (id: string) => ({
    name: { en: id },
    owner: 'bench',
    devices: { it: { profile: 'bench-meter', link: id } },
    state: 'it',
  })
  return {
    site: 'against',
    timezone: 'Asia/Shanghai',
    dataDir: 'data',
    api: { listen: '127.0.0.1:0' },
    links: Object.fromEntries(ids.map((id, index) => [id, link(index)])),
    machines: Object.fromEntries(ids.map((id) => [id, machine(id)])),
  }
}

function profile(): Profile {
  const at = (address: number, type: string) => ({ address: { table: 'holding', address, type }, poll: '1s' })
  const counts = { resolution: STEP, unit: 'mWh', perCount: 15_625, wrapAt: STEPS, resets: 'never', maxRate: '100' }
  return {
    profile: 'bench-meter',
    maker: 'Latchkey',
    model: 'meter of the bench',
    source: { document: 'test/bench/bare/machines.c', page: 'opening comment' },
    protocol: 'modbus',
    rung: 'reads',
    signals: { energy: { ...at(0, 'f32'), unit: 'kWh' }, power: at(2, 'f32'), word: at(FLOATS * 2, 'u16') },
    state: { kind: 'map', signal: 'word', states: { 2: 'NotExecuting', 3: 'Executing' } },
    meters: { energy: { kind: 'register', signal: 'energy', ...counts } },
  }
}
