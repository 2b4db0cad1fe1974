/**
 * Numbers with their units, as people read them: energy in kWh, time in hours and minutes, a count as it is. Counters
 * are decimal text of the smallest unit and stay exact: nothing is made a number that does not fit. Pure.
 */

type Shown = { readonly value: string; readonly unit: string }

/** `digits`: of the fraction, by the unit. */
export function showQuantity(quantity: string, unit: string, lang: string): Shown {
  const scaled = SCALES[unit]
  if (scaled === undefined) return { value: grouped(quantity, lang), unit: unit === '1' ? '' : unit }
  const { to, power } = scaled
  return { value: grouped(shift(quantity, power), lang), unit: to }
}

const SCALES: Readonly<Record<string, { readonly to: string; readonly power: number }>> = {
  Wh: { to: 'kWh', power: 3 },
  mWh: { to: 'Wh', power: 3 },
}

/** Decimal text divided by a power of ten, without its last zeros. */
export function shift(text: string, power: number): string {
  const sign = text.startsWith('-') ? '-' : ''
  const digits = text.replace(/^-/, '').padStart(power + 1, '0')
  const fraction = digits.slice(digits.length - power).replace(/0+$/, '')
  return `${sign}${digits.slice(0, digits.length - power)}${fraction === '' ? '' : `.${fraction}`}`
}

/** Intl takes decimal text whole, however long it is. */
function grouped(text: string, lang: string): string {
  const decimals = text.split('.')[1]?.length ?? 0
  const format = new Intl.NumberFormat(lang, { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
  return format.format(text as Intl.StringNumericLiteral)
}

/** Watts, as a person reads them from afar. */
export function showPower(watts: number, lang: string): Shown {
  const small = Math.abs(watts) < 1_000
  const value = small ? watts : watts / 1_000
  const format = new Intl.NumberFormat(lang, { maximumFractionDigits: small ? 0 : 1 })
  return { value: format.format(value), unit: small ? 'W' : 'kW' }
}

/** A duration in its two largest parts: days and hours down to seconds. */
export function durationParts(ms: number): readonly (readonly [value: number, unit: 'd' | 'h' | 'min' | 's'])[] {
  const s = Math.max(0, Math.floor(ms / 1_000))
  if (s < 60) return [[s, 's']]
  const min = Math.floor(s / 60)
  if (min < 10 && s % 60 > 0)
    return [
      [min, 'min'],
      [s % 60, 's'],
    ]
  if (min < 60) return [[min, 'min']]
  const h = Math.floor(min / 60)
  if (h < 24)
    return min % 60 === 0
      ? [[h, 'h']]
      : [
          [h, 'h'],
          [min % 60, 'min'],
        ]
  const d = Math.floor(h / 24)
  return h % 24 === 0
    ? [[d, 'd']]
    : [
        [d, 'd'],
        [h % 24, 'h'],
      ]
}

/** `m:ss` or `h:mm:ss`, for a clock that runs down. */
export function clockText(ms: number): string {
  const s = Math.max(0, Math.ceil(ms / 1_000))
  const [h, min, rest] = [Math.floor(s / 3_600), Math.floor((s % 3_600) / 60), s % 60]
  const two = (value: number) => String(value).padStart(2, '0')
  return h > 0 ? `${h}:${two(min)}:${two(rest)}` : `${min}:${two(rest)}`
}
