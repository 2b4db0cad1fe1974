/**
 * A counter that the device keeps: what its next value adds to the meter, and what happened to the counter. Pure.
 *
 *   accepted ── fits ──────────────► accepted: grows, wraps            (a value held before it was torn)
 *      │ does not fit                    │
 *      └─► held 1 ─► held 2 ─► held 3 = believed: reset, exchange, gap, regress, out-of-range; a new epoch
 *                                        (a value that is no count is named, and never believed)
 *
 * Held values must follow from each other, in time and within the maximum rate. Nothing is counted while a value is
 * held, and nothing is lost: what was made meanwhile is booked when the row ends. Read next: metering/metering.ts.
 */
import type { RegisterMeterConfig } from '../ground/config.ts'
import { type Moment, NS_PER_MS } from '../ground/moment.ts'
import type { NoCount } from './counts.ts'
import {
  type Account,
  add,
  assertConserved,
  BELIEVE_ROW_MS,
  CONFIRMATIONS,
  type Held,
  type MeterChange,
  type MeterChangeName,
  type MeterState,
  type MeterStep,
  named,
  nothing,
} from './meter.ts'

export type RegisterReading = {
  readonly raw: bigint | NoCount
  /** Identity of the device, for a meter that has one; the caller reads it before it steps the counter. */
  readonly identity?: string
  readonly at: Moment
  readonly bootId: string
}

/**
 * Takes a good reading of a register. Units made since the previous one go to `account`; a pause longer than `gapMs` is
 * recorded.
 */
export function stepRegister(
  state: MeterState,
  reading: RegisterReading,
  config: RegisterMeterConfig,
  account: Account,
  gapMs: number,
): MeterStep {
  const newest = state.held ?? state
  if (newest.bootId === reading.bootId && reading.at.ns <= newest.atNs && state.atMs !== 0)
    return nothing(state, account) // a late or repeated reading
  const { raw } = reading
  const to = state.next ?? account
  if (typeof raw !== 'bigint' || raw < 0n || (config.wrapAt !== undefined && raw >= config.wrapAt))
    return refuse(state, reading, typeof raw === 'bigint' ? 'out-of-range' : raw, account)
  if (state.raw === undefined || state.firstRaw === undefined) {
    const first = accept({ ...state, firstRaw: raw }, reading, raw)
    return named(first, 0n, account, [{ name: 'first', toRaw: raw, delta: 0n, account, epoch: state.epoch }])
  }
  const apartNs = elapsedNs(state, reading)
  const step = classify(state, raw, reading.identity, config, apartNs)
  if (step.kind === 'grows') return grow(state, reading, raw, config, step, to, Number(apartNs / NS_PER_MS) > gapMs)
  const held = hold(state.held, reading, raw, step.kind, config)
  if (!isBelieved(held)) return nothing({ ...state, held }, account)
  return restart(state, reading, raw, config, held, step.kind, to)
}

type Growth = { readonly kind: 'grows'; readonly counts: bigint; readonly wraps: bigint }
type Misfit = 'reset' | 'exchange' | 'gap' | 'regress' | 'out-of-range'

function classify(
  state: MeterState,
  raw: bigint,
  identity: string | undefined,
  config: RegisterMeterConfig,
  apartNs: bigint,
): Growth | { readonly kind: Misfit } {
  const last = state.raw!
  const { wrapAt, wrapUnknown, maxRate, resets } = config
  if (identity !== undefined && state.identity !== undefined && identity !== state.identity) return { kind: 'exchange' }
  if (canTurn(config, apartNs)) return { kind: 'gap' }
  const most = mostCounts(maxRate, apartNs)
  if (raw >= last)
    return raw - last <= most ? { kind: 'grows', counts: raw - last, wraps: 0n } : { kind: 'out-of-range' }
  if (wrapAt !== undefined && resets !== 'per-session') {
    const counts = raw + wrapAt - last
    if (counts <= most) return { kind: 'grows', counts, wraps: 1n }
  }
  if (resets !== 'never' && raw <= most) return { kind: 'reset' }
  // Whether it wrapped, and how much it made before that, cannot be known.
  return { kind: wrapUnknown ? 'gap' : 'regress' }
}

/**
 * Whether the time is so long that the counter can have passed its modulus and come back; how often cannot be known
 * then.
 */
function canTurn({ maxRate, wrapAt }: RegisterMeterConfig, apartNs: bigint): boolean {
  return wrapAt !== undefined && maxRate * apartNs >= wrapAt * 1_000_000_000n
}

/**
 * The most counts that the machine can have made in this time, plus one second: a device updates its registers at its
 * own pace.
 */
function mostCounts(maxRate: bigint, apartNs: bigint): bigint {
  return (maxRate * apartNs) / 1_000_000_000n + maxRate + 1n
}

type Stamped = Pick<Held, 'atMs' | 'atNs' | 'bootId'>

/**
 * By the monotonic clock within one boot, else by the wall clock. A wall clock that went back yields no time at all.
 */
function elapsedNs(since: Stamped, { at, bootId }: RegisterReading): bigint {
  if (since.bootId === bootId) return at.ns - since.atNs
  return BigInt(Math.max(0, at.ms - since.atMs)) * NS_PER_MS
}

/**
 * Whether a row of implausible values is believed. A reset that the profile allows, an exchange that the identity
 * shows, and a gap, about which nothing can be known, are believed at the third value; a fall or jump that may not
 * happen only when it lasts for a while and the counter goes on counting.
 */
function isBelieved({ seen, name, raw, firstRaw, sinceMs, sinceNs, atMs, atNs }: Held): boolean {
  if (seen < CONFIRMATIONS) return false
  if (name !== 'regress' && name !== 'out-of-range') return true
  if (raw === undefined || firstRaw === undefined || raw === firstRaw) return false
  const lastedMs = sinceNs === undefined ? atMs - (sinceMs ?? atMs) : Number((atNs - sinceNs) / NS_PER_MS)
  return lastedMs >= BELIEVE_ROW_MS || sinceMs === undefined
}

/** The row of values that do not fit, with one more; begun anew when this one does not follow from the last. */
function hold(
  before: Held | undefined,
  reading: RegisterReading,
  raw: bigint,
  name: MeterChangeName,
  config: RegisterMeterConfig,
): Held {
  const { identity } = reading
  const apartNs = before === undefined ? 0n : elapsedNs(before, reading)
  const follows =
    before?.raw !== undefined &&
    before.identity === identity &&
    raw >= before.raw &&
    raw - before.raw <= mostCounts(config.maxRate, apartNs) &&
    !canTurn(config, apartNs)
  return {
    raw,
    firstRaw: follows ? before.firstRaw! : raw,
    ...(identity === undefined ? {} : { identity }),
    seen: follows ? before.seen + 1 : 1,
    name,
    ...(follows ? sinceOf(before, reading) : { sinceMs: reading.at.ms, sinceNs: reading.at.ns }),
    ...stamped(reading),
  }
}

/** Since when the row that this reading continues has lasted; across a boot of the host by the wall clock only. */
function sinceOf({ sinceMs, sinceNs, bootId }: Held, reading: RegisterReading): Pick<Held, 'sinceMs' | 'sinceNs'> {
  if (sinceMs === undefined) return {}
  return sinceNs === undefined || bootId !== reading.bootId ? { sinceMs } : { sinceMs, sinceNs }
}

function stamped({ at, bootId }: RegisterReading): Stamped {
  return { atMs: at.ms, atNs: at.ns, bootId }
}

/**
 * A value that is not a count, or that this register cannot show: it is never believed, and recorded once when it
 * persists.
 */
function refuse(state: MeterState, reading: RegisterReading, name: NoCount, account: Account): MeterStep {
  const { held: before } = state
  const same = before !== undefined && before.raw === undefined && before.name === name
  if (same && before.seen >= CONFIRMATIONS) return nothing(state, account)
  const seen = same ? before.seen + 1 : 1
  const next = { ...state, held: { seen, name, ...stamped(reading) } }
  if (seen < CONFIRMATIONS) return nothing(next, account)
  return named(next, 0n, account, [
    { name, ...fromRaw(state), ...toRaw(reading.raw), delta: 0n, account, epoch: state.epoch },
  ])
}

const fromRaw = ({ raw }: MeterState) => (raw === undefined ? {} : { fromRaw: raw })
const toRaw = (raw: bigint | string | undefined) => (typeof raw === 'bigint' ? { toRaw: raw } : {})

/** The state after a value that was accepted. */
function accept(state: MeterState, reading: RegisterReading, raw: bigint): MeterState {
  const { held: _held, next: _next, ...rest } = state
  return {
    ...rest,
    raw,
    ...(reading.identity === undefined ? {} : { identity: reading.identity }),
    ...stamped(reading),
  }
}

function grow(
  state: MeterState,
  reading: RegisterReading,
  raw: bigint,
  config: RegisterMeterConfig,
  { counts, wraps }: Growth,
  account: Account,
  wide: boolean,
): MeterStep {
  const delta = counts * config.perCount
  const next = add({ ...accept(state, reading, raw), wraps: state.wraps + wraps }, account, delta)
  assertConserved(next, config)
  const changes: MeterChange[] = []
  const { held, epoch } = state
  if (held !== undefined && (held.raw !== undefined || held.seen < CONFIRMATIONS))
    changes.push({ name: 'torn', ...fromRaw(state), ...toRaw(held.raw), delta: 0n, account, epoch })
  const name = wraps > 0n ? 'wrap' : wide && delta > 0n ? 'gap' : undefined
  if (name !== undefined) {
    const apartMs = Number(elapsedNs(state, reading) / NS_PER_MS)
    changes.push({ name, ...fromRaw(state), toRaw: raw, delta, account, epoch, apartMs })
  }
  return named(next, delta, account, changes)
}

/**
 * Begins a new epoch. After a reset it begins at zero, since all that the counter shows was made after the reset.
 * Otherwise it begins with the first value of the row, and what was made before that is not booked. If it cannot be
 * known how the counter came to that value, the units of the row are disputed.
 */
function restart(
  state: MeterState,
  reading: RegisterReading,
  raw: bigint,
  config: RegisterMeterConfig,
  held: Held,
  name: Misfit,
  to: Account,
): MeterStep {
  const account = name === 'regress' || name === 'out-of-range' ? 'disputed' : to
  const firstRaw = name === 'reset' ? 0n : held.firstRaw!
  const delta = (raw - firstRaw) * config.perCount
  const epoch = state.epoch + 1
  const accounts = { session: 0n, unassigned: 0n, disputed: 0n }
  const next = add({ ...accept(state, reading, raw), epoch, firstRaw, wraps: 0n, accounts }, account, delta)
  assertConserved(next, config)
  const change: MeterChange = {
    name,
    ...fromRaw(state),
    toRaw: raw,
    ...(name === 'exchange' ? { fromIdentity: state.identity!, toIdentity: reading.identity! } : {}),
    delta,
    account,
    epoch,
    apartMs: Number(elapsedNs(state, reading) / NS_PER_MS),
  }
  return named(next, delta, account, [change])
}
