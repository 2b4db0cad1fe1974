/** Any tariff that the gateway would take, by a seed: every field in every form, prices that leave remainders. */
import type { Tariff, TariffElement } from '../../../gateway/core/billing/tariff.ts'

export type Choose = {
  /** From 0 up to 1. */
  readonly next: () => number
  readonly pick: <T>(items: readonly T[]) => T
  /** A whole number from `from` to `to`. */
  readonly whole: (from: number, to: number) => number
  readonly chance: (of: number) => boolean
}

export function chooseBy(next: () => number): Choose {
  const whole = (from: number, to: number) => from + Math.floor(next() * (to - from + 1))
  return { next, whole, pick: (items) => items[whole(0, items.length - 1)]!, chance: (of) => next() < of }
}

const ZONES = ['Asia/Shanghai', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC']
const CURRENCIES = [
  ['CNY', 2],
  ['EUR', 2],
  ['JPY', 0],
  ['KWD', 3],
] as const
const COUNTED = ['booked', 'occupied', 'powered', 'executing', 'energy', 'pieces', 'flat', 'energy.energy', 'plc.spray']
const PER: Readonly<Record<string, readonly number[]>> = {
  energy: [1000, 1, 100_000],
  pieces: [1, 12, 100],
  flat: [1],
  'energy.energy': [1000],
  'plc.spray': [1000, 7],
}
export const CLASSES = ['inside', 'outside', 'teaching']

export function anyTariff(choose: Choose, id: string): Tariff {
  const { pick, chance, whole } = choose
  const [currency, digits] = pick(CURRENCIES)
  const isBounded = chance(0.4)
  const elements = Array.from({ length: whole(1, 9) }, (_, index) => anyElement(choose, index, isBounded))
  const hasUse = elements.some(({ when }) => when === 'use' || when === 'overrun')
  const minimum = whole(0, 400)
  return {
    id,
    version: whole(1, 40),
    currency,
    digits,
    zone: pick(ZONES),
    ...(chance(0.2) ? { validFrom: '2026-01-01' } : {}),
    approvedBy: 'committee',
    freeCancellationMs: whole(0, 48) * 3_600_000,
    basis: pick(['reservation', 'use', 'both', 'both']),
    elements,
    ...(isBounded && hasUse && chance(0.7) ? { minimum: `${minimum / 8}` } : {}),
    ...(isBounded && hasUse && chance(0.7) ? { maximum: `${minimum + whole(0, 300)}.37` } : {}),
    taxIncluded: chance(0.3),
    taxes: { service: pick(['13', '6', '0', '7.7']), goods: pick(['9', '19', '33.333']) },
    split: anySplit(choose),
  }
}

function anyElement({ pick, chance, whole }: Choose, index: number, isBounded: boolean): TariffElement {
  const of = pick(COUNTED)
  const when = pick(['use', 'use', 'use', 'use', 'overrun', 'no-show', 'cancellation'] as const)
  const from = whole(0, 95) * 15
  return {
    id: `e${index}`,
    of,
    when,
    price: pick(['0', '0.01', '0.333333', '1', '2.5', '17.95', '120']),
    per: String(pick(PER[of] ?? [3_600_000, 60_000, 1000, 900_000, 7])),
    ...(chance(0.3) ? { days: [0, 1, 2, 3, 4, 5, 6].filter(() => chance(0.5)) } : {}),
    ...(chance(0.4) ? { hours: { from, to: chance(0.1) ? 1440 : whole(0, 95) * 15 } } : {}),
    ...(chance(0.3) ? { above: String(pick([1, 7, 1000, 60_000, 3_600_000, 20_000])) } : {}),
    ...(chance(0.3) ? { free: String(pick([1, 10, 1000, 600_000, 7_200_000])) } : {}),
    ...(chance(0.3) ? { classes: CLASSES.filter(() => chance(0.5)) } : {}),
    tax: isBounded || chance(0.6) ? 'service' : 'goods',
  }
}

function anySplit({ pick, chance }: Choose): Tariff['split'] {
  const parts: Tariff['split']['parts'][number][] = []
  if (chance(0.5)) parts.push({ party: 'platform', percent: pick(['5', '12.5', '33.33']) })
  if (chance(0.4)) parts.push({ party: 'fund', fixed: pick(['0.5', '3', '1000']) })
  const isOwned = chance(0.5)
  if (!isOwned && chance(0.6)) parts.push({ party: 'owners', percent: pick(['50', '66.67']) })
  return { parts, remainder: isOwned ? 'owners' : 'site' }
}
