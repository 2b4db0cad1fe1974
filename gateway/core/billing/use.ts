/**
 * What is billed: a use with its readings at the begin, at each change of band and at the end, or a booking that nobody
 * used. Between two readings everything counts at the prices that held at the first of them. Units that are disputed
 * are in no account of a session, so they are never here. Read next: lines.ts.
 */
import type { Share } from '../ground/config.ts'
import type { MeterPoint, MeterUse } from '../meter/point.ts'
import { bandsIn, type Span } from './hours.ts'
import type { Occasion, Tariff } from './tariff.ts'

/** Clocks and meters of a use at one moment, from 0 at its begin; `total` is the meter's own reading. */
export type TracePoint = {
  readonly atMs: number
  /** What the time after this point is: the use, or its overrun. */
  readonly when: 'use' | 'overrun'
  readonly clocks: { readonly occupiedMs: number; readonly poweredMs: number; readonly executingMs: number }
  readonly meters: readonly MeterTrace[]
}

type MeterTrace = {
  readonly meter: string
  readonly unit: string
  readonly quantity: string
  readonly total: string
}

export type BilledUse = {
  /** The session, or the booking when nobody used it. */
  readonly id: string
  readonly when: Exclude<Occasion, 'overrun'>
  readonly machine: string
  readonly booking: string
  /** Pseudonym. */
  readonly tenant: string
  readonly class?: string
  /** `id@version`; absent when the machine had no tariff. */
  readonly tariff?: string
  readonly booked: Span
  readonly startedAtMs: number
  readonly endedAtMs: number
  readonly shares: readonly Share[]
  /** Begin, changes of band, end; empty when nobody used the booking. */
  readonly trace: readonly TracePoint[]
  readonly simulated: boolean
  readonly override: boolean
  readonly incomplete: boolean
}

/** A quantity between two readings. */
export type Chunk = {
  readonly fromMs: number
  readonly untilMs: number
  readonly when: Occasion
  readonly unit: string
  readonly quantity: bigint
  /** What the meters behind it showed. */
  readonly meters: readonly { readonly meter: string; readonly begin: string; readonly end: string }[]
}

/** One quantity of a use, in the order of time. */
export function chunksOf(use: BilledUse, tariff: Tariff, of: string): Chunk[] {
  if (of === 'booked') return bookedChunks(use, tariff)
  if (of === 'flat') return flatChunks(use)
  return use.trace.slice(1).flatMap((end, index) => {
    const begin = use.trace[index]!
    const span = { fromMs: begin.atMs, untilMs: end.atMs, when: begin.when }
    const counted = isClock(of) ? clockBetween(of, begin, end) : metersBetween(use.machine, of, begin, end)
    return counted.quantity > 0n ? [{ ...span, ...counted }] : []
  })
}

/** Every quantity that a use has, for what no element names. */
export function quantitiesOf(use: BilledUse): string[] {
  const meters = use.trace.at(-1)?.meters ?? []
  const names = meters.map(({ meter }) => meter.slice(use.machine.length + 1))
  return ['booked', ...(use.trace.length > 0 ? Object.keys(clockOf) : []), ...names]
}

/** The meters that a tariff bills, as a trace states them. */
export function tracedMeters(
  { elements }: Pick<Tariff, 'elements'>,
  machine: string,
  points: readonly MeterPoint[],
  used: readonly MeterUse[],
): MeterTrace[] {
  const isBilled = ({ meter, unit }: MeterPoint) =>
    elements.some(({ of }) => (unitOf[of] === undefined ? meter === `${machine}/${of}` : unit === unitOf[of]))
  return points.filter(isBilled).map(({ meter, unit, total }) => ({
    meter,
    unit,
    quantity: used.find((each) => each.meter === meter)?.quantity ?? '0',
    total,
  }))
}

const clockOf = { occupied: 'occupiedMs', powered: 'poweredMs', executing: 'executingMs' } as const
const unitOf: Readonly<Record<string, string>> = { energy: 'Wh', pieces: 'pcs' }

const isClock = (of: string): of is keyof typeof clockOf => Object.hasOwn(clockOf, of)

function bookedChunks({ booked, when }: BilledUse, tariff: Tariff): Chunk[] {
  const quantity = ({ fromMs, untilMs }: Span) => BigInt(untilMs - fromMs)
  return bandsIn(tariff, booked).map((span) => ({ ...span, when, unit: 'ms', quantity: quantity(span), meters: [] }))
}

/** One use; and one overrun, if there was any. */
function flatChunks({ when, booked, startedAtMs, endedAtMs, trace }: BilledUse): Chunk[] {
  const one = { unit: 'use', quantity: 1n, meters: [] }
  if (when !== 'use') return [{ ...one, ...booked, when }]
  const overrun = trace.slice(0, -1).find((point) => point.when === 'overrun')
  return [
    { ...one, fromMs: startedAtMs, untilMs: endedAtMs, when },
    ...(overrun === undefined ? [] : [{ ...one, fromMs: overrun.atMs, untilMs: endedAtMs, when: 'overrun' as const }]),
  ]
}

function clockBetween(of: keyof typeof clockOf, begin: TracePoint, end: TracePoint) {
  const clock = clockOf[of]
  return { unit: 'ms', quantity: BigInt(end.clocks[clock] - begin.clocks[clock]), meters: [] }
}

function metersBetween(machine: string, of: string, begin: TracePoint, end: TracePoint) {
  const behind = end.meters.filter(({ meter, unit }) =>
    unitOf[of] === undefined ? meter === `${machine}/${of}` : unit === unitOf[of],
  )
  const before = (meter: string) => begin.meters.find((known) => known.meter === meter)
  const moved = behind.map(({ meter, quantity }) => BigInt(quantity) - BigInt(before(meter)?.quantity ?? '0'))
  return {
    unit: behind[0]?.unit ?? unitOf[of] ?? '',
    quantity: moved.reduce((all, each) => all + each, 0n),
    meters: behind.map(({ meter, total }) => ({ meter, begin: before(meter)?.total ?? '0', end: total })),
  }
}
