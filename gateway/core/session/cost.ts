/**
 * What a session that runs has used so far, as it is billed: the same trace as in the entry of its end, with now in
 * place of the end. Clocks and meters only rise, so the bill of it never exceeds the one in a statement.
 * Read next: billing/entry.ts `useOf` (the same from the entry), billing/bill.ts.
 */
import type { BilledUse, TracePoint } from '../billing/use.ts'
import { clockTimes } from './clocks.ts'
import type { Session } from './session.ts'
import { sharesOf } from './shares.ts'

/** How far a session has come. Clocks run on in memory, so they may be ahead of those that are durable. */
type Progress = { readonly atMs: number; readonly clocks: TracePoint['clocks'] }

export function useSoFar(session: Session, { atMs, clocks }: Progress): BilledUse {
  const { id, machine, booking, tenantRef, trace = [], startedAtMs = atMs, tariff } = session
  const durable = clockTimes(session)
  const later = (name: keyof TracePoint['clocks']) => Math.max(durable[name], clocks[name])
  const usedOf = (meter: string) => session.use.find((each) => each.meter === meter)?.quantity ?? '0'
  const metersAt = (quantityOf: (meter: string) => string): TracePoint['meters'] =>
    session.begin.map(({ meter, unit, total }) => {
      const quantity = quantityOf(meter)
      return { meter, unit, quantity, total: (BigInt(total) + BigInt(quantity)).toString() }
    })
  return {
    id,
    when: 'use',
    machine,
    booking,
    tenant: tenantRef,
    ...(session.class === undefined ? {} : { class: session.class }),
    ...(tariff === undefined ? {} : { tariff }),
    booked: bookedOf(session),
    startedAtMs,
    endedAtMs: atMs,
    shares: sharesOf(session),
    trace: [
      { atMs: startedAtMs, when: 'use', clocks: NONE, meters: metersAt(() => '0') },
      ...trace.map(({ at, ...point }) => ({ ...point, atMs: at })),
      {
        atMs,
        when: 'use',
        clocks: {
          occupiedMs: later('occupiedMs'),
          poweredMs: later('poweredMs'),
          executingMs: later('executingMs'),
        },
        meters: metersAt(usedOf),
      },
    ],
    simulated: session.simulated,
    override: session.override === true,
    incomplete: session.incomplete === true,
  }
}

const NONE = { occupiedMs: 0, poweredMs: 0, executingMs: 0 }

/** The booked time that is billed: that of the booking, though the session may have to end before. */
export function bookedOf({ bookedFromMs, intendedAtMs, bookingEnd, bookedUntilMs }: Session): BilledUse['booked'] {
  const fromMs = bookedFromMs ?? intendedAtMs
  return { fromMs, untilMs: Math.max(fromMs, bookingEnd?.ms ?? bookedUntilMs) }
}
