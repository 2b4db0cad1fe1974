/**
 * From recomputed lines to the bill of one use: minimum and maximum, one rounding per tax category, tax, split. It
 * shares nothing with the engine that made the statement. Read next: recount.ts, money.ts (the statement).
 */
import {
  add,
  compare,
  divide,
  type Exact,
  exactText,
  multiply,
  nearest,
  ofSteps,
  stepsText,
  subtract,
  total,
  towardZero,
  whole,
} from './exact.ts'
import type { Billed } from './occasion.ts'
import { type Line, lineJson, recount, unpriced } from './recount.ts'
import type { Terms } from './terms.ts'

type Taxed = { readonly tax: string; readonly amount: Exact }
type Ratio = readonly [party: string, ratio: Exact]
/** Amounts in steps of the last decimal. */
export type TaxSteps = {
  readonly category: string
  readonly percent: string
  readonly net: bigint
  readonly tax: bigint
}
export type BillSteps = {
  readonly currency: string
  readonly places: number
  /** Before it is rounded. */
  readonly exact: Exact
  readonly taxes: readonly TaxSteps[]
  readonly split: ReadonlyMap<string, bigint>
}

const NOTHING = whole(0n)
const PER_CENT: Exact = [1n, 100n]

export function bill(terms: Terms, billed: Billed): BillSteps & { readonly json: unknown } {
  const { places, currency } = terms
  const lines = recount(terms, billed)
  const changes = billed.when === 'use' ? bounded(terms, lines) : []
  const taxes = taxSteps(terms, byCategory([...taxedLines(lines), ...changes]))
  const net = taxes.reduce((sum, line) => sum + line.net, 0n)
  const tax = taxes.reduce((sum, line) => sum + line.tax, 0n)
  const ratios = ratiosFor(terms, billed, ofSteps(net, places))
  const split = amountsFor(ratios, net, places)
  const exact = total([...lines, ...changes].map(({ amount }) => amount))
  const json = {
    id: billed.id,
    when: billed.when,
    machine: billed.machine,
    booking: billed.booking,
    tenant: billed.tenant,
    ...(billed.class === undefined ? {} : { class: billed.class }),
    tariff: terms.pin,
    currency,
    startedAt: billed.startedAt,
    endedAt: billed.endedAt,
    lines: lines.map((line) => ({ ...lineJson(line), split: lineSplit(ratios, line.amount) })),
    unnamed: unpriced(terms, billed),
    adjustments: changes.map(({ kind, tax, amount }) => ({ kind, tax, amount: exactText(amount) })),
    exact: exactText(exact),
    taxes: taxes.map((line) => taxJson(line, places)),
    net: stepsText(net, places),
    tax: stepsText(tax, places),
    total: stepsText(net + tax, places),
    split: splitJson(split, places),
  }
  return { currency, places, exact, taxes, split, json }
}

const taxedLines = (lines: readonly Line[]): Taxed[] =>
  lines.flatMap(({ element, amount }) => (element === undefined ? [] : { tax: element.tax, amount }))

function bounded({ minimum, maximum, taxOfUse }: Terms, lines: readonly Line[]) {
  const cost = total(lines.map(({ amount }) => amount))
  const change = (kind: string, bound: Exact) => [{ kind, tax: taxOfUse!, amount: subtract(bound, cost) }]
  if (minimum !== undefined && compare(cost, minimum) < 0) return change('minimum', minimum)
  return maximum !== undefined && compare(cost, maximum) > 0 ? change('maximum', maximum) : []
}

function byCategory(list: readonly Taxed[]): Taxed[] {
  const names = [...new Set(list.map(({ tax }) => tax))].sort()
  return names.map((tax) => ({
    tax,
    amount: total(list.filter((each) => each.tax === tax).map(({ amount }) => amount)),
  }))
}

function taxSteps({ taxes, taxIncluded, places }: Terms, list: readonly Taxed[]): TaxSteps[] {
  return list.map(({ tax: category, amount }) => {
    const { text, percent } = taxes.get(category)!
    const stated = nearest(amount, places)
    const exact = ofSteps(stated, places)
    const factor = multiply(percent, PER_CENT)
    if (!taxIncluded) return { category, percent: text, net: stated, tax: nearest(multiply(exact, factor), places) }
    const net = nearest(divide(exact, add(whole(1n), factor)), places)
    return { category, percent: text, net, tax: stated - net }
  })
}

/* ── the split ── */

/** The receivers of the remainder first. */
function ratiosFor({ parts, remainder }: Terms, { shares }: Billed, net: Exact): Ratio[] {
  const owned = (party: string, ratio: Exact): Ratio[] =>
    party === 'owners'
      ? shares.map(({ owner, percent }) => [`owner/${owner}`, multiply(ratio, percentOf(percent))] as const)
      : [[party, ratio]]
  const given: Ratio[] = []
  let rest = whole(1n)
  for (const { party, kind, value } of parts) {
    const asked =
      kind === 'percent' ? multiply(value, PER_CENT) : compare(net, NOTHING) > 0 ? divide(value, net) : NOTHING
    const ratio = compare(asked, rest) < 0 ? asked : rest
    rest = subtract(rest, ratio)
    given.push(...owned(party, ratio))
  }
  return [...owned(remainder, rest), ...given]
}

/** A percentage of a share, which has at most two decimals. */
function percentOf(text: string): Exact {
  const [ones, part = ''] = text.split('.')
  return [BigInt(ones! + part.padEnd(2, '0')), 10_000n]
}

function amountsFor(ratios: readonly Ratio[], net: bigint, places: number): Map<string, bigint> {
  const steps = ratios.map(
    ([party, ratio]) => [party, towardZero(multiply(ofSteps(net, places), ratio), places)] as const,
  )
  const others = steps.slice(1).reduce((sum, [, amount]) => sum + amount, 0n)
  return summed([[steps[0]![0], net - others], ...steps.slice(1)])
}

export function summed(list: Iterable<readonly [string, bigint]>): Map<string, bigint> {
  const sums = new Map<string, bigint>()
  for (const [name, amount] of list) sums.set(name, (sums.get(name) ?? 0n) + amount)
  return sums
}

function lineSplit(ratios: readonly Ratio[], amount: Exact) {
  const parties = [...new Set(ratios.map(([party]) => party))].sort()
  return parties
    .map((party) => ({
      party,
      amount: multiply(amount, total(ratios.filter(([name]) => name === party).map(([, ratio]) => ratio))),
    }))
    .filter((each) => each.amount[0] !== 0n)
    .map((each) => ({ party: each.party, amount: exactText(each.amount) }))
}

/* ── as text ── */

export const taxJson = ({ category, percent, net, tax }: TaxSteps, places: number) => ({
  category,
  percent,
  net: stepsText(net, places),
  tax: stepsText(tax, places),
})

export const splitJson = (split: ReadonlyMap<string, bigint>, places: number) =>
  [...split]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([party, amount]) => ({ party, amount: stepsText(amount, places) }))
