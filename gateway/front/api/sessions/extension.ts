/**
 * More time for a session that runs: until when, and the wish for it. The booking is what is extended; the session
 * follows it. Read next: core/booking/amendment.ts (how far), control/commands/amendments.ts.
 */
import Type from 'typebox'
import { latestEnd } from '../../../core/booking/amendment.ts'
import { type Booking, MAX_BOOKING_MS } from '../../../core/booking/booking.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import { isOpen } from '../../../core/session/session.ts'
import { type Api, type App, principalOf } from '../api.ts'
import { ask } from '../ask.ts'
import { instantSchema, readInstants, shownInstant, toInstant } from '../http/instant.ts'
import { sendErrors, sendProblem } from '../http/problem.ts'
import { sessionId } from '../http/schema.ts'
import { asked } from '../refusals.ts'
import { sessionSchema, toSession } from './session-body.ts'
import { sessionFor } from './sessions.ts'

const params = Type.Object({ id: sessionId })

const getExtension = {
  config: { action: 'session.extend', problems: ['not-found', 'session-ended'] },
  schema: {
    operationId: 'getExtension',
    summary: 'Until when a session may be extended',
    description:
      'A tenant may extend as far as `lateStopMinutes` in the terms of the booking allows, the platform further; neither into the time of the next booking, its clean-down or a block.',
    tags: ['sessions'],
    params,
    response: {
      200: Type.Object(
        { bookedUntil: shownInstant('End as it is.'), latest: shownInstant('The latest end; the same: none.') },
        { title: 'Extension', description: 'As things are now; somebody else may book the time meanwhile.' },
      ),
    },
  },
} as const

const extendSession = {
  config: {
    action: 'session.extend',
    problems: ['not-found', 'session-ended', 'no-booking', 'booking-conflict', ...asked],
  },
  schema: {
    operationId: 'extendSession',
    summary: 'More time for a session that runs',
    description:
      'Its booking ends later, and so does it, unless a limit is reached before. The same end again changes nothing. A refusal says the `latest` end that there can be.',
    tags: ['sessions'],
    params,
    body: Type.Object({ until: instantSchema('The new end.') }, { additionalProperties: false }),
    response: { 200: sessionSchema },
  },
} as const

export function extensionRoutes(app: App, api: Api): void {
  app.get('/sessions/:id/extension', getExtension, async (request, reply) => {
    const session = sessionFor(api, request, reply)
    if (session === undefined) return reply
    const booking = isOpen(session) && session.status !== 'finishing' ? api.reader.booking(session.booking) : undefined
    if (booking === undefined) return sendProblem(request, reply, refuse('session-ended'))
    const latestMs = latestEnd(
      booking,
      takenAt(api, booking),
      principalOf(request).role === 'tenant' ? 'tenant' : 'platform',
    )
    return { bookedUntil: toInstant(booking.endMs), latest: toInstant(latestMs) }
  })

  app.post('/sessions/:id/extend', extendSession, async (request, reply) => {
    const read = readInstants('/body', { until: request.body.until })
    if (read.errors) return sendErrors(request, reply, read.errors)
    const session = sessionFor(api, request, reply)
    if (session === undefined) return reply
    const outcome = await ask(api, request, reply, { kind: 'extend', session: session.id, untilMs: read.times.until })
    return outcome === undefined ? reply : toSession(outcome.session, principalOf(request))
  })
}

/** What else needs the time of its machine. */
function takenAt(
  { reader, machines, config }: Api,
  { machine, startMs, endMs }: Booking,
): Parameters<typeof latestEnd>[1] {
  return {
    bookings: reader.bookingsAt(machine, startMs + MAX_BOOKING_MS, endMs, config.bounds.maxBookings),
    blocks: reader.machines().find((row) => row.machine === machine)?.blocks ?? [],
    cleanDownMs: machines.get(machine)?.afterUse.cleanDownMs ?? 0,
  }
}
