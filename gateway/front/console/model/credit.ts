/**
 * What a person can say that a bill has too much of: which units, between which readings, how many. The gateway judges
 * it (core/billing/credit.ts); this only keeps what cannot be from being sent. Pure.
 */
import { shift } from './quantity.ts'
import type { Bill } from './wire.ts'

/** Units of a clock or a meter that a line of the bill counts. */
export type Takeable = {
  readonly of: string
  /** UTC ms: the first of the two readings. */
  readonly at: number
  /** Smallest units, decimal text. */
  readonly most: string
  readonly unit: string
}

/** As the gateway names them; `booked` and `flat` have no readings. */
const CLOCKS: ReadonlySet<string> = new Set(['occupied', 'powered', 'executing'])
const MINUTE_MS = 60_000n

/** Each once, where lines count the same units in bands. */
export function takeablesOf({ lines }: Bill): readonly Takeable[] {
  const all = lines.flatMap(({ of, from, quantity, unit, meters }) => {
    const at = Date.parse(from)
    if (CLOCKS.has(of)) return [{ of, at, most: quantity, unit }]
    return meters.map(({ meter, begin, end }) => ({ of: meter, at, most: String(BigInt(end) - BigInt(begin)), unit }))
  })
  const each = Map.groupBy(
    all.filter(({ most }) => BigInt(most) > 0n),
    ({ of, at }) => `${of} ${at}`,
  )
  return [...each.values()].map(([first]) => first!)
}

/** What a person writes, as smallest units: minutes of a clock, else whole units. Undefined: not that, or too much. */
export function unitsOf(text: string, { unit, most }: Takeable): string | undefined {
  const [whole = '', part = ''] = text.trim().split(/[.,]/)
  const isNumber = unit === 'ms' ? /^\d{1,9}([.,]\d{1,3})?$/ : /^\d{1,30}$/
  if (!isNumber.test(text.trim())) return undefined
  const units = unit === 'ms' ? (BigInt(whole + part.padEnd(3, '0')) * MINUTE_MS) / 1_000n : BigInt(whole)
  return units > 0n && units <= BigInt(most) ? String(units) : undefined
}

/** The most that `unitsOf` takes, as a person writes it. */
export const mostOf = ({ unit, most }: Takeable): string =>
  unit === 'ms' ? shift(String((BigInt(most) * 1_000n) / MINUTE_MS), 3) : most
