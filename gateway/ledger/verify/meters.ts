/**
 * Meters, recomputed from entries alone: do the units follow the counters they were read from, and where did they go?
 * For each meter and each life of its counter (epoch), between any two readings,
 *   units made = (raw − raw before) × units per count,
 * with one whole number of units per count in an epoch; a wrap adds the counter's modulus, the same each time. Units per
 * count and modulus are not in the log: they are found from the first step that shows them, and all others must agree.
 * Pure. Imports nothing but its siblings named in ledger/evidence/canonical.ts. Read next: sessions.ts.
 */
import type { Accounts, MeterChange, Point } from './content.ts'
import { divided, minus, plus, type Quantity, same, times } from './quantity.ts'
import type { EpochFacts, MeterFacts, Report } from './verdict.ts'

type Epoch = {
  readonly epoch: number
  readonly firstTotal: Quantity
  /** The counter when the epoch began: said, or `startDelta` units before `startRaw`. */
  firstRaw: Quantity | undefined
  readonly startRaw: Quantity | undefined
  readonly startDelta: Quantity
  lastRaw: Quantity | undefined
  perCount: Quantity | undefined
  wraps: number
  wrapAt: Quantity | undefined
  /** The accounts summed up to `sum` at `total`; from then on they must grow together. */
  base: { readonly sum: Quantity; readonly total: Quantity } | undefined
  stated: { readonly accounts: Accounts; readonly total: Quantity } | undefined
}

export type Track = {
  readonly meter: string
  readonly unit: string
  readonly simulated: boolean
  /** The entry that showed it first. */
  readonly firstSeq: number
  readonly firstTotal: Quantity
  total: Quantity
  now: Epoch
  readonly past: EpochFacts[]
  /** To sessions that ended. */
  charged: Quantity
  /** By changes that name the account, and of a foreign use. */
  readonly named: Record<keyof Accounts | 'foreign', Quantity>
  /** Moved to sessions by corrections, or from them when below 0. */
  corrected: Quantity
}

export type Meters = ReturnType<typeof createMeters>

export function createMeters(report: Report) {
  const tracks = new Map<string, Track>()

  function start(point: Point, simulated: boolean, firstSeq: number): Track {
    const { meter, unit, total, epoch, raw } = point
    const named = { session: 0, unassigned: 0, disputed: 0, foreign: 0 }
    const now = newEpoch(epoch, total, raw)
    const sums = { charged: 0, corrected: 0, named }
    const track: Track = { meter, unit, simulated, firstSeq, firstTotal: total, total, now, past: [], ...sums }
    tracks.set(meter, track)
    return track
  }

  /** A meter as an entry shows it at its own time. */
  function step(track: Track, point: Point, seq: number): void {
    if (point.unit !== track.unit)
      report.fault('counter-differs', `${track.meter} counts ${track.unit}, then ${point.unit}`, seq)
    if (point.epoch !== track.now.epoch) jump(track, point, seq)
    else read(track, point.total, point.raw, seq)
    account(track, point, seq)
  }

  /** A reading in the epoch the meter is in. */
  function read(track: Track, total: Quantity, raw: Quantity | undefined, seq: number): void {
    const { now, meter } = track
    const units = minus(total, track.total)
    if (units < 0) report.fault('total-fell', `${meter} from ${track.total} to ${total}`, seq)
    else if (raw === undefined || now.lastRaw === undefined) {
      if (raw !== now.lastRaw) report.fault('counter-differs', `${meter} has no counter at one of two readings`, seq)
    } else if (!follows(now, units, minus(raw, now.lastRaw)))
      report.fault(
        'counter-differs',
        `${meter} made ${units} while its counter went from ${now.lastRaw} to ${raw}`,
        seq,
      )
    track.total = total
    now.lastRaw = raw
  }

  function account(track: Track, { accounts, total }: Point, seq: number): void {
    if (accounts === undefined) return
    const sum = plus(plus(accounts.session, accounts.unassigned), accounts.disputed)
    const { now } = track
    now.base ??= { sum, total }
    if (!same(minus(sum, now.base.sum), minus(total, now.base.total)))
      report.fault('accounts-differ', `${track.meter} in epoch ${now.epoch}`, seq)
    now.stated = { accounts, total }
  }

  /** An epoch that begins unsaid: a fault, and the end of what can be followed. */
  function jump(track: Track, { epoch, total, raw }: Point, seq: number): void {
    report.fault('epoch-wrong', `${track.meter} from ${track.now.epoch} to ${epoch}`, seq)
    renew(track, newEpoch(epoch, total, raw), total)
  }

  function change(item: MeterChange, simulated: boolean, seq: number): void {
    const { point, name, effect, from, delta } = item
    const known = tracks.get(point.meter)
    const anew = isAnew(item, known?.now.epoch)
    if (effect !== 'booked' || (name === 'out-of-range' && !anew)) return told(known, item, seq)
    if (known !== undefined && name === 'first')
      report.fault('epoch-wrong', `${point.meter} is read for the first time again`, seq)
    if (known === undefined) return begin(item, simulated, seq)
    const before = minus(point.total, delta)
    known.named[item.account] = plus(known.named[item.account], delta)
    if (point.epoch !== known.now.epoch + (anew ? 1 : 0)) jump(known, point, seq)
    else {
      if (from !== undefined) read(known, before, from, seq)
      if (anew) restart(known, item, before, seq)
      else if (name === 'wrap') wrap(known, item, seq)
      else read(known, point.total, point.raw, seq)
    }
    account(known, point, seq)
  }

  /** The first that is known of a meter: what was booked with it came before. */
  function begin({ point, name }: MeterChange, simulated: boolean, seq: number): void {
    const track = start(point, simulated, seq)
    if (name === 'first') track.now.base = { sum: 0, total: point.total }
    account(track, point, seq)
  }

  /** Nothing was booked: a value was refused, or what was booked before is named. The counter is not shown, or wrongly. */
  function told(track: Track | undefined, { point, effect, delta }: MeterChange, seq: number): void {
    if (track === undefined) return
    if (effect === 'told') track.named.foreign = plus(track.named.foreign, delta)
    if (point.total < track.total)
      report.fault('total-fell', `${track.meter} from ${track.total} to ${point.total}`, seq)
    if (point.epoch !== track.now.epoch) jump(track, point, seq)
    else if (track.now.lastRaw === undefined) track.total = point.total
  }

  /** A reset begins at 0; else the epoch begins with the first of the values that were believed in the end. */
  function restart(
    track: Track,
    { point, name, delta, account: to }: MeterChange,
    before: Quantity,
    seq: number,
  ): void {
    const { raw, epoch, total, meter } = point
    const reset = name === 'reset'
    const perCount = reset && raw !== undefined && delta > 0 ? divided(delta, raw) : undefined
    const odd = raw === undefined || (reset && (perCount === undefined) !== (same(raw, 0) && same(delta, 0)))
    const mine = (name === 'regress' || name === 'out-of-range') && to !== 'disputed'
    if (odd || mine) report.fault('counter-differs', `${meter} began anew at ${raw} with ${delta} ${to}`, seq)
    const next = newEpoch(epoch, before, raw, reset ? 0 : delta)
    const firstRaw = reset ? 0 : next.firstRaw
    renew(track, { ...next, firstRaw, perCount, base: { sum: 0, total: before } }, total)
  }

  function wrap(track: Track, { point, from, delta }: MeterChange, seq: number): void {
    const { now, meter } = track
    const { raw, total } = point
    const counts = now.perCount === undefined ? undefined : divided(delta, now.perCount)
    if (from === undefined || raw === undefined || raw >= from || (now.perCount !== undefined && counts === undefined))
      report.fault('counter-differs', `${meter} made ${delta} while its counter wrapped from ${from} to ${raw}`, seq)
    else if (counts !== undefined) {
      const wrapAt = minus(plus(counts, from), raw)
      if (wrapAt <= from || (now.wrapAt !== undefined && !same(wrapAt, now.wrapAt)))
        report.fault('counter-differs', `${meter} wrapped at ${wrapAt}, before at ${now.wrapAt}`, seq)
      now.wrapAt ??= wrapAt
    }
    now.wraps += 1
    now.lastRaw = raw
    track.total = total
  }

  return {
    track: (meter: string) => tracks.get(meter),
    step,
    change,
    take(point: Point, simulated: boolean, seq: number): void {
      const known = tracks.get(point.meter)
      if (known === undefined) account(start(point, simulated, seq), point, seq)
      else step(known, point, seq)
    },
    /** Units moved to sessions, or from them when below 0, by a correction. */
    correct(meter: string, quantity: Quantity): void {
      const track = tracks.get(meter)
      if (track !== undefined) track.corrected = plus(track.corrected, quantity)
    },
    charge(meter: string, quantity: Quantity): void {
      const track = tracks.get(meter)
      if (track !== undefined) track.charged = plus(track.charged, quantity)
    },
    /** What came of it; no meter may have been charged more than it made. */
    finish(): MeterFacts[] {
      const sorted = [...tracks.values()].sort((a, b) => (a.meter < b.meter ? -1 : 1))
      for (const { meter, total, firstTotal, charged, corrected } of sorted)
        if (minus(total, firstTotal) < charged || minus(total, firstTotal) < plus(charged, corrected))
          report.fault('use-exceeds-meter', `${meter} made ${minus(total, firstTotal)}, charged are ${charged}`)
      return sorted.map(factsOf)
    },
  }
}

/** Whether it begins a new life of the counter: some names do always, some when the epoch says so. */
function isAnew({ name, point }: MeterChange, epoch: number | undefined): boolean {
  if (name === 'reset' || name === 'exchange' || name === 'regress') return true
  return (name === 'gap' || name === 'out-of-range') && epoch !== undefined && point.epoch !== epoch
}

/** True when the step agrees with the units per count; the first step that shows them sets them. */
function follows(now: Epoch, units: Quantity, counts: Quantity): boolean {
  if (now.perCount === undefined) {
    if (same(counts, 0)) return same(units, 0)
    now.perCount = counts > 0 && units > 0 ? divided(units, counts) : undefined
    return now.perCount !== undefined && begins(now, now.perCount)
  }
  return counts >= 0 && same(units, times(now.perCount, counts))
}

/** Finds where the counter stood when the epoch began. */
function begins(now: Epoch, perCount: Quantity): boolean {
  if (now.firstRaw !== undefined || now.startRaw === undefined) return true
  const counts = divided(now.startDelta, perCount)
  if (counts === undefined || counts > now.startRaw) return false
  now.firstRaw = minus(now.startRaw, counts)
  return true
}

/** `delta`: units of the epoch made before the counter stood at `raw`. */
function newEpoch(epoch: number, total: Quantity, raw: Quantity | undefined, delta: Quantity = 0): Epoch {
  const unknown = { perCount: undefined, wrapAt: undefined, base: undefined, stated: undefined }
  const start = { firstRaw: same(delta, 0) ? raw : undefined, startRaw: raw, startDelta: delta }
  return { epoch, firstTotal: total, ...start, lastRaw: raw, wraps: 0, ...unknown }
}

/** `track.total` is still that of the epoch that ends. */
function renew(track: Track, next: Epoch, total: Quantity): void {
  track.past.push(epochFacts(track.now, track.total))
  track.now = next
  track.total = total
}

function factsOf(track: Track): MeterFacts {
  const units = minus(track.total, track.firstTotal)
  return {
    meter: track.meter,
    unit: track.unit,
    simulated: track.simulated,
    epochs: [...track.past, epochFacts(track.now, track.total)],
    units: String(units),
    sessions: String(track.charged),
    elsewhere: String(minus(units, track.charged)),
    namedUnassigned: String(track.named.unassigned),
    namedDisputed: String(track.named.disputed),
    namedForeign: String(track.named.foreign),
    corrected: String(track.corrected),
  }
}

function epochFacts(now: Epoch, total: Quantity): EpochFacts {
  const { firstRaw, lastRaw, perCount, wrapAt, wraps, stated } = now
  const counted =
    firstRaw === undefined || lastRaw === undefined || (wraps > 0 && wrapAt === undefined)
      ? undefined
      : times(plus(minus(lastRaw, firstRaw), times(wraps, wrapAt ?? 0)), perCount ?? 0)
  const accounts = stated !== undefined && same(stated.total, total) ? stated.accounts : undefined
  return {
    epoch: now.epoch,
    ...(firstRaw === undefined ? {} : { firstRaw: String(firstRaw), lastRaw: String(lastRaw) }),
    wraps,
    ...(perCount === undefined ? {} : { perCount: String(perCount) }),
    units: String(minus(total, now.firstTotal)),
    ...(counted === undefined ? {} : { counted: String(counted) }),
    ...(accounts === undefined ? {} : { accounts: textOf(accounts) }),
  }
}

function textOf({ session, unassigned, disputed }: Accounts) {
  return { session: String(session), unassigned: String(unassigned), disputed: String(disputed) }
}
