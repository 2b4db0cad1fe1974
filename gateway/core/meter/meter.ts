/**
 * The meter kernel: what a reading adds to a quantity that only grows, and what happened to its counter. Exact integers
 * only; floats become counts in counts.ts and nowhere else.
 *
 *   reading ─► counts ─► step ─► delta (to one account) + named changes
 *
 * Accounts: `session`, `unassigned` (no session was open), `disputed` (nobody can say whose). For each epoch of a
 * register
 *   (last raw − first raw + wraps) × perCount = session + unassigned + disputed,
 * asserted on every step. Nothing is interpolated; a value that does not fit is held until it is seen again.
 * Read next: register.ts (counters of a device), derived.ts (what is counted here), metering/metering.ts (who calls).
 */
import type { MeterConfig, RegisterMeterConfig } from '../ground/config.ts'
import { assert } from '../ground/failure.ts'

export type Account = 'session' | 'unassigned' | 'disputed'

/** Why a counter did not simply grow. */
export type MeterChangeName =
  /** The first reading ever: counting begins here, not at zero. */
  | 'first'
  /** Past its modulus, within the maximum rate. */
  | 'wrap'
  /** Back to zero, as its profile says it may. */
  | 'reset'
  /** The device has another identity: the old epoch closed at its last value, nothing was booked in between. */
  | 'exchange'
  /**
   * A wait longer than two polls; with a delta of 0 and a new epoch, so long that nobody can say how often it wrapped.
   */
  | 'gap'
  /** Back, though not to zero or though it never resets. */
  | 'regress'
  /** More than the machine can have made, beyond the modulus, or no whole step of a float's resolution. */
  | 'out-of-range'
  /** The float is so large that it no longer tells one step from the next. */
  | 'unresolved'
  /** One or two values that did not fit, before the counter was plausible again. Nothing was booked on them. */
  | 'torn'
  /** What was made, unassigned, while somebody else held the machine; named once, when that ended. */
  | 'foreign'

/** A value that did not fit, and how often in a row it, or what can follow from it, has been seen. */
export type Held = {
  /** Absent when the value was no count at all. */
  readonly raw?: bigint
  /** The first of the row: what an epoch that comes of it begins with. */
  readonly firstRaw?: bigint
  readonly identity?: string
  readonly seen: number
  readonly name: MeterChangeName
  readonly atMs: number
  readonly atNs: bigint
  readonly bootId: string
}

export type MeterState = {
  /** `machine/alias.name` */
  readonly meter: string
  readonly machine: string
  readonly kind: MeterConfig['kind']
  readonly unit: string
  /** The life of the counter between two resets or exchanges; from 1. */
  readonly epoch: number
  /** Register only: the last and the first accepted value of the epoch, in counts as the device holds them. */
  readonly raw?: bigint
  readonly firstRaw?: bigint
  /** Register with an identity: of the device that `raw` came from. */
  readonly identity?: string
  /** Times the counter passed its modulus in this epoch. */
  readonly wraps: bigint
  /** Smallest units, over all epochs. */
  readonly total: bigint
  /** Smallest units in this epoch, by account. */
  readonly accounts: Readonly<Record<Account, bigint>>
  /** When the last accepted reading was taken; ns of `bootId`. */
  readonly atMs: number
  readonly atNs: bigint
  readonly bootId: string
  readonly held?: Held
  /** What is below one smallest unit, carried. Duration: ns. Integral: milli-units of the rate × ns × 2. */
  readonly carryNs: bigint
  /** Whether the state of a duration held, or the signal of edges was true, at the last fresh reading. */
  readonly holding: boolean
  /** Integral only: the rate at the last fresh reading, milli-units. */
  readonly rateMilli?: bigint
  /** Total at the last entry that showed it with its counter. */
  readonly recordedTotal: bigint
  /** Where the next units go whatever happens: nobody can say whose they are. */
  readonly next?: Account
  /** Smallest units made unassigned in the foreign use that goes on. */
  readonly foreign?: bigint
}

export type MeterChange = {
  readonly name: MeterChangeName
  readonly fromRaw?: bigint
  readonly toRaw?: bigint
  /** Exchange only: identities before and after. */
  readonly fromIdentity?: string
  readonly toIdentity?: string
  /** Smallest units booked with it. */
  readonly delta: bigint
  readonly account: Account
  readonly epoch: number
  /** ms between the two readings. */
  readonly apartMs?: number
}

export type MeterStep = {
  readonly state: MeterState
  readonly delta: bigint
  readonly account: Account
  readonly changes: readonly MeterChange[]
}

/** How often a value that does not fit must be seen before it is believed. */
export const CONFIRMATIONS = 3

export function newMeter(config: MeterConfig, bootId: string): MeterState {
  return {
    meter: config.id,
    machine: config.machine,
    kind: config.kind,
    unit: config.unit,
    epoch: 1,
    wraps: 0n,
    total: 0n,
    accounts: { session: 0n, unassigned: 0n, disputed: 0n },
    atMs: 0,
    atNs: 0n,
    bootId,
    carryNs: 0n,
    holding: false,
    recordedTotal: 0n,
  }
}

/** The reading changed nothing, or only what is kept for the next. */
export function nothing(state: MeterState, account: Account): MeterStep {
  return { state, delta: 0n, account, changes: [] }
}

/** Adds to the total and to one account of the epoch. */
export function add(state: MeterState, account: Account, delta: bigint): MeterState {
  return {
    ...state,
    total: state.total + delta,
    accounts: { ...state.accounts, [account]: state.accounts[account] + delta },
  }
}

/** A step with its changes. The total is recorded with them when they show the counter as it stands with it. */
export function named(state: MeterState, delta: bigint, account: Account, changes: readonly MeterChange[]): MeterStep {
  const last = changes.at(-1)
  const shown = last !== undefined && last.name !== 'torn' && last.toRaw === state.raw
  return { state: shown ? { ...state, recordedTotal: state.total } : state, delta, account, changes }
}

/** Units of this epoch by the counter itself: what the accounts must add up to. */
export function counted(state: MeterState, config: RegisterMeterConfig): bigint {
  if (state.raw === undefined || state.firstRaw === undefined) return 0n
  return (state.raw - state.firstRaw + state.wraps * (config.wrapAt ?? 0n)) * config.perCount
}

export function assertConserved(state: MeterState, config: RegisterMeterConfig): void {
  const { session, unassigned, disputed } = state.accounts
  assert(
    counted(state, config) === session + unassigned + disputed,
    'meter',
    `${state.meter}: accounts do not add up to the counter in epoch ${state.epoch}`,
  )
}
