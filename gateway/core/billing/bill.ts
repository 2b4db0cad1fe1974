/**
 * The bill of one use: its lines, then minimum and maximum, then one rounding per tax category, then the tax on the
 * rounded amount, then the split. What a tenant sees while the use runs is the bill of the readings so far, by this
 * same function, so that it can only rise to the final bill. Read next: lines.ts, split.ts, statement.ts.
 */
import {
  decimal,
  type Fraction,
  fraction,
  fractionText,
  isBelow,
  minus,
  moneyText,
  over,
  plus,
  rounded,
  sum,
  times,
  ZERO,
} from './fraction.ts'
import { type BillLine, linesOf, type Priced, unnamed, writtenLine } from './lines.ts'
import { type Amount, added, amountsOf, type Ratio, ratiosOf } from './split.ts'
import { type Occasion, pinOf, type Tariff, taxOfUse } from './tariff.ts'
import type { BilledUse } from './use.ts'

/** What the minimum adds, or the maximum takes off. Exact. */
type Adjustment = { readonly kind: 'minimum' | 'maximum'; readonly tax: string; readonly amount: string }

type TaxLine = {
  readonly category: string
  readonly percent: string
  readonly net: string
  readonly tax: string
}

export type Bill = {
  readonly id: string
  readonly when: Occasion
  readonly machine: string
  readonly booking: string
  readonly tenant: string
  readonly class?: string
  readonly tariff: string
  readonly currency: string
  readonly startedAt: string
  readonly endedAt: string
  readonly lines: readonly (BillLine & { readonly split: readonly Amount[] })[]
  /** Quantities that no element names: free. */
  readonly unnamed: readonly string[]
  readonly adjustments: readonly Adjustment[]
  /** The sum of lines and adjustments before it is rounded. */
  readonly exact: string
  readonly taxes: readonly TaxLine[]
  readonly net: string
  readonly tax: string
  readonly total: string
  readonly split: readonly Amount[]
}

export function billOf(tariff: Tariff, use: BilledUse): Bill {
  const { digits } = tariff
  const lines = linesOf(tariff, use)
  const adjustments = use.when === 'use' ? adjustmentsOf(tariff, lines) : []
  const taxes = taxesOf(tariff, [...lines.flatMap(taxable), ...adjustments])
  const net = sum(taxes.map((line) => line.net))
  const tax = sum(taxes.map((line) => line.tax))
  const ratios = ratiosOf(tariff, use.shares, net)
  return {
    id: use.id,
    when: use.when,
    machine: use.machine,
    booking: use.booking,
    tenant: use.tenant,
    ...(use.class === undefined ? {} : { class: use.class }),
    tariff: pinOf(tariff),
    currency: tariff.currency,
    startedAt: new Date(use.startedAtMs).toISOString(),
    endedAt: new Date(use.endedAtMs).toISOString(),
    lines: lines.map((line) => ({ ...writtenLine(line), split: sharesOf(ratios, line.amount) })),
    unnamed: unnamed(tariff, use),
    adjustments: adjustments.map((each) => ({ ...each, amount: fractionText(each.amount) })),
    exact: fractionText(sum([...lines, ...adjustments].map(({ amount }) => amount))),
    taxes: taxes.map((line) => ({ ...line, net: moneyText(line.net, digits), tax: moneyText(line.tax, digits) })),
    net: moneyText(net, digits),
    tax: moneyText(tax, digits),
    total: moneyText(plus(net, tax), digits),
    split: amountsOf(ratios, net, digits),
  }
}

type Taxable = { readonly tax: string; readonly amount: Fraction }

const taxable = ({ element, amount }: Priced): Taxable[] =>
  element === undefined ? [] : [{ tax: element.tax, amount }]

function adjustmentsOf(tariff: Tariff, lines: readonly Priced[]) {
  const all = sum(lines.map(({ amount }) => amount))
  const tax = taxOfUse(tariff)
  const [least, most] = [tariff.minimum, tariff.maximum].map((text) => (text === undefined ? all : decimal(text)))
  if (tax === undefined) return []
  if (isBelow(all, least!)) return [{ kind: 'minimum' as const, tax, amount: minus(least!, all) }]
  return isBelow(most!, all) ? [{ kind: 'maximum' as const, tax, amount: minus(most!, all) }] : []
}

/** Rounded once per category; the tax is that of the rounded amount. */
function taxesOf({ taxes, taxIncluded, digits }: Tariff, list: readonly Taxable[]) {
  return inCategories(list).map(({ tax: category, amount }) => {
    const percent = taxes[category]!
    const rate = over(decimal(percent), HUNDRED)
    const stated = rounded(amount, digits)
    if (!taxIncluded) return { category, percent, net: stated, tax: rounded(times(stated, rate), digits) }
    const net = rounded(over(stated, plus(fraction(1n), rate)), digits)
    return { category, percent, net, tax: minus(stated, net) }
  })
}

const HUNDRED = fraction(100n)

/** The sum of each tax category, by name. */
function inCategories(list: readonly Taxable[]): Taxable[] {
  const sums = new Map<string, Fraction>()
  for (const { tax, amount } of list) sums.set(tax, plus(sums.get(tax) ?? ZERO, amount))
  return [...sums].map(([tax, amount]) => ({ tax, amount })).sort((a, b) => (a.tax < b.tax ? -1 : 1))
}

function sharesOf(ratios: readonly Ratio[], amount: Fraction): Amount[] {
  if (amount.top === 0n) return []
  return added(ratios.map(({ party, ratio }) => ({ party, amount: times(amount, ratio) })))
    .filter((each) => each.amount.top !== 0n)
    .map((each) => ({ party: each.party, amount: fractionText(each.amount) }))
}
