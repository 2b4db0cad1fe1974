/**
 * Quantities that are counted here because the device keeps no counter: time in a state, rising edges, the integral of
 * a rate. Each counts only between two consecutive fresh readings of the same boot, at most `gapMs` apart: what was not
 * seen is neither counted nor interpolated. Pure. Read next: metering/metering.ts (who calls).
 */
import type { EdgeMeterConfig, IntegralMeterConfig } from '../ground/config.ts'
import { type Moment, NS_PER_MS } from '../ground/moment.ts'
import type { Value } from '../reading/reading.ts'
import { rateMilli } from './counts.ts'
import { type Account, add, CONFIRMATIONS, type MeterState, type MeterStep, named, nothing } from './meter.ts'

type Wait =
  | { readonly kind: 'late' }
  | { readonly kind: 'first' }
  | { readonly kind: 'gap'; readonly apartMs: number }
  | { readonly kind: 'next'; readonly apartNs: bigint }

/** How this reading relates in time to the last one. */
function waited(state: MeterState, at: Moment, bootId: string, gapMs: number): Wait {
  if (state.atMs === 0) return { kind: 'first' }
  if (state.bootId !== bootId) return { kind: 'gap', apartMs: Math.max(0, at.ms - state.atMs) }
  const apartNs = at.ns - state.atNs
  if (apartNs <= 0n) return { kind: 'late' }
  if (apartNs > BigInt(gapMs) * NS_PER_MS) return { kind: 'gap', apartMs: Number(apartNs / NS_PER_MS) }
  return { kind: 'next', apartNs }
}

/**
 * Takes a fresh reading of the machine state. The time since the previous reading counts, in ms, if the state held
 * then.
 */
export function stepDuration(
  state: MeterState,
  holds: boolean,
  at: Moment,
  bootId: string,
  account: Account,
  gapMs: number,
): MeterStep {
  const wait = waited(state, at, bootId, gapMs)
  if (wait.kind === 'late') return nothing(state, account)
  const now = { ...state, holding: holds, atMs: at.ms, atNs: at.ns, bootId }
  if (wait.kind !== 'next' || !state.holding) return nothing(now, account)
  const ns = wait.apartNs + state.carryNs
  const delta = ns / NS_PER_MS
  return { state: add({ ...now, carryNs: ns % NS_PER_MS }, account, delta), delta, account, changes: [] }
}

/**
 * Takes a good reading of a boolean: it counts one edge if the value was false at the previous reading. A gap may have
 * hidden edges, so it is recorded.
 */
export function stepEdges(
  state: MeterState,
  on: boolean,
  at: Moment,
  bootId: string,
  config: EdgeMeterConfig,
  account: Account,
  gapMs: number,
): MeterStep {
  const wait = waited(state, at, bootId, gapMs)
  if (wait.kind === 'late') return nothing(state, account)
  const now = { ...state, holding: on, atMs: at.ms, atNs: at.ns, bootId }
  if (wait.kind === 'gap') return gap(now, account, wait.apartMs)
  if (wait.kind === 'first' || !on || state.holding) return nothing(now, account)
  return { state: add(now, account, config.perEdge), delta: config.perEdge, account, changes: [] }
}

/**
 * Takes a good reading of a rate: the mean of two readings for the time between them (the trapezoid rule), in integers:
 * milli-units × ns × 2. Whole smallest units of it are booked and the rest is carried. A rate below zero counts as
 * zero: what flows back is not subtracted. A rate above `maxRate` is not used, and is recorded when it persists.
 */
export function stepIntegral(
  state: MeterState,
  value: Value | undefined,
  at: Moment,
  bootId: string,
  config: IntegralMeterConfig,
  account: Account,
  gapMs: number,
): MeterStep {
  const wait = waited(state, at, bootId, gapMs)
  if (wait.kind === 'late') return nothing(state, account)
  const shown = rateMilli(value)
  if (shown === undefined) return nothing(state, account)
  if (shown > config.maxRate * 1000n) return refuse(state, at, bootId, account)
  const rate = shown < 0n ? 0n : shown
  const { held: _held, ...rest } = state
  const now = { ...rest, rateMilli: rate, atMs: at.ms, atNs: at.ns, bootId }
  if (wait.kind === 'gap') return gap(now, account, wait.apartMs)
  if (wait.kind === 'first') return nothing(now, account)
  const unit = 2n * 1000n * config.perNs
  const area = (state.rateMilli! + rate) * wait.apartNs + state.carryNs
  const delta = area / unit
  return { state: add({ ...now, carryNs: area % unit }, account, delta), delta, account, changes: [] }
}

function gap(state: MeterState, account: Account, apartMs: number): MeterStep {
  return named(state, 0n, account, [{ name: 'gap', delta: 0n, account, epoch: state.epoch, apartMs }])
}

function refuse(state: MeterState, at: Moment, bootId: string, account: Account): MeterStep {
  const seen = Math.min((state.held?.seen ?? 0) + 1, CONFIRMATIONS)
  const name = 'out-of-range'
  const next = { ...state, held: { seen, name, atMs: at.ms, atNs: at.ns, bootId } as const }
  if (seen < CONFIRMATIONS || state.held?.seen === CONFIRMATIONS) return nothing(next, account)
  return named(next, 0n, account, [{ name, delta: 0n, account, epoch: state.epoch }])
}
