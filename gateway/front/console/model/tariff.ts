/** A tariff in words: what an element costs, when it counts, and where none or two of them match. Pure. */
import type { Words } from '../words/words.ts'
import { showQuantity } from './quantity.ts'
import type { Tariff, TariffElement, TariffNote } from './wire-money.ts'

export const pinOf = ({ id, version }: Pick<Tariff, 'id' | 'version'>): string => `${id}@${version}`

/** `1.00 CNY for each 1 h of occupied time · Mon, Tue · 08:00–22:00`. */
export function elementText(element: TariffElement, { currency, taxes }: Tariff, words: Words): string {
  const { t } = words
  const { of, unit, when, price, per, days, hours, above, free, classes, tax } = element
  const amount = (quantity: string) => amountText(quantity, unit, words)
  const what = countedText(of, words)
  return [
    of === 'flat'
      ? t('tariff.price.flat', { price, currency })
      : t('tariff.price', { price, currency, per: amount(per), what }),
    ...(when === 'use' ? [] : [t(`tariff.when.${when}`)]),
    ...(days === undefined ? [] : [days.map((day) => dayText(day, words)).join(t('list.and'))]),
    ...(hours === undefined ? [] : [`${clock(hours.from)}–${clock(hours.to)}`]),
    ...(above === undefined ? [] : [t('tariff.above', { amount: amount(above) })]),
    ...(free === undefined ? [] : [t('tariff.free', { amount: amount(free) })]),
    ...(classes === undefined ? [] : [t('tariff.classes', { names: classes.join(t('list.and')) })]),
    t('tariff.tax', { percent: taxes[tax] ?? '', name: tax }),
  ].join(' · ')
}

/** A clock and a sum have a word; a meter its name. */
export const countedText = (of: string, { t, has }: Words): string => {
  const word = `tariff.of.${of}`
  return has(word) ? t(word) : of
}

export function amountText(quantity: string, unit: string | undefined, { t, has, tag, duration }: Words): string {
  if (unit === 'ms') return duration(Number(quantity))
  const shown = showQuantity(quantity, unit ?? '1', tag)
  const word = `count.${shown.unit}`
  return `${shown.value} ${has(word) ? t(word) : shown.unit}`.trim()
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

/** Why an element made a line of a bill, which the gateway says in English: `class teaching, mon tue, 08:00-22:00`. */
export function whyText(why: string, words: Words): string {
  const { t } = words
  if (why === 'no element matches: free') return t('quote.free')
  return why
    .split(', ')
    .map((part) => {
      if (part === 'always') return t('tariff.why.always')
      if (part.startsWith('class '))
        return t('tariff.classes', { names: part.slice(6).replaceAll(' or ', t('list.and')) })
      if (part.startsWith('above ')) return t('tariff.above', { amount: part.slice(6) })
      const days = part.split(' ').map((day) => DAYS.indexOf(day))
      return days.includes(-1) ? part : days.map((day) => dayText(day, words)).join(t('list.and'))
    })
    .join(' · ')
}

/** Where a note is so, with one place of it for an example. */
export function noteText(note: TariffNote, { elements }: Tariff, words: Words): string {
  const { t } = words
  const { kind, element, other = '', day = 0, minute = 0, class: name, above } = note
  const counted = elements.find(({ id }) => id === element)
  const place = [
    `${dayText(day, words)} ${clock(minute)}`,
    ...(name === undefined ? [] : [t('tariff.classes', { names: name })]),
    ...(above === undefined ? [] : [t('tariff.above', { amount: amountText(above, counted?.unit, words) })]),
  ].join(t('list.and'))
  return t(`tariff.note.${kind}`, { element, other, place, what: countedText(counted?.of ?? element, words) })
}

/** Who gets what of the net of a use. */
export function splitText({ split, currency }: Tariff, { t }: Words): string {
  const parts = split.parts.map(({ party, percent, fixed }) =>
    percent === undefined ? `${party} ${fixed} ${currency}` : `${party} ${percent} %`,
  )
  return [...parts, t('tariff.remainder', { party: split.remainder })].join(t('list.and'))
}

/** 1 November 2026 was a Sunday. */
const dayText = (day: number, { tag }: Words) =>
  new Intl.DateTimeFormat(tag, { weekday: 'short', timeZone: 'UTC' }).format(Date.UTC(2026, 10, 1 + day))

const clock = (minutes: number) =>
  [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':')
