/**
 * The lines of a bill: each quantity of a use, cut where another element of the tariff begins to match. The first
 * element that matches wins; what none matches is free, and its line says so. There is no step: half of a unit costs
 * half its price. Read next: bill.ts (what becomes of the lines), use.ts (where quantities come from).
 */
import { decimal, type Fraction, fraction, fractionText, over, times, ZERO } from './fraction.ts'
import { holds, shownAt } from './hours.ts'
import { isCounted, type Occasion, type Tariff, type TariffElement } from './tariff.ts'
import { type BilledUse, type Chunk, chunksOf, quantitiesOf } from './use.ts'

export type BillLine = {
  readonly of: string
  readonly when: Occasion
  /** The element that won; absent when none matched. */
  readonly element?: string
  readonly why: string
  /** RFC 3339, UTC: the moments of the two readings. */
  readonly from: string
  readonly to: string
  /** How much of the quantity the use had before and after: `end` − `begin` = `quantity`. */
  readonly begin: string
  readonly end: string
  /** What the meters showed at the two readings. */
  readonly meters: Chunk['meters']
  readonly quantity: string
  readonly free: string
  readonly unit: string
  readonly price?: string
  readonly per?: string
  /** Exact: price × (quantity − free) ÷ per. */
  readonly amount: string
  readonly tax?: string
}

/** A line before it is written down. */
export type Priced = {
  readonly element: TariffElement | undefined
  readonly of: string
  readonly chunk: Chunk
  readonly begin: bigint
  readonly quantity: bigint
  readonly free: bigint
  readonly amount: Fraction
}

/** By quantity in the order of the elements, then by time. */
export function linesOf(tariff: Tariff, use: BilledUse): Priced[] {
  const named = [...new Set(tariff.elements.map(({ of }) => of))].filter((of) => isCounted(tariff, of))
  return named.flatMap((of) => priced(tariff, use, of))
}

/** The quantities of a use that no element names, which are free. */
export function unnamed({ elements }: Tariff, use: BilledUse): string[] {
  const isNamed = (of: string) => elements.some((element) => element.of === of)
  const sums: Readonly<Record<string, string>> = { Wh: 'energy', pcs: 'pieces' }
  const unitOf = (of: string) => use.trace.at(-1)?.meters.find(({ meter }) => meter === `${use.machine}/${of}`)?.unit
  return quantitiesOf(use).filter((of) => !isNamed(of) && !isNamed(sums[unitOf(of) ?? ''] ?? of))
}

function priced(tariff: Tariff, use: BilledUse, of: string): Priced[] {
  const lines: Priced[] = []
  const had = new Map<Occasion, bigint>()
  const freed = new Map<TariffElement, bigint>()
  for (const chunk of chunksOf(use, tariff, of)) {
    const candidates = candidatesFor(tariff, use, of, chunk)
    for (let left = chunk.quantity; left > 0n; ) {
      const begin = had.get(chunk.when) ?? 0n
      const element = candidates.find(({ above = '0' }) => BigInt(above) <= begin)
      const quantity = lower(left, untilNext(candidates, begin) ?? left)
      const free =
        element === undefined ? 0n : lower(quantity, BigInt(element.free ?? '0') - (freed.get(element) ?? 0n))
      if (element !== undefined) freed.set(element, (freed.get(element) ?? 0n) + free)
      const line = { element, of, chunk, begin, quantity, free, amount: amountOf(element, quantity - free) }
      const joined = lines.length > 0 ? join(lines.at(-1)!, line) : undefined
      if (joined === undefined) lines.push(line)
      else lines[lines.length - 1] = joined
      had.set(chunk.when, begin + quantity)
      left -= quantity
    }
  }
  return lines
}

/** The elements that match at the begin of a chunk, whatever quantity came before. */
function candidatesFor(tariff: Tariff, use: BilledUse, of: string, { fromMs, when }: Chunk): TariffElement[] {
  const shown = shownAt(fromMs, tariff.zone)
  return tariff.elements.filter(
    (element) =>
      element.of === of &&
      element.when === when &&
      (element.classes === undefined || element.classes.includes(use.class ?? '')) &&
      holds(element, shown),
  )
}

/** How much comes before the next band above a quantity. */
function untilNext(candidates: readonly TariffElement[], begin: bigint): bigint | undefined {
  const next = candidates.map(({ above = '0' }) => BigInt(above)).filter((above) => above > begin)
  return next.length === 0 ? undefined : next.reduce(lower) - begin
}

function amountOf(element: TariffElement | undefined, quantity: bigint): Fraction {
  if (element === undefined) return ZERO
  return over(times(decimal(element.price), fraction(quantity)), fraction(BigInt(element.per)))
}

/** Neighbours of one element are one line. */
function join(a: Priced, b: Priced): Priced | undefined {
  if (a.element !== b.element || a.chunk.when !== b.chunk.when) return undefined
  const [quantity, free] = [a.quantity + b.quantity, a.free + b.free]
  const before = (meter: string) => a.chunk.meters.find((known) => known.meter === meter)
  const meters = b.chunk.meters.map((each) => ({ ...each, begin: before(each.meter)?.begin ?? each.begin }))
  const chunk = { ...a.chunk, untilMs: b.chunk.untilMs, meters }
  return { ...a, chunk, quantity, free, amount: amountOf(a.element, quantity - free) }
}

const lower = (a: bigint, b: bigint) => (a < b ? a : b)

export function writtenLine({ element, of, chunk, begin, quantity, free, amount }: Priced): BillLine {
  return {
    of,
    when: chunk.when,
    ...(element === undefined ? {} : { element: element.id }),
    why: element === undefined ? 'no element matches: free' : whyOf(element),
    from: new Date(chunk.fromMs).toISOString(),
    to: new Date(chunk.untilMs).toISOString(),
    begin: begin.toString(),
    end: (begin + quantity).toString(),
    meters: chunk.meters,
    quantity: quantity.toString(),
    free: free.toString(),
    unit: chunk.unit,
    ...(element === undefined ? {} : { price: element.price, per: element.per, tax: element.tax }),
    amount: fractionText(amount),
  }
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

/** The conditions of the element, all of which held. */
function whyOf({ classes, days, hours, above }: TariffElement): string {
  const conditions = [
    ...(classes === undefined ? [] : [`class ${classes.join(' or ')}`]),
    ...(days === undefined ? [] : [days.map((day) => DAYS[day]).join(' ')]),
    ...(hours === undefined ? [] : [`${clock(hours.from)}-${clock(hours.to)}`]),
    ...(above === undefined ? [] : [`above ${above}`]),
  ]
  return conditions.length === 0 ? 'always' : conditions.join(', ')
}

function clock(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':')
}
