/**
 * A published tariff, as the recomputation reads it: every field is checked, and an unknown one is refused, because
 * nobody can say what it would do to a price. Read next: recount.ts.
 */
import { isObject } from '../../evidence/canonical.ts'
import { parseCount } from '../quantity.ts'
import { type Exact, exactOf } from './exact.ts'
import { isZone, type Times } from './wall.ts'

export type Element = Times & {
  readonly id: string
  readonly of: string
  readonly when: string
  readonly price: string
  readonly cost: Exact
  readonly per: bigint
  readonly above: bigint
  readonly free: bigint
  readonly classes: readonly string[] | undefined
  readonly tax: string
}

type Part = { readonly party: string; readonly kind: 'percent' | 'fixed'; readonly value: Exact }

export type Terms = {
  readonly pin: string
  readonly currency: string
  readonly places: number
  readonly zone: string
  readonly basis: string
  readonly freeCancellationMs: number
  readonly elements: readonly Element[]
  readonly minimum: Exact | undefined
  readonly maximum: Exact | undefined
  /** The one category of uses; present with a minimum or maximum. */
  readonly taxOfUse: string | undefined
  readonly taxIncluded: boolean
  readonly taxes: ReadonlyMap<string, { readonly text: string; readonly percent: Exact }>
  readonly parts: readonly Part[]
  readonly remainder: string
}

type Data = Readonly<Record<string, unknown>>

const OCCASIONS = ['use', 'overrun', 'no-show', 'cancellation']
const BASES = ['reservation', 'use', 'both']
const DAY_MINUTES = 1440
const MOST_PLACES = 6

/** Undefined when the data is not a tariff of this version. */
export function termsOf(data: Data): Terms | undefined {
  const { id, version, currency, digits, zone, validFrom, validUntil, approvedBy, basis, ...more } = data
  const { elements, minimum, maximum, taxIncluded, taxes, split, freeCancellationMs, ...others } = more
  if (Object.keys(others).length > 0 || !isText(id) || !isWhole(version) || !isText(currency)) return undefined
  if (!isWhole(digits) || digits > MOST_PLACES || !isText(zone) || !isZone(zone)) return undefined
  if (![validFrom, validUntil].every((day) => day === undefined || isText(day))) return undefined
  if (!isText(approvedBy) || !isText(basis) || !BASES.includes(basis) || !isWhole(freeCancellationMs)) return undefined
  if (typeof taxIncluded !== 'boolean') return undefined
  const [listed, least, most] = [listOf(elements, elementOf), exactOf(minimum), exactOf(maximum)]
  const [rates, parted] = [taxesOf(taxes), splitOf(split)]
  if (listed === undefined || rates === undefined || parted === undefined) return undefined
  if ((minimum === undefined) !== (least === undefined) || (maximum === undefined) !== (most === undefined))
    return undefined
  if (!listed.every(({ tax }) => rates.has(tax))) return undefined
  const ofUse = new Set(listed.filter(({ when }) => when === 'use' || when === 'overrun').map(({ tax }) => tax))
  const isBounded = least !== undefined || most !== undefined
  if (isBounded && ofUse.size !== 1) return undefined
  const taxOfUse = isBounded ? [...ofUse][0] : undefined
  const named = { pin: `${id}@${version}`, currency, places: digits, zone, basis, freeCancellationMs }
  return { ...named, elements: listed, minimum: least, maximum: most, taxOfUse, taxIncluded, taxes: rates, ...parted }
}

function elementOf(data: Data): Element | undefined {
  const { id, of, when, price, per, days, hours, above, free, classes, tax, ...others } = data
  if (Object.keys(others).length > 0 || !isText(id) || !isText(of) || !isText(tax)) return undefined
  if (!isText(when) || !OCCASIONS.includes(when) || !isText(price)) return undefined
  const cost = exactOf(price)
  const [each, more, freed] = [per, above ?? '0', free ?? '0'].map(parseCount)
  if (cost === undefined || !each || more === undefined || freed === undefined) return undefined
  const onDays = days === undefined ? undefined : listOf(days, dayOf)
  const atHours = hours === undefined ? undefined : hoursOf(hours)
  const ofClasses = classes === undefined ? undefined : listOf(classes, nameOf)
  const isRead = (given: unknown, value: unknown) => (given === undefined) === (value === undefined)
  if (!isRead(days, onDays) || !isRead(hours, atHours) || !isRead(classes, ofClasses)) return undefined
  const numbers = { cost, per: BigInt(each), above: BigInt(more), free: BigInt(freed) }
  return { id, of, when, price, ...numbers, days: onDays, hours: atHours, classes: ofClasses, tax }
}

function hoursOf(value: unknown): Element['hours'] {
  if (!isObject(value)) return undefined
  const { from, to, ...others } = value
  const isMinute = (minute: unknown): minute is number => isWhole(minute) && minute <= DAY_MINUTES
  return isMinute(from) && isMinute(to) && Object.keys(others).length === 0 ? { from, to } : undefined
}

function taxesOf(value: unknown): Terms['taxes'] | undefined {
  if (!isObject(value)) return undefined
  const list = Object.entries(value).map(
    ([tax, text]) => [tax, { text: String(text), percent: exactOf(text) }] as const,
  )
  return list.every(([, { percent }]) => percent !== undefined) ? (new Map(list) as Terms['taxes']) : undefined
}

function splitOf(value: unknown): Pick<Terms, 'parts' | 'remainder'> | undefined {
  if (!isObject(value)) return undefined
  const { parts: list, remainder, ...others } = value
  const parts = listOf(list, partOf)
  return parts && isText(remainder) && Object.keys(others).length === 0 ? { parts, remainder } : undefined
}

function partOf(data: Data): Part | undefined {
  const { party, percent, fixed, ...others } = data
  const value = exactOf(percent ?? fixed)
  if (!isText(party) || value === undefined || (percent !== undefined) === (fixed !== undefined)) return undefined
  return Object.keys(others).length > 0
    ? undefined
    : { party, kind: percent === undefined ? 'fixed' : 'percent', value }
}

const dayOf = (value: unknown) => (isWhole(value) && value < 7 ? value : undefined)
const nameOf = (value: unknown) => (isText(value) ? value : undefined)
const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function listOf<T>(value: unknown, read: (item: never) => T | undefined): T[] | undefined {
  if (!Array.isArray(value)) return undefined
  const items = value.map((item) => read(item as never))
  return items.includes(undefined) ? undefined : (items as T[])
}
