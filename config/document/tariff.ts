/**
 * A tariff of the site file becomes the Tariff of gateway/core/billing/tariff.ts: quantities in smallest units, hours
 * in minutes, the decimals of its currency. Pure; judges nothing.
 */
import type { Tariff, TariffElement } from '../../gateway/core/billing/tariff.ts'
import { milliseconds } from '../schema/field.ts'
import type { SiteFile } from '../schema/site-schema.ts'

type TariffFile = NonNullable<SiteFile['tariffs']>[string]
type ElementFile = TariffFile['elements'][number]

export function tariffsOf({ tariffs = {}, timezone }: Pick<SiteFile, 'tariffs' | 'timezone'>): Tariff[] {
  return Object.entries(tariffs).map(([pin, tariff]) => tariffOf(pin, tariff, timezone))
}

export function tariffOf(pin: string, tariff: TariffFile, zone: string): Tariff {
  const [id, version] = pin.split('@') as [string, string]
  const { currency, from, until, approvedBy, basis, elements, minimum, maximum, taxIncluded, taxes, split } = tariff
  return {
    id,
    version: Number(version),
    currency,
    digits: digitsOf(currency),
    zone,
    ...(from === undefined ? {} : { validFrom: from }),
    ...(until === undefined ? {} : { validUntil: until }),
    approvedBy,
    freeCancellationMs: milliseconds(tariff.freeCancellation!),
    basis: basis!,
    elements: elements.map(elementOf),
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
    taxIncluded: taxIncluded!,
    taxes,
    split: {
      parts: split!.parts!.map(({ party, percent, fixed }) =>
        percent === undefined ? { party, fixed: fixed! } : { party, percent },
      ),
      remainder: split!.remainder,
    },
  }
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

function elementOf({ id, of, when, price, per, days, hours, above, free, classes, tax }: ElementFile): TariffElement {
  return {
    id,
    of,
    when: when!,
    price,
    per: smallest(per).toString(),
    ...(days === undefined ? {} : { days: days.map((day) => DAYS.indexOf(day)).sort() }),
    ...(hours === undefined ? {} : { hours: hoursOf(hours) }),
    ...(above === undefined ? {} : { above: smallest(above).toString() }),
    ...(free === undefined ? {} : { free: smallest(free).toString() }),
    ...(classes === undefined ? {} : { classes }),
    tax,
  }
}

function hoursOf(text: string): { from: number; to: number } {
  const minute = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
  const [from, to] = text.split('-').map(minute) as [number, number]
  return { from, to }
}

/** How many smallest units a unit is, by what it measures. */
const units: Readonly<Record<string, { readonly smallest: string; readonly many: bigint }>> = {
  ms: { smallest: 'ms', many: 1n },
  s: { smallest: 'ms', many: 1000n },
  min: { smallest: 'ms', many: 60_000n },
  h: { smallest: 'ms', many: 3_600_000n },
  d: { smallest: 'ms', many: 86_400_000n },
  Wh: { smallest: 'Wh', many: 1n },
  kWh: { smallest: 'Wh', many: 1000n },
  MWh: { smallest: 'Wh', many: 1_000_000n },
  pcs: { smallest: 'pcs', many: 1n },
  use: { smallest: 'use', many: 1n },
}

/** An amount in the smallest unit of what it measures. */
export function smallest(amount: string): bigint {
  const [number, unit] = amount.split(' ') as [string, string?]
  return BigInt(number) * (unit === undefined ? 1n : units[unit]!.many)
}

/** The smallest unit of what an amount measures; undefined when it names no unit. */
export function measureOf(amount: string): string | undefined {
  const [, unit] = amount.split(' ')
  return unit === undefined ? undefined : units[unit]!.smallest
}

/** The decimals of a currency, by the data of Intl. */
function digitsOf(currency: string): number {
  const { maximumFractionDigits } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions()
  return maximumFractionDigits ?? 2
}
