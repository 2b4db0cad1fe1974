/**
 * Bookings: the platform's, kept here as a copy that decides. Put by id and version; the same again changes nothing.
 */
import Type, { type Static } from 'typebox'
import type { SiteConfig } from '../../config/site.ts'
import type { Booking, BookingInput, BookingStatus } from '../core/booking.ts'
import { type ProblemCode, problems, refuse } from '../core/error.ts'
import type { Reader } from '../ledger/reader.ts'
import { type Api, type App, principalOf } from './deps.ts'
import { instantSchema, parseInstant, shownInstant, toInstant } from './instant.ts'
import { hashKey, verifyKey } from './key.ts'
import { type FieldError, sendProblem } from './problem.ts'
import {
  foreignId,
  id,
  limits,
  pageSize,
  qualifications,
  toLimits,
  toPageSize,
  toQualifications,
  version,
  words,
} from './schema.ts'

const statuses = ['held', 'used', 'cancelled', 'released', 'ended'] as const satisfies readonly BookingStatus[]

const fields = {
  machine: id('Machine.'),
  tenant: foreignId('Tenant.'),
  start: instantSchema('Begin.'),
  end: instantSchema('End, after the begin, 31 days at most.'),
  version,
  limits: Type.Optional(limits),
  qualifications: Type.Optional(qualifications),
}
const inputSchema = Type.Object(
  {
    ...fields,
    pin: Type.Optional(
      Type.String({
        pattern: '^[0-9]{4,8}$',
        description:
          'Opens the machine while the booking holds, for a tenant without a phone. Kept as a hash, never shown again; absent: it stays as it was.',
      }),
    ),
  },
  { title: 'BookingInput', additionalProperties: false },
)
const namedInputSchema = Type.Object(
  { id: foreignId('Booking.'), ...fields },
  { title: 'NamedBookingInput', additionalProperties: false },
)

const bookingSchema = Type.Object(
  {
    id: Type.String(),
    machine: Type.String(),
    tenant: Type.String(),
    start: shownInstant('Begin.'),
    end: shownInstant('End.'),
    version: Type.Integer(),
    limits,
    qualifications: Type.Optional(qualifications),
    status: words(statuses, 'held and used may be used; cancelled, released (nobody came) and ended may not.'),
    source: words(['push', 'token'] as const, 'token: a signed token came before the booking.'),
  },
  { title: 'Booking' },
)

const params = Type.Object({ id: foreignId('Booking.') })
const PAGE = 500
/** Bytes of one booking in a snapshot; a snapshot of all that may be held must fit. */
const BOOKING_BYTES = 512
const MAX_SNAPSHOT_BYTES = 8 * 1024 * 1024

export const snapshotSchema = Type.Object(
  { version, bookings: Type.Array(namedInputSchema, { maxItems: 100_000 }) },
  { additionalProperties: false },
)

/** Most bytes of a full snapshot, put or pulled. */
export const snapshotBytes = ({ api, bounds }: SiteConfig): number =>
  Math.max(api.bodyLimit, Math.min(MAX_SNAPSHOT_BYTES, bounds.maxBookings * BOOKING_BYTES))

export function bookingRoutes(app: App, api: Api): void {
  app.put(
    '/bookings/:id',
    {
      config: {
        action: 'booking.write',
        problems: [
          'not-found',
          'booking-conflict',
          'booking-version',
          'booking-in-use',
          'too-many-bookings',
          'busy',
          'timed-out',
        ],
      },
      schema: {
        operationId: 'putBooking',
        summary: 'Put a booking',
        tags: ['bookings'],
        params,
        body: inputSchema,
        response: {
          200: Type.Object(bookingSchema.properties, { title: 'Booking', description: 'Changed, or known already.' }),
          201: Type.Object(bookingSchema.properties, { title: 'Booking', description: 'New.' }),
        },
      },
    },
    async (request, reply) => {
      const { pin, ...body } = request.body
      const read = toInput({ id: request.params.id, ...body }, '/body')
      if (read.errors) return sendProblem(request, reply, refuse('bad-request'), { errors: read.errors })
      if (!api.machines.has(read.booking.machine))
        return sendProblem(request, reply, refuse('not-found', 'the site has no such machine'))
      const outcome = await api.ask({
        kind: 'put-booking',
        principal: principalOf(request),
        booking: { ...read.booking, ...(await toPin(api.reader.booking(request.params.id), pin)) },
      })
      if (outcome.kind === 'refused') return sendProblem(request, reply, outcome.refusal)
      if (outcome.kind !== 'booking') throw new Error(`the control thread answered ${outcome.kind} to put-booking`)
      return reply.code(outcome.created ? 201 : 200).send(toBooking(outcome.booking))
    },
  )

  app.get(
    '/bookings/:id',
    {
      config: { action: 'booking.read', problems: ['not-found'] },
      schema: {
        operationId: 'getBooking',
        summary: 'One booking',
        tags: ['bookings'],
        params,
        response: { 200: bookingSchema },
      },
    },
    async (request, reply) => {
      const booking = api.reader.booking(request.params.id)
      return booking === undefined ? sendProblem(request, reply, refuse('not-found')) : toBooking(booking)
    },
  )

  app.delete(
    '/bookings/:id',
    {
      config: { action: 'booking.write', problems: ['not-found', 'busy', 'timed-out'] },
      schema: {
        operationId: 'cancelBooking',
        summary: 'Cancel a booking',
        description: 'A session of it is ended as its machine allows.',
        tags: ['bookings'],
        params,
        querystring: Type.Object(
          {
            issuedAt: Type.Optional(
              instantSchema('When it was cancelled, if this comes late: a session then says what it cost since.'),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 204: Type.Null({ description: 'Cancelled.' }) },
      },
    },
    async (request, reply) => {
      const { issuedAt } = request.query
      const issuedAtMs = issuedAt === undefined ? undefined : parseInstant(issuedAt)
      if (issuedAt !== undefined && issuedAtMs === undefined)
        return sendProblem(request, reply, refuse('bad-request'), {
          errors: [{ path: '/query/issuedAt', message: 'is no moment' }],
        })
      const outcome = await api.ask({
        kind: 'cancel-booking',
        principal: principalOf(request),
        id: request.params.id,
        ...(issuedAtMs === undefined ? {} : { issuedAtMs }),
      })
      return outcome.kind === 'refused' ? sendProblem(request, reply, outcome.refusal) : reply.code(204).send(null)
    },
  )

  app.get(
    '/bookings',
    {
      config: { action: 'booking.read' },
      schema: {
        operationId: 'listBookings',
        summary: 'Bookings by their end',
        tags: ['bookings'],
        querystring: Type.Object(
          {
            endsAfter: Type.Optional(instantSchema('Only those that end after; default now.')),
            cursor: Type.Optional(
              Type.String({
                pattern: '^[0-9]{1,15}~[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$',
                description: '`next` of the page before.',
              }),
            ),
            limit: pageSize(PAGE, 100),
          },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object(
            {
              bookings: Type.Array(bookingSchema),
              next: Type.Optional(Type.String({ description: 'Cursor of the next page; absent on the last.' })),
              snapshotVersion: Type.Integer({ description: 'Of the last full snapshot; 0: none.' }),
            },
            { description: 'A page.' },
          ),
        },
      },
    },
    async (request, reply) => {
      const { endsAfter, cursor, limit } = request.query
      const afterMs = endsAfter === undefined ? api.clock.nowMs() : parseInstant(endsAfter)
      if (afterMs === undefined)
        return sendProblem(request, reply, refuse('bad-request'), {
          errors: [{ path: '/query/endsAfter', message: 'is no moment' }],
        })
      const size = toPageSize(limit, PAGE, 100)
      const [endMs, ...rest] = cursor?.split('~') ?? []
      const page = pageOf(
        api.reader,
        endMs === undefined ? { endMs: afterMs, id: undefined } : { endMs: Number(endMs), id: rest.join('~') },
        size,
      )
      const last = page[size - 1]
      return {
        bookings: page.slice(0, size).map(toBooking),
        ...(page.length > size && last ? { next: `${last.endMs}~${last.id}` } : {}),
        snapshotVersion: api.reader.snapshotVersion(),
      }
    },
  )

  app.put(
    '/bookings',
    {
      bodyLimit: snapshotBytes(api.config),
      config: { action: 'booking.write', problems: ['booking-version', 'busy', 'timed-out'] },
      schema: {
        operationId: 'putBookings',
        summary: 'Put a full snapshot',
        description:
          'What is not in it is cancelled, also while it is in use; only what came with a token stays. Bookings that cannot be taken are named in `refused`; the others are.',
        tags: ['bookings'],
        body: snapshotSchema,
        response: {
          200: Type.Object(
            {
              version: Type.Integer(),
              put: Type.Integer({ description: 'New or changed.' }),
              cancelled: Type.Integer(),
              refused: Type.Array(
                Type.Object({
                  id: Type.String(),
                  code: words(Object.keys(problems) as [ProblemCode, ...ProblemCode[]], 'Why.'),
                }),
              ),
            },
            { description: 'What became of it.' },
          ),
        },
      },
    },
    async (request, reply) => {
      const { version: number, bookings, errors } = toSnapshot(request.body)
      if (errors.length > 0) return sendProblem(request, reply, refuse('bad-request'), { errors: errors.slice(0, 20) })
      const outcome = await api.ask({
        kind: 'put-bookings',
        principal: principalOf(request),
        version: number,
        bookings,
      })
      if (outcome.kind === 'refused') return sendProblem(request, reply, outcome.refusal)
      if (outcome.kind !== 'bookings') throw new Error(`the control thread answered ${outcome.kind} to put-bookings`)
      const { version: taken, put, cancelled, refused } = outcome
      return { version: taken, put, cancelled, refused: refused.map((each) => ({ ...each })) }
    },
  )
}

/** A snapshot as it is taken; errors first, by where they are. */
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

type Read = { readonly booking: BookingInput; readonly errors?: undefined } | { readonly errors: FieldError[] }

function toInput(given: Static<typeof namedInputSchema>, path: string): Read {
  const startMs = parseInstant(given.start)
  const endMs = parseInstant(given.end)
  const errors: FieldError[] = []
  if (startMs === undefined) errors.push({ path: `${path}/start`, message: 'is no moment' })
  if (endMs === undefined) errors.push({ path: `${path}/end`, message: 'is no moment' })
  if (startMs === undefined || endMs === undefined) return { errors }
  if (endMs <= startMs) return { errors: [{ path: `${path}/end`, message: 'is not after start' }] }
  const { id: booking, version: number, machine, tenant } = given
  const more = { limits: toLimits(given.limits), ...toQualifications(given.qualifications) }
  return { booking: { id: booking, version: number, machine, tenant, startMs, endMs, ...more } }
}

/** The same PIN again keeps its hash: the same put changes nothing. */
async function toPin(known: Booking | undefined, pin: string | undefined): Promise<{ pin?: string }> {
  if (pin === undefined) return {}
  if (known?.pin !== undefined && (await verifyKey(pin, known.pin))) return { pin: known.pin }
  return { pin: await hashKey(pin) }
}

function toBooking(booking: Booking): Static<typeof bookingSchema> {
  const { startMs, endMs, spent: _, cancelledAtMs: __, pin: ___, qualifications: has, ...rest } = booking
  return {
    ...rest,
    limits: { ...rest.limits },
    ...(has === undefined ? {} : { qualifications: [...has] }),
    start: toInstant(startMs),
    end: toInstant(endMs),
  }
}

/** One more than asked shows that there is a next page. Bookings that end at the same moment may straddle two pages. */
function pageOf(reader: Reader, after: { endMs: number; id: string | undefined }, size: number): Booking[] {
  if (after.id === undefined) return reader.bookings(after.endMs, size + 1)
  const { endMs, id: last } = after
  for (let most = size * 2 + 1; ; most *= 2) {
    const rows = reader.bookings(endMs - 1, most)
    const page = rows.filter((booking) => booking.endMs > endMs || booking.id > last)
    if (page.length > size || rows.length < most) return page.slice(0, size + 1)
  }
}
