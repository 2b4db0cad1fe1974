/**
 * The meter kernel: what a reading adds to a quantity that only grows, and what happened to its counter. Integers only;
 * floats become counts in counts.ts and nowhere else.
 *
 *   reading ─► counts ─► step ─► delta (to one account) + named changes
 *
 * Accounts: `session`, `unassigned` (no session was open), `disputed` (it cannot be known whose). For each epoch of a
 * register
 *   (last raw − first raw + wraps) × perCount = session + unassigned + disputed,
 * which is asserted on every step. Nothing is interpolated; an implausible value is held back until it is seen again.
 * Read next: register.ts (counters of a device), derived.ts (what is counted here), metering/metering.ts (who calls).
 */
import type { MeterConfig, RegisterMeterConfig } from '../ground/config.ts'
import { type Redefined, redefined } from '../ground/definition.ts'
import { assert } from '../ground/failure.ts'

export type Account = 'session' | 'unassigned' | 'disputed'

/** Why a counter did not simply grow. */
export type MeterChangeName =
  /** The first reading: counting begins here, not at zero. */
  | 'first'
  /** It passed its modulus, within the maximum rate. */
  | 'wrap'
  /** It went back to zero, as its profile allows. */
  | 'reset'
  /** The device has another identity: the old epoch closed at its last value, and nothing was booked in between. */
  | 'exchange'
  /**
   * It was not read for longer than two polls. With a delta of 0 and a new epoch: for so long that it cannot be known
   * how often it wrapped.
   */
  | 'gap'
  /** It went back, though not to zero or though it never resets. */
  | 'regress'
  /**
   * It grew by more than the machine can have made, is beyond the modulus, or is no whole number of a float's steps.
   */
  | 'out-of-range'
  /** The float is so large that it cannot distinguish one step from the next. */
  | 'unresolved'
  /** One or two implausible values, after which the counter was plausible again. Nothing was booked for them. */
  | 'torn'
  /** What was made while somebody else held the machine, unassigned; recorded once, when that use ended. */
  | 'foreign'
  /**
   * Its register, scale, unit, resolution or wrap is configured differently: a new epoch begins, and nothing was booked
   * in between. In another unit it has another total, too.
   */
  | 'reconfigured'
  /** It has stopped counting, and what the machine makes is not metered until it counts again. */
  | 'silent'

/**
 * An implausible value that is held back, and how many readings in a row have shown it or a value that can follow from
 * it.
 */
export type Held = {
  /** Absent when the value was no count at all. */
  readonly raw?: bigint
  /** The first value of the row. A new epoch begins with it if the row is believed. */
  readonly firstRaw?: bigint
  readonly identity?: string
  readonly seen: number
  /**
   * Since when the row has lasted, ms of wall time and ns of `bootId`; absent in a row that was stored before this was
   * kept.
   */
  readonly sinceMs?: number
  readonly sinceNs?: bigint
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
  /** The definition with which it last counted; absent in a state that was stored before this was kept. */
  readonly definition?: string
  /** The life of the counter between two resets or exchanges; from 1. */
  readonly epoch: number
  /** Register only: the last and the first accepted value of the epoch, in counts of the device. */
  readonly raw?: bigint
  readonly firstRaw?: bigint
  /** Register with an identity: that of the device from which `raw` was read. */
  readonly identity?: string
  /** How often the counter has passed its modulus in this epoch. */
  readonly wraps: bigint
  /** Smallest units, over all epochs in this unit. */
  readonly total: bigint
  /** Where the total stands in other units, in which it has counted before. */
  readonly otherUnits?: readonly { readonly unit: string; readonly total: bigint }[]
  /** Smallest units in this epoch, by account. */
  readonly accounts: Readonly<Record<Account, bigint>>
  /** When the last accepted reading was taken; ns of `bootId`. */
  readonly atMs: number
  readonly atNs: bigint
  readonly bootId: string
  readonly held?: Held
  /** The remainder below one smallest unit. Duration: ns. Integral: milli-units of the rate × ns × 2. */
  readonly carryNs: bigint
  /** Whether the state of a duration held, or the signal of edges was true, at the last fresh reading. */
  readonly holding: boolean
  /** Integral only: the rate at the last fresh reading, milli-units. */
  readonly rateMilli?: bigint
  /** The total in the last entry that stated it together with the counter. */
  readonly recordedTotal: bigint
  /** Set when it cannot be known whose the next units are: they go to this account in any case. */
  readonly next?: Account
  /** Smallest units booked as unassigned in the foreign use that is going on. */
  readonly foreign?: bigint
}

export type MeterChange = {
  readonly name: MeterChangeName
  readonly fromRaw?: bigint
  readonly toRaw?: bigint
  /** Exchange only: identities before and after. */
  readonly fromIdentity?: string
  readonly toIdentity?: string
  /** Reconfigured only: in words; and of another unit, which one it was and where its total stands. */
  readonly redefined?: string
  readonly fromUnit?: string
  readonly fromTotal?: bigint
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

/** How many readings in a row must show an implausible value before it is believed. */
export const CONFIRMATIONS = 3
/**
 * A counter that fell or jumped though it may not is believed when the row of its values has lasted this long, ms, and
 * the counter has gone on counting. A torn word, a dip by rounding, a night at zero and a code for "not available" do
 * not go on counting.
 */
export const BELIEVE_ROW_MS = 10_000

export function newMeter(config: MeterConfig, bootId: string): MeterState {
  return {
    meter: config.id,
    machine: config.machine,
    kind: config.kind,
    unit: config.unit,
    ...(config.definition === undefined ? {} : { definition: config.definition }),
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

/** The state from which a meter is stepped: the known one, or the first of a new epoch when it is redefined. */
export function stateFor(known: MeterState | undefined, config: MeterConfig, bootId: string): MeterState {
  if (known === undefined) return newMeter(config, bootId)
  if (redefinedSince(known, config).length > 0) return renewed(known, newMeter(config, bootId))
  const { definition } = config
  return definition === undefined || definition === known.definition ? known : { ...known, definition }
}

/** The next epoch. Each unit has a total of its own, which goes on where it stood when the meter last counted in it. */
function renewed(known: MeterState, fresh: MeterState): MeterState {
  // A value that is no count says nothing of an epoch, and is named once.
  const held = known.held === undefined || known.held.raw !== undefined ? {} : { held: known.held }
  if (known.atMs === 0) return { ...fresh, ...held }
  const { epoch, total, recordedTotal, foreign, otherUnits = [] } = known
  const next = { ...fresh, ...held, epoch: epoch + 1 }
  if (known.unit === fresh.unit)
    return {
      ...next,
      total,
      recordedTotal,
      ...(foreign === undefined ? {} : { foreign }),
      ...(otherUnits.length === 0 ? {} : { otherUnits }),
    }
  const earlier = otherUnits.find(({ unit }) => unit === fresh.unit)?.total ?? 0n
  const others = otherUnits.filter(({ unit }) => unit !== fresh.unit)
  return {
    ...next,
    total: earlier,
    recordedTotal: earlier,
    otherUnits: [...others, { unit: known.unit, total }],
  }
}

/**
 * What of the meter is configured differently from what it last counted by. A state from before definitions were kept
 * is taken as it is, unless its accounts show that a count was worth something else.
 */
export function redefinedSince(known: MeterState, config: MeterConfig): Redefined[] {
  if (known.definition !== undefined && known.unit === config.unit)
    return config.definition === undefined ? [] : redefined(known.definition, config.definition)
  const parts = known.definition === undefined ? [] : redefined(known.definition, config.definition ?? '')
  const unit = { what: 'unit', from: known.unit, to: config.unit }
  if (known.unit !== config.unit) return [unit, ...parts.filter(({ what }) => what !== 'unit' && what !== 'definition')]
  if (known.kind !== config.kind) return [{ what: 'kind', from: known.kind, to: config.kind }]
  if (config.kind !== 'register' || isConserved(known, config)) return []
  return [{ what: 'perCount', from: 'another', to: config.perCount.toString() }]
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

/** A step with its changes. If the last change states the current counter, the total counts as recorded. */
export function named(state: MeterState, delta: bigint, account: Account, changes: readonly MeterChange[]): MeterStep {
  const last = changes.at(-1)
  const shown = last !== undefined && last.name !== 'torn' && last.toRaw === state.raw
  return { state: shown ? { ...state, recordedTotal: state.total } : state, delta, account, changes }
}

/** Units of this epoch by the counter itself; the accounts must add up to this. */
export function counted(state: MeterState, config: RegisterMeterConfig): bigint {
  if (state.raw === undefined || state.firstRaw === undefined) return 0n
  return (state.raw - state.firstRaw + state.wraps * (config.wrapAt ?? 0n)) * config.perCount
}

function isConserved(state: MeterState, config: RegisterMeterConfig): boolean {
  const { session, unassigned, disputed } = state.accounts
  return counted(state, config) === session + unassigned + disputed
}

export function assertConserved(state: MeterState, config: RegisterMeterConfig): void {
  const what = `${state.meter}: accounts do not add up to the counter in epoch ${state.epoch}`
  assert(isConserved(state, config), 'meter', what)
}
