/**
 * A day in a small shop, written down as the gateway does: sessions with unlocks, quarter-hour samples, resets, wraps,
 * gaps, refusals. Units come from the meter kernel itself; random by a seed, so that a case can be had again.
 */
import type { RegisterMeterConfig } from '../../../../gateway/core/ground/config.ts'
import type { EntryKind, JsonObject } from '../../../../gateway/core/ground/entry.ts'
import { type Account, type MeterState, newMeter } from '../../../../gateway/core/meter/meter.ts'
import { stepRegister } from '../../../../gateway/core/meter/register.ts'
import type { Log } from './log.ts'

const BOOT = '0f7b4c9e-2a51-4f0e-9c2d-6f1f6a1e77aa'
const POLL_MS = 1000
const TENANT = 't-5d41402abc4b2a76'

/** Mulberry32: small, seeded, good enough to choose. */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export type Shop = ReturnType<typeof createShop>

/** `accounts`: entries of samples also say where the units of the epoch went. */
export function createShop(
  log: Log,
  options: { machines: readonly string[]; seed?: number; accounts?: boolean; startMs?: number; gapMs?: number },
) {
  const next = random(options.seed ?? 1)
  let ms = options.startMs ?? Date.UTC(2026, 2, 2, 6)
  let sinceBootMs = 0
  let fencing = 0
  let sessions = 0
  const meters = new Map<string, { config: RegisterMeterConfig; state: MeterState; device: bigint }>()
  const open = new Map<
    string,
    { id: string; booking: string; begin: JsonObject[]; use: Map<string, bigint>; token: string; startedMs: number }
  >()

  const monoNs = () => String(sinceBootMs * 1_000_000 + 123_456_789)
  /** The wall clock may go back; the other one never does. */
  function pass(forMs: number): void {
    ms += forMs
    sinceBootMs += Math.max(0, forMs)
  }
  function record(kind: EntryKind, data: JsonObject, machine?: string, session?: string): number {
    return log.append({
      kind,
      version: 1,
      ...(machine === undefined ? {} : { machine }),
      ...(session === undefined ? {} : { session }),
      at: { wallMs: ms, monoNs: monoNs(), bootId: BOOT, clock: 'synchronised' },
      data,
    })
  }

  function start(version = '1.4.0', configurationId = '9b1c4f'.padEnd(64, '0')): void {
    record('GatewayStarted', { version, node: 'v24.21.0', fencingId: 3 })
    record('ConfigurationApplied', { configurationId, machines: options.machines.length, links: 2 })
    for (const machine of options.machines) {
      meterOf(machine, 'energy.energy', { unit: 'Wh', perCount: 10n, maxRate: 50n, wrapAt: 100_000n }, 99_000n)
      meterOf(machine, 'plc.parts', { unit: 'pcs', perCount: 1n, maxRate: 10n, wrapAt: 4_294_967_296n }, 17n)
    }
  }

  function meterOf(machine: string, name: string, over: Partial<RegisterMeterConfig>, device: bigint): void {
    const id = `${machine}/${name}`
    const config: RegisterMeterConfig = {
      kind: 'register',
      id,
      machine,
      signal: id,
      unit: '1',
      perCount: 1n,
      maxRate: 10n,
      resets: 'to-zero',
      gating: true,
      ...over,
    }
    meters.set(id, { config, state: newMeter(config, BOOT), device })
    read(id, 'unassigned', 0n)
  }

  /** The device counts on, and is read. */
  function read(id: string, account: Account, counts: bigint, waitedMs = POLL_MS): void {
    const meter = meters.get(id)!
    pass(waitedMs)
    const { wrapAt } = meter.config
    meter.device = wrapAt === undefined ? meter.device + counts : (meter.device + counts) % wrapAt
    take(id, account)
  }

  function take(id: string, account: Account): void {
    const meter = meters.get(id)!
    const { config } = meter
    const at = { ms, ns: BigInt(monoNs()) }
    const step = stepRegister(
      meter.state,
      { raw: meter.device, at, bootId: BOOT },
      config,
      account,
      options.gapMs ?? 4000,
    )
    meter.state = step.state
    const session = open.get(config.machine)
    if (step.delta > 0n && step.account === 'session' && session !== undefined)
      session.use.set(id, (session.use.get(id) ?? 0n) + step.delta)
    for (const change of step.changes)
      record(
        'MeterChanged',
        {
          meter: id,
          change: change.name,
          unit: config.unit,
          ...(change.fromRaw === undefined ? {} : { from: String(change.fromRaw) }),
          ...(change.toRaw === undefined ? {} : { to: String(change.toRaw) }),
          delta: String(change.delta),
          account: change.account,
          epoch: change.epoch,
          total: String(step.state.total),
          ...(change.apartMs === undefined ? {} : { apartMs: change.apartMs }),
        },
        config.machine,
        session?.id,
      )
  }

  const idsOf = (machine: string) => [...meters.keys()].filter((id) => id.startsWith(`${machine}/`)).sort()
  function points(machine: string, accounts = false): JsonObject[] {
    return idsOf(machine).map((id) => {
      const { state } = meters.get(id)!
      return {
        meter: id,
        unit: state.unit,
        raw: String(state.raw),
        epoch: state.epoch,
        total: String(state.total),
        at: state.atMs,
        ...(accounts
          ? {
              accounts: Object.fromEntries(
                Object.entries(state.accounts).map(([name, units]) => [name, String(units)]),
              ),
            }
          : {}),
      }
    })
  }

  function unlock(machine: string, how: 'confirmed' | 'refused' = 'confirmed'): string {
    sessions += 1
    const id = `0195e3a0-0000-7000-8000-${String(sessions).padStart(12, '0')}`
    fencing += 1
    const token = String(fencing * 16 + 3)
    const booking = `b-${sessions}`
    const begin = points(machine)
    const bookedUntil = new Date(ms + 3_600_000).toISOString()
    const tenant = TENANT
    record(
      'BookingPut',
      {
        booking,
        version: 1,
        tenant,
        start: new Date(ms).toISOString(),
        end: bookedUntil,
        source: 'push',
        limits: {},
      },
      machine,
    )
    record(
      'UnlockIntended',
      {
        booking,
        tenant,
        by: 'tenant',
        token,
        tag: 1000 + sessions,
        resume: false,
        bookedUntil,
        begin,
      },
      machine,
      id,
    )
    pass(180)
    if (how === 'refused') {
      record('UnlockRefused', { token, reason: 7, code: 'machine-refused', resume: false }, machine, id)
      return id
    }
    open.set(machine, { id, booking, begin, use: new Map(), token, startedMs: ms })
    record(
      'UnlockConfirmed',
      { token, tag: 1000 + sessions, plcBootId: 41, plcState: 'enabled', leaseLeftMs: 4900, resume: false, begin },
      machine,
      id,
    )
    record(
      'AvailabilityChanged',
      { from: 'Reserved', to: 'InUse', access: 'Unlocked', itemState: 'NotExecuting', mode: 'Processing' },
      machine,
      id,
    )
    return id
  }

  function work(machine: string, polls: number, account: Account = open.has(machine) ? 'session' : 'unassigned'): void {
    for (let poll = 0; poll < polls; poll++)
      for (const id of idsOf(machine))
        read(id, account, BigInt(Math.floor(next() * (id.endsWith('parts') ? 3 : 40))), POLL_MS / 2)
  }

  function sample(machine: string): void {
    record('MeterSampled', { meters: points(machine, options.accounts) }, machine)
  }

  /** What the session used, by meter. */
  function end(machine: string, over: JsonObject = {}): Map<string, bigint> {
    const { id, booking, begin, use, startedMs, token } = open.get(machine)!
    const finishing = { reason: 'Local', overrun: false, itemState: 'NotExecuting', meters: points(machine) }
    record('SessionFinishing', finishing, machine, id)
    record('LockConfirmed', { token, plcState: 'locked', after: 'revoking' }, machine, id)
    pass(400)
    const quantities = [...use].sort().map(([meter, units]) => {
      return { meter, unit: meters.get(meter)!.config.unit, quantity: String(units) }
    })
    const times = { bookedMs: 3_600_000, occupiedMs: ms - startedMs, poweredMs: ms - startedMs, executingMs: 0 }
    const ended = {
      booking,
      tenant: TENANT,
      stoppedReason: 'Local',
      startedAt: new Date(startedMs).toISOString(),
      endedAt: new Date(ms).toISOString(),
      begin,
      end: points(machine),
      use: quantities,
      shares: [
        { owner: 'huajian', percent: '60' },
        { owner: 'lin-co', percent: '40' },
      ],
      clocks: times,
      ...over,
    }
    record('SessionEnded', ended, machine, id)
    open.delete(machine)
    return use
  }

  /** A person moves units of a session that ended. */
  function correct(machine: string, session: string, original: number, meter: string, quantity: string): void {
    const { unit } = meters.get(meter)!.config
    const { state } = meters.get(meter)!
    const accounts = {
      ...state.accounts,
      session: state.accounts.session - BigInt(quantity),
      disputed: state.accounts.disputed + BigInt(quantity),
    }
    meters.get(meter)!.state = { ...state, accounts }
    record(
      'Correction',
      {
        id: '0195e3a0-0000-7000-9000-000000000001',
        original,
        originalKind: 'SessionEnded',
        reason: 'attribution',
        text: 'the dust fan of the neighbour ran on this meter',
        by: { role: 'technician', key: 'k1', name: 'Wang' },
        adjust: [{ meter, from: 'session', to: 'disputed', quantity, unit, epoch: state.epoch }],
      },
      machine,
      session,
    )
  }

  function enterByHand(machine: string): void {
    record(
      'ManualEntry',
      {
        id: '0195e3a0-0000-7000-9000-000000000002',
        meter: 'glue',
        unit: 'g',
        quantity: '1250',
        from: new Date(ms - 3_600_000).toISOString(),
        to: new Date(ms).toISOString(),
        reason: 'read off the scale',
        by: { role: 'technician', key: 'k1', name: 'Wang' },
        shares: [{ owner: 'huajian', percent: '100' }],
      },
      machine,
    )
  }

  return {
    record,
    start,
    unlock,
    work,
    sample,
    end,
    correct,
    enterByHand,
    points,
    next,
    sessionOf: (machine: string) => open.get(machine)?.id,
    /** Out of reach for a while: what was made meanwhile comes at once, named. */
    gap(machine: string, counts: bigint, account: Account): void {
      for (const id of idsOf(machine)) read(id, account, counts, 30_000)
    },
    /** The device forgets its counter; the third reading of the new value is believed. */
    reset(id: string, to: bigint, account: Account): void {
      meters.get(id)!.device = to
      for (let times = 0; times < 3; times++) {
        pass(POLL_MS)
        take(id, account)
      }
    },
    /** One reading of a value that cannot be, then the counter as it was. */
    tear(id: string): void {
      const meter = meters.get(id)!
      const { device } = meter
      meter.device += 50_000n
      read(id, 'session', 0n)
      meter.device = device
      read(id, 'session', 1n)
    },
    pass,
  }
}
