/**
 * The bookings behind a calendar address. Whoever has the address has no other credential, so that one that is wrong,
 * revoked, or of a key that is gone is answered like one that never was, and counts as a failed credential.
 * Read next: subscriptions.ts (how one is made), calendar-text.ts.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { type Booking, isHolding } from '../../../core/booking/booking.ts'
import { bestName, canonicalTag } from '../../../core/ground/language.ts'
import { DAY_MS, MINUTE_MS, NS_PER_MS } from '../../../core/ground/moment.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import { reaches, type Subscriber, type Subscription, showsNames } from '../../../core/permission/subscription.ts'
import type { Api, App } from '../api.ts'
import { type Limits, refuseFailures, reportDenial } from '../guard.ts'
import { createLimit } from '../http/limit.ts'
import { sendProblem } from '../http/problem.ts'
import { languageField } from '../http/schema.ts'
import { type CalendarEvent, calendarText } from './calendar-text.ts'

/** Bookings in a calendar: those to come first. */
const MOST_EVENTS = 1_000
/** Of one address in a minute: a calendar program asks every few minutes, and a long calendar costs time to write. */
const MOST_READS = 20
/** How long one that is over stays. */
const PAST_MS = 31 * DAY_MS

export const subscriptionId = Type.String({
  pattern: '^[a-z0-9]{1,32}$',
  description: 'Id of the address.',
  examples: ['5f0e6a7b8c9d0e1f'],
})

export const digestOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()

const readCalendar = {
  config: { open: true, tagged: true, problems: ['bad-request', 'not-found', 'rate-limited'] },
  schema: {
    operationId: 'readCalendar',
    summary: 'Bookings as a calendar',
    description:
      'iCalendar (RFC 5545), for programs that subscribe to an address. No credential: the address is one. A booking that is changed keeps its UID and gets a higher SEQUENCE; one that is cancelled, or that nobody came for, stays as `STATUS:CANCELLED`. Bookings of the last 31 days and to come, 1,000 at most. One address is read at most 20 times a minute.',
    tags: ['bookings'],
    params: Type.Object({
      id: subscriptionId,
      file: Type.String({
        pattern: '^[A-Za-z0-9_-]{43}\\.ics$',
        description: 'Its secret, with `.ics`.',
        examples: [`${'a'.repeat(43)}.ics`],
      }),
    }),
    querystring: Type.Object(
      { lang: languageField('machines are named in it, or in the nearest that there is.') },
      { additionalProperties: false },
    ),
    response: { 200: Type.String({ description: 'A calendar.' }) },
    produces: ['text/calendar'],
  },
} as const

export function feedRoutes(app: App, api: Api, limits: Limits): void {
  const ofAddress = createLimit(MOST_READS, MINUTE_MS, () => Number(api.clock.nowNs() / NS_PER_MS))
  app.get('/subscriptions/:id/:file', readCalendar, async (request, reply) => {
    const retryAfterS = limits.waitAfterCall(request)
    if (retryAfterS !== undefined) return sendProblem(request, reply, refuse('rate-limited'), { retryAfterS })
    const { id, file } = request.params
    const subscription = api.reader.subscription(id)
    if (subscription === undefined || !opens(api, subscription, file.slice(0, -'.ics'.length)))
      return refuseAddress(api, limits, request, reply)
    const waitS = ofAddress(id)
    if (waitS !== undefined) return sendProblem(request, reply, refuse('rate-limited'), { retryAfterS: waitS })
    return reply
      .type('text/calendar; charset=utf-8')
      .header('content-disposition', `inline; filename="latchkey-${id}.ics"`)
      .send(textOf(api, subscription, request.query.lang))
  })
}

function opens(api: Api, { hash, by }: Subscription, secret: string): boolean {
  if (!timingSafeEqual(digestOf(secret), Buffer.from(hash, 'base64url'))) return false
  return !('key' in by) || api.stillValid({ principal: by, untilMs: Number.POSITIVE_INFINITY })
}

function refuseAddress(api: Api, limits: Limits, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const waitS = limits.waitAfterFailure(request)
  if (waitS !== undefined) return refuseFailures(request, reply, waitS)
  reportDenial(api, request, 'not-found')
  return sendProblem(request, reply, refuse('not-found'))
}

function textOf(api: Api, { by, machine, tenant }: Subscription, lang: string | undefined): string {
  const { reader, config, clock } = api
  const machines = config.machines.filter((each) => reaches(by, each) && (machine === undefined || each.id === machine))
  const names = new Map(machines.map(({ id, name }) => [id, bestName(name, canonicalTag(lang ?? '') ?? 'en')]))
  const atMs = clock.nowMs()
  const bookings = reader.calendarBookings({ machines: [...names.keys()], tenant, atMs }, atMs - PAST_MS, MOST_EVENTS)
  return calendarText({
    name: machine === undefined ? config.site : (names.get(machine) ?? machine),
    place: config.site,
    events: bookings.map((booking) => eventOf(api, booking, names.get(booking.machine)!, by)),
  })
}

function eventOf({ reader }: Api, booking: Booking, name: string, by: Subscriber): CalendarEvent {
  const { id, startMs, endMs, status, tenant, cancellation } = booking
  const { times, lastAtMs } = reader.revisionOf(id)
  const why = cancellation?.reason
  return {
    id,
    revision: Math.max(0, times - 1),
    changedAtMs: lastAtMs ?? startMs,
    startMs,
    endMs,
    isCancelled: !isHolding(booking) && status !== 'ended',
    summary: by.role === 'platform' ? `${name}: ${tenant}` : name,
    ...(showsNames(by) ? { description: why === undefined ? id : `${id}: ${why}` } : {}),
  }
}
