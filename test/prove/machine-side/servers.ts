/**
 * Against servers written elsewhere: libmodbus over TCP and on a serial line, pymodbus over TCP, TLS, UDP and on a
 * serial line. A serial line is a pair of pseudo terminals of socat. Every table is read in pieces of every size, every
 * function that writes is used, and what is beyond the end is refused.
 */
import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { needPackages } from '../../support/apt.ts'
import { makeShown } from '../../support/modbus-carrier.ts'
import { freePort } from '../../support/ports.ts'
import { runProcess, until } from '../../support/process.ts'
import { randomBetween, type Scope } from '../../support/proof.ts'
import { commandPath } from '../../support/real.ts'
import type { Item } from '../item.ts'
import { modbusLink, openLink, pointAt } from './modbus-link.ts'

const PACKAGES = ['socat', 'python3-pymodbus', 'python3-serial', 'libmodbus-dev', 'gcc', 'libc6-dev']
/** Debian's, to which its packages belong. */
const PYTHON = '/usr/bin/python3'
const SIZE = 1000
const PATIENT = { timeoutMs: 3000, connectTimeoutMs: 5000 }

type Server = { readonly name: string; readonly units: readonly number[]; start(scope: Scope): Promise<object> }

const servers: readonly Server[] = [
  { name: 'libmodbus TCP', units: [1, 0, 255], start: (scope) => onPort(scope, libmodbus(scope), 'tcp') },
  { name: 'libmodbus RTU', units: [1], start: (scope) => onLine(scope, libmodbus(scope), 'even') },
  { name: 'pymodbus TCP', units: [1, 0, 255], start: (scope) => onPort(scope, pymodbus, 'tcp') },
  { name: 'pymodbus UDP', units: [1, 0, 255], start: (scope) => onPort(scope, pymodbus, 'udp') },
  { name: 'pymodbus TLS', units: [1, 0, 255], start: overTls },
  { name: 'pymodbus RTU', units: [1, 17], start: (scope) => onLine(scope, pymodbus, 'none') },
]

export const modbusServers: Item = {
  name: 'servers',
  async run({ quick, scope, say }) {
    needPackages(PACKAGES)
    const rounds = quick ? 40 : 2000
    const results = await Promise.all(
      servers.map(async (server) => {
        const told = await tryServer(scope, server, rounds).catch((error: Error) => ({
          values: 0,
          wrong: [`it broke off: ${error.message}`],
        }))
        say(`${server.name}: ${told.values} values, ${told.wrong.length} wrong`)
        return { ...told, wrong: told.wrong.map((text) => `${server.name}: ${text}`) }
      }),
    )
    const values = results.reduce((sum, result) => sum + result.values, 0)
    const wrong = results.flatMap((result) => result.wrong)
    return {
      figure: `${servers.length} servers, ${values} values and receipts: ${wrong.length} wrong`,
      aim: '0 wrong',
      ok: wrong.length === 0 && values > rounds * servers.length,
      notes: wrong,
    }
  },
}

/* ── what is asked ── */

const KEPT = {
  holding: (n: number) => (n * 257 + 11) % 65_536,
  input: (n: number) => (n * 31 + 7) % 65_536,
  coil: (n: number) => n % 3 === 0,
  discrete: (n: number) => n % 5 === 0,
} as const
type Table = keyof typeof KEPT
const TABLES = Object.keys(KEPT) as Table[]
/** Written and read back; nothing else reads there. */
const SCRATCH = 900

async function tryServer(scope: Scope, server: Server, rounds: number) {
  const link = modbusLink(scope, { ...(await server.start(scope)), ...PATIENT })
  await openLink(link)
  const wrong: string[] = []
  let values = 0
  const note = (what: string, is: unknown, due: unknown) => {
    values += 1
    if (JSON.stringify(is) !== JSON.stringify(due)) wrong.push(`${what} is ${JSON.stringify(is)}, not ${due}`)
  }
  for (let round = 0; round < rounds; round++) {
    const unit = server.units[round % server.units.length]!
    const points = TABLES.flatMap((table) => piecesOf(table).map((address) => pointAt(address, unit)))
    for (const [index, reading] of (await link.read(points)).entries()) {
      const { table, address, count } = points[index]!.address as { table: Table; address: number; count?: number }
      const due = Array.from({ length: count ?? 1 }, (_, n) => KEPT[table](address + n))
      note(`${table} ${address}`, reading.value ?? reading.detail, count === undefined ? due[0] : due)
    }
    await writeAndReadBack(link, unit, note)
  }
  const [beyond] = await link.read([pointAt({ table: 'holding', address: SIZE + 5, type: 'u16' })])
  note('beyond the end', beyond?.detail, 'exception 2 (illegal data address)')
  return { values, wrong }
}

/** Some of one table: registers in a block, or bits that stand together. */
function piecesOf(table: Table): object[] {
  const start = randomBetween(0, SCRATCH - 130)
  if (table === 'holding' || table === 'input')
    return [{ table, address: start, type: 'words', count: randomBetween(1, 125) }]
  return Array.from({ length: randomBetween(1, 30) }, (_, n) => ({ table, address: start + n, type: 'bool' }))
}

async function writeAndReadBack(
  link: ReturnType<typeof modbusLink>,
  unit: number,
  note: (what: string, is: unknown, due: unknown) => void,
): Promise<void> {
  const at = randomBetween(SCRATCH, SIZE - 20)
  const words = Array.from({ length: randomBetween(1, 16) }, () => randomBetween(0, 65_535))
  const block = { table: 'holding', address: at, type: 'words', count: words.length }
  const one = { table: 'holding', address: at + 17, type: 'u16', write: 6 }
  const coil = { table: 'coil', address: at, type: 'bool', write: 5 }
  const coils = { table: 'coil', address: at + 1, type: 'bool', write: 15 }
  const [value, bit] = [randomBetween(0, 65_535), randomBetween(0, 1)]
  const device = { unit }
  await link.write({ id: 'block', address: block, device, words })
  await link.write({ id: 'one', address: one, device, words: [value] })
  await link.write({ id: 'coil', address: coil, device, words: [bit] })
  await link.write({ id: 'coils', address: coils, device, words: [1 - bit] })
  const readings = await link.read([block, one, coil, coils].map((address) => pointAt(address, unit)))
  const due = [words, value, bit === 1, bit === 0]
  for (const [index, reading] of readings.entries())
    note(`written ${index}`, reading.value ?? reading.detail, due[index])
}

/* ── the servers ── */

type Program = (kind: string, place: string, files?: readonly string[]) => Promise<readonly string[]>

const pymodbus: Program = async (kind, place, files = []) => [
  PYTHON,
  join(import.meta.dirname, 'peers', 'python-server.py'),
  kind,
  place,
  ...files,
]

function libmodbus(scope: Scope): Program {
  return async (kind, place) => {
    const path = join(scope.folder, `libmodbus-${kind}`)
    const source = join(import.meta.dirname, 'peers', 'c-server.c')
    await runProcess('gcc', ['-O2', '-Wall', '-Werror', '-o', path, source, '-I/usr/include/modbus', '-lmodbus'])
    return [path, kind, place]
  }
}

async function onPort(scope: Scope, program: Program, transport: 'tcp' | 'udp'): Promise<object> {
  const port = await freePort()
  await started(scope, await program(transport, String(port)))
  return { transport, host: '127.0.0.1', port }
}

async function overTls(scope: Scope): Promise<object> {
  const port = await freePort()
  const { device, client } = makeShown()
  const file = (name: string, text: string) => {
    const path = join(scope.folder, name)
    writeFileSync(path, text)
    return path
  }
  const theirs = [file('d.pem', device.cert), file('d.key', device.key), file('c.pem', client.cert)] as const
  await started(scope, await pymodbus('tls', String(port), theirs))
  const tls = { ca: theirs[0], cert: theirs[2], key: file('c.key', client.key) }
  return { transport: 'tls', host: '127.0.0.1', port, tls }
}

/** A pair of pseudo terminals: the server has one, the link the other. */
async function onLine(scope: Scope, program: Program, parity: 'none' | 'even'): Promise<object> {
  const [near, far] = ['near', 'far'].map((end) => join(scope.folder, `${end}-${parity}`)) as [string, string]
  const socat = spawn(
    commandPath('socat'),
    [near, far].map((path) => `pty,raw,echo=0,link=${path}`),
  )
  scope.defer(() => socat.kill('SIGKILL'))
  await until(async () => existsSync(near) && existsSync(far), 5000, 'there is no pair of terminals')
  await started(scope, await program('rtu', far))
  return { transport: 'rtu', serial: { path: near, baudRate: 115_200, parity } }
}

async function started(scope: Scope, [command, ...args]: readonly string[]): Promise<void> {
  const child = spawn(command!, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  scope.defer(() => child.kill('SIGKILL'))
  let complaints = ''
  child.stderr.on('data', (text) => {
    complaints = `${complaints}${text}`.slice(-2000)
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  createInterface(child.stdout).on('line', (line) => line.includes('ready') && resolve())
  child.once('exit', () => reject(new Error(`${command} ended: ${complaints}`)))
  return promise
}
