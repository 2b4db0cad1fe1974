/** A stretch of time as a caller gives it: two moments, or one day of the site. */
import Type from 'typebox'
import { dayBounds } from '../../../core/ground/day.ts'
import { instantSchema, parseInstant } from './instant.ts'

export const daySchema = (description: string) =>
  Type.String({ pattern: '^20[0-9]{2}-[0-9]{2}-[0-9]{2}$', description, examples: ['2026-11-23'] })

/** `what` says what is held against it. */
export const periodFields = (what: string) => ({
  from: Type.Optional(instantSchema(`${what} at or after.`)),
  to: Type.Optional(instantSchema(`${what} before.`)),
  day: Type.Optional(daySchema(`${what} on this day, in the time zone of the site; instead of from and to.`)),
})

export type Period = { readonly fromMs?: number; readonly toMs?: number }
type Asked = { readonly from?: string | undefined; readonly to?: string | undefined; readonly day?: string | undefined }

export function toPeriod(
  { from, to, day }: Asked,
  zone: string,
): { period: Period } | { errors: { path: string; message: string }[] } {
  if (day !== undefined) {
    const bounds = dayBounds(day, zone)
    if (bounds === undefined) return { errors: [{ path: '/query/day', message: 'is no day' }] }
    return from === undefined && to === undefined
      ? { period: bounds }
      : { errors: [{ path: '/query/day', message: 'leave out from and to' }] }
  }
  const fromMs = from === undefined ? undefined : parseInstant(from)
  const toMs = to === undefined ? undefined : parseInstant(to)
  const errors = [
    ...(from !== undefined && fromMs === undefined ? [{ path: '/query/from', message: 'is no moment' }] : []),
    ...(to !== undefined && toMs === undefined ? [{ path: '/query/to', message: 'is no moment' }] : []),
  ]
  if (errors.length > 0) return { errors }
  return { period: { ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs }) } }
}
