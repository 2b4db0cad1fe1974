/**
 * A statement from the bills of its uses and its credits: their order, and the sums of what was rounded. It shares
 * nothing with the engine that made the statement. Read next: bill.ts, credit.ts.
 */
import { type BillSteps, bill, splitJson, summed, type TaxSteps, taxJson } from './bill.ts'
import { type Credited, credit } from './credit.ts'
import { stepsText } from './exact.ts'
import type { Billed } from './occasion.ts'
import type { Terms } from './terms.ts'

/** The statement as canonical data. `period`: its heading, taken as it is. */
export function restate(
  period: Readonly<Record<string, unknown>>,
  billed: readonly Billed[],
  tariffs: ReadonlyMap<string, Terms>,
  credited: readonly Credited[] = [],
) {
  const inOrder = [...billed].sort((a, b) =>
    a.endedAt === b.endedAt ? (a.id < b.id ? -1 : 1) : a.endedAt < b.endedAt ? -1 : 1,
  )
  const bills = []
  const steps: BillSteps[] = []
  const unbilled = []
  for (const each of inOrder) {
    const terms = tariffs.get(each.pin ?? '')
    const reason = freeFor(each, terms)
    if (terms === undefined || reason !== undefined) unbilled.push({ id: each.id, reason: reason! })
    else {
      const { json, ...sums } = bill(terms, each)
      bills.push(json)
      steps.push(sums)
    }
  }
  const credits = creditsFor(credited, tariffs)
  const totalled = totals([...steps, ...credits])
  const listed = credits.length === 0 ? {} : { credits: credits.map(({ json }) => json) }
  return { ...period, bills, unbilled, ...listed, totals: totalled }
}

/** In the order of their approval. */
function creditsFor(credited: readonly Credited[], tariffs: ReadonlyMap<string, Terms>) {
  const order = ({ approvedAt, id }: Credited) => `${approvedAt} ${id}`
  const inOrder = [...credited].sort((a, b) => (order(a) < order(b) ? -1 : 1))
  return inOrder.flatMap((each) => {
    const terms = tariffs.get(each.billed.pin ?? '')
    return terms === undefined || freeFor(each.billed, terms) !== undefined ? [] : [credit(terms, each)]
  })
}

/** Why a use is not billed; undefined: it is. */
function freeFor(billed: Billed, terms: Terms | undefined): string | undefined {
  return billed.reason ?? (terms === undefined ? 'no-tariff' : inTime(billed, terms))
}

function inTime({ when, endedAt, bookedFrom }: Billed, { freeCancellationMs }: Terms): string | undefined {
  const early = Date.parse(endedAt) + freeCancellationMs <= bookedFrom
  return when === 'cancellation' && early ? 'cancelled-in-time' : undefined
}

/* ── totals ── */

function totals(bills: readonly BillSteps[]) {
  return [...new Set(bills.map(({ currency }) => currency))].sort().map((currency) => {
    const own = bills.filter((each) => each.currency === currency)
    const places = Math.max(...own.map((each) => each.places))
    const scaled = own.map((each) => ({ ...each, scale: 10n ** BigInt(places - each.places) }))
    const lines = scaled.flatMap(({ taxes, scale }) =>
      taxes.map((line) => ({ ...line, net: line.net * scale, tax: line.tax * scale })),
    )
    const net = lines.reduce((sum, line) => sum + line.net, 0n)
    const tax = lines.reduce((sum, line) => sum + line.tax, 0n)
    const names = [...new Set(lines.map(({ category, percent }) => `${category} ${percent}`))].sort()
    const split = summed(
      scaled.flatMap(({ split: parts, scale }) =>
        [...parts].map(([party, amount]) => [party, amount * scale] as const),
      ),
    )
    return {
      currency,
      net: stepsText(net, places),
      tax: stepsText(tax, places),
      total: stepsText(net + tax, places),
      taxes: names.map((name) =>
        taxJson(sumOfTax(lines.filter(({ category, percent }) => `${category} ${percent}` === name)), places),
      ),
      split: splitJson(split, places),
    }
  })
}

const sumOfTax = (lines: readonly TaxSteps[]): TaxSteps => ({
  ...lines[0]!,
  net: lines.reduce((sum, { net }) => sum + net, 0n),
  tax: lines.reduce((sum, { tax }) => sum + tax, 0n),
})
