/**
 * A server that shares nothing with node-opcua: open62541, built here from Debian's library. Its nodes are browsed,
 * read by name and by path, subscribed and written, in the clear and under each secure policy; then it is the PLC of a
 * machine that a whole gateway unlocks, meters, and sees die and come back.
 * Read next: ../../support/open62541.ts, peers/other-instrument.ts.
 */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Link, Point } from '../../../adapters/adapter.ts'
import { opcuaDesk } from '../../../adapters/opcua/desk.ts'
import { opcuaAdapter } from '../../../adapters/opcua/link.ts'
import { startPlant } from '../../support/gateway-plant.ts'
import { makeKnown, plantAuthority } from '../../support/opcua-certificates.ts'
import { buildOpen62541, type OtherFiles, type OtherServer, startOpen62541 } from '../../support/open62541.ts'
import { freePort } from '../../support/ports.ts'
import { found, nowMs, type Scope } from '../../support/proof.ts'
import { type Checks, createChecks, type Item } from '../item.ts'

const URI = 'urn:latchkey:other-stack'
const APPLICATION = 'urn:latchkey:open62541'
const POLICIES = ['Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss'] as const
const PATIENCE_MS = 20_000
const BACK_WITHIN_MS = 10_000
const KILLS = 10
const QUICK_KILLS = 1

export const otherStack: Item = {
  name: 'other-stack',
  async run({ quick, scope, say }) {
    const checks = createChecks(say)
    const server = await buildOpen62541().catch((cause: Error) => cause)
    if (server instanceof Error) {
      checks.check('open62541 is to be had', false, server.message)
      return checks.verdict('NO OTHER STACK can be had here')
    }
    await speaks(scope, server, undefined, checks)
    for (const policy of quick ? POLICIES.slice(0, 1) : POLICIES) await speaks(scope, server, policy, checks)
    const backMs = await unlocks(scope, server, quick ? QUICK_KILLS : KILLS, checks, say)
    return checks.verdict(`open62541: ${backMs.length} kills, data again after ${Math.max(...backMs)} ms at most`)
  },
}

/* ── the link ── */

async function speaks(scope: Scope, server: string, policy: string | undefined, checks: Checks): Promise<void> {
  const name = policy ?? 'None'
  const check = (what: string, is: unknown, due: unknown) =>
    checks.check(`${name}: ${what}`, JSON.stringify(is) === JSON.stringify(due), is)
  const stateDir = join(scope.folder, name)
  const port = await freePort()
  const files = policy === undefined ? ([] as const) : await certified(stateDir)
  const written: number[][] = []
  const start = () => startSaw(server, port, files, written)
  let saw = await start()
  scope.defer(() => saw.process.kill('SIGKILL'))
  const link = makeLink(scope, port, policy, stateDir)
  await link.open(new AbortController().signal)
  const walked = (await link.walk!(undefined, 10_000)).filter(({ path }) => path.includes(URI))
  check('the nodes that a walk finds', walked.length, 1 + NODES.length)
  for (const [what, node, type, due, more] of READS)
    check(what, String(await shownBy(link, node, type, more)), String(due))
  await link.write({ ...at('ToPlc', 'words', { count: 2 }), id: 'block', words: [3, 4] })
  check('a block that is written', await shownBy(link, 'ToPlc', 'words', { count: 2 }), [3, 4])
  check('what the server was told', written, [[3, 4]])
  const refused = await link.write({ ...at('Words', 'words', { count: 2 }), id: 'no', words: [3, 4] }).catch((e) => e)
  check('what may not be written', (refused as { outcome?: string })?.outcome, 'refused')
  const seen = new Set<unknown>()
  await link.subscribe?.([point('Parts', 'u32')], (readings) => {
    for (const { value } of readings) seen.add(value)
  })
  let parts = 0
  await found(
    async () => {
      parts += 1
      saw.set('Saw.Parts', [parts])
      return seen.size > 3 || undefined
    },
    PATIENCE_MS,
    'no changes come',
  )
  const gone = once(saw.process, 'exit')
  saw.process.kill('SIGKILL')
  await gone
  await found(async () => (await isLost(link)) || undefined, PATIENCE_MS, 'the loss is not noticed')
  saw = await start()
  await link.open(new AbortController().signal)
  check('a value after a kill', await shownBy(link, 'PowerW', 'f64'), 12.5)
  await link.close()
  saw.process.kill('SIGKILL')
}

/** What the server shows, and what it holds. */
const NODES = [
  { id: 'Saw.PowerW', type: 'Double', values: [12.5] },
  { id: 'Saw.Total', type: 'UInt64', values: ['9007199254740993'] },
  { id: 'Saw.Small', type: 'Byte', values: [200] },
  { id: 'Saw.State', type: 'Int32', values: [-3] },
  { id: 'Saw.Ready', type: 'Boolean', values: [1] },
  { id: 'Saw.Words', type: 'UInt16', count: 2, values: [1, 2] },
  { id: 'Saw.Name', type: 'LocalizedText', values: ['Panel saw'] },
  { id: 'Saw.Serial', type: 'String', values: ['0-81-5'] },
  { id: 'Saw.Id', type: 'Guid', values: ['09087e75-8e5e-499b-954f-f2a9603db28a'] },
  { id: 'Saw.Parts', type: 'UInt32', values: [0] },
  { id: 'Saw.ToPlc', type: 'UInt16', count: 2, isWritten: true, values: undefined },
] as const

const READS: readonly (readonly [what: string, node: string, type: string, due: unknown, more?: object])[] = [
  ['a double', 'PowerW', 'f64', 12.5],
  ['64 bits to the last', 'Total', 'u64', '9007199254740993'],
  ['a byte', 'Small', 'u8', 200],
  ['a negative number', 'State', 'i32', -3],
  ['a truth', 'Ready', 'bool', true],
  ['an element', 'Words', 'u16', 2, { index: 1 }],
  ['a localized text', 'Name', 'localizedText', 'Panel saw'],
  ['a text', 'Serial', 'string', '0-81-5'],
  ['a Guid', 'Id', 'guid', '09087e75-8e5e-499b-954f-f2a9603db28a'.toUpperCase()],
  ['a path', `/nsu=${URI};PowerW`, 'f64', 12.5],
]

async function startSaw(server: string, port: number, files: OtherFiles | readonly [], written: number[][]) {
  const saw: OtherServer = await startOpen62541(
    server,
    port,
    { uri: URI, root: 'Saw', nodes: NODES },
    (_, words) => written.push(words),
    files,
  )
  for (const { id, values } of NODES) if (values !== undefined) saw.set(id, values)
  return saw
}

/** Both trust each other: the server by the authority of its certificate and ours by itself. */
async function certified(stateDir: string): Promise<OtherFiles> {
  const folder = join(stateDir, 'plant')
  mkdirSync(folder, { recursive: true })
  const plant = plantAuthority(folder)
  const { certificateFile, privateKeyFile } = plant.issue('other', { uri: APPLICATION })
  makeKnown(stateDir, plant)
  const { items } = await opcuaDesk.list({ endpoint: 'opc.tcp://127.0.0.1' }, stateDir, Date.now())
  const own = items.find(({ place }) => place === 'own')!
  opcuaDesk.approve(stateDir, readFileSync(certificateFile), [])
  return [
    derOf('x509', certificateFile, join(folder, 'other.der')),
    derOf('rsa', privateKeyFile, join(folder, 'other-key.der')),
    derOf('x509', own.file, join(folder, 'ours.der')),
  ]
}

function derOf(kind: 'x509' | 'rsa', file: string, path: string): string {
  writeFileSync(
    path,
    execFileSync('openssl', [kind, '-in', file, '-outform', 'DER'], { stdio: ['ignore', 'pipe', 'ignore'] }),
  )
  return path
}

function makeLink(scope: Scope, port: number, policy: string | undefined, stateDir: string): Link {
  const silent = () => undefined
  const security = policy === undefined ? { security: 'None' } : { security: 'SignAndEncrypt', policy }
  const link = opcuaAdapter.createLink(
    {
      ...{ endpoint: `opc.tcp://127.0.0.1:${port}`, ...security, timeoutMs: 15_000, connectTimeoutMs: 30_000 },
      ...{ publishingIntervalMs: 200, maxNodesPerRead: 100 },
    },
    {
      stateDir,
      now: () => ({ ms: Date.now(), ns: process.hrtime.bigint() }),
      log: { debug: silent, info: silent, warn: silent, error: silent },
    },
  )
  scope.defer(() => link.close())
  return link
}

const at = (node: string, type: string, more: object = {}) => ({
  address: { node, type, ...more },
  device: { root: `nsu=${URI};s=Saw` },
})
const point = (node: string, type: string, more: object = {}): Point => ({
  id: node,
  ...at(node, type, more),
  intervalMs: 100,
})

async function shownBy(link: Link, node: string, type: string, more: object = {}): Promise<unknown> {
  const [reading] = await link.read([point(node, type, more)])
  return reading?.quality === 'good' ? reading.value : reading?.detail
}

const isLost = (link: Link) =>
  link.read([point('PowerW', 'f64')]).then(
    () => false,
    () => true,
  )

/* ── a whole gateway ── */

/** Unlocks the machine behind it, has it killed in the middle, and counts what it made. How long each return took. */
async function unlocks(
  scope: Scope,
  server: string,
  kills: number,
  checks: Checks,
  say: (text: string) => void,
): Promise<number[]> {
  const file = new URL('peers/other-instrument.ts', import.meta.url).pathname
  const program = { file, args: ['--server', server] }
  const { api, machines } = await startPlant(scope, {
    ...{ site: 'other-stack', machines: { instrument: 1 }, cycleMs: 300, autoStart: true, program },
  })
  const { id, simulator, token, unitMeter } = machines[0]!
  const backMs: number[] = []
  for (let kill = 1; kill <= kills; kill += 1) {
    const session = await api.unlocked(id, await token())
    checks.check('unlocked is what the PLC says', (await simulator.judge()).lease.ownerToken > 0)
    const { producedUnits } = await simulator.judge()
    await found(async () => (await simulator.judge()).producedUnits > producedUnits || undefined, PATIENCE_MS, 'idle')
    await simulator.kill()
    await api.untilMachine(id, ({ availability }) => availability.state === 'Unknown', PATIENCE_MS)
    await simulator.start()
    const startedMs = nowMs()
    await api.untilMachine(id, ({ availability }) => availability.state !== 'Unknown', PATIENCE_MS)
    backMs.push(nowMs() - startedMs)
    await api.ended(session.id)
    const made = String((await simulator.judge()).partCounter)
    const meter = await found(
      async () => {
        const seen = await api.meter(unitMeter)
        return seen.raw === made ? seen : undefined
      },
      PATIENCE_MS,
      'the meter stays behind',
    )
    checks.check('every unit stands in an account', meter.conserved, meter)
    await api.untilMachine(id, ({ access }) => access === 'Locked', PATIENCE_MS)
    say(`kill ${kill}: data again after ${backMs.at(-1)} ms`)
  }
  checks.check(`data again within ${BACK_WITHIN_MS} ms`, Math.max(...backMs) <= BACK_WITHIN_MS, backMs)
  return backMs
}
