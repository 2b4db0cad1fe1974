/**
 * A server that is not node-opcua's: asyncua, where Python's packages can be had. Reads of several types, by name and
 * by path, a write with its read-back, changes, and the return after a kill. Where none can be had it says what was
 * tried.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Link, Point } from '../../../adapters/adapter.ts'
import { opcuaAdapter } from '../../../adapters/opcua/link.ts'
import { freePort } from '../../support/ports.ts'
import { found, type Scope } from '../../support/proof.ts'
import { createChecks, type Item } from '../item.ts'

const URI = 'urn:latchkey:other-stack'
const SCRIPT = new URL('../../support/opcua-asyncua.py', import.meta.url).pathname
const INSTALL_MS = 120_000
const PATIENCE_MS = 20_000

export const otherStack: Item = {
  name: 'other-stack',
  async run({ scope, say }) {
    const python = pythonWithAsyncua(scope, say)
    const checks = createChecks(say)
    if (python === undefined) {
      checks.check('asyncua was looked for: in the Python that is here, and with pip', true)
      return checks.verdict('NO OTHER STACK can be had here: no asyncua, and Debian and npm have no OPC UA server')
    }
    const port = await freePort()
    let server = await startServer(scope, python, port)
    const link = makeLink(scope, port)
    await link.open(new AbortController().signal)
    await reads(link, checks)
    await link.write({ ...at('ToPlc', 'words', { count: 2 }), id: 'block', words: [3, 4] })
    checks.check('a block is written', same(await shownBy(link, 'ToPlc', 'words', { count: 2 }), [3, 4]))
    const seen = new Set<unknown>()
    await link.subscribe?.([point('Parts', 'u32')], (readings) => {
      for (const { value } of readings) seen.add(value)
    })
    await found(() => seen.size > 2 || undefined, PATIENCE_MS, 'no changes come')
    server.kill('SIGKILL')
    await once(server, 'exit')
    await found(async () => (await isLost(link)) || undefined, PATIENCE_MS, 'the loss is not noticed')
    server = await startServer(scope, python, port)
    await link.open(new AbortController().signal)
    checks.check('it is read again after a kill', (await shownBy(link, 'PowerW', 'f64')) === 12.5)
    return checks.verdict('asyncua')
  },
}

async function reads(link: Link, checks: ReturnType<typeof createChecks>): Promise<void> {
  const read = async (what: string, value: unknown, wanted: unknown) => checks.check(what, same(value, wanted), value)
  await read('a double', await shownBy(link, 'PowerW', 'f64'), 12.5)
  await read('64 bits to the last', String(await shownBy(link, 'Total', 'u64')), '9007199254740993')
  await read('a byte', await shownBy(link, 'Small', 'u8'), 200)
  await read('an element', await shownBy(link, 'Words', 'u16', { index: 1 }), 2)
  await read('a localized text', await shownBy(link, 'Name', 'localizedText'), 'Saw')
  await read('a path', await shownBy(link, `/nsu=${URI};PowerW`, 'f64'), 12.5)
}

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)

/** The Python that is here, or one of a folder of its own with asyncua in it. */
function pythonWithAsyncua({ folder }: Scope, say: (text: string) => void): string | undefined {
  const has = (python: string) => spawnSync(python, ['-c', 'import asyncua'], { stdio: 'ignore' }).status === 0
  if (has('python3')) return 'python3'
  const venv = join(folder, 'venv')
  const python = join(venv, 'bin', 'python')
  const did = (command: string, ...args: string[]) =>
    spawnSync(command, args, { stdio: 'ignore', timeout: INSTALL_MS }).status === 0
  if (did('python3', '-m', 'venv', venv) && did(python, '-m', 'pip', 'install', '--quiet', '--retries', '0', 'asyncua'))
    return has(python) ? python : undefined
  say('asyncua cannot be installed')
  return undefined
}

async function startServer(scope: Scope, python: string, port: number): Promise<ChildProcess> {
  const child = spawn(python, [SCRIPT, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] })
  scope.defer(() => child.kill('SIGKILL'))
  await once(child.stdout!, 'data')
  return child
}

function makeLink(scope: Scope, port: number): Link {
  const silent = () => undefined
  const link = opcuaAdapter.createLink(
    {
      ...{ endpoint: `opc.tcp://127.0.0.1:${port}/`, security: 'None', timeoutMs: 5_000, connectTimeoutMs: 20_000 },
      ...{ publishingIntervalMs: 500, maxNodesPerRead: 100 },
    },
    {
      stateDir: join(scope.folder, 'link'),
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
