/**
 * The meter kernel: what a counter's next reading adds, and what happened to the counter. Exact integers only.
 *
 *   reading ─► step ─► delta (to one account) + named changes
 *
 * Accounts: `session`, `unassigned` (no session was open), `disputed` (nobody can say whose). For each epoch
 *   (last raw − first raw + wraps) × perCount = session + unassigned + disputed,
 * asserted on every step. Nothing is interpolated; a value that does not fit is held until it is seen again.
 * Read next: session.ts (begin and end readings), ../runtime/machine-loop.ts (who calls).
 */
import type { DurationMeterConfig, RegisterMeterConfig } from '../../config/site.ts'
import { assert } from './error.ts'
import { type Moment, NS_PER_MS } from './reading.ts'

export type Account = 'session' | 'unassigned' | 'disputed'

/** Why a counter did not simply grow. */
export type MeterChangeName = 'first' | 'wrap' | 'reset' | 'gap' | 'regress' | 'out-of-range'

export type MeterState = {
  /** `machine/alias.name` */
  readonly meter: string
  readonly machine: string
  readonly kind: 'register' | 'duration'
  readonly unit: string
  /** The life of the counter between two resets; from 1. */
  readonly epoch: number
  /** Register only: the last and the first accepted value of the epoch, in counts as the device holds them. */
  readonly raw?: bigint
  readonly firstRaw?: bigint
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
  /** A value that did not fit, and how often it has been seen in a row. */
  readonly held?: { readonly raw: bigint; readonly seen: number; readonly name: MeterChangeName }
  /** Duration only: ns below one ms, carried. */
  readonly carryNs: bigint
  /** Duration only: whether the state held at the last fresh reading. */
  readonly holding: boolean
  /** Total at the last entry that named it. */
  readonly recordedTotal: bigint
  /** Where the next units go whatever happens: nobody can say whose they are. */
  readonly next?: Account
}

export type MeterChange = {
  readonly name: MeterChangeName
  readonly fromRaw?: bigint
  readonly toRaw?: bigint
  /** Smallest units booked with it. */
  readonly delta: bigint
  readonly account: Account
  readonly epoch: number
  /** ms between the two readings, when both are of one boot. */
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

export function newMeter(config: RegisterMeterConfig | DurationMeterConfig, bootId: string): MeterState {
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

export type RegisterReading = { readonly raw: bigint; readonly at: Moment; readonly bootId: string }

/** A good reading of a register. Units made since the last one go to `account`; a wait longer than `gapMs` is named. */
export function stepRegister(
  state: MeterState,
  reading: RegisterReading,
  config: RegisterMeterConfig,
  account: Account,
  gapMs: number,
): MeterStep {
  const { raw } = reading
  if (state.raw === undefined || state.firstRaw === undefined) {
    const next = { ...state, raw, firstRaw: raw, atMs: reading.at.ms, atNs: reading.at.ns, bootId: reading.bootId }
    return settle(next, { name: 'first', toRaw: raw, delta: 0n, account, epoch: state.epoch })
  }
  const sameBoot = state.bootId === reading.bootId
  const apartNs = sameBoot ? reading.at.ns - state.atNs : BigInt(Math.max(0, reading.at.ms - state.atMs)) * NS_PER_MS
  if (sameBoot && apartNs < 0n) return { state, delta: 0n, account, changes: [] } // late or replayed
  const apartMs = Number(apartNs / NS_PER_MS)
  const most = mostCounts(config.maxRate, apartNs)
  const wide = apartMs > gapMs
  const step = classify(state.raw, raw, config, most)
  const to = state.next ?? account

  if (step.kind === 'grows') return grow(state, reading, config, step.counts, 0n, to, wide, apartMs)
  if (step.kind === 'wraps') return grow(state, reading, config, step.counts, 1n, to, wide, apartMs)

  const seen =
    state.held?.raw === raw || (state.held && plausiblyNext(state.held.raw, raw, most)) ? state.held.seen + 1 : 1
  if (seen < CONFIRMATIONS)
    return { state: { ...state, held: { raw, seen, name: step.kind } }, delta: 0n, account, changes: [] }
  if (step.kind === 'reset') return restart(state, reading, config, to, most, apartMs)
  // Believed at last, but nobody can say how it came about: a new epoch begins, nothing is booked.
  return restart(state, reading, config, 'disputed', -1n, apartMs, step.kind)
}

type Step =
  | { readonly kind: 'grows' | 'wraps'; readonly counts: bigint }
  | { readonly kind: 'reset' | 'regress' | 'out-of-range' }

function classify(last: bigint, raw: bigint, config: RegisterMeterConfig, most: bigint): Step {
  if (raw < 0n || (config.wrapAt !== undefined && raw >= config.wrapAt)) return { kind: 'out-of-range' }
  if (raw >= last) return raw - last <= most ? { kind: 'grows', counts: raw - last } : { kind: 'out-of-range' }
  if (config.wrapAt !== undefined) {
    const counts = raw + config.wrapAt - last
    if (counts <= most) return { kind: 'wraps', counts }
  }
  return config.resets === 'to-zero' ? { kind: 'reset' } : { kind: 'regress' }
}

/** Counts the machine can have made in this time: one is always granted, since readings fall between counts. */
function mostCounts(maxRate: bigint, apartNs: bigint): bigint {
  return (maxRate * apartNs) / 1_000_000_000n + maxRate + 1n
}

function plausiblyNext(held: bigint, raw: bigint, most: bigint): boolean {
  return raw >= held && raw - held <= most
}

function grow(
  state: MeterState,
  reading: RegisterReading,
  config: RegisterMeterConfig,
  counts: bigint,
  wraps: bigint,
  account: Account,
  wide: boolean,
  apartMs: number,
): MeterStep {
  const delta = counts * config.perCount
  const next: MeterState = {
    ...settled(state),
    raw: reading.raw,
    wraps: state.wraps + wraps,
    total: state.total + delta,
    accounts: { ...state.accounts, [account]: state.accounts[account] + delta },
    atMs: reading.at.ms,
    atNs: reading.at.ns,
    bootId: reading.bootId,
  }
  assertConserved(next, config)
  const name = wraps > 0n ? 'wrap' : wide ? 'gap' : undefined
  if (name === undefined || (name === 'gap' && delta === 0n)) return { state: next, delta, account, changes: [] }
  return settle(next, { name, fromRaw: state.raw!, toRaw: reading.raw, delta, account, epoch: next.epoch, apartMs })
}

/** A new epoch. After a reset to zero what the counter shows was made since, if it can have been. */
function restart(
  state: MeterState,
  reading: RegisterReading,
  config: RegisterMeterConfig,
  account: Account,
  most: bigint,
  apartMs: number,
  name: MeterChangeName = 'reset',
): MeterStep {
  const counted = reading.raw <= most ? reading.raw : 0n
  const delta = counted * config.perCount
  const next: MeterState = {
    ...settled(state),
    epoch: state.epoch + 1,
    firstRaw: reading.raw - counted,
    raw: reading.raw,
    wraps: 0n,
    total: state.total + delta,
    accounts: { session: 0n, unassigned: 0n, disputed: 0n, [account]: delta },
    atMs: reading.at.ms,
    atNs: reading.at.ns,
    bootId: reading.bootId,
  }
  assertConserved(next, config)
  return settle(next, { name, fromRaw: state.raw!, toRaw: reading.raw, delta, account, epoch: next.epoch, apartMs })
}

function settled(state: MeterState): MeterState {
  const { held: _held, next: _next, ...rest } = state
  return rest
}

function settle(state: MeterState, change: MeterChange): MeterStep {
  return {
    state: { ...state, recordedTotal: state.total },
    delta: change.delta,
    account: change.account,
    changes: [change],
  }
}

/**
 * A fresh, good reading of the machine state. Time counts from one such reading to the next if the state held at the
 * first, and only if they are at most `gapMs` apart on one boot's clock.
 */
export function stepDuration(
  state: MeterState,
  holds: boolean,
  at: Moment,
  bootId: string,
  account: Account,
  gapMs: number,
): MeterStep {
  const apartNs = at.ns - state.atNs
  if (state.bootId === bootId && apartNs < 0n) return { state, delta: 0n, account, changes: [] }
  const counts = state.holding && state.bootId === bootId && state.atMs !== 0 && apartNs <= BigInt(gapMs) * NS_PER_MS
  const ns = counts ? apartNs + state.carryNs : state.carryNs
  const delta = counts ? ns / NS_PER_MS : 0n
  const next: MeterState = {
    ...state,
    total: state.total + delta,
    accounts: { ...state.accounts, [account]: state.accounts[account] + delta },
    carryNs: counts ? ns % NS_PER_MS : state.carryNs,
    holding: holds,
    atMs: at.ms,
    atNs: at.ns,
    bootId,
  }
  return { state: next, delta, account, changes: [] }
}

/** Units of this epoch by the counter itself: what the accounts must add up to. */
export function counted(state: MeterState, config: RegisterMeterConfig): bigint {
  if (state.raw === undefined || state.firstRaw === undefined) return 0n
  return (state.raw - state.firstRaw + state.wraps * (config.wrapAt ?? 0n)) * config.perCount
}

function assertConserved(state: MeterState, config: RegisterMeterConfig): void {
  const { session, unassigned, disputed } = state.accounts
  assert(
    counted(state, config) === session + unassigned + disputed,
    'meter',
    `${state.meter}: accounts do not add up to the counter in epoch ${state.epoch}`,
  )
}
