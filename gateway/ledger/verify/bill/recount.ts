/**
 * The recomputation of a bill, by cutting: each quantity is cut into atoms at every reading, turn of the wall clock and
 * band of the tariff; each atom finds its element alone; neighbours of one element are then one line. It shares
 * nothing with the engine that made the bill. Read next: money.ts (rounding, tax, split), occasion.ts, terms.ts.
 */
import { divide, type Exact, exactText, multiply, whole } from './exact.ts'
import type { Billed, Mark, Reading } from './occasion.ts'
import type { Element, Terms } from './terms.ts'
import { isShown, turns } from './wall.ts'

export type Line = {
  readonly of: string
  readonly when: string
  readonly element: Element | undefined
  readonly from: number
  readonly until: number
  readonly begin: bigint
  readonly end: bigint
  readonly free: bigint
  readonly unit: string
  readonly meters: readonly Shown[]
  readonly amount: Exact
}
type Shown = { readonly meter: string; readonly begin: string; readonly end: string }

/** A part of a quantity that lies between two readings. */
type Stretch = Pick<Line, 'when' | 'from' | 'until' | 'unit' | 'meters'> & { readonly size: bigint }
type Atom = Omit<Line, 'free' | 'amount'>

const CLOCKS = ['occupied', 'powered', 'executing'] as const
const SUMS: Readonly<Record<string, string>> = { energy: 'Wh', pieces: 'pcs' }

export function recount(terms: Terms, billed: Billed): Line[] {
  const counted = terms.elements.map(({ of }) => of).filter((of) => isOfBasis(terms.basis, of))
  return [...new Set(counted)].flatMap((of) => withFree(merged(atomsOf(terms, billed, of))))
}

/** What the use has, and no element names, neither itself nor in a sum. */
export function unpriced({ elements }: Terms, { marks, machine }: Billed): string[] {
  const names = new Set(elements.map(({ of }) => of))
  const last = marks.at(-1)
  const clocks = last === undefined ? ['booked'] : ['booked', ...CLOCKS]
  const sumOf = (unit: string) => Object.keys(SUMS).find((sum) => SUMS[sum] === unit)
  const meters = (last?.readings ?? [])
    .filter(({ unit }) => !names.has(sumOf(unit) ?? ''))
    .map(({ meter }) => meter.slice(`${machine}/`.length))
  return [...clocks, ...meters].filter((of) => !names.has(of))
}

export function lineJson({ element, ...line }: Line) {
  return {
    of: line.of,
    when: line.when,
    ...(element === undefined ? {} : { element: element.id }),
    why: reasonOf(element),
    from: new Date(line.from).toISOString(),
    to: new Date(line.until).toISOString(),
    begin: String(line.begin),
    end: String(line.end),
    meters: line.meters.map((each) => ({ ...each })),
    quantity: String(line.end - line.begin),
    free: String(line.free),
    unit: line.unit,
    ...(element === undefined ? {} : { price: element.price, per: String(element.per), tax: element.tax }),
    amount: exactText(line.amount),
  }
}

const isOfBasis = (basis: string, of: string) =>
  of === 'flat' || basis === 'both' || basis === (of === 'booked' ? 'reservation' : 'use')

function atomsOf(terms: Terms, billed: Billed, of: string): Atom[] {
  const elements = terms.elements.filter((element) => element.of === of)
  const bounds = [...new Set(elements.map(({ above }) => above))].sort((a, b) => (a < b ? -1 : 1))
  const reached = new Map<string, bigint>()
  return stretchesOf(terms, billed, of).flatMap(({ size, ...stretch }) => {
    const from = reached.get(stretch.when) ?? 0n
    const until = from + size
    reached.set(stretch.when, until)
    const cuts = [from, ...bounds.filter((bound) => from < bound && bound < until), until]
    return cuts.slice(1).map((end, index) => {
      const begin = cuts[index]!
      const element = elements.find((each) => suits(each, stretch, begin, billed.class, terms.zone))
      return { ...stretch, of, element, begin, end }
    })
  })
}

const suits = (
  element: Element,
  { when, from }: Omit<Stretch, 'size'>,
  begin: bigint,
  of: string | undefined,
  zone: string,
) =>
  element.when === when &&
  element.above <= begin &&
  (element.classes === undefined || (of !== undefined && element.classes.includes(of))) &&
  isShown(element, from, zone)

function merged(atoms: readonly Atom[]): Atom[] {
  const lines: Atom[] = []
  for (const atom of atoms) {
    const last = lines.at(-1)
    if (last === undefined || last.element !== atom.element || last.when !== atom.when) lines.push(atom)
    else
      lines[lines.length - 1] = { ...last, until: atom.until, end: atom.end, meters: spanned(last.meters, atom.meters) }
  }
  return lines
}

const spanned = (a: readonly Shown[], b: readonly Shown[]): Shown[] =>
  b.map((shown) => ({ ...shown, begin: (a.find(({ meter }) => meter === shown.meter) ?? shown).begin }))

function withFree(lines: readonly Atom[]): Line[] {
  const given = new Map<Element, bigint>()
  return lines.map((line) => {
    const { element, begin, end } = line
    if (element === undefined) return { ...line, free: 0n, amount: whole(0n) }
    const left = element.free - (given.get(element) ?? 0n)
    const free = end - begin < left ? end - begin : left
    given.set(element, (given.get(element) ?? 0n) + free)
    const amount = divide(multiply(element.cost, whole(end - begin - free)), whole(element.per))
    return { ...line, free, amount }
  })
}

/* ── quantities ── */

function stretchesOf(terms: Terms, billed: Billed, of: string): Stretch[] {
  const all =
    of === 'booked'
      ? reserved(terms, billed)
      : of === 'flat'
        ? once(billed)
        : between(billed.marks, measureOf(of, billed))
  return all.filter(({ size }) => size > 0n)
}

function reserved({ elements, zone }: Terms, { bookedFrom, bookedUntil, when }: Billed): Stretch[] {
  const state = (ms: number) => elements.map((each) => isShown(each, ms, zone)).join()
  const cuts = [bookedFrom]
  for (const turn of turns(elements, bookedFrom, bookedUntil, zone))
    if (state(turn) !== state(cuts.at(-1)!)) cuts.push(turn)
  return cuts.map((from, index) => {
    const until = cuts[index + 1] ?? bookedUntil
    return { when, from, until, unit: 'ms', meters: [], size: BigInt(until - from) }
  })
}

function once({ when, marks, bookedFrom, bookedUntil, startedAt, endedAt }: Billed): Stretch[] {
  const one = { unit: 'use', meters: [], size: 1n }
  if (when !== 'use') return [{ ...one, when, from: bookedFrom, until: bookedUntil }]
  const until = Date.parse(endedAt)
  const late = marks.findIndex(({ phase }) => phase === 'overrun')
  const overrun = late < 0 ? [] : [{ ...one, when: 'overrun', from: marks[late]!.at, until }]
  return [{ ...one, when, from: Date.parse(startedAt), until }, ...overrun]
}

type Measure = (mark: Mark) => { readonly unit: string; readonly value: bigint; readonly readings: readonly Reading[] }

function measureOf(of: string, { machine }: Billed): Measure {
  const clock = CLOCKS.find((name) => name === of)
  if (clock !== undefined) return (mark) => ({ unit: 'ms', value: mark[clock], readings: [] })
  const unit = SUMS[of]
  return (mark) => {
    const readings = mark.readings.filter((reading) =>
      unit === undefined ? reading.meter === `${machine}/${of}` : reading.unit === unit,
    )
    const value = readings.reduce((sum, { used }) => sum + used, 0n)
    return { unit: unit ?? readings[0]?.unit ?? '', value, readings }
  }
}

function between(marks: readonly Mark[], measure: Measure): Stretch[] {
  return marks.slice(1).map((mark, index) => {
    const before = marks[index]!
    const [a, b] = [measure(before), measure(mark)]
    const first = (meter: string) => a.readings.find((reading) => reading.meter === meter)?.total ?? '0'
    const meters = b.readings.map(({ meter, total }) => ({ meter, begin: first(meter), end: total }))
    return { when: before.phase, from: before.at, until: mark.at, unit: b.unit, meters, size: b.value - a.value }
  })
}

/* ── words ── */

const WEEK = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

function reasonOf(element: Element | undefined): string {
  if (element === undefined) return 'no element matches: free'
  const { classes, days, hours, above } = element
  const said = []
  if (classes !== undefined) said.push(`class ${classes.join(' or ')}`)
  if (days !== undefined) said.push(days.map((day) => WEEK[day]).join(' '))
  if (hours !== undefined) said.push(`${hourText(hours.from)}-${hourText(hours.to)}`)
  if (above > 0n) said.push(`above ${above}`)
  return said.length === 0 ? 'always' : said.join(', ')
}

const hourText = (minutes: number) =>
  `${String(Math.trunc(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
