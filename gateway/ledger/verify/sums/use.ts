/**
 * What a session is charged, held against its own begin and end readings.
 * Pure. Read next: session-sums.ts.
 */
import type { Ended, Point } from '../entry/content.ts'
import type { OpenedEntry } from '../entry/open-entry.ts'
import type { UseFacts } from '../facts.ts'
import { minus, type Quantity, same } from '../quantity.ts'
import type { Report } from '../report.ts'

/** Where an entry stands, without what it says. */
export type EntryHead = Omit<OpenedEntry, 'kind' | 'content'>

/** Units of one meter that changes named while the session was open: as its own, and as others'. */
export type Named = { own: Quantity; other: Quantity }

/** Each meter has one reading in each list, of this machine, and is charged once; no more overrun than use. */
export function judgeLists(
  { seq, machine, session }: EntryHead,
  { begin, end, use, overrun }: Ended,
  report: Report,
): void {
  for (const points of [begin, end])
    if (hasTwice(points)) report.fault('use-exceeds-meter', `${session}: two readings of one meter`, seq)
  for (const [index, { meter }] of use.entries())
    if (!end.some((point) => point.meter === meter) || isRepeated(use, index))
      report.fault('use-exceeds-meter', `${session}: ${meter} has no end reading of its own`, seq)
  for (const [index, { meter, unit, quantity }] of overrun.entries()) {
    const used = use.find((item) => item.meter === meter && item.unit === unit)?.quantity ?? 0
    if (quantity < 0 || used < quantity || isRepeated(overrun, index))
      report.fault('overrun-exceeds-use', `${session}: ${quantity} of ${used} ${unit} of ${meter}`, seq)
  }
  for (const { meter } of end)
    if (!meter.startsWith(`${machine}/`))
      report.fault('use-exceeds-meter', `${session}: ${meter} is not of ${machine}`, seq)
}

type OfMeter = { readonly meter: string }
const hasTwice = (list: readonly OfMeter[]) => new Set(list.map(({ meter }) => meter)).size < list.length
const isRepeated = (list: readonly OfMeter[], index: number) =>
  list.findIndex(({ meter }) => meter === list[index]!.meter) !== index

/** What one meter made between the two readings, and how much of it the session is charged. */
export function judgeUse(
  { seq, session }: EntryHead,
  { begin, use, overrun }: Ended,
  { meter, unit, total, epoch }: Point,
  { own, other }: Named,
  report: Report,
): UseFacts {
  const first = begin.find((point) => point.meter === meter)
  const used = use.find((item) => item.meter === meter)
  const quantity = used?.quantity ?? 0
  const made = minus(total, first?.total ?? 0)
  const elsewhere = minus(made, quantity)
  const hasOneUnit = [first, used].every((each) => each === undefined || each.unit === unit)
  if (made < 0 || epoch < (first?.epoch ?? epoch))
    report.fault('end-below-begin', `${session}: ${meter} from ${first?.total} to ${total}`, seq)
  else if (quantity < 0 || elsewhere < other || !hasOneUnit) {
    const charged = `${quantity} of ${made} ${unit} of ${meter}`
    report.fault('use-exceeds-meter', `${session}: ${charged}, ${other} of it named as not its own`, seq)
  } else if (quantity < own)
    report.fault('use-below-named', `${session}: ${quantity} ${unit} of ${meter}, ${own} named as its own`, seq)
  else if (elsewhere > 0) report.note('units-elsewhere', `${session}: ${elsewhere} ${unit} of ${meter}`, seq)
  const late = overrun.find((item) => item.meter === meter)
  return {
    meter,
    unit,
    begin: String(first?.total ?? 0),
    end: String(total),
    quantity: String(quantity),
    ...(late === undefined ? {} : { overrun: String(late.quantity) }),
    elsewhere: String(elsewhere),
  }
}

export function samePoints(a: readonly Point[], b: readonly Point[]): boolean {
  return a.length === b.length && a.every((point, index) => samePoint(point, b[index]!))
}

function samePoint(a: Point, b: Point): boolean {
  const raws = a.raw === undefined || b.raw === undefined ? a.raw === b.raw : same(a.raw, b.raw)
  const names = a.meter === b.meter && a.unit === b.unit
  return raws && names && a.epoch === b.epoch && a.at === b.at && same(a.total, b.total)
}
