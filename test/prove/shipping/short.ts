/**
 * Memory, handles, time and disk run short while a tenant works: whoever comes new is refused and told why, the session
 * under way goes on, everything that was answered is in the ledger, and every unit is in its session. Needs root.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { type Plant, startPlant } from '../../support/gateway-plant.ts'
import { memoryCage } from '../../support/memory-cage.ts'
import { startProcess, type TestProcess } from '../../support/process.ts'
import { found, pause, type Scope } from '../../support/proof.ts'
import { type Checks, createChecks, type Item } from '../item.ts'

const MOST_HANDLES = 300
const RESERVE = 64
const MIB = 1_048_576
/** As the unit has it; the gateway takes 150 to 300 of it. */
const LIMIT_MIB = 1024
const RESERVE_MIB = 400
/** What somebody else takes of it then, and what is read before. */
const BALLAST_MIB = 600
const READ_MIB = 800
/** Of the disk, and what must be free of it. */
const DISK_MIB = 64
const DISK_RESERVE_MIB = 16
/** Longer in the full form, as a site has it. */
const WELL_FOR_S = 4

export const short: Item = {
  name: 'short',
  async run({ scope, say, quick }) {
    const checks = createChecks(say)
    const cage = memoryCage(scope, LIMIT_MIB * MIB)
    smallDisk(scope, join(scope.folder, 'short-data'))
    const plant = await startPlant(scope, {
      site: 'short',
      machines: { 'spray-booth': 2 },
      cycleMs: 300,
      autoStart: true,
      wrap: [...cage, 'prlimit', `--nofile=${MOST_HANDLES}`],
      bounds: {
        handleReserve: RESERVE,
        loopDelay: '1s',
        memoryReserve: RESERVE_MIB * MIB,
        diskReserve: DISK_RESERVE_MIB * MIB,
        ...(quick ? { wellFor: `${WELL_FOR_S}s` } : {}),
      },
    })
    const { api } = plant
    const [worked, other] = plant.machines
    const session = await api.unlocked(worked!.id, await worked!.token())
    const before = (await other!.simulator.judge()).producedUnits
    for (let round = 0; round < (quick ? 1 : 5); round += 1) {
      const close = await open(api.url, MOST_HANDLES - RESERVE)
      await refused(plant, checks, 'handles', /handles are open/)
      close()
      await readFiles(scope, cage)
      await well(plant, checks, 'handles')

      await late(plant)
      await refused(plant, checks, 'time', /ms late/)
      await well(plant, checks, 'time')

      checks.check('what was read is no shortage', (await shortOf(api.url)).length === 0, await shortOf(api.url))
      const taker = await takeMemory(scope, cage)
      await refused(plant, checks, 'memory', /of memory are left/)
      await taker.kill()
      await well(plant, checks, 'memory')

      await fullDisk(plant, checks)
      say(`round ${round + 1}`)
    }
    checks.check('the session goes on', (await api.session(session.id)).status === 'open')
    const ended = await api.ended(session.id)
    const { producedUnits } = await worked!.simulator.judge()
    const parts = Number(ended.use.find(({ meter }) => meter === worked!.unitMeter)?.quantity)
    checks.check('every unit is in it', parts === producedUnits && parts > 0, [parts, producedUnits])
    const entries = await api.entries()
    checks.check(
      'the ledger has no hole',
      entries.every(({ seq }, index) => seq === index),
    )
    const denied = entries.filter(({ kind, data }) => kind === 'AccessDenied' && data.code === 'busy')
    checks.check('who was refused is in the ledger', denied.length > 0)
    checks.check('nothing was made at the other machine but in sessions', before === 0, before)
    return checks.verdict(`handles, time, memory and disk; ${parts} units meanwhile`)
  },
}

/** Held still twice, for less than a lease. */
async function late({ gateway }: Plant): Promise<void> {
  for (let time = 0; time < 2; time += 1) {
    await gateway.freeze()
    await pause(2500)
    gateway.thaw()
    await pause(300)
  }
}

/** The kernel keeps what was written and read, until somebody needs the memory. */
async function readFiles(scope: Scope, cage: readonly string[]): Promise<void> {
  const path = join(scope.folder, 'read')
  await ran(cage, 'dd', 'if=/dev/zero', `of=${path}`, 'bs=1M', `count=${READ_MIB}`, 'conv=fsync', 'status=none')
  await ran(cage, 'dd', `if=${path}`, 'of=/dev/null', 'bs=1M', 'status=none')
}

async function ran([command, ...rest]: readonly string[], ...args: readonly string[]): Promise<void> {
  const { code } = await startProcess(command!, [...rest, ...args]).exited
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`)
}

function smallDisk(scope: Scope, path: string): void {
  mkdirSync(path, { mode: 0o700 })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m,mode=0700`, 'tmpfs', path])
  scope.defer(() => execFileSync('umount', ['-l', path]))
}

/** Into the reserve, and back. */
async function fullDisk({ api, dataDir, machines }: Plant, checks: Checks): Promise<void> {
  const filler = join(dataDir, 'filler')
  const { bavail, bsize } = statfsSync(dataDir)
  writeFileSync(filler, Buffer.alloc(bavail * bsize - (DISK_RESERVE_MIB - 4) * MIB))
  const { id, token } = machines[1]!
  const asked = async (status: number) => {
    const answer = await api.unlock(id, await token())
    if (answer.status === 200 && status !== 200) await api.ended(answer.body.id)
    return answer.status === status ? answer.body : undefined
  }
  const refusal = await found(() => asked(503), 15_000, 'the disk does not run short').catch(({ message }) => message)
  checks.check('disk: a new session is refused, and why', refusal?.code === 'ledger-full', refusal)
  rmSync(filler)
  const session = await found(() => asked(200), 15_000, 'the disk stays short').catch(({ message }) => message)
  checks.check('after disk the next tenant is let in', session?.status === 'open', session)
  if (session?.status === 'open') await api.ended(session.id)
}

/** From the gateway, which is in the same group. */
async function takeMemory(scope: Scope, [command, ...cage]: readonly string[]): Promise<TestProcess> {
  const code = `const taken = Array.from({ length: ${BALLAST_MIB} }, () => Buffer.alloc(${MIB}, 1))
    console.log(JSON.stringify({ ready: taken.length > 0 }))
    setInterval(() => taken.length, 1000)`
  const taker = startProcess(command!, [...cage, process.execPath, '--eval', code])
  scope.defer(() => taker.kill())
  await taker.ready(60_000)
  return taker
}

/** Until health says so, and then a tenant who comes. */
async function refused({ api, machines }: Plant, checks: Checks, resource: string, why: RegExp): Promise<void> {
  const isShort = async () => ((await shortOf(api.url)).includes(resource) ? true : undefined)
  const isSeen = await found(isShort, 8000, `${resource} does not run short`).catch((error: Error) => error.message)
  checks.check(`${resource} runs short, and the metrics say so`, isSeen === true, isSeen)
  const { id, token } = machines[1]!
  const { status, body } = await api.unlock(id, await token())
  const said = body as { code?: string; detail?: string }
  checks.check(
    `${resource}: a new session is refused, and why`,
    status === 503 && said.code === 'busy' && why.test(said.detail ?? ''),
    body,
  )
}

/** Some seconds later the next tenant is let in. */
async function well({ api, machines }: Plant, checks: Checks, resource: string): Promise<void> {
  const { id, token } = machines[1]!
  const isWell = async () => ((await shortOf(api.url)).length === 0 ? true : undefined)
  const is = await found(isWell, 30_000, `${resource} stays short`).catch((error: Error) => error.message)
  checks.check(`${resource} is well again`, is === true, is)
  const { status, body } = await api.unlock(id, await token())
  checks.check(`after ${resource} the next tenant is let in`, status === 200, body)
  if (status === 200) await api.ended(body.id)
}

async function shortOf(url: string): Promise<string[]> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return [...text.matchAll(/^latchkey_short\{resource="(\w+)"\} 1$/gm)].map(([, name]) => name!)
}

/** Connections that ask nothing. */
async function open(url: string, count: number): Promise<() => void> {
  const { hostname, port } = new URL(url)
  const sockets: Socket[] = []
  for (let n = 0; n < count; n += 1) {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    sockets.push(socket)
  }
  await pause(500)
  return () => {
    for (const socket of sockets) socket.destroy()
  }
}
