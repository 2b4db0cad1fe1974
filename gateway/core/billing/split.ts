/**
 * Who receives the net of a session: parts in their order, each never more than what is left, and one party that takes
 * the remainder. Every line is split in the same ratio as its session. Each amount is cut to the currency's decimals,
 * and the first receiver of the remainder takes what cutting leaves, so that the amounts always add up.
 * Read next: bill.ts.
 */
import type { Share } from '../ground/config.ts'
import {
  cut,
  decimal,
  type Fraction,
  fraction,
  isBelow,
  lesser,
  minus,
  moneyText,
  ONE,
  over,
  plus,
  sum,
  times,
  ZERO,
} from './fraction.ts'
import { OWNERS, type SplitPart, type Tariff } from './tariff.ts'

export type Ratio = { readonly party: string; readonly ratio: Fraction }
/** A decimal in a sum, a fraction in a line. */
export type Amount = { readonly party: string; readonly amount: string }

const HUNDREDTH = fraction(1n, 100n)

/** Parts of 1, the receivers of the remainder first. An owner is the party `owner/<id>`. */
export function ratiosOf({ split }: Tariff, shares: readonly Share[], net: Fraction): Ratio[] {
  const parts: Ratio[] = []
  let left = ONE
  for (const part of split.parts) {
    const ratio = lesser(wantedOf(part, net), left)
    left = minus(left, ratio)
    parts.push(...receivers(part.party, ratio, shares))
  }
  return [...receivers(split.remainder, left, shares), ...parts]
}

export function amountsOf(ratios: readonly Ratio[], net: Fraction, digits: number): Amount[] {
  const [first, ...others] = ratios.map(({ party, ratio }) => ({ party, amount: cut(times(net, ratio), digits) }))
  const rest = minus(net, sum(others.map(({ amount }) => amount)))
  return added([{ ...first!, amount: rest }, ...others]).map(({ party, amount }) => ({
    party,
    amount: moneyText(amount, digits),
  }))
}

/** One amount per party, by name. */
export function added(list: readonly { readonly party: string; readonly amount: Fraction }[]) {
  const amounts = new Map<string, Fraction>()
  for (const { party, amount } of list) amounts.set(party, plus(amounts.get(party) ?? ZERO, amount))
  return [...amounts].map(([party, amount]) => ({ party, amount })).sort((a, b) => (a.party < b.party ? -1 : 1))
}

function wantedOf(part: SplitPart, net: Fraction): Fraction {
  if ('percent' in part) return times(decimal(part.percent), HUNDREDTH)
  return isBelow(ZERO, net) ? over(decimal(part.fixed), net) : ZERO
}

function receivers(party: string, ratio: Fraction, shares: readonly Share[]): Ratio[] {
  if (party !== OWNERS) return [{ party, ratio }]
  return shares.map(({ owner, percent }) => ({
    party: `owner/${owner}`,
    ratio: times(ratio, times(decimal(percent), HUNDREDTH)),
  }))
}
