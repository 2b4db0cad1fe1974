/**
 * An hour of use of one machine in virtual time, from a seed: tenants one after the other, and meanwhile cuts, kills, a
 * PLC that reboots, counters that wrap and are reset, an energy meter that is exchanged, a clock that steps. The
 * machine's own account of what it made, and under whose permission, is the judge; the entries are those the core
 * recorded. `node test/simulate/hour.ts --runs N` runs N hours and holds the totals of the core against the judge. Read
 * next: test/support/world.ts, test/prove/metering-evidence/hour.ts (the same entries, exported and verified).
 */

import { parseArgs } from 'node:util'
import type { Booking } from '../../gateway/core/booking/booking.ts'
import type { MachineConfig } from '../../gateway/core/ground/config.ts'
import type { EntryDraft } from '../../gateway/core/ground/entry.ts'
import { createWorld, MACHINE, machineConfig, type World } from '../support/world.ts'

const HOUR_MS = 3_600_000
const ENERGY_WRAP = 100_000_000n
/** So that each counter passes its end within the hour. */
const FIRST_PARTS = 2 ** 32 - 25
const FIRST_WH = 99_999_600n

export const PARTS = `${MACHINE}/plc.parts`
export const ENERGY = `${MACHINE}/energy.energy`

/** What really happened. */
export type Truth = {
  /** Parts ever made, and of these by the session whose permission it was; `''`: nobody's. */
  readonly parts: number
  readonly partsOf: ReadonlyMap<string, number>
  /** Wh that the energy meters counted while they were in the machine. */
  readonly energyWh: bigint
  readonly happened: Readonly<Record<string, number>>
}
export type Hour = { readonly entries: readonly EntryDraft[]; readonly truth: Truth; readonly world: World }

const config: MachineConfig = {
  ...machineConfig,
  signals: [
    ...machineConfig.signals,
    ...['energy', 'serial'].map((name) => ({
      ...machineConfig.signals[0]!,
      id: `${MACHINE}/energy.${name}`,
      alias: 'energy',
      name,
    })),
  ],
  meters: [
    ...machineConfig.meters,
    {
      kind: 'register',
      id: ENERGY,
      machine: MACHINE,
      signal: ENERGY,
      unit: 'Wh',
      perCount: 1n,
      wrapAt: ENERGY_WRAP,
      maxRate: 100n,
      resets: 'never',
      identity: `${MACHINE}/energy.serial`,
      gating: false,
    },
  ],
}

export function runHour(seed: number): Hour {
  const next = random(seed)
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  const happened: Record<string, number> = {}
  const partsOf = new Map<string, number>()
  let device = { serial: 'E-1001', firstWh: FIRST_WH, atMWh: 0n }
  let goneWh = 0n
  const countedWh = (mWh: bigint) => (mWh - device.atMWh) / 1000n
  const world = createWorld(config, 4000, 0, ({ energyMWh }) => ({
    [ENERGY]: Number((device.firstWh + countedWh(energyMWh)) % ENERGY_WRAP),
    [`${MACHINE}/energy.serial`]: device.serial,
  }))
  world.resetCounter(FIRST_PARTS)
  let wallMs = Date.UTC(2026, 0, 5, 8)
  let uses = 0

  /** Lets time pass, and notes under whose permission each part was made. */
  function pass(forMs: number): void {
    for (const end = world.ms + forMs; world.ms < end; ) {
      const before = world.machine.producedUnits
      const token = world.lease.mode === 'local' ? undefined : world.lease.owner?.token
      world.run(10)
      wallMs += 10
      const made = world.machine.producedUnits - before
      if (made > 0) owe(token, made)
    }
  }

  function owe(token: number | undefined, made: number): void {
    const intent = world.durable.entries.findLast(
      ({ kind, data }) => kind === 'UnlockIntended' && data.token === String(token),
    )
    const session = token === undefined ? '' : (intent?.session ?? '')
    partsOf.set(session, (partsOf.get(session) ?? 0) + made)
  }

  const settled = (command: number, withinMs: number) => {
    for (let waited = 0; waited < withinMs && world.outcome(command) === undefined; waited += 100) pass(100)
    return world.outcome(command)
  }

  /** Idle and read: what a counter shows now is known to the gateway. */
  function quiet(): void {
    world.operator(false)
    pass(7000)
  }

  const faults: Readonly<Record<string, () => void>> = {
    cut() {
      world.link.up = false
      pass(between(500, 40_000))
      world.link.up = true
    },
    meterSilent() {
      world.link.meterUp = false
      pass(between(500, 20_000))
      world.link.meterUp = true
    },
    kill() {
      world.kill()
      pass(between(100, 15_000))
      world.start()
      world.durable.entries.push(started(wallMs, world.ms))
    },
    reboot: () => world.rebootPlc(),
    frozen: () => world.freezePlc(between(500, 9000)),
    emergencyStop() {
      world.happen({ kind: 'emergency-stop', pressed: true })
      pass(between(500, 10_000))
      world.happen({ kind: 'emergency-stop', pressed: false })
    },
    keySwitch() {
      world.happen({ kind: 'mode', mode: 'local' })
      pass(between(5000, 30_000))
      world.happen({ kind: 'mode', mode: 'remote' })
    },
    clockStep() {
      const stepMs = between(-3_600_000, 3_600_000)
      world.stepClock(stepMs)
      wallMs += stepMs
    },
    reset() {
      quiet()
      // So near its end nobody can tell a reset from a wrap.
      if (world.machine.partCounter > FIRST_PARTS / 2) return
      world.resetCounter(0)
      pass(5000)
    },
    exchange() {
      quiet()
      world.happen({ kind: 'power', on: false })
      pass(3000)
      goneWh += countedWh(world.machine.energyMWh)
      device = {
        serial: `E-${between(2000, 9999)}`,
        firstWh: BigInt(between(0, 90_000)),
        atMWh: world.machine.energyMWh,
      }
      pass(3000)
      world.happen({ kind: 'power', on: true })
    },
  }
  const kinds = Object.keys(faults)

  function strike(kind: string): void {
    happened[kind] = (happened[kind] ?? 0) + 1
    faults[kind]!()
  }

  /** A tenant: books, unlocks, works, is disturbed, resumes, ends. */
  function use(): void {
    uses += 1
    const booking: Booking = {
      ...world.booking(`b${uses}`),
      tenant: `tenant-${uses % 3}`,
      startMs: wallMs - 60_000,
      endMs: wallMs + between(4, 15) * 60_000,
    }
    world.putBookings([...world.state.bookings.filter(({ endMs }) => endMs < booking.startMs), booking])
    const unlocked = settled(world.unlock({ booking, jti: `j${uses}` }), 12_000)
    if (unlocked?.kind !== 'session') return pass(5000)
    happened.session = (happened.session ?? 0) + 1
    for (let part = between(1, 4); part > 0; part--) {
      world.operator(true)
      pass(between(5000, 60_000))
      if (next() < 0.75) strike(kinds[Math.floor(next() * kinds.length)]!)
      pass(between(1000, 9000))
      if (world.state.access.kind === 'Suspended') settled(world.resume(), 12_000)
    }
    if (next() < 0.3) world.operator(false)
    settled(world.end(), 30_000)
  }

  world.durable.entries.push(started(wallMs, 0), {
    ...started(wallMs, 0),
    kind: 'ConfigurationApplied',
    data: { configurationId: 'c0ffee', machines: 1, links: 1 },
  })
  pass(2000)
  while (world.ms < HOUR_MS) {
    use()
    if (happened.exchange === undefined && world.ms > HOUR_MS / 2) strike('exchange')
    if (happened.reset === undefined && world.ms > HOUR_MS / 3) strike('reset')
    if (next() < 0.2) strike('keySwitch')
    pass(between(500, 20_000))
  }
  quiet()
  if (world.state.session !== undefined) settled(world.end(), 40_000)
  // Off, and until the quarter hour is over: then the last unit is in an entry, too.
  world.happen({ kind: 'power', on: false })
  pass(900_000)
  const energyWh = goneWh + countedWh(world.machine.energyMWh)
  return {
    entries: world.durable.entries,
    truth: { parts: world.machine.producedUnits, partsOf, energyWh, happened },
    world,
  }
}

/** What differs between the core and the judge; empty when nothing does. */
export function faultsOf({ entries, truth, world }: Hour): string[] {
  const faults: string[] = []
  const expect = (what: string, seen: bigint, wanted: bigint) => {
    if (seen !== wanted) faults.push(`${what}: ${seen}, and really ${wanted}`)
  }
  expect('parts', world.state.meters.get(PARTS)!.total, BigInt(truth.parts))
  expect('energy', world.state.meters.get(ENERGY)!.total, truth.energyWh)
  for (const { session, data } of entries.filter(({ kind }) => kind === 'SessionEnded')) {
    const use = (data.use as { meter: string; quantity: string }[]).find(({ meter }) => meter === PARTS)
    const made = truth.partsOf.get(session!) ?? 0
    if (Number(use?.quantity ?? 0) > made) faults.push(`${session} is charged ${use!.quantity} parts and made ${made}`)
  }
  if (world.state.session !== undefined) faults.push(`a session is still ${world.state.session.status}`)
  return faults
}

function started(wallMs: number, ms: number): EntryDraft {
  return {
    kind: 'GatewayStarted',
    version: 1,
    at: { wallMs, monoNs: String(BigInt(ms) * 1_000_000n + 1n), bootId: 'boot-1', clock: 'synchronised' },
    data: { version: '1.0.0', node: 'v24', fencingId: 3 },
  }
}

/** Mulberry32, so that an hour is its seed. */
function random(seed: number): () => number {
  let state = (seed ^ 0x51ed270b) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function main(): number {
  const { values } = parseArgs({
    options: { runs: { type: 'string', default: '20' }, from: { type: 'string', default: '0' } },
  })
  const [runs, from] = [Number(values.runs), Number(values.from)]
  if (!Number.isSafeInteger(runs) || runs < 1 || !Number.isSafeInteger(from) || from < 0) {
    console.error('--runs and --from are whole numbers')
    return 2
  }
  let failed = 0
  for (let seed = from; seed < from + runs; seed += 1) {
    const hour = runHour(seed)
    const faults = faultsOf(hour)
    if (faults.length > 0) failed += 1
    const { parts, energyWh, happened } = hour.truth
    console.log(
      `seed ${seed}: ${parts} parts, ${energyWh} Wh, ${JSON.stringify(happened)} ${faults.join('; ') || 'ok'}`,
    )
  }
  return failed === 0 ? 0 : 1
}

if (process.argv[1] === import.meta.filename) process.exitCode = main()
