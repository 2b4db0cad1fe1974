/**
 * Bookings: they are the platform's, and the copy kept here decides. Put by id and version; the same put again changes
 * nothing.
 * Read next: booking-body.ts (what is put and shown), control/commands/bookings.ts (what becomes of it).
 */
import Type, { type Static } from 'typebox'
import type { Booking } from '../../../core/booking/booking.ts'
import { type ProblemCode, problems } from '../../../core/ground/problems.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import type { Reader } from '../../../ledger/store/reader.ts'
import type { Api, App } from '../api.ts'
import { ask } from '../ask.ts'
import { instantSchema, readInstants } from '../http/instant.ts'
import { sendErrors, sendProblem } from '../http/problem.ts'
import {
  FOREIGN_ID,
  foreignId,
  pageSize,
  reason,
  sequence,
  toPageSize,
  toQualifications,
  words,
} from '../http/schema.ts'
import { asked } from '../refusals.ts'
import {
  bookingSchema,
  cancelledBy,
  handOverSchema,
  inputSchema,
  snapshotBytes,
  snapshotSchema,
  toBooking,
  toInput,
  toPin,
  toSnapshot,
} from './booking-body.ts'

const params = Type.Object({ id: foreignId('Booking.') })
const PAGE = 500

const putBooking = {
  config: {
    action: 'booking.write',
    problems: ['not-found', 'booking-conflict', 'booking-version', 'booking-in-use', 'too-many-bookings', ...asked],
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
} as const

const getBooking = {
  config: { action: 'booking.read', tagged: true, problems: ['not-found'] },
  schema: {
    operationId: 'getBooking',
    summary: 'One booking',
    tags: ['bookings'],
    params,
    response: { 200: bookingSchema },
  },
} as const

const cancelBooking = {
  config: { action: 'booking.write', problems: ['booking-version', ...asked] },
  schema: {
    operationId: 'cancelBooking',
    summary: 'Cancel a booking',
    description:
      'A session of it is ended as its machine allows. A booking that is not known yet is cancelled when it comes: with `version` that version and older ones, otherwise the first one that arrives. A newer version is taken.',
    tags: ['bookings'],
    params,
    querystring: Type.Object(
      {
        version: Type.Optional(
          sequence('The newest version that is cancelled; 409 `booking-version` when a newer one is known.'),
        ),
        issuedAt: Type.Optional(
          instantSchema('When it was cancelled, if this comes late: a session then says what it cost since.'),
        ),
        by: Type.Optional(words(cancelledBy, 'Who wanted it. Goes into the ledger.')),
        reason: Type.Optional(reason),
      },
      { additionalProperties: false },
    ),
    response: { 204: Type.Null({ description: 'Cancelled.' }) },
  },
} as const

const handOverBooking = {
  config: {
    action: 'booking.write',
    problems: [
      'not-found',
      'booking-version',
      'booking-cancelled',
      'booking-released',
      'session-ended',
      'booking-in-use',
      ...asked,
    ],
  },
  schema: {
    operationId: 'handOverBooking',
    summary: 'Hand a booking over to another tenant',
    description:
      'Time, limits and what is used of them stay. Tokens and the PIN of the tenant before open nothing any more. Not while a session of it is open. The same again changes nothing.',
    tags: ['bookings'],
    params,
    body: handOverSchema,
    response: { 200: bookingSchema },
  },
} as const

const listBookings = {
  config: { action: 'booking.read', tagged: true },
  schema: {
    operationId: 'listBookings',
    summary: 'Bookings by their end',
    tags: ['bookings'],
    querystring: Type.Object(
      {
        endsAfter: Type.Optional(instantSchema('Only those that end after; default now.')),
        cursor: Type.Optional(
          Type.String({
            pattern: `^[0-9]{1,15}~${FOREIGN_ID}$`,
            examples: ['1795420800000~b-17'],
            description: '`next` of the page before.',
          }),
        ),
        limit: pageSize(PAGE),
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
} as const

const putBookings = {
  config: { action: 'booking.write', problems: ['booking-version', ...asked] },
  schema: {
    operationId: 'putBookings',
    summary: 'Put a full snapshot',
    description:
      'What is not in it is cancelled, also while it is in use; only what came with a token stays. Bookings that cannot be taken are named in `refused`; the others are. The same snapshot again changes nothing and is answered in the same way; a version that is known with other content, or an older one, is refused.',
    tags: ['bookings'],
    body: snapshotSchema,
    response: {
      200: Type.Object(
        {
          version: Type.Integer(),
          put: Type.Integer({ description: 'Held as the snapshot says.' }),
          cancelled: Type.Integer(),
          refused: Type.Array(
            Type.Object({
              id: Type.String(),
              code: words(Object.keys(problems) as [ProblemCode, ...ProblemCode[]], 'Why.'),
              detail: Type.Optional(Type.String({ description: 'Why, in words.' })),
            }),
          ),
        },
        { description: 'What became of it.' },
      ),
    },
  },
} as const

export function bookingRoutes(app: App, api: Api): void {
  app.put('/bookings/:id', putBooking, async (request, reply) => {
    const { pin, ...body } = request.body
    const read = toInput({ id: request.params.id, ...body }, '/body')
    if (read.errors) return sendErrors(request, reply, read.errors)
    if (!api.machines.has(read.booking.machine))
      return sendProblem(request, reply, refuse('not-found', 'the site has no such machine'))
    const hashed = await toPin(api.reader.booking(request.params.id), pin)
    const outcome = await ask(api, request, reply, { kind: 'put-booking', booking: { ...read.booking, ...hashed } })
    return outcome === undefined ? reply : reply.code(outcome.created ? 201 : 200).send(toBooking(outcome.booking))
  })

  app.get('/bookings/:id', getBooking, async (request, reply) => {
    const booking = api.reader.booking(request.params.id)
    return booking === undefined ? sendProblem(request, reply, refuse('not-found')) : toBooking(booking)
  })

  app.delete('/bookings/:id', cancelBooking, async (request, reply) => {
    const read = readInstants('/query', { issuedAt: request.query.issuedAt })
    if (read.errors) return sendErrors(request, reply, read.errors)
    const { issuedAt: issuedAtMs } = read.times
    const { version, by, reason } = request.query
    const cancellation = { ...(by === undefined ? {} : { by }), ...(reason === undefined ? {} : { reason }) }
    const outcome = await ask(api, request, reply, {
      kind: 'cancel-booking',
      id: request.params.id,
      ...(version === undefined ? {} : { version: Number(version) }),
      ...(issuedAtMs === undefined ? {} : { issuedAtMs }),
      ...(Object.keys(cancellation).length === 0 ? {} : { cancellation }),
    })
    return outcome === undefined ? reply : reply.code(204).send(null)
  })

  app.post('/bookings/:id/hand-over', handOverBooking, async (request, reply) => {
    const { pin, qualifications, ...asked } = request.body
    const handOver = {
      id: request.params.id,
      ...asked,
      ...toQualifications(qualifications),
      ...(await toPin(undefined, pin)),
    }
    const outcome = await ask(api, request, reply, { kind: 'hand-over', handOver })
    return outcome === undefined ? reply : toBooking(outcome.booking)
  })

  app.get('/bookings', listBookings, async (request, reply) => {
    const read = readInstants('/query', { endsAfter: request.query.endsAfter })
    if (read.errors) return sendErrors(request, reply, read.errors)
    const size = toPageSize(request.query.limit, PAGE)
    const after = toCursor(request.query) ?? { endMs: read.times.endsAfter ?? api.clock.nowMs(), id: undefined }
    return { ...pageOf(api.reader, after, size), snapshotVersion: api.reader.snapshotVersion() }
  })

  app.put('/bookings', { bodyLimit: snapshotBytes(api.config), ...putBookings }, async (request, reply) => {
    const { version, bookings, errors } = toSnapshot(request.body)
    if (errors.length > 0) return sendErrors(request, reply, errors)
    const outcome = await ask(api, request, reply, { kind: 'put-bookings', version, bookings })
    if (outcome === undefined) return reply
    const { version: taken, put, cancelled, refused } = outcome
    return { version: taken, put, cancelled, refused: refused.map((each) => ({ ...each })) }
  })
}

/** The last booking of the page before; without an id, none was shown yet. */
type After = { readonly endMs: number; readonly id: string | undefined }

function toCursor({ cursor }: { readonly cursor?: string | undefined }): After | undefined {
  const [endMs, ...id] = cursor?.split('~') ?? []
  return endMs === undefined ? undefined : { endMs: Number(endMs), id: id.join('~') }
}

function pageOf(
  reader: Reader,
  after: After,
  size: number,
): { bookings: Static<typeof bookingSchema>[]; next?: string } {
  const found = oneMoreThan(reader, after, size)
  const last = found[size - 1]
  return {
    bookings: found.slice(0, size).map(toBooking),
    ...(found.length > size && last ? { next: `${last.endMs}~${last.id}` } : {}),
  }
}

/** One more shows that there is a next page. Bookings that end at the same moment may straddle two pages. */
function oneMoreThan(reader: Reader, { endMs, id }: After, size: number): Booking[] {
  if (id === undefined) return reader.bookings(endMs, size + 1)
  for (let most = size * 2 + 1; ; most *= 2) {
    const rows = reader.bookings(endMs - 1, most)
    const page = rows.filter((booking) => booking.endMs > endMs || booking.id > id)
    if (page.length > size || rows.length < most) return page.slice(0, size + 1)
  }
}
