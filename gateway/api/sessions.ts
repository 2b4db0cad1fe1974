/**
 * Sessions: one use of one machine. Ending one is never limited, shed or refused for being too many.
 */
import Type, { type Static } from 'typebox'
import type { Outcome, Principal } from '../core/command.ts'
import { refuse } from '../core/error.ts'
import { overrunUnits } from '../core/overrun.ts'
import type { LateRevocation, MeterPoint, Session, SessionStatus, StoppedReason } from '../core/session.ts'
import type { Warned } from '../core/warning.ts'
import { issueReceipt } from '../ledger/issue.ts'
import { type Api, type App, type FastifyReply, type FastifyRequest, principalOf } from './deps.ts'
import { deny } from './guard.ts'
import { shownInstant, toInstant } from './instant.ts'
import { type Action, decide } from './policy.ts'
import { sendProblem } from './problem.ts'
import { sessionId, words } from './schema.ts'
import { clocksSchema, toClocks } from './session-clocks.ts'

const statuses = [
  'intended',
  'open',
  'suspended',
  'finishing',
  'unconfirmed',
  'ended',
  'refused',
  'lapsed',
] as const satisfies readonly SessionStatus[]
const stoppedReasons = [
  'Local',
  'Remote',
  'DeAuthorized',
  'EmergencyStop',
  'TimeLimitReached',
  'EnergyLimitReached',
  'MasterPass',
  'PowerLoss',
  'Reboot',
  'Timeout',
  'Other',
] as const satisfies readonly StoppedReason[]

const pointSchema = Type.Object(
  {
    meter: Type.String({ description: 'machine/alias.name' }),
    unit: Type.String({ description: 'Smallest unit.' }),
    raw: Type.Optional(Type.String({ description: 'Counter as the device held it, decimal text.' })),
    epoch: Type.Integer({ description: 'Life of the counter between two resets.' }),
    total: Type.String({ description: 'Over all epochs, decimal text.' }),
    at: shownInstant('When it was read.'),
  },
  { title: 'MeterPoint' },
)

const useSchema = Type.Object({
  meter: Type.String(),
  unit: Type.String(),
  quantity: Type.String({ description: 'Decimal text.' }),
})

export const sessionSchema = Type.Object(
  {
    id: Type.String(),
    machine: Type.String(),
    booking: Type.String(),
    tenant: Type.Optional(Type.String({ description: 'Only for the tenant, the platform and auditors.' })),
    tenantRef: Type.Optional(
      Type.String({ description: 'Pseudonym of the tenant, as in the ledger; not for technicians.' }),
    ),
    status: words(statuses, 'Where it stands.'),
    startedAt: Type.Optional(shownInstant('When the machine confirmed.')),
    endedAt: Type.Optional(shownInstant('When it ended.')),
    bookedUntil: shownInstant('End of the booking.'),
    begin: Type.Array(pointSchema, { description: 'Readings before the unlock.' }),
    end: Type.Optional(Type.Array(pointSchema, { description: 'Readings after the end.' })),
    use: Type.Array(useSchema, { description: 'What it used so far.' }),
    clocks: Type.Optional(clocksSchema),
    overrun: Type.Optional(
      Type.Array(useSchema, { description: 'Of the use, what was made after the grace; absent: the grace was kept.' }),
    ),
    override: Type.Optional(
      Type.Literal(true, { description: "Used by a person of the site without a booking; on nobody's bill." }),
    ),
    inspections: Type.Optional(
      Type.Array(
        Type.Object({
          at: shownInstant('When.'),
          passed: Type.Boolean(),
          note: Type.String({ description: 'In what condition the machine was found.' }),
          by: words(['technician', 'owner', 'tenant'] as const, 'Who looked: `tenant` is the next one.'),
        }),
        { description: 'What was found when somebody looked at the machine after it; only where one session is read.' },
      ),
    ),
    warned: Type.Optional(
      Type.Object(
        {
          at: shownInstant('When.'),
          endsAt: shownInstant('The end it was warned of.'),
          nextBookingAt: Type.Optional(shownInstant('When the next booking of the machine begins.')),
        },
        { description: 'It was told that its end is near; an extension arms the warning anew.' },
      ),
    ),
    suspendedReason: Type.Optional(Type.String()),
    stoppedReason: Type.Optional(words(stoppedReasons, 'OCPP 2.0.1 ReasonEnumType.')),
    limits: Type.Object(
      {
        minutes: Type.Optional(Type.Number()),
        energyWh: Type.Optional(Type.Number()),
        pieces: Type.Optional(Type.Number()),
      },
      { description: 'What it may use at most: of the booking, what earlier sessions left; begun offline, capped.' },
    ),
    offline: Type.Optional(
      Type.Literal(true, {
        description: 'Begun while the platform was out of contact, so that its limits are capped.',
      }),
    ),
    lateRevocation: Type.Optional(
      Type.Object(
        {
          revokedAt: shownInstant('When the platform revoked it.'),
          countedFrom: shownInstant('Of the last use known from before; the units are counted from here.'),
          ms: Type.Integer({ description: 'From then to the end.' }),
          units: Type.Array(useSchema),
        },
        { description: 'What it cost from the moment it was revoked to its end.' },
      ),
    ),
    incomplete: Type.Optional(
      Type.Literal(true, { description: 'The end readings could not be taken; the last good ones stand.' }),
    ),
    simulated: Type.Boolean(),
    failSafe: Type.Optional(Type.Literal(false, { description: 'Losing the gateway does not lock the machine.' })),
  },
  { title: 'Session' },
)
export type SessionView = Static<typeof sessionSchema>

const params = Type.Object({ id: sessionId })
/** Nothing to say, but `{}` may be sent. */
const nothing = Type.Object({}, { additionalProperties: false })

export function sessionRoutes(app: App, api: Api): void {
  app.get(
    '/sessions/:id',
    {
      config: { action: 'session.read', problems: ['not-found'] },
      schema: {
        operationId: 'getSession',
        summary: 'One session',
        tags: ['sessions'],
        params,
        response: { 200: sessionSchema },
      },
    },
    async (request, reply) => {
      const session = find(request, api, 'session.read')
      return session === undefined
        ? sendProblem(request, reply, refuse('not-found'))
        : { ...toSession(session, principalOf(request)), ...inspectionsOf(session, api) }
    },
  )

  app.post(
    '/sessions/:id/end',
    {
      config: { action: 'session.end', unlimited: true, problems: ['not-found', 'session-ended', 'timed-out'] },
      schema: {
        operationId: 'endSession',
        summary: 'End a session',
        description: 'The permission is withdrawn; never limited, never shed.',
        tags: ['sessions'],
        params,
        body: nothing,
        response: { 200: sessionSchema },
      },
    },
    async (request, reply) => {
      const session = find(request, api, 'session.end')
      if (session === undefined) return sendProblem(request, reply, refuse('not-found'))
      return sendSession(
        request,
        reply,
        await api.ask({ kind: 'end', principal: principalOf(request), session: session.id }),
      )
    },
  )

  app.get(
    '/sessions/:id/receipt',
    {
      config: { action: 'session.read', problems: ['not-found'] },
      schema: {
        operationId: 'getReceipt',
        summary: 'The receipt of a session that has ended: its entries with proofs and a signed checkpoint',
        tags: ['sessions'],
        params,
        response: { 200: Type.String() },
      },
    },
    async (request, reply) => {
      const session = find(request, api, 'session.read')
      if (session === undefined) return sendProblem(request, reply, refuse('not-found'))
      const receipt = issueReceipt(api.reader, session.id)
      if (receipt === undefined)
        return sendProblem(request, reply, refuse('not-found', 'there is a receipt once the session has ended'))
      // verbatim: what is signed is the text
      return reply.type('application/json; charset=utf-8').send(receipt)
    },
  )

  app.post(
    '/sessions/:id/resume',
    {
      config: {
        action: 'session.resume',
        problems: [
          'not-found',
          'session-ended',
          'not-suspended',
          'machine-blocked',
          'machine-not-ready',
          'machine-refused',
          'foreign-use',
          'wrong-time',
          'not-fresh',
          'time-untrusted',
          'ledger-full',
          'ledger-unproven',
          'busy',
          'unconfirmed',
          'timed-out',
        ],
      },
      schema: {
        operationId: 'resumeSession',
        summary: 'Unlock a suspended session again',
        tags: ['sessions'],
        params,
        body: nothing,
        response: { 200: sessionSchema },
      },
    },
    async (request, reply) => {
      const session = find(request, api, 'session.resume')
      if (session === undefined) return sendProblem(request, reply, refuse('not-found'))
      return sendSession(
        request,
        reply,
        await api.ask({ kind: 'resume', principal: principalOf(request), session: session.id }),
      )
    },
  )
}

function inspectionsOf(session: Session, api: Api): Pick<SessionView, 'inspections'> {
  const found = api.reader.inspections(session.id)
  if (found.length === 0) return {}
  const inspections = found.map(({ body: { at, data } }) => {
    const { passed, note, by } = data as { passed: boolean; note: string; by: { role: Inspector } }
    return { at, passed, note, by: by.role }
  })
  return { inspections }
}

type Inspector = NonNullable<SessionView['inspections']>[number]['by']

/** The session, if the caller may. Someone else's is answered like one that does not exist. */
function find(request: FastifyRequest, api: Api, action: Action): Session | undefined {
  const session = api.reader.session((request.params as { id: string }).id)
  if (session === undefined) return undefined
  const refusal = decide(principalOf(request), action, session)
  if (refusal === undefined) return session
  deny(api, request, refusal.code)
  return undefined
}

/** The outcome of a command that should bring a session. */
export function sendSession(
  request: FastifyRequest,
  reply: FastifyReply,
  outcome: Outcome,
): SessionView | FastifyReply {
  if (outcome.kind === 'refused') return sendProblem(request, reply, outcome.refusal)
  if (outcome.kind !== 'session') throw new Error(`the control thread answered ${outcome.kind} where a session was due`)
  return toSession(outcome.session, principalOf(request))
}

export function toSession(session: Session, principal: Principal): SessionView {
  const clocks = toClocks(session)
  const seesTenant =
    principal.role === 'platform' ||
    principal.role === 'auditor' ||
    (principal.role === 'tenant' && principal.id === session.tenant)
  return {
    id: session.id,
    machine: session.machine,
    booking: session.booking,
    ...(seesTenant ? { tenant: session.tenant } : {}),
    ...(principal.role === 'technician' ? {} : { tenantRef: session.tenantRef }),
    status: session.status,
    ...(session.startedAtMs === undefined ? {} : { startedAt: toInstant(session.startedAtMs) }),
    ...(session.endedAtMs === undefined ? {} : { endedAt: toInstant(session.endedAtMs) }),
    bookedUntil: toInstant(session.bookedUntilMs),
    begin: session.begin.map(toPoint),
    ...(session.end === undefined ? {} : { end: session.end.map(toPoint) }),
    use: session.use.map((use) => ({ ...use })),
    ...(clocks === undefined ? {} : { clocks }),
    ...(session.overrun === undefined ? {} : { overrun: overrunUnits(session).map((use) => ({ ...use })) }),
    ...(session.override === undefined ? {} : { override: session.override }),
    ...(session.warned === undefined ? {} : { warned: toWarned(session.warned) }),
    ...(session.suspendedReason === undefined ? {} : { suspendedReason: session.suspendedReason }),
    ...(session.stoppedReason === undefined ? {} : { stoppedReason: session.stoppedReason }),
    limits: { ...session.limits },
    ...(session.offline === undefined ? {} : { offline: session.offline }),
    ...(session.lateRevocation === undefined ? {} : { lateRevocation: toLate(session.lateRevocation) }),
    ...(session.incomplete === undefined ? {} : { incomplete: session.incomplete }),
    simulated: session.simulated,
    ...(session.failSafe === undefined ? {} : { failSafe: session.failSafe }),
  }
}

function toWarned({ atMs, endsAtMs, nextBookingAtMs }: Warned): NonNullable<SessionView['warned']> {
  const next = nextBookingAtMs === undefined ? {} : { nextBookingAt: toInstant(nextBookingAtMs) }
  return { at: toInstant(atMs), endsAt: toInstant(endsAtMs), ...next }
}

function toLate({ revokedAtMs, countedFromMs, ms, units }: LateRevocation): NonNullable<SessionView['lateRevocation']> {
  const at = { revokedAt: toInstant(revokedAtMs), countedFrom: toInstant(countedFromMs) }
  return { ...at, ms, units: units.map((use) => ({ ...use })) }
}

export function toPoint(point: MeterPoint): SessionView['begin'][number] {
  const { meter, unit, raw, epoch, total, atMs } = point
  return { meter, unit, ...(raw === undefined ? {} : { raw }), epoch, total, at: toInstant(atMs) }
}
