/**
 * What is billed, as entries state it: a session with its readings, or a booking that nobody used. The trace must only
 * rise, from the begin to the end. Read next: recount.ts.
 */
import { isObject } from '../../evidence/canonical.ts'
import { parseCount } from '../quantity.ts'

export type Reading = { readonly meter: string; readonly unit: string; readonly used: bigint; readonly total: string }

/** Everything that counts, at one moment; `phase` is what the time after it is. */
export type Mark = {
  readonly at: number
  readonly phase: string
  readonly occupied: bigint
  readonly powered: bigint
  readonly executing: bigint
  readonly readings: readonly Reading[]
}

export type Billed = {
  readonly id: string
  readonly when: 'use' | 'no-show' | 'cancellation'
  readonly machine: string
  readonly booking: string
  readonly tenant: string
  readonly class: string | undefined
  readonly pin: string | undefined
  readonly bookedFrom: number
  readonly bookedUntil: number
  readonly startedAt: string
  readonly endedAt: string
  readonly shares: readonly { readonly owner: string; readonly percent: string }[]
  readonly marks: readonly Mark[]
  readonly reason: 'simulated' | 'override' | 'incomplete' | undefined
}

type Data = Readonly<Record<string, unknown>>

/** From an entry that was opened without a fault; undefined when it does not carry a bill in its form. */
export function billedOf(entry: Data): Billed | undefined {
  const { kind, machine, session, simulated, at, data } = entry
  if (!isObject(data) || typeof machine !== 'string' || typeof at !== 'string') return undefined
  const { booking, tenant = '', shares: list = [], billing, startedAt, endedAt, reason } = data
  const shares = sharesOf(list)
  if (typeof booking !== 'string' || typeof tenant !== 'string' || shares === undefined) return undefined
  const isUse = kind === 'SessionEnded'
  if (!isUse && (kind !== 'BookingCancelled' || billing === undefined)) return undefined
  const ended = isUse ? String(endedAt) : at
  const started = isUse ? String(startedAt ?? endedAt) : at
  const span = { from: Date.parse(started), until: Date.parse(ended) }
  const terms = billing === undefined ? freeTerms(span) : termsNamed(billing)
  const marks = isUse ? marksOf(data, span, isObject(billing) ? billing.trace : []) : []
  if (terms === undefined || marks === undefined) return undefined
  return {
    id: isUse ? String(session) : booking,
    when: isUse ? 'use' : reason === 'no-show' ? 'no-show' : 'cancellation',
    machine,
    booking,
    tenant,
    ...terms,
    startedAt: new Date(span.from).toISOString(),
    endedAt: new Date(span.until).toISOString(),
    shares,
    marks,
    reason:
      simulated === true
        ? 'simulated'
        : data.override === true
          ? 'override'
          : isCut(isUse, data)
            ? 'incomplete'
            : undefined,
  }
}

const isCut = (isUse: boolean, { incomplete }: Data) => isUse && incomplete === true

const freeTerms = ({ from, until }: { from: number; until: number }) => ({
  class: undefined,
  pin: undefined,
  bookedFrom: from,
  bookedUntil: until,
})

function termsNamed(billing: unknown): Pick<Billed, 'class' | 'pin' | 'bookedFrom' | 'bookedUntil'> | undefined {
  if (!isObject(billing)) return undefined
  const { tariff, class: name, bookedFrom, bookedUntil } = billing
  if (typeof tariff !== 'string' || (name !== undefined && typeof name !== 'string')) return undefined
  if (!isMoment(bookedFrom) || !isMoment(bookedUntil) || bookedUntil < bookedFrom) return undefined
  return { pin: tariff, class: name, bookedFrom, bookedUntil }
}

function marksOf(data: Data, span: { from: number; until: number }, trace: unknown): Mark[] | undefined {
  const { begin, end, use, clocks } = data
  if (!Array.isArray(begin) || !Array.isArray(end) || !Array.isArray(use) || !Array.isArray(trace)) return undefined
  const usedOf = (meter: unknown) => use.find((each) => isObject(each) && each.meter === meter)?.quantity ?? '0'
  const points = (list: readonly unknown[], used: (meter: unknown) => unknown) =>
    list.map((each) => (isObject(each) ? { ...each, quantity: used(each.meter) } : each))
  const none = { occupiedMs: 0, poweredMs: 0, executingMs: 0 }
  const marks = [
    { at: span.from, when: 'use', clocks: none, meters: points(begin, () => '0') },
    ...trace,
    { at: span.until, when: 'use', clocks: clocks ?? none, meters: points(end, usedOf) },
  ].map(markOf)
  const rises = marks.every(
    (mark, index) => mark !== undefined && (index === 0 || isAfter(mark, marks[index - 1]!, index === 1)),
  )
  return rises ? (marks as Mark[]) : undefined
}

function markOf(value: unknown): Mark | undefined {
  if (!isObject(value) || !isObject(value.clocks) || !Array.isArray(value.meters)) return undefined
  const { occupiedMs, poweredMs, executingMs } = value.clocks
  const { at, when } = value
  if (!isMoment(at) || (when !== 'use' && when !== 'overrun')) return undefined
  if (!isMoment(occupiedMs) || !isMoment(poweredMs) || !isMoment(executingMs)) return undefined
  const readings = value.meters.map(readingOf)
  if (readings.includes(undefined)) return undefined
  const clocks = { occupied: BigInt(occupiedMs), powered: BigInt(poweredMs), executing: BigInt(executingMs) }
  return { at, phase: when, ...clocks, readings: readings as Reading[] }
}

function readingOf(value: unknown): Reading | undefined {
  if (!isObject(value)) return undefined
  const { meter, unit, quantity, total } = value
  const used = parseCount(quantity)
  if (typeof meter !== 'string' || typeof unit !== 'string' || used === undefined) return undefined
  return parseCount(total) === undefined ? undefined : { meter, unit, used: BigInt(used), total: String(total) }
}

/** Nothing goes back between two marks. A meter that the trace names once is named from then on. */
function isAfter(mark: Mark, before: Mark, isFirst: boolean): boolean {
  const clocks = ['occupied', 'powered', 'executing'] as const
  const known = (meter: string) => mark.readings.find((reading) => reading.meter === meter)
  return (
    clocks.every((clock) => mark[clock] >= before[clock]) &&
    before.readings.every(({ meter, used }) => used <= (known(meter)?.used ?? (isFirst ? used : -1n)))
  )
}

const isMoment = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function sharesOf(list: unknown): Billed['shares'] | undefined {
  if (!Array.isArray(list)) return undefined
  const isShare = (each: unknown) =>
    isObject(each) && typeof each.owner === 'string' && /^(0|[1-9]\d{0,2})(\.\d{1,2})?$/.test(String(each.percent))
  return list.every(isShare) ? (list as unknown as Billed['shares']) : undefined
}
