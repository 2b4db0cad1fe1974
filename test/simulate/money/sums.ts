/**
 * Generated uses under generated tariffs, billed twice: by the engine of the gateway and by the recomputation of the
 * verifier, which shares no code with it. Also judged: splits add up, the order of uses changes nothing, and the cost
 * of the readings so far never exceeds that of later ones.
 * Read next: any-tariff.ts, any-use.ts.
 */
import { isDeepStrictEqual } from 'node:util'
import canonicalize from 'canonicalize'
import { billOf } from '../../../gateway/core/billing/bill.ts'
import type { Credit } from '../../../gateway/core/billing/credit.ts'
import { invoicesOf } from '../../../gateway/core/billing/invoice.ts'
import { type Statement, statementOf } from '../../../gateway/core/billing/statement.ts'
import { pinOf, type Tariff } from '../../../gateway/core/billing/tariff.ts'
import type { BilledUse, TracePoint } from '../../../gateway/core/billing/use.ts'
import type { EntryBody } from '../../../gateway/core/ground/entry.ts'
import { creditedIn } from '../../../gateway/ledger/verify/bill/credit.ts'
import { restate } from '../../../gateway/ledger/verify/bill/money.ts'
import { billedOf } from '../../../gateway/ledger/verify/bill/occasion.ts'
import { termsOf } from '../../../gateway/ledger/verify/bill/terms.ts'
import { random } from '../../ledger/verify/shop/random.ts'
import { anyCredits, approvedIn, useIn } from './any-credit.ts'
import { anyTariff, chooseBy } from './any-tariff.ts'
import { anyUse } from './any-use.ts'

export const PERIOD = { site: 'hall', from: '2026-01-01T00:00:00.000Z', to: '2027-06-01T00:00:00.000Z' }
/** Uses in one statement. */
const TOGETHER = 25
const MOST_WRONG = 20

export type Story = {
  readonly tariffs: readonly Tariff[]
  readonly entries: readonly EntryBody[]
  /** Entries of credits. */
  readonly credits?: readonly EntryBody[]
}
export type SumsReport = { uses: number; lines: number; credits: number; readonly wrong: string[] }

/** A few tariffs, and uses under them. */
export function storyOf(seed: number, uses: number): Story {
  const choose = chooseBy(random(seed))
  const tariffs = Array.from({ length: 3 }, (_, index) => anyTariff(choose, `tariff-${index}`))
  const entries = Array.from({ length: uses }, (_, index) => ({
    ...anyUse(choose, choose.pick(tariffs), `s-${seed}-${index}`),
    seq: index,
    v: 1 as const,
    site: PERIOD.site,
    clock: 'synchronised' as const,
    boot: 'b1',
    mono: '1',
  }))
  return { tariffs, entries, credits: anyCredits(choose, entries, tariffs, uses) }
}

export const usesOf = (entries: readonly EntryBody[]): BilledUse[] => entries.flatMap((entry) => useIn(entry) ?? [])

export function stated({ tariffs, entries, credits = [] }: Story): Statement {
  const byPin = new Map(tariffs.map((tariff) => [pinOf(tariff), tariff]))
  return statementOf(PERIOD, usesOf(entries), byPin, approvedIn(credits, entries))
}

/** The same by the verifier, from texts alone. */
export function restated({ tariffs, entries, credits = [] }: Story): unknown {
  const data = <T>(value: T) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>
  const terms = tariffs.map(
    (tariff) => termsOf(data(tariff)) ?? fail(`a tariff is not read: ${JSON.stringify(tariff)}`),
  )
  const billed = new Map(
    entries.map((entry) => [entry.seq, billedOf(data(entry)) ?? fail(`a use is not read: ${JSON.stringify(entry)}`)]),
  )
  const credited = creditedIn(credits.map(data), billed, (why, seq) => fail(`credit ${seq}: ${why}`))
  return restate(PERIOD, [...billed.values()], new Map(terms.map((each) => [each.pin, each])), credited)
}

export function runSums(uses: number, firstSeed = 1, say: (done: number) => void = () => {}): SumsReport {
  const report: SumsReport = { uses: 0, lines: 0, credits: 0, wrong: [] }
  for (let seed = firstSeed; report.uses < uses && report.wrong.length < MOST_WRONG; seed++) {
    const story = storyOf(seed, TOGETHER)
    const statement = stated(story)
    report.uses += TOGETHER
    report.lines += statement.bills.reduce((sum, { lines }) => sum + lines.length, 0)
    report.credits += statement.credits?.length ?? 0
    report.wrong.push(...judge(story, statement).map((what) => `seed ${seed}: ${what}`))
    if (report.uses % 5000 === 0) say(report.uses)
  }
  return report
}

function judge(story: Story, statement: Statement): string[] {
  const text = canonicalize(statement)
  const again = canonicalize(restated(story))
  const turned = canonicalize(
    stated({ ...story, entries: story.entries.toReversed(), credits: story.credits?.toReversed() ?? [] }),
  )
  return [
    ...(text === again ? [] : [`engine and verifier differ: ${firstDifference(statement, JSON.parse(again!))}`]),
    ...(text === turned ? [] : ['the order changes something']),
    ...statement.bills.flatMap(unevenSplit),
    ...(statement.credits ?? []).flatMap((credit) => wrongCredit(credit, statement)),
    ...unevenTotals(statement),
    ...unevenInvoices(statement),
    ...story.entries.flatMap((entry) => fallingCost(entry, story)),
  ]
}

/** Amounts as whole steps of the last decimal. */
const steps = (text: string) => BigInt(text.replace('.', ''))
const sumOf = (list: readonly { readonly amount: string }[]) =>
  list.reduce((sum, { amount }) => sum + steps(amount), 0n)

function unevenSplit({ id, split, taxes, net, tax, total, lines }: Statement['bills'][number]): string[] {
  const wrong = unevenTaxes({ id, taxes, net, tax })
  if (sumOf(split) !== steps(net)) wrong.push(`${id}: the split is not the net`)
  if (split.some(({ amount }) => amount.startsWith('-'))) wrong.push(`${id}: a party pays`)
  if (steps(net) + steps(tax) !== steps(total)) wrong.push(`${id}: net and tax are not the total`)
  for (const line of lines) if (!addsUp(line.split, line.amount)) wrong.push(`${id}: a line is not split whole`)
  return wrong
}

function unevenTaxes({ id, taxes, net, tax }: Pick<Credit, 'id' | 'taxes' | 'net' | 'tax'>): string[] {
  const sum = (name: 'net' | 'tax') => taxes.reduce((all, line) => all + steps(line[name]), 0n)
  return sum('net') === steps(net) && sum('tax') === steps(tax) ? [] : [`${id}: its taxes are not its sums`]
}

/** It is shared among the parties whole, lowers the bill, and with those before it never below 0. */
function wrongCredit(credit: Credit, { bills, credits = [] }: Statement): string[] {
  const { id, bill, split, net, tax, total } = credit
  const wrong = unevenTaxes(credit)
  if (sumOf(split) !== steps(net)) wrong.push(`${id}: the split is not the net`)
  if (steps(net) + steps(tax) !== steps(total)) wrong.push(`${id}: net and tax are not the total`)
  if (steps(total) >= 0n) wrong.push(`${id}: nothing is credited`)
  const all = credits.filter((credit) => credit.bill === bill).reduce((sum, credit) => sum + steps(credit.total), 0n)
  if (all + steps(bills.find((each) => each.id === bill)!.total) < 0n) wrong.push(`${id}: more than the bill`)
  return wrong
}

/** Fractions, added over one denominator. */
function addsUp(parts: readonly { readonly amount: string }[], whole: string): boolean {
  const read = (text: string) => [...text.split('/').map(BigInt), 1n].slice(0, 2) as [bigint, bigint]
  const [top, bottom] = parts
    .map(({ amount }) => read(amount))
    .reduce(([a, b], [c, d]) => [a * d + c * b, b * d], [0n, 1n])
  const [wholeTop, wholeBottom] = read(whole)
  return top * wholeBottom === wholeTop * bottom
}

function unevenTotals({ bills, credits = [], totals }: Statement): string[] {
  return totals.flatMap(({ currency, total, net, split }) => {
    const own = [...bills, ...credits].filter((bill) => bill.currency === currency)
    const sum = own.reduce((all, bill) => all + steps(bill.total), 0n)
    return sum === steps(total) && sumOf(split) === steps(net)
      ? []
      : [`the total in ${currency} is not the sum of bills`]
  })
}

/** Invoices have all of a statement, and a red one only takes off. */
function unevenInvoices(statement: Statement): string[] {
  const invoices = invoicesOf(statement, '')
  const raised = invoices.filter(({ kind, lines }) =>
    lines.some(({ net, tax }) => (kind === 'red') !== steps(net) + steps(tax) < 0n),
  )
  return [
    ...raised.map(({ kind }) => `a ${kind} invoice has a line that it cannot have`),
    ...statement.totals.flatMap(({ currency, total }) => {
      const sum = invoices
        .filter((each) => each.currency === currency)
        .reduce((all, each) => all + steps(each.total), 0n)
      return sum === steps(total) ? [] : [`the invoices in ${currency} are not the total`]
    }),
  ]
}

/** What is shown while it runs: the bill of the readings so far. */
function fallingCost(entry: EntryBody, { tariffs }: Story): string[] {
  const [use] = usesOf([entry])
  const tariff = tariffs.find((each) => pinOf(each) === use?.tariff)
  if (use === undefined || use.when !== 'use' || tariff === undefined) return []
  // At each reading, and in the middle between two.
  const seen = use.trace.flatMap((point, index) => {
    const [so, next] = [use.trace.slice(0, index + 1), use.trace[index + 1]]
    return next === undefined ? [so] : [so, [...so, middle(point, next)]]
  })
  const costs = seen.map((trace) => steps(billOf(tariff, { ...use, endedAtMs: trace.at(-1)!.atMs, trace }).total))
  const final = steps(billOf(tariff, use).total)
  const falls = costs.findIndex((cost, index) => cost > (costs[index + 1] ?? final))
  if (falls >= 0) return [`${use.id}: it cost ${costs[falls]} at reading ${falls}, and less later`]
  return costs.at(-1) === final ? [] : [`${use.id}: shown ${costs.at(-1)}, billed ${final}`]
}

/** What was shown half way between two readings. */
function middle(a: TracePoint, b: TracePoint): TracePoint {
  const half = (from: number, to: number) => from + Math.floor((to - from) / 2)
  const { occupiedMs, poweredMs, executingMs } = b.clocks
  return {
    atMs: half(a.atMs, b.atMs),
    when: a.when,
    clocks: {
      occupiedMs: half(a.clocks.occupiedMs, occupiedMs),
      poweredMs: half(a.clocks.poweredMs, poweredMs),
      executingMs: half(a.clocks.executingMs, executingMs),
    },
    meters: b.meters.map((meter) => {
      const used = BigInt(a.meters.find((each) => each.meter === meter.meter)?.quantity ?? '0')
      return { ...meter, quantity: (used + (BigInt(meter.quantity) - used) / 2n).toString() }
    }),
  }
}

function firstDifference(a: unknown, b: unknown, at = ''): string {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return `${at} ${JSON.stringify(a)} ${JSON.stringify(b)}`
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>]
  const name = [...new Set([...Object.keys(left), ...Object.keys(right)])].find(
    (key) => !isDeepStrictEqual(left[key], right[key]),
  )
  return name === undefined ? at : firstDifference(left[name], right[name], `${at}.${name}`)
}

function fail(why: string): never {
  throw new Error(why)
}
