/**
 * One life of a meter's counter (an epoch). Between any two readings in it
 *   units made = (raw − raw before) × units per count,
 * with one whole number of units per count; a wrap adds the counter's modulus, the same each time. Neither number is in
 * the log: each is found from the first step that shows it, and all other steps must agree.
 * Pure. Read next: track.ts.
 */
import type { Accounts } from '../entry/content.ts'
import type { EpochFacts } from '../facts.ts'
import { divided, minus, plus, type Quantity, same, times } from '../quantity.ts'

export type Epoch = {
  readonly number: number
  readonly firstTotal: Quantity
  /** The counter when the epoch began: stated, or `startDelta` units before `startRaw`. */
  firstRaw: Quantity | undefined
  readonly startRaw: Quantity | undefined
  readonly startDelta: Quantity
  lastRaw: Quantity | undefined
  perCount: Quantity | undefined
  wraps: number
  /** The modulus of the counter, once a wrap has shown it. */
  wrapAt: Quantity | undefined
  /** The accounts summed up to `sum` at `total`; from there on both must grow alike. */
  base: { readonly sum: Quantity; readonly total: Quantity } | undefined
  /** The accounts as last stated, and the total at that time. */
  stated: { readonly accounts: Accounts; readonly total: Quantity } | undefined
}

/** `delta`: units of the epoch that were made before the counter stood at `raw`. */
export function newEpoch(number: number, total: Quantity, raw: Quantity | undefined, delta: Quantity = 0): Epoch {
  return {
    number,
    firstTotal: total,
    firstRaw: same(delta, 0) ? raw : undefined,
    startRaw: raw,
    startDelta: delta,
    lastRaw: raw,
    perCount: undefined,
    wraps: 0,
    wrapAt: undefined,
    base: undefined,
    stated: undefined,
  }
}

/** Whether the units fit the counts. The first step that shows the units per count sets them. */
export function follows(epoch: Epoch, units: Quantity, counts: Quantity): boolean {
  if (epoch.perCount !== undefined) return counts >= 0 && same(units, times(epoch.perCount, counts))
  if (same(counts, 0)) return same(units, 0)
  epoch.perCount = counts > 0 && units > 0 ? divided(units, counts) : undefined
  return epoch.perCount !== undefined && findFirstRaw(epoch, epoch.perCount)
}

/** Where the counter stood when the epoch began, once the units per count are known. */
function findFirstRaw(epoch: Epoch, perCount: Quantity): boolean {
  if (epoch.firstRaw !== undefined || epoch.startRaw === undefined) return true
  const counts = divided(epoch.startDelta, perCount)
  if (counts === undefined || counts > epoch.startRaw) return false
  epoch.firstRaw = minus(epoch.startRaw, counts)
  return true
}

/**
 * A wrap from `from` to `raw` that made `delta` units; the reason when it does not fit what is known of the counter.
 */
export function wrap(
  epoch: Epoch,
  from: Quantity | undefined,
  raw: Quantity | undefined,
  delta: Quantity,
): string | undefined {
  const { perCount, wrapAt: known } = epoch
  const counts = perCount === undefined ? undefined : divided(delta, perCount)
  epoch.wraps += 1
  epoch.lastRaw = raw
  if (from === undefined || raw === undefined || raw >= from || (perCount !== undefined && counts === undefined))
    return `made ${delta} while its counter wrapped from ${from} to ${raw}`
  if (counts === undefined) return undefined
  const wrapAt = minus(plus(counts, from), raw)
  epoch.wrapAt ??= wrapAt
  return wrapAt <= from || (known !== undefined && !same(wrapAt, known))
    ? `wrapped at ${wrapAt}, before at ${known}`
    : undefined
}

/** `total`: of the meter, at the end of the epoch or so far. */
export function epochFacts(epoch: Epoch, total: Quantity): EpochFacts {
  const { number, firstRaw, lastRaw, perCount, wraps, stated } = epoch
  const counted = countedUnits(epoch)
  const accounts = stated !== undefined && same(stated.total, total) ? stated.accounts : undefined
  return {
    epoch: number,
    ...(firstRaw === undefined ? {} : { firstRaw: String(firstRaw), lastRaw: String(lastRaw) }),
    wraps,
    ...(perCount === undefined ? {} : { perCount: String(perCount) }),
    units: String(minus(total, epoch.firstTotal)),
    ...(counted === undefined ? {} : { counted: String(counted) }),
    ...(accounts === undefined ? {} : { accounts: textsOf(accounts) }),
  }
}

/** Undefined where the counter does not show them. */
function countedUnits({ firstRaw, lastRaw, perCount = 0, wraps, wrapAt }: Epoch): Quantity | undefined {
  if (firstRaw === undefined || lastRaw === undefined || (wraps > 0 && wrapAt === undefined)) return undefined
  return times(plus(minus(lastRaw, firstRaw), times(wraps, wrapAt ?? 0)), perCount)
}

const textsOf = ({ session, unassigned, disputed }: Accounts) => ({
  session: String(session),
  unassigned: String(unassigned),
  disputed: String(disputed),
})
