/**
 * A booking as it is put, alone or in a whole snapshot, and as it is shown. What a schema cannot say, such as that the
 * end is after the begin, is an error with its place in the body. A PIN goes in and never comes out.
 * Read next: bookings.ts (the routes), front/pull.ts (a snapshot that is fetched), core/booking/booking.ts.
 */
import Type, { type Static } from 'typebox'
import type { SiteConfig } from '../../../../config/site.ts'
import {
  type Booking,
  type BookingInput,
  type BookingStatus,
  MOST_EARLY_MINUTES,
  type Terms,
} from '../../../core/booking/booking.ts'
import { hashPin, verifyKey } from '../caller/key.ts'
import { instantSchema, readInstants, shownInstant, toInstant } from '../http/instant.ts'
import type { FieldError } from '../http/problem.ts'
import { foreignId, id, limits, qualifications, toLimits, toQualifications, version, words } from '../http/schema.ts'

const statuses = ['held', 'used', 'cancelled', 'released', 'ended'] as const satisfies readonly BookingStatus[]

const minutes = (description: string, most = 44_640) =>
  Type.Optional(Type.Integer({ minimum: 0, maximum: most, description: `${description} Minutes.` }))

/** The words of OCPI 2.3 Bookings, as far as it has them. */
const terms = Type.Object(
  {
    earlyStartMinutes: minutes(
      'How long before its start it may be used, if nobody else has the time.',
      MOST_EARLY_MINUTES,
    ),
    noShowMinutes: minutes('It is released when nobody has come this long after its start.'),
    lateStopMinutes: minutes('By how much the tenant may extend it, if nobody else needs the time.'),
    changeUntilMinutes: minutes(
      'How long before its start the tenant may still change it; for people, the platform holds to it.',
    ),
    cancelUntilMinutes: minutes('How long before its start the tenant may still cancel it; likewise.'),
  },
  { additionalProperties: false, title: 'BookingTerms', description: 'What was agreed; absent: as the site has it.' },
)

const fields = {
  machine: id('Machine.'),
  tenant: foreignId('Tenant.'),
  start: instantSchema('Begin.'),
  end: instantSchema('End, after the begin, 31 days at most.'),
  version,
  limits: Type.Optional(limits),
  qualifications: Type.Optional(qualifications),
  tariff: Type.Optional(
    Type.String({
      pattern: '^[a-z0-9-]{1,32}@[1-9][0-9]{0,5}$',
      description:
        'Tariff that holds for it, as name@version; absent: the one it has, or that of the machine when it is put.',
      examples: ['spray@3'],
    }),
  ),
  class: Type.Optional(id('Class of the tenant, by which prices differ.')),
  terms: Type.Optional(terms),
}

export const inputSchema = Type.Object(
  {
    ...fields,
    pin: Type.Optional(
      Type.String({
        pattern: '^[0-9]{4,8}$',
        examples: ['482913'],
        description:
          '4 to 8 digits. Opens the machine while the booking holds, for a tenant without a phone. Kept as a hash, never shown again; absent: it stays as it was.',
      }),
    ),
  },
  { title: 'BookingInput', additionalProperties: false },
)

const pin = inputSchema.properties.pin

/** What becomes another tenant's. */
export const handOverSchema = Type.Object(
  { tenant: foreignId('The new tenant.'), version, qualifications: Type.Optional(qualifications), pin },
  { additionalProperties: false },
)

export const cancelledBy = ['tenant', 'owner', 'platform'] as const

const namedInputSchema = Type.Object(
  { id: foreignId('Booking.'), ...fields },
  { title: 'NamedBookingInput', additionalProperties: false },
)

export const bookingSchema = Type.Object(
  {
    id: Type.String(),
    machine: Type.String(),
    tenant: Type.String(),
    start: shownInstant('Begin.'),
    end: shownInstant('End.'),
    version: Type.Integer(),
    limits,
    qualifications: Type.Optional(qualifications),
    tariff: Type.Optional(Type.String({ description: 'Holds for it, whatever is published later.' })),
    class: Type.Optional(Type.String()),
    terms: Type.Optional(terms),
    putEnd: Type.Optional(
      shownInstant('The end that the platform put, when it was moved here: extended, or the rest given back.'),
    ),
    cancellation: Type.Optional(
      Type.Object({
        by: Type.Optional(words(cancelledBy, 'Who wanted it.')),
        reason: Type.Optional(Type.String({ description: 'Why.' })),
      }),
    ),
    status: words(statuses, 'held and used may be used; cancelled, released (nobody came) and ended may not.'),
    source: words(['push', 'token'] as const, 'token: a signed token came before the booking.'),
  },
  { title: 'Booking' },
)

/** Bytes of one booking in a snapshot with everything it may say, 32 qualifications included. */
const BOOKING_BYTES = 2_048
/** Whatever `bounds.maxBookings` says. */
const MAX_SNAPSHOT_BYTES = 24 * 1024 * 1024

export const snapshotSchema = Type.Object(
  { version, bookings: Type.Array(namedInputSchema, { maxItems: 100_000 }) },
  { additionalProperties: false },
)

/** Most bytes of a full snapshot, put or pulled. */
export const snapshotBytes = ({ api, bounds }: SiteConfig): number =>
  Math.max(api.bodyLimit, Math.min(MAX_SNAPSHOT_BYTES, bounds.maxBookings * BOOKING_BYTES))

/** With errors, nothing of it may be used. */
export function toSnapshot(given: Static<typeof snapshotSchema>) {
  const bookings: BookingInput[] = []
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, item] of given.bookings.entries()) {
    const read = toInput(item, `/body/bookings/${index}`)
    if (read.errors) errors.push(...read.errors)
    else bookings.push(read.booking)
    if (seen.has(item.id)) errors.push({ path: `/body/bookings/${index}/id`, message: 'is given twice' })
    seen.add(item.id)
  }
  return { version: given.version, bookings, errors }
}

type Read = { readonly booking: BookingInput; readonly errors?: undefined } | { readonly errors: readonly FieldError[] }

/** `path`: where the booking stands in the request. */
export function toInput(given: Static<typeof namedInputSchema>, path: string): Read {
  const read = readInstants(path, { start: given.start, end: given.end })
  if (read.errors) return read
  const { start: startMs, end: endMs } = read.times
  if (endMs <= startMs) return { errors: [{ path: `${path}/end`, message: 'is not after `start`' }] }
  const { id: booking, version: number, machine, tenant } = given
  const priced = {
    ...(given.tariff === undefined ? {} : { tariff: given.tariff }),
    ...(given.class === undefined ? {} : { class: given.class }),
  }
  const more = { limits: toLimits(given.limits), ...toQualifications(given.qualifications), ...priced }
  return {
    booking: { id: booking, version: number, machine, tenant, startMs, endMs, ...more, ...toTerms(given.terms) },
  }
}

/** Always in one order, because two bookings are compared as text. */
function toTerms(given: Static<typeof terms> | undefined): { readonly terms?: Terms } {
  if (given === undefined) return {}
  const sorted = Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1))
  return { terms: Object.fromEntries(sorted) }
}

/** The same PIN again keeps its hash, so that the same put again changes nothing. */
export async function toPin(known: Booking | undefined, pin: string | undefined): Promise<{ pin?: string }> {
  if (pin === undefined) return {}
  if (known?.pin !== undefined && (await verifyKey(pin, known.pin))) return { pin: known.pin }
  return { pin: await hashPin(pin) }
}

export function toBooking(booking: Booking): Static<typeof bookingSchema> {
  const { startMs, endMs, putEndMs, spent: _, cancelledAtMs: __, pin: ___, qualifications: has, ...rest } = booking
  return {
    ...rest,
    ...(putEndMs === undefined ? {} : { putEnd: toInstant(putEndMs) }),
    limits: { ...rest.limits },
    ...(has === undefined ? {} : { qualifications: [...has] }),
    start: toInstant(startMs),
    end: toInstant(endMs),
  }
}
