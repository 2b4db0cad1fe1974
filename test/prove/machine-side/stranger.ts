/**
 * Meters that nobody knows, served by pymodbus: from an empty site file, with `scan`, `match` and `profile new` alone,
 * each is connected as a technician would, who sees the display and nothing else. Then one gateway meters all of them.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { parse, stringify } from 'yaml'
import { matchCommand } from '../../../gateway/cli/bench/match.ts'
import { profileNewCommand } from '../../../gateway/cli/bench/profile-new.ts'
import { scanCommand } from '../../../gateway/cli/bench/scan.ts'
import { addKey } from '../../../gateway/cli/keys.ts'
import { needPackages } from '../../support/apt.ts'
import { createGateway } from '../../support/gateway.ts'
import { createApi, type Meter } from '../../support/gateway-api.ts'
import { freePort } from '../../support/ports.ts'
import { inLanes, pause } from '../../support/proof.ts'
import type { Item, Run, Verdict } from '../item.ts'
import { type StrangerMap, strangerMap } from './stranger/map.ts'
import { type Meters, startMeters } from './stranger/pymodbus.ts'

const PACKAGES = ['python3-pymodbus', 'python3-serial-asyncio']
const SEEDS = { quick: 2, full: 200 } as const
/** Technicians at a time. */
const LANES = 4
/** Looks at the display until somebody would look into the manual. */
const MOST_LOOKS = 25
const ROUNDS = { quick: 2, full: 8 } as const
/** A counter is polled every 5 s; by then each has been read once. */
const ROUND_MS = 7000
/** Of the smallest unit in a kWh. */
const PER_KWH: Readonly<Record<string, number>> = { Wh: 1000, mWh: 1_000_000 }

type Stranger = { readonly seed: number; readonly unit: number; readonly map: StrangerMap; steps: number }
type Outcome = { readonly looks: number; readonly fault?: string }

export const stranger: Item = {
  name: 'stranger',
  run: async (run) => {
    needPackages(PACKAGES)
    const size = run.quick ? 'quick' : 'full'
    const seeds = Array.from({ length: SEEDS[size] }, (_, at) => at + 1)
    const strangers = seeds.map((seed, at): Stranger => {
      const map = strangerMap(seed)
      return { seed, unit: at + 1, map, steps: map.first }
    })
    const meters = await startMeters(
      run.scope,
      strangers.map(({ map }) => map),
    )
    let done = 0
    const outcomes = await inLanes(strangers, LANES, async (one) => {
      const outcome = await connected(run, meters, one)
      done += 1
      if (done % 20 === 0) run.say(`${done} meters connected`)
      return outcome
    })
    const metered = await meteredWrongly(
      run,
      meters,
      strangers.filter((_, at) => outcomes[at]!.fault === undefined),
      ROUNDS[size],
    )
    return verdict(strangers, outcomes, metered)
  },
}

function verdict(strangers: readonly Stranger[], outcomes: readonly Outcome[], wrong: readonly string[]): Verdict {
  const faults = outcomes.flatMap(({ fault }, at) => {
    const { seed, map } = strangers[at]!
    return fault === undefined ? [] : [`seed ${seed}, ${map.about}: ${fault}`]
  })
  const looks = outcomes.reduce((sum, one) => sum + one.looks, 0) / outcomes.length
  const right = outcomes.length - faults.length - wrong.length
  return {
    figure: `${outcomes.length} seeds: ${right} metered rightly, ${wrong.length + faults.length} not; ${looks.toFixed(1)} looks each`,
    aim: 'all metered rightly, 0 wrong',
    ok: right === outcomes.length,
    notes: [...faults, ...wrong],
  }
}

/* ── as a technician connects it ── */

async function connected({ scope: { folder } }: Run, meters: Meters, one: Stranger): Promise<Outcome> {
  await meters.set(one.unit, one.map.cells(one.steps))
  const target = `127.0.0.1:${meters.port}`
  // A busy computer takes its time; a device that is lost is no part of this.
  const paced = { rate: 1000, timeoutMs: 10_000, json: true }
  const scanned = newIo()
  const scan = { ...paced, units: String(one.unit), map: true, stride: 128, block: 64, most: 6000, folder }
  await scanCommand([target], scan, scanned.io, NEVER)
  const [host] = (scanned.lines()[0] as { hosts: { units: { registers: Range[] }[] }[] }).hosts
  const found = host?.units[0]?.registers ?? []
  if (found.length === 0) return { looks: 0, fault: `scan finds no registers: ${scanned.out()}` }
  const registers = found.map(({ table, from, to }) => `${table}:${from}-${to}`).join(',')
  const into = join(folder, `signals-${one.seed}.csv`)
  const looked = newIo()
  const asked = {
    ...paced,
    unit: one.unit,
    registers,
    block: 60,
    samples: MOST_LOOKS,
    name: 'energy',
    in: 'kWh',
    counter: true,
    into,
  }
  const matching = matchCommand(target, asked, looked.io, NEVER)
  const looks = await look(meters, one, looked, matching)
  if ((await matching) !== 0) return { looks, fault: `match claims nothing: ${JSON.stringify(looked.lines().at(-1))}` }
  const wrong = wrongClaim(one.map, looked.lines().at(-1)?.candidate as Candidate)
  if (wrong !== undefined) return { looks, fault: `match claims ${wrong}` }
  const made = newIo()
  const about = { from: into, folder, maker: 'nobody', model: 'stranger', meter: [], base: 0, force: false, json: true }
  const code = profileNewCommand(profileOf(one), about, made.io)
  return code === 0 ? { looks } : { looks, fault: `profile new: ${made.out()}` }
}

type Range = { readonly table: string; readonly from: number; readonly to: number }
type Candidate = Pick<Cellular, 'address' | 'type' | 'scale' | 'offset'> & { readonly table: string }
type Cellular = StrangerMap['truth']

/** Types what the display shows, lets the machine run, and looks again, until something is claimed. */
async function look(meters: Meters, one: Stranger, seen: Io, ended: Promise<number>): Promise<number> {
  let isOver = false
  void ended.finally(() => {
    isOver = true
  })
  for (let looks = 1; looks <= MOST_LOOKS; looks++) {
    seen.io.stdin.write(`${one.map.shown(one.steps)}\n`)
    while (!isOver && seen.lines().length < looks) await pause(1)
    if (isOver || seen.lines().at(-1)?.kind === 'one') return looks
    one.steps += 1 + ((looks * one.seed * 7919) % Math.ceil(one.map.stride / (looks < 4 ? 20 : 1)))
    await meters.set(one.unit, one.map.cells(one.steps))
  }
  seen.io.stdin.end()
  return MOST_LOOKS
}

/** Signed and unsigned are one: nothing negative was shown. */
function wrongClaim({ truth }: StrangerMap, claimed: Candidate): string | undefined {
  const same = (a: string, b: string) => a === b || (a.slice(1) === b.slice(1) && !/^f/.test(a + b))
  const isRight =
    truth.tables.includes(claimed.table) &&
    truth.address === claimed.address &&
    same(truth.type, claimed.type) &&
    truth.scale === claimed.scale &&
    truth.offset === claimed.offset
  return isRight ? undefined : JSON.stringify(claimed)
}

const profileOf = ({ seed }: Stranger) => `stranger-${seed}`
const NEVER = new AbortController().signal

type Io = ReturnType<typeof newIo>
function newIo() {
  const out: string[] = []
  return {
    io: {
      stdout: { write: (text: string) => void out.push(text) },
      stderr: { write() {} },
      env: {},
      stdin: new PassThrough(),
    },
    out: () => out.join(''),
    lines: () => out.map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}

/* ── as it is metered ── */

/** What one gateway makes of all of them while they count, where it is not what they made. */
async function meteredWrongly(
  run: Run,
  meters: Meters,
  strangers: readonly Stranger[],
  rounds: number,
): Promise<string[]> {
  const { scope } = run
  const port = await freePort()
  const dataDir = join(scope.folder, 'stranger-data')
  mkdirSync(dataDir, { recursive: true })
  const auditor = await addKey(dataDir, { role: 'auditor', name: 'trial' }, [], Date.now())
  const path = join(scope.folder, 'empty.yaml')
  writeFileSync(path, stringify({ site: 'stranger', timezone: 'UTC', dataDir, api: { listen: `127.0.0.1:${port}` } }))
  const empty = parse(readFileSync(path, 'utf8')) as object
  const links = { bus: { protocol: 'modbus', transport: 'tcp', host: '127.0.0.1', port: meters.port } }
  const machines = Object.fromEntries(strangers.map((one) => [`m-${one.seed}`, machineOf(one)]))
  const gateway = createGateway(scope, 'stranger', stringify({ ...empty, links, machines }))
  await gateway.start()
  const api = createApi(`http://127.0.0.1:${port}`, { platform: async () => '', auditor: auditor.text })
  await pause(2 * ROUND_MS)
  const before = new Map(strangers.map((one) => [one.seed, one.steps]))
  for (let round = 1; round <= rounds; round++) {
    for (const one of strangers) {
      one.steps += 1 + ((round + one.seed) % 4)
      await meters.set(one.unit, one.map.cells(one.steps))
    }
    await pause(ROUND_MS)
  }
  const { body } = await api.call<{ meters: (Meter & { unit: string })[] }>('GET', '/meters', { token: auditor.text })
  await gateway.stop()
  return strangers.flatMap((one) => {
    const meter = body.meters.find(({ meter }) => meter === `m-${one.seed}/it.energy`)
    const made = Math.round((one.steps - before.get(one.seed)!) * one.map.step * (PER_KWH[meter?.unit ?? ''] ?? 0))
    if (meter?.conserved === true && Number(meter.total) === made) return []
    return [`seed ${one.seed}, ${one.map.about}: made ${made}, metered ${JSON.stringify(meter)}`]
  })
}

function machineOf(one: Stranger): object {
  const on = { on: 'Executing', off: 'NotExecuting' }
  return {
    name: { en: `Stranger ${one.seed}` },
    owner: 'nobody',
    devices: { it: { profile: profileOf(one), link: 'bus', unit: one.unit } },
    state: { kind: 'threshold', signal: 'it.energy', above: 1e12, below: 1e11, ...on },
  }
}
