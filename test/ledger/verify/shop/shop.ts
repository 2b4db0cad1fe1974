/**
 * Days in a small shop, written down as the gateway does: sessions with unlocks, quarter-hour samples, resets, wraps,
 * gaps, refusals, corrections. At random by a seed, so that a case can be had again.
 * Read next: floor.ts, log.ts.
 */
import type { EntryKind, JsonObject } from '../../../../gateway/core/ground/entry.ts'
import type { Account } from '../../../../gateway/core/meter/meter.ts'
import {
  addMeter,
  type Floor,
  type FloorOptions,
  metersOf,
  newFloor,
  POLL_MS,
  pass,
  points,
  read,
  reconfigure,
  record,
  take,
} from './floor.ts'
import type { Log } from './log.ts'
import { random } from './random.ts'

const TENANT = 't-5d41402abc4b2a76'
const HOUR_MS = 3_600_000

type State = Floor & {
  readonly next: () => number
  /** Unlocks so far, and sessions so far. */
  fencing: number
  sessions: number
}

export type Shop = ReturnType<typeof createShop>

export function createShop(log: Log, options: FloorOptions & { readonly seed?: number }) {
  const shop: State = { ...newFloor(log, options), next: random(options.seed ?? 1), fencing: 0, sessions: 0 }
  return {
    start: (version?: string, configurationId?: string) => start(shop, version, configurationId),
    record: (kind: EntryKind, data: JsonObject, machine?: string, session?: string) =>
      record(shop, kind, data, machine, session),
    pass: (forMs: number) => pass(shop, forMs),
    /** The session that it opens, or would have opened. */
    unlock: (machine: string, how?: 'confirmed' | 'refused') => unlock(shop, machine, how),
    sessionOf: (machine: string) => shop.open.get(machine)?.id,
    work: (machine: string, polls: number, account?: Account) => work(shop, machine, polls, account),
    sample: (machine: string) => void record(shop, 'MeterSampled', sampleOf(shop, machine), machine),
    /** What the session used, by meter. */
    end: (machine: string, over?: JsonObject) => end(shop, machine, over),
    /** A person moves units of a session that ended to the disputed ones. */
    correct: (machine: string, session: string, original: number, meter: string, quantity: string) =>
      correct(shop, machine, session, original, meter, quantity),
    enterByHand: (machine: string) => enterByHand(shop, machine),
    /** The machine cannot be reached for a while; what was made meanwhile comes at once, named. */
    gap(machine: string, counts: bigint, account: Account): void {
      for (const id of metersOf(shop, machine)) read(shop, id, account, counts, 30_000)
    },
    reset: (id: string, to: bigint, account: Account) => reset(shop, id, to, account),
    tear: (id: string) => tear(shop, id),
    reconfigure: (id: string, unit: string, perCount: bigint) => reconfigure(shop, id, { unit, perCount }),
  }
}

function start(shop: State, version = '1.4.0', configurationId = '9b1c4f'.padEnd(64, '0')): void {
  const { machines } = shop.options
  record(shop, 'GatewayStarted', { version, node: 'v24.21.0', fencingId: 3 })
  record(shop, 'ConfigurationApplied', { configurationId, machines: machines.length, links: 2 })
  for (const machine of machines) {
    addMeter(shop, machine, 'energy.energy', { unit: 'Wh', perCount: 10n, maxRate: 50n, wrapAt: 100_000n }, 99_000n)
    addMeter(shop, machine, 'plc.parts', { unit: 'pcs', perCount: 1n, maxRate: 10n, wrapAt: 4_294_967_296n }, 17n)
  }
}

/* ── sessions ── */

function unlock(shop: State, machine: string, how: 'confirmed' | 'refused' = 'confirmed'): string {
  shop.sessions += 1
  shop.fencing += 1
  const id = `0195e3a0-0000-7000-8000-${String(shop.sessions).padStart(12, '0')}`
  const booking = `b-${shop.sessions}`
  const token = String(shop.fencing * 16 + 3)
  const tag = 1000 + shop.sessions
  const begin = points(shop, machine)
  intend(shop, machine, id, { booking, token, tag, begin })
  pass(shop, 180)
  if (how === 'refused') {
    record(shop, 'UnlockRefused', { token, reason: 7, code: 'machine-refused', resume: false }, machine, id)
    return id
  }
  shop.open.set(machine, { id, booking, begin, use: new Map(), token, startedMs: shop.ms })
  const lock = { plcBootId: 41, plcState: 'enabled', leaseLeftMs: 4900 }
  record(shop, 'UnlockConfirmed', { token, tag, ...lock, resume: false, begin }, machine, id)
  const states = { access: 'Unlocked', itemState: 'NotExecuting', mode: 'Processing' }
  record(shop, 'AvailabilityChanged', { from: 'Reserved', to: 'InUse', ...states }, machine, id)
  return id
}

type Intent = { readonly booking: string; readonly token: string; readonly tag: number; readonly begin: JsonObject[] }

function intend(shop: State, machine: string, id: string, { booking, token, tag, begin }: Intent): void {
  const tenant = TENANT
  const bookedUntil = new Date(shop.ms + HOUR_MS).toISOString()
  const times = { start: new Date(shop.ms).toISOString(), end: bookedUntil }
  record(shop, 'BookingPut', { booking, version: 1, tenant, ...times, source: 'push', limits: {} }, machine)
  const intent = { booking, tenant, by: 'tenant', token, tag, resume: false, bookedUntil, begin }
  record(shop, 'UnlockIntended', intent, machine, id)
}

function work(
  shop: State,
  machine: string,
  polls: number,
  account: Account = shop.open.has(machine) ? 'session' : 'unassigned',
): void {
  for (let poll = 0; poll < polls; poll++)
    for (const id of metersOf(shop, machine))
      read(shop, id, account, BigInt(Math.floor(shop.next() * (id.endsWith('parts') ? 3 : 40))), POLL_MS / 2)
}

const sampleOf = (shop: State, machine: string) => ({ meters: points(shop, machine, shop.options.accounts) })

function end(shop: State, machine: string, over: JsonObject = {}): Map<string, bigint> {
  const { id, booking, begin, use, startedMs, token } = shop.open.get(machine)!
  const finishing = { reason: 'Local', overrun: false, itemState: 'NotExecuting', meters: points(shop, machine) }
  record(shop, 'SessionFinishing', finishing, machine, id)
  record(shop, 'LockConfirmed', { token, plcState: 'locked', after: 'revoking' }, machine, id)
  pass(shop, 400)
  const occupiedMs = shop.ms - startedMs
  const quantities = [...use].sort().map(([meter, units]) => {
    return { meter, unit: shop.meters.get(meter)!.config.unit, quantity: String(units) }
  })
  const ended = {
    booking,
    tenant: TENANT,
    stoppedReason: 'Local',
    startedAt: new Date(startedMs).toISOString(),
    endedAt: new Date(shop.ms).toISOString(),
    begin,
    end: points(shop, machine),
    use: quantities,
    shares: [
      { owner: 'huajian', percent: '60' },
      { owner: 'lin-co', percent: '40' },
    ],
    clocks: { bookedMs: HOUR_MS, occupiedMs, poweredMs: occupiedMs, executingMs: 0 },
    ...over,
  }
  record(shop, 'SessionEnded', ended, machine, id)
  shop.open.delete(machine)
  return use
}

/* ── by hand ── */

const BY = { role: 'technician', key: 'k1', name: 'Wang' }

function correct(shop: State, machine: string, session: string, original: number, id: string, quantity: string): void {
  const meter = shop.meters.get(id)!
  const { accounts, epoch } = meter.state
  const moved = {
    session: accounts.session - BigInt(quantity),
    disputed: accounts.disputed + BigInt(quantity),
  }
  meter.state = { ...meter.state, accounts: { ...accounts, ...moved } }
  const data = {
    id: '0195e3a0-0000-7000-9000-000000000001',
    original,
    originalKind: 'SessionEnded',
    reason: 'attribution',
    text: 'the dust fan of the neighbour ran on this meter',
    by: BY,
    adjust: [{ meter: id, from: 'session', to: 'disputed', quantity, unit: meter.config.unit, epoch }],
  }
  record(shop, 'Correction', data, machine, session)
}

function enterByHand(shop: State, machine: string): void {
  const data = {
    id: '0195e3a0-0000-7000-9000-000000000002',
    meter: 'glue',
    unit: 'g',
    quantity: '1250',
    from: new Date(shop.ms - HOUR_MS).toISOString(),
    to: new Date(shop.ms).toISOString(),
    reason: 'read off the scale',
    by: BY,
    shares: [{ owner: 'huajian', percent: '100' }],
  }
  record(shop, 'ManualEntry', data, machine)
}

/* ── counters that go wrong ── */

/** The device forgets its counter; the third reading of the new value is believed. */
function reset(shop: State, id: string, to: bigint, account: Account): void {
  shop.meters.get(id)!.device = to
  for (let times = 0; times < 3; times++) {
    pass(shop, POLL_MS)
    take(shop, id, account)
  }
}

/** One reading of a value that cannot be, then the counter as it was. */
function tear(shop: State, id: string): void {
  const meter = shop.meters.get(id)!
  const { device } = meter
  meter.device += 50_000n
  read(shop, id, 'session', 0n)
  meter.device = device
  read(shop, id, 'session', 1n)
}
