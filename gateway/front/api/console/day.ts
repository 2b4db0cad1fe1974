/**
 * What a day of the floor looks like: bookings and uses of every machine. Whose they are is told to those who see
 * tenants anyway, and to a tenant of their own.
 * Read next: live.ts (now), bookings/bookings.ts and sessions/sessions.ts (the same for programs).
 */
import Type, { type Static } from 'typebox'
import { isHolding } from '../../../core/booking/booking.ts'
import { dayBounds } from '../../../core/ground/day.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import type { Principal } from '../../../core/permission/principal.ts'
import { isOpen } from '../../../core/session/session.ts'
import type { Api, App } from '../api.ts'
import type { Browsers } from '../caller/browsers.ts'
import type { Limits } from '../guard.ts'
import { isKnownHost } from '../http/host.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { daySchema } from '../http/period.ts'
import { sendErrors, sendProblem } from '../http/problem.ts'
import { words } from '../http/schema.ts'

/** Of one machine on one day. */
const MOST_BOOKINGS = 200
const MOST_SESSIONS = 500
/** A use that began so long before the day may reach into it. */
const BEFORE_MS = 86_400_000

const spanSchema = Type.Object(
  {
    kind: words(['booking', 'use'] as const, 'A booking that holds or was used, or a use.'),
    start: shownInstant('Begin.'),
    end: Type.Optional(shownInstant('End; absent: it goes on.')),
    who: Type.Optional(Type.String({ description: 'Tenant, where the viewer may know.' })),
    own: Type.Optional(Type.Literal(true, { description: 'It is the own one of the viewer.' })),
  },
  { title: 'Span' },
)
type Span = Static<typeof spanSchema>

const getDay = {
  config: { open: true, problems: ['unauthenticated', 'bad-request', 'rate-limited'] },
  schema: {
    operationId: 'getDay',
    summary: 'Bookings and uses of a day',
    description: 'For the pages of this gateway.',
    tags: ['console'],
    querystring: Type.Object({ day: daySchema('Day of the site.') }, { additionalProperties: false }),
    response: {
      200: Type.Object(
        {
          from: shownInstant('Begin of the day.'),
          to: shownInstant('Begin of the next.'),
          machines: Type.Array(Type.Object({ id: Type.String(), spans: Type.Array(spanSchema) })),
        },
        { description: 'A day.' },
      ),
    },
  },
} as const

export function dayRoutes(app: App, api: Api, limits: Limits, browsers: Browsers): void {
  app.get('/console/day', getDay, async (request, reply) => {
    const { names, board } = api.config.api
    const principal = browsers.callerOf(request)?.principal
    if (principal === undefined && (board !== 'states' || !isKnownHost(request.headers.host, names)))
      return sendProblem(request, reply, refuse('unauthenticated'))
    const retryAfterS = limits.waitAfterCall(request)
    if (retryAfterS !== undefined) return sendProblem(request, reply, refuse('rate-limited'), { retryAfterS })
    const bounds = dayBounds(request.query.day, api.config.timezone)
    if (bounds === undefined)
      return sendErrors(request, reply, [{ path: '/query/day', message: 'is not a day of the calendar' }])
    const machines = api.config.machines.map(({ id }) => ({ id, spans: spansOf(api, id, bounds, principal) }))
    return { from: toInstant(bounds.fromMs), to: toInstant(bounds.toMs), machines }
  })
}

type Bounds = { readonly fromMs: number; readonly toMs: number }

function spansOf({ reader }: Api, machine: string, { fromMs, toMs }: Bounds, principal: Principal | undefined): Span[] {
  const whose = (tenant: string) => {
    if (principal?.role === 'tenant' && principal.id === tenant) return { own: true as const, who: tenant }
    return principal?.role === 'auditor' || principal?.role === 'platform' ? { who: tenant } : {}
  }
  const bookings = reader
    .bookingsAt(machine, toMs - 1, fromMs, MOST_BOOKINGS)
    .filter((booking) => isHolding(booking) || booking.status === 'ended')
    .map(({ startMs, endMs, tenant }) => ({ kind: 'booking' as const, start: startMs, end: endMs, ...whose(tenant) }))
  const uses = reader
    .sessions({ machine, fromMs: fromMs - BEFORE_MS, toMs, limit: MOST_SESSIONS })
    .filter(
      ({ startedAtMs, endedAtMs = toMs }) => startedAtMs !== undefined && startedAtMs < toMs && endedAtMs > fromMs,
    )
    .map((session) => ({
      kind: 'use' as const,
      start: session.startedAtMs!,
      ...(isOpen(session) || session.endedAtMs === undefined ? {} : { end: session.endedAtMs }),
      ...(session.override ? {} : whose(session.tenant)),
    }))
  return [...bookings, ...uses].map(({ start, ...span }) => ({
    ...span,
    start: toInstant(start),
    ...('end' in span && span.end !== undefined ? { end: toInstant(span.end) } : {}),
  })) as Span[]
}
