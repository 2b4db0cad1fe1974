/**
 * Bookings: the platform's, kept here as a copy that decides. Put by id and version; the same again changes nothing.
 * Read next: booking-body.ts (what is put and shown), control/commands/bookings.ts (what becomes of it).
 */
import Type from 'typebox'
import type { Booking } from '../../../core/booking/booking.ts'
import { type ProblemCode, problems } from '../../../core/ground/problems.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import type { Reader } from '../../../ledger/store/reader.ts'
import { type Api, type App, principalOf } from '../api.ts'
import { instantSchema, parseInstant } from '../http/instant.ts'
import { sendProblem } from '../http/problem.ts'
import { foreignId, pageSize, toPageSize, words } from '../http/schema.ts'
import {
  bookingSchema,
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
