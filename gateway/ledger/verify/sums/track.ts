/**
 * One meter, followed through the log: do its units follow the counter they were read from, and where did they go?
 * Pure. Read next: epoch.ts (the rule), meter-sums.ts (all meters).
 */
import type { Account, MeterChange, Point } from '../entry/content.ts'
import type { EpochFacts, MeterFacts } from '../facts.ts'
import { divided, minus, plus, type Quantity, same } from '../quantity.ts'
import type { Report } from '../report.ts'
import { type Epoch, epochFacts, follows, newEpoch, wrap } from './epoch.ts'

export type Track = {
  readonly meter: string
  readonly unit: string
  readonly simulated: boolean
  /** The entry that showed it first. */
  readonly firstSeq: number
  readonly firstTotal: Quantity
  total: Quantity
  /** The last total that was shown; one shown beside a value that was not believed is not yet `total`. */
  shown: Quantity
  epoch: Epoch
  readonly past: EpochFacts[]
  /** Units charged to sessions that ended. */
  charged: Quantity
  /** Units moved to sessions by corrections, or away from them when below 0. */
  corrected: Quantity
  /** Units by the account that changes name, and those of foreign use. */
  readonly named: Record<Account | 'foreign', Quantity>
}

function newTrack({ meter, unit, total, epoch, raw }: Point, simulated: boolean, firstSeq: number): Track {
  return {
    meter,
    unit,
    simulated,
    firstSeq,
    firstTotal: total,
    total,
    shown: total,
    epoch: newEpoch(epoch, total, raw),
    past: [],
    charged: 0,
    corrected: 0,
    named: { session: 0, unassigned: 0, disputed: 0, foreign: 0 },
  }
}

/** A track that begins with a reading. */
export function beginWithPoint(point: Point, simulated: boolean, seq: number, report: Report): Track {
  const track = newTrack(point, simulated, seq)
  takeAccounts(track, point, seq, report)
  return track
}

/** A track that begins with a change: what was booked with it was made before. */
export function beginWithChange({ point, name }: MeterChange, simulated: boolean, seq: number, report: Report): Track {
  const track = newTrack(point, simulated, seq)
  if (name === 'first') track.epoch.base = { sum: 0, total: point.total }
  takeAccounts(track, point, seq, report)
  return track
}

/** What holds of a meter in whatever entry it stands: its unit stays, and its total never falls. */
function show(track: Track, { unit, total }: Point, seq: number, report: Report): void {
  if (unit !== track.unit) report.fault('counter-differs', `${track.meter} counts ${track.unit}, then ${unit}`, seq)
  if (total < track.shown) report.fault('total-fell', `${track.meter} from ${track.shown} to ${total}`, seq)
  track.shown = total
}

/** The meter as an entry shows it at that time. */
export function stepTrack(track: Track, point: Point, seq: number, report: Report): void {
  show(track, point, seq, report)
  if (point.epoch !== track.epoch.number) jump(track, point, seq, report)
  else read(track, point.total, point.raw, seq, report)
  takeAccounts(track, point, seq, report)
}

/** A change that booked units, or began an epoch. */
export function bookChange(track: Track, change: MeterChange, seq: number, report: Report): void {
  const { point, name, from, delta, account } = change
  show(track, point, seq, report)
  if (name === 'first') report.fault('epoch-wrong', `${track.meter} is read for the first time again`, seq)
  const anew = beginsEpoch(change, track.epoch.number)
  const before = minus(point.total, delta)
  track.named[account] = plus(track.named[account], delta)
  if (point.epoch !== track.epoch.number + (anew ? 1 : 0)) jump(track, point, seq, report)
  else {
    if (before < track.total)
      report.fault('total-fell', `${track.meter} from ${track.total} to ${before}, and ${delta} more`, seq)
    read(track, before, from, seq, report)
    if (anew) restart(track, change, before, seq, report)
    else if (name === 'wrap') takeWrap(track, change, seq, report)
    else read(track, point.total, point.raw, seq, report)
  }
  takeAccounts(track, point, seq, report)
}

/**
 * Closes the account of a unit at its last total, and begins the next epoch in another: where the meter stood when it
 * last counted in that, or, if this log has not shown that, as it stands.
 */
export function leaveUnit(
  track: Track,
  earlier: Track | undefined,
  change: MeterChange,
  seq: number,
  report: Report,
): Track {
  const { point, from, left = { unit: track.unit, total: track.total } } = change
  show(track, { ...point, ...left }, seq, report)
  read(track, left.total, from, seq, report)
  if (point.epoch !== track.epoch.number + 1)
    report.fault('epoch-wrong', `${track.meter} from ${track.epoch.number} to ${point.epoch}`, seq)
  const stood = earlier?.total ?? point.total
  const isOdd = point.unit === track.unit || !same(point.total, stood) || !same(change.delta, 0)
  if (isOdd || (point.raw !== undefined && point.raw < 0))
    report.fault('counter-differs', `${track.meter} began anew at ${point.total} ${point.unit} of ${stood}`, seq)
  const next = earlier ?? newTrack(point, track.simulated, track.firstSeq)
  if (earlier !== undefined) renew(earlier, newEpoch(point.epoch, point.total, point.raw), point.total)
  next.epoch.base = { sum: 0, total: point.total }
  takeAccounts(next, point, seq, report)
  return next
}

/** A change that booked nothing. It does not show the counter, or shows a value that was not believed. */
export function noteChange(track: Track, { point, effect, delta }: MeterChange, seq: number, report: Report): void {
  const { epoch, named } = track
  show(track, point, seq, report)
  if (effect === 'named') named.foreign = plus(named.foreign, delta)
  if (point.epoch !== epoch.number) jump(track, point, seq, report)
  else if (epoch.lastRaw === undefined) track.total = point.total
}

/** Whether the change begins a new life of the counter: some always do, some where the epoch says so. */
export function beginsEpoch({ name, point }: MeterChange, epoch: number | undefined): boolean {
  if (name === 'reset' || name === 'exchange' || name === 'regress' || name === 'reconfigured') return true
  return (name === 'gap' || name === 'out-of-range') && epoch !== undefined && point.epoch !== epoch
}

/** A reading in the epoch the meter is in. A total that fell was reported where it is shown. */
function read(track: Track, total: Quantity, raw: Quantity | undefined, seq: number, report: Report): void {
  const { epoch, meter } = track
  const { lastRaw } = epoch
  const units = minus(total, track.total)
  if (raw === undefined || lastRaw === undefined) {
    if (raw !== lastRaw) report.fault('counter-differs', `${meter} has no counter at one of two readings`, seq)
  } else if (units >= 0 && !follows(epoch, units, minus(raw, lastRaw)))
    report.fault('counter-differs', `${meter} made ${units} while its counter went from ${lastRaw} to ${raw}`, seq)
  track.total = total
  epoch.lastRaw = raw
}

function takeAccounts({ meter, epoch }: Track, { accounts, total }: Point, seq: number, report: Report): void {
  if (accounts === undefined) return
  const sum = plus(plus(accounts.session, accounts.unassigned), accounts.disputed)
  epoch.base ??= { sum, total }
  if (!same(minus(sum, epoch.base.sum), minus(total, epoch.base.total)))
    report.fault('accounts-differ', `${meter} in epoch ${epoch.number}`, seq)
  epoch.stated = { accounts, total }
}

/** An epoch that no change announced: a fault, and the end of what can be followed. */
function jump(track: Track, { epoch, total, raw }: Point, seq: number, report: Report): void {
  report.fault('epoch-wrong', `${track.meter} from ${track.epoch.number} to ${epoch}`, seq)
  renew(track, newEpoch(epoch, total, raw), total)
}

/** A reset begins at 0; any other epoch begins with the first of the values that were believed in the end. */
function restart(track: Track, change: MeterChange, before: Quantity, seq: number, report: Report): void {
  const { name, delta, account, point } = change
  const { raw, epoch, total, meter } = point
  const isReset = name === 'reset'
  const perCount = isReset && raw !== undefined && delta > 0 ? divided(delta, raw) : undefined
  const isOdd =
    (raw === undefined && name !== 'reconfigured') ||
    (raw !== undefined && raw < 0) ||
    (name === 'reconfigured' && !same(delta, 0)) ||
    (isReset && (perCount === undefined) !== (raw !== undefined && same(raw, 0) && same(delta, 0)))
  const isBilled = (name === 'regress' || name === 'out-of-range') && account !== 'disputed'
  if (isOdd || isBilled) report.fault('counter-differs', `${meter} began anew at ${raw} with ${delta} ${account}`, seq)
  const next = newEpoch(epoch, before, raw, isReset ? 0 : delta)
  const firstRaw = isReset ? 0 : next.firstRaw
  renew(track, { ...next, firstRaw, perCount, base: { sum: 0, total: before } }, total)
}

function takeWrap(track: Track, { point, from, delta }: MeterChange, seq: number, report: Report): void {
  const odd = wrap(track.epoch, from, point.raw, delta)
  if (odd !== undefined) report.fault('counter-differs', `${track.meter} ${odd}`, seq)
  track.total = point.total
}

/** `track.total` is still the total of the epoch that ends. */
function renew(track: Track, next: Epoch, total: Quantity): void {
  track.past.push(epochFacts(track.epoch, track.total))
  track.epoch = next
  track.total = total
}

export function trackFacts(track: Track): MeterFacts {
  const units = minus(track.total, track.firstTotal)
  return {
    meter: track.meter,
    unit: track.unit,
    simulated: track.simulated,
    epochs: [...track.past, epochFacts(track.epoch, track.total)],
    units: String(units),
    sessions: String(track.charged),
    elsewhere: String(minus(units, track.charged)),
    namedUnassigned: String(track.named.unassigned),
    namedDisputed: String(track.named.disputed),
    namedForeign: String(track.named.foreign),
    corrected: String(track.corrected),
  }
}
