/**
 * What a week was, out of the ledger of a world alone: who used what for how long, who waited, what it took. Quotients
 * are decimal text, rounded once, half away from zero, so that anybody who computes them anew comes to the same text.
 * Read next: report.ts (what follows from two worlds), recompute.py (the same figures by other code).
 */

import { decimal, type Fraction, fraction, moneyText, over, rounded } from '../../../gateway/core/billing/fraction.ts'
import type { Entry } from '../../../gateway/core/ground/entry.ts'
import type { MeterPoint } from '../../../gateway/core/meter/point.ts'
import { type Assumptions, type Kind, kinds, type World } from './assumptions.ts'

export type Waits = {
  readonly uses: number
  readonly meanMinutes: string
  readonly medianMinutes: string
  readonly tenthMinutes: string
  readonly mostMinutes: string
}

export type KindFigures = {
  readonly machines: number
  readonly sessions: number
  readonly pieces: number
  /** All that the meters counted, also while nobody had the machine. */
  readonly energyWh: number
  readonly energyPerPieceWh: string
  readonly occupiedMs: number
  readonly executingMs: number
  /** Time a use takes for each piece: setting up, making, cleaning. */
  readonly minutesPerPiece: string
  /** Percent of the hours in which the machines could be used. */
  readonly utilisation: string
  readonly working: string
  readonly mostAtOnce: number
  readonly waits: Waits
}

export type WorldFigures = {
  readonly entries: number
  readonly sessions: number
  readonly noShows: number
  readonly cancelled: number
  readonly cutByTheEnd: number
  readonly kinds: Readonly<Record<Kind, KindFigures>>
}

/** `days` are whole days from the first entry on, a Monday; nobody works on the seventh. */
export function figuresOf(entries: readonly Entry[], world: World, days: number, { open }: Assumptions): WorldFigures {
  const ended = entries.filter(({ kind }) => kind === 'SessionEnded')
  const missed = entries.filter(({ kind }) => kind === 'BookingCancelled')
  const openHours =
    (open[world].to - open[world].from) * Array.from({ length: days }, (_, day) => day % 7 !== 6).filter(Boolean).length
  const byKind = kinds.map((kind) => [kind, kindFigures(entries, kind, openHours)] as const)
  return {
    entries: entries.length,
    sessions: ended.length,
    noShows: missed.filter(({ body }) => body.data.reason === 'no-show').length,
    cancelled: missed.filter(({ body }) => body.data.reason === 'cancelled').length,
    cutByTheEnd: ended.filter(({ body }) => body.data.stoppedReason === 'TimeLimitReached').length,
    kinds: Object.fromEntries(byKind) as Record<Kind, KindFigures>,
  }
}

type Clocks = { readonly occupiedMs: number; readonly executingMs: number }
type Use = { readonly unit: string; readonly quantity: string }

function kindFigures(entries: readonly Entry[], kind: Kind, openHours: number): KindFigures {
  const own = entries.filter(({ machine }) => machine?.startsWith(`${kind}-`))
  const ended = own.filter((entry) => entry.kind === 'SessionEnded').map(({ body }) => body.data)
  const machines = new Set(own.map(({ machine }) => machine)).size
  const clocks = ended.map((data) => data.clocks as unknown as Clocks)
  const uses = ended.flatMap((data) => data.use as unknown as readonly Use[])
  const occupiedMs = total(clocks.map((each) => each.occupiedMs))
  const executingMs = total(clocks.map((each) => each.executingMs))
  const pieces = total(uses.filter(({ unit }) => unit === 'cycles').map(({ quantity }) => Number(quantity)))
  const energyWh = countedWh(own)
  const openMs = machines * openHours * 3_600_000
  return {
    machines,
    sessions: ended.length,
    pieces,
    energyWh,
    energyPerPieceWh: quotient(energyWh, pieces, 1),
    occupiedMs,
    executingMs,
    minutesPerPiece: quotient(occupiedMs, pieces * 60_000, 2),
    utilisation: quotient(100 * occupiedMs, openMs, 1),
    working: quotient(100 * executingMs, openMs, 1),
    mostAtOnce: mostAtOnce(
      ended.map(({ startedAt, endedAt }) => [Date.parse(String(startedAt)), Date.parse(String(endedAt))]),
    ),
    waits: waitsOf(own),
  }
}

const total = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0)

/** `top / bottom`, both whole; 0 where there is nothing to divide by. */
export function quotient(top: number, bottom: number, digits: number): string {
  const exact: Fraction = bottom === 0 ? decimal('0') : over(fraction(BigInt(top)), fraction(BigInt(bottom)))
  return moneyText(rounded(exact, digits), digits)
}

/** From the first to the last total that the ledger shows of each meter of energy. */
function countedWh(entries: readonly Entry[]): number {
  const last = new Map<string, number>()
  for (const { kind, body } of entries) {
    const lists =
      kind === 'MeterSampled' ? [body.data.meters] : kind === 'SessionEnded' ? [body.data.begin, body.data.end] : []
    for (const point of lists.flat() as unknown as readonly MeterPoint[])
      if (point.unit === 'Wh') last.set(point.meter, Number(point.total))
  }
  return total([...last.values()])
}

function mostAtOnce(spans: readonly (readonly [number, number] | readonly number[])[]): number {
  const edges = spans.flatMap(([from, to]) => [
    { at: from!, step: 1 },
    { at: to!, step: -1 },
  ])
  let now = 0
  let most = 0
  for (const { step } of edges.sort((a, b) => a.at - b.at || a.step - b.step)) {
    now += step
    most = Math.max(most, now)
  }
  return most
}

/** From the moment a use was asked for, when its booking was first put, until its machine was unlocked. */
function waitsOf(entries: readonly Entry[]): Waits {
  const asked = new Map<string, number>()
  const bookingOf = new Map<string, string>()
  const waits = new Map<string, number>()
  for (const { kind, body, atMs, session } of entries) {
    const booking = String(body.data.booking)
    if (kind === 'BookingPut' && !asked.has(booking)) asked.set(booking, atMs)
    if (kind === 'UnlockIntended') bookingOf.set(session!, booking)
    if (kind !== 'UnlockConfirmed') continue
    const used = bookingOf.get(session!)!
    if (!waits.has(used)) waits.set(used, atMs - asked.get(used)!)
  }
  const sorted = [...waits.values()].sort((a, b) => a - b)
  const minutes = (ms: number) => quotient(ms, 60_000, 1)
  const at = (tenths: number) => minutes(sorted[Math.max(0, Math.ceil((sorted.length * tenths) / 10) - 1)] ?? 0)
  return {
    uses: sorted.length,
    meanMinutes: quotient(total(sorted), sorted.length * 60_000, 1),
    medianMinutes: at(5),
    tenthMinutes: at(9),
    mostMinutes: at(10),
  }
}
