/** A period as a caller gives it: two times, or one day of the site. */
import Type from 'typebox'
import { dayBounds } from '../../../core/ground/day.ts'
import { instantSchema, readInstants } from './instant.ts'
import type { FieldError } from './problem.ts'

export const daySchema = (description: string) =>
  Type.String({
    pattern: '^20[0-9]{2}-[0-9]{2}-[0-9]{2}$',
    description: `${description} YYYY-MM-DD.`,
    examples: ['2026-11-23'],
  })

/** `what` says what of a row has to be within the period. */
export const periodFields = (what: string) => ({
  from: Type.Optional(instantSchema(`${what} at or after.`)),
  to: Type.Optional(instantSchema(`${what} before.`)),
  day: Type.Optional(daySchema(`${what} on this day, in the time zone of the site; instead of from and to.`)),
})

type Period = { readonly fromMs?: number; readonly toMs?: number }
type Asked = { readonly from?: string | undefined; readonly to?: string | undefined; readonly day?: string | undefined }

export function toPeriod(
  { from, to, day }: Asked,
  zone: string,
): { readonly period: Period; readonly errors?: undefined } | { readonly errors: readonly FieldError[] } {
  if (day !== undefined) {
    if (from !== undefined || to !== undefined) return dayError('cannot be combined with `from` and `to`')
    const period = dayBounds(day, zone)
    return period === undefined ? dayError('is not a day of the calendar') : { period }
  }
  const read = readInstants('/query', { from, to })
  if (read.errors) return read
  const { from: fromMs, to: toMs } = read.times
  return { period: { ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs }) } }
}

const dayError = (message: string) => ({ errors: [{ path: '/query/day', message }] })
