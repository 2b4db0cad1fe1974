/**
 * What the entry of a booking that nobody used carries, so that a no-show or a late cancellation can be billed: the
 * tenant by the pseudonym, the shares, and the tariff that held. Read next: billing/entry.ts `missedOf`.
 */
import { isValidOn } from '../billing/hours.ts'
import { pinOf, type Tariff } from '../billing/tariff.ts'
import type { Booking } from '../booking/booking.ts'
import type { MachineConfig } from '../ground/config.ts'
import type { JsonObject } from '../ground/entry.ts'
import { sharesAt } from './shares.ts'

/** Nobody came, or it was given up, at `atMs`. */
type Missed = { readonly when: 'no-show' } | { readonly when: 'cancellation'; readonly atMs: number }

type Ground = {
  readonly config: MachineConfig
  readonly tariffs: ReadonlyMap<string, Tariff> | undefined
  /** Pseudonym of the tenant; undefined when no entry ever named them. */
  readonly tenantRef: string | undefined
}

/** Empty when its tariff asks nothing for it, or when it was used or given up in time. */
export function missedJson(
  { status, spent, startMs, endMs, ...booking }: Booking,
  missed: Missed,
  { config, tariffs, tenantRef }: Ground,
): JsonObject {
  const pin = tariffOf(booking, startMs, config, tariffs)
  const tariff = tariffs?.get(pin ?? '')
  if (status !== 'held' || spent !== undefined || tariff === undefined || tenantRef === undefined) return {}
  if (!tariff.elements.some(({ when }) => when === missed.when)) return {}
  if (missed.when === 'cancellation' && missed.atMs <= startMs - tariff.freeCancellationMs) return {}
  const { class: name } = booking
  return {
    tenant: tenantRef,
    shares: sharesAt(config, startMs).map((share) => ({ ...share })),
    billing: {
      tariff: pinOf(tariff),
      ...(name === undefined ? {} : { class: name }),
      bookedFrom: startMs,
      bookedUntil: endMs,
    },
  }
}

/** The tariff that the booking names, or that of the machine: the first that is valid on the day the booking begins. */
export function tariffOf(
  booking: Pick<Booking, 'tariff'>,
  startMs: number,
  config: Pick<MachineConfig, 'tariff'>,
  tariffs: ReadonlyMap<string, Tariff> | undefined,
): string | undefined {
  return [booking.tariff, config.tariff].find((pin) => {
    const tariff = tariffs?.get(pin ?? '')
    return tariff !== undefined && isValidOn(tariff, startMs)
  })
}
