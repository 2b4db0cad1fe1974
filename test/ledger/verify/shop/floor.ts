/**
 * The floor of a small shop: two clocks, and machines whose meters are read. Units come from the meter kernel itself.
 * Read next: shop.ts (who uses the machines), log.ts (where it is written down).
 */
import type { RegisterMeterConfig } from '../../../../gateway/core/ground/config.ts'
import type { EntryKind, JsonObject } from '../../../../gateway/core/ground/entry.ts'
import { type Account, type MeterState, newMeter, stateFor } from '../../../../gateway/core/meter/meter.ts'
import { stepRegister } from '../../../../gateway/core/meter/register.ts'
import type { Log } from './log.ts'

const BOOT = '0f7b4c9e-2a51-4f0e-9c2d-6f1f6a1e77aa'
export const POLL_MS = 1000
/** Readings further apart than this leave a gap. */
const GAP_MS = 4000

export type FloorOptions = {
  readonly machines: readonly string[]
  readonly gapMs?: number
  /** Entries of samples also state where the units of the epoch went. */
  readonly accounts?: boolean
}

/** A session that has not ended. */
export type Open = {
  readonly id: string
  readonly booking: string
  readonly begin: JsonObject[]
  /** What it used so far, by meter. */
  readonly use: Map<string, bigint>
  readonly token: string
  readonly startedMs: number
}

type Meter = { readonly config: RegisterMeterConfig; state: MeterState; device: bigint }

export type Floor = {
  readonly log: Log
  readonly options: FloorOptions
  readonly meters: Map<string, Meter>
  readonly open: Map<string, Open>
  /** Wall time, and time since the boot. */
  ms: number
  sinceBootMs: number
}

export const newFloor = (log: Log, options: FloorOptions): Floor => ({
  log,
  options,
  meters: new Map(),
  open: new Map(),
  ms: Date.UTC(2026, 2, 2, 6),
  sinceBootMs: 0,
})

/** The wall clock may go back; the other one never does. */
export function pass(floor: Floor, forMs: number): void {
  floor.ms += forMs
  floor.sinceBootMs += Math.max(0, forMs)
}

const monoNs = ({ sinceBootMs }: Floor) => String(sinceBootMs * 1_000_000 + 123_456_789)

export function record(floor: Floor, kind: EntryKind, data: JsonObject, machine?: string, session?: string): number {
  return floor.log.append({
    kind,
    version: 1,
    ...(machine === undefined ? {} : { machine }),
    ...(session === undefined ? {} : { session }),
    at: { wallMs: floor.ms, monoNs: monoNs(floor), bootId: BOOT, clock: 'synchronised' },
    data,
  })
}

/** A meter that the machine has from now on, with its first reading. */
export function addMeter(
  floor: Floor,
  machine: string,
  name: string,
  over: Partial<RegisterMeterConfig>,
  device: bigint,
): void {
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
    definition: definitionOf(over),
  }
  floor.meters.set(id, { config, state: newMeter(config, BOOT), device })
  read(floor, id, 'unassigned', 0n)
}

const definitionOf = ({ unit, perCount }: Partial<RegisterMeterConfig>) =>
  JSON.stringify(['register', {}, unit, Number(perCount)])

/** The meter is configured differently, and read: an epoch of its own, and in another unit a total of its own. */
export function reconfigure(
  floor: Floor,
  id: string,
  over: { readonly unit: string; readonly perCount: bigint },
): void {
  const meter = floor.meters.get(id)!
  const before = meter.state
  const config = { ...meter.config, ...over, definition: definitionOf(over) }
  if (config.definition === meter.config.definition) return
  const reading = { raw: meter.device, at: { ms: floor.ms, ns: BigInt(monoNs(floor)) }, bootId: BOOT }
  const { state } = stepRegister(stateFor(before, config, BOOT), reading, config, 'unassigned', GAP_MS)
  floor.meters.set(id, { ...meter, config, state })
  const left = before.unit === over.unit ? {} : { fromUnit: before.unit, fromTotal: String(before.total) }
  const data: JsonObject = {
    meter: id,
    change: 'reconfigured',
    unit: over.unit,
    detail: 'as the site says',
    ...left,
    from: String(before.raw),
    to: String(state.raw),
    delta: '0',
    account: 'unassigned',
    epoch: state.epoch,
    total: String(state.total),
  }
  record(floor, 'MeterChanged', data, config.machine)
}

/** The device counts on, and is read. */
export function read(floor: Floor, id: string, account: Account, counts: bigint, waitedMs = POLL_MS): void {
  const meter = floor.meters.get(id)!
  pass(floor, waitedMs)
  const { wrapAt } = meter.config
  meter.device = wrapAt === undefined ? meter.device + counts : (meter.device + counts) % wrapAt
  take(floor, id, account)
}

/** The device is read as it is. */
export function take(floor: Floor, id: string, account: Account): void {
  const meter = floor.meters.get(id)!
  const { config } = meter
  const at = { ms: floor.ms, ns: BigInt(monoNs(floor)) }
  const reading = { raw: meter.device, at, bootId: BOOT }
  const step = stepRegister(meter.state, reading, config, account, floor.options.gapMs ?? GAP_MS)
  meter.state = step.state
  const session = floor.open.get(config.machine)
  if (step.delta > 0n && step.account === 'session' && session !== undefined)
    session.use.set(id, (session.use.get(id) ?? 0n) + step.delta)
  for (const change of step.changes) {
    const data: JsonObject = {
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
    }
    record(floor, 'MeterChanged', data, config.machine, session?.id)
  }
}

export const metersOf = ({ meters }: Floor, machine: string) =>
  [...meters.keys()].filter((id) => id.startsWith(`${machine}/`)).sort()

/** The meters of a machine as they are, as entries have them. */
export function points(floor: Floor, machine: string, accounts = false): JsonObject[] {
  return metersOf(floor, machine).map((id) => {
    const { state } = floor.meters.get(id)!
    const units = Object.entries(state.accounts).map(([name, each]) => [name, String(each)])
    return {
      meter: id,
      unit: state.unit,
      raw: String(state.raw),
      epoch: state.epoch,
      total: String(state.total),
      at: state.atMs,
      ...(accounts ? { accounts: Object.fromEntries(units) } : {}),
    }
  })
}
