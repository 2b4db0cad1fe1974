/**
 * What entries say about use, as it is billed: the end of a session, and a booking that was released or cancelled.
 * Entries are the gateway's own, so their form is not judged here. Read next: use.ts, ledger/evidence/FORMAT.md.
 */
import type { Share } from '../ground/config.ts'
import type { EntryBody, JsonObject } from '../ground/entry.ts'
import type { MeterUse } from '../meter/point.ts'
import type { BilledUse, TracePoint } from './use.ts'

/** What an entry carries for its bill: `data.billing`. */
export type Billing = {
  /** `id@version` */
  readonly tariff: string
  /** Class of the tenant. */
  readonly class?: string
  /** UTC ms. */
  readonly bookedFrom: number
  readonly bookedUntil: number
  /** Clocks and billed meters at each change of band and at the begin of the overrun. */
  readonly trace: readonly (Omit<TracePoint, 'atMs'> & { readonly at: number })[]
}

type EndData = {
  readonly booking: string
  readonly tenant: string
  readonly startedAt: string | null
  readonly endedAt: string
  readonly begin: readonly Point[]
  readonly end: readonly Point[]
  readonly use: readonly MeterUse[]
  readonly shares?: readonly Share[]
  readonly clocks?: TracePoint['clocks']
  readonly incomplete?: true
  readonly override?: true
  readonly billing?: Billing
}
type Point = { readonly meter: string; readonly unit: string; readonly total: string }

const NO_CLOCKS = { occupiedMs: 0, poweredMs: 0, executingMs: 0 }

/** The use of a `SessionEnded`. */
export function useOf({ machine = '', session = '', simulated, data }: EntryBody): BilledUse {
  const {
    booking,
    tenant,
    startedAt,
    endedAt,
    begin,
    end,
    use,
    shares = [],
    clocks,
    billing,
    ...marks
  } = data as unknown as EndData
  const endedAtMs = Date.parse(endedAt)
  const startedAtMs = startedAt === null ? endedAtMs : Date.parse(startedAt)
  const usedOf = (meter: string) => use.find((each) => each.meter === meter)?.quantity ?? '0'
  const { occupiedMs, poweredMs, executingMs } = clocks ?? NO_CLOCKS
  return {
    id: session,
    when: 'use',
    machine,
    booking,
    tenant,
    ...(billing?.class === undefined ? {} : { class: billing.class }),
    ...(billing === undefined ? {} : { tariff: billing.tariff }),
    booked: { fromMs: billing?.bookedFrom ?? startedAtMs, untilMs: billing?.bookedUntil ?? endedAtMs },
    startedAtMs,
    endedAtMs,
    shares,
    trace: [
      { atMs: startedAtMs, when: 'use', clocks: NO_CLOCKS, meters: begin.map((point) => traced(point, '0')) },
      ...(billing?.trace ?? []).map(({ at, ...point }) => ({ ...point, atMs: at })),
      {
        atMs: endedAtMs,
        when: 'use',
        clocks: { occupiedMs, poweredMs, executingMs },
        meters: end.map((point) => traced(point, usedOf(point.meter))),
      },
    ],
    simulated: simulated === true,
    override: marks.override === true,
    incomplete: marks.incomplete === true,
  }
}

const traced = ({ meter, unit, total }: Point, quantity: string) => ({ meter, unit, quantity, total })

/** What `BookingCancelled` carries for its bill, beside the reason. */
type MissedData = {
  readonly booking: string
  readonly reason?: string
  readonly tenant?: string
  readonly shares?: readonly Share[]
  readonly billing?: Omit<Billing, 'trace'>
}

/** The bill of a booking that nobody used; undefined when its entry carries nothing to bill. */
export function missedOf({ machine = '', simulated, at, data }: EntryBody): BilledUse | undefined {
  const { booking, reason, tenant = '', shares = [], billing } = data as unknown as MissedData
  if (billing === undefined) return undefined
  const atMs = Date.parse(at)
  return {
    id: booking,
    when: reason === 'no-show' ? 'no-show' : 'cancellation',
    machine,
    booking,
    tenant,
    ...(billing.class === undefined ? {} : { class: billing.class }),
    tariff: billing.tariff,
    booked: { fromMs: billing.bookedFrom, untilMs: billing.bookedUntil },
    startedAtMs: atMs,
    endedAtMs: atMs,
    shares,
    trace: [],
    simulated: simulated === true,
    override: false,
    incomplete: false,
  }
}

export function billingJson({ trace, ...terms }: Billing): JsonObject {
  return {
    ...terms,
    trace: trace.map(({ clocks, meters, ...point }) => ({
      ...point,
      clocks: { ...clocks },
      meters: meters.map((each) => ({ ...each })),
    })),
  }
}
