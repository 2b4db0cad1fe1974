/**
 * Machines: what is free, unlock, maintenance. An unlock answers only after the machine itself has reported it.
 * Read next: machine-body.ts (what is shown), control/commands/sessions.ts (what becomes of an unlock).
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { canonicalTag } from '../../../core/ground/language.ts'
import { MINUTE_MS } from '../../../core/ground/moment.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import type { Principal } from '../../../core/permission/principal.ts'
import { type Api, type App, principalOf } from '../api.ts'
import { ask } from '../ask.ts'
import { machineFor } from '../guard.ts'
import { instantSchema, readInstants } from '../http/instant.ts'
import { type FieldError, sendErrors, sendProblem } from '../http/problem.ts'
import { KEY_PATTERN } from '../http/repeats.ts'
import { foreignId, id, languageField, machineParams, reason } from '../http/schema.ts'
import { isKnown } from '../http/tagged.ts'
import { asked, refusals } from '../refusals.ts'
import { ANSWERS_LIMIT, answersField } from '../sessions/answers.ts'
import { sessionSchema, toSession } from '../sessions/session-body.ts'
import { freeMachines, minutesField } from './calendar.ts'
import { machineSchema } from './machine-body.ts'
import { createShownMachines, type Shown } from './shown.ts'

const lang = languageField('each machine has a `title` in it, or in the nearest that there is.')
const inLanguage = Type.Object({ lang }, { additionalProperties: false })
const searched = Type.Object(
  {
    lang,
    kind: Type.Optional(id('Only machines of this kind.')),
    free: Type.Optional(Type.Literal('true', { description: 'Only machines that are free; `minutes` says so too.' })),
    from: Type.Optional(
      instantSchema('Free from then on, by the plan; with `free` or `minutes`. Absent, or past: now, and Available.'),
    ),
    minutes: minutesField('Free for so long; with `free` alone: for one `timeslotIncrement` of the calendar.'),
  },
  { additionalProperties: false },
)

const listMachines = {
  config: { action: 'machine.read', tagged: true },
  schema: {
    operationId: 'listMachines',
    summary: 'What is free now, or at another time',
    description:
      'A time to come is judged by the plan alone: bookings with their clean-down, blocks and maintenance windows. Which machine works by then nobody knows.',
    tags: ['machines'],
    querystring: searched,
    response: {
      200: Type.Object({ machines: Type.Array(machineSchema) }, { description: 'All machines of the site.' }),
    },
  },
} as const

const getMachine = {
  config: { action: 'machine.read', tagged: true, problems: ['not-found'] },
  schema: {
    operationId: 'getMachine',
    summary: 'One machine',
    tags: ['machines'],
    params: machineParams,
    querystring: inLanguage,
    response: { 200: machineSchema },
  },
} as const

const unlockMachine = {
  bodyLimit: ANSWERS_LIMIT,
  config: { action: 'machine.unlock', problems: refusals.unlock },
  schema: {
    operationId: 'unlockMachine',
    summary: 'Unlock for a booking',
    description:
      'Answers 200 only after the machine itself has reported it. A tenant names no booking: the token is the booking. The platform names it. `answers` are those to the questions before a use.',
    tags: ['machines'],
    params: machineParams,
    headers: Type.Object({
      'idempotency-key': Type.Optional(
        Type.String({
          pattern: KEY_PATTERN,
          description: 'Repeats with the same key get the first answer.',
          examples: ['unlock-7f3a'],
        }),
      ),
    }),
    body: Type.Object(
      { booking: Type.Optional(foreignId('Only for the platform.')), answers: Type.Optional(answersField) },
      { additionalProperties: false },
    ),
    response: { 200: sessionSchema },
  },
} as const

const setMaintenance = {
  config: { action: 'machine.maintain', problems: ['not-found', 'machine-in-use', ...asked] },
  schema: {
    operationId: 'setMaintenance',
    summary: 'Begin or end maintenance',
    description:
      'Blocks new unlocks only: it is no lockout, and the machine is not safe to service. A session that runs goes on; it holds from its end. Recorded with the person, and kept over a restart.',
    tags: ['machines'],
    params: machineParams,
    body: Type.Object({ on: Type.Boolean(), reason }, { additionalProperties: false }),
    response: { 204: Type.Null({ description: 'Done.' }) },
  },
} as const

export function machineRoutes(app: App, api: Api): void {
  const shown = createShownMachines(api)
  app.get('/machines', listMachines, async (request, reply) => {
    const { lang, kind, free, from, minutes } = request.query
    if (!isLanguage(lang)) return sendErrors(request, reply, [NO_LANGUAGE])
    if (from !== undefined && (minutes ?? free) === undefined) return sendErrors(request, reply, [NO_MINUTES])
    const read = readInstants('/query', { from })
    if (read.errors) return sendErrors(request, reply, read.errors)
    const ofKind = api.config.machines.filter((machine) => kind === undefined || machine.kind === kind)
    const lastMs = minutes === undefined ? api.config.bookings.incrementMs : Number(minutes) * MINUTE_MS
    const wanted = (free ?? minutes) === undefined ? ofKind : freeMachines(api, ofKind, read.times.from ?? 0, lastMs)
    return sendTagged(request, reply, shown.list(wanted, principalOf(request), lang))
  })

  // Everybody sees every machine, so there is nobody to refuse.
  app.get('/machines/:id', getMachine, (request, reply) => {
    const machine = api.machines.get(request.params.id)
    if (machine === undefined) return void sendProblem(request, reply, refuse('not-found'))
    const { lang } = request.query
    if (!isLanguage(lang)) return void sendErrors(request, reply, [NO_LANGUAGE])
    sendTagged(request, reply, shown.one(machine, principalOf(request), lang))
  })

  app.post('/machines/:id/unlock', unlockMachine, async (request, reply) => {
    const { booking, answers } = request.body
    const fault = bookingFault(principalOf(request), booking)
    if (fault) return sendErrors(request, reply, [fault])
    const machine = machineFor(api, request, reply)
    if (machine === undefined) return reply
    const idempotencyKey = request.headers['idempotency-key']
    const outcome = await ask(api, request, reply, {
      kind: 'unlock',
      machine: machine.id,
      ...(booking === undefined ? {} : { booking }),
      ...(answers === undefined ? {} : { answers }),
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    })
    return outcome === undefined ? reply : toSession(outcome.session, principalOf(request))
  })

  app.post('/machines/:id/maintenance', setMaintenance, async (request, reply) => {
    const machine = machineFor(api, request, reply)
    if (machine === undefined) return reply
    const outcome = await ask(api, request, reply, { kind: 'maintenance', machine: machine.id, ...request.body })
    return outcome === undefined ? reply : reply.code(204).send(null)
  })
}

const NO_MINUTES: FieldError = { path: '/query/minutes', message: 'is missing: free from then on for how long?' }
const NO_LANGUAGE: FieldError = { path: '/query/lang', message: 'is no language tag: write one such as zh-Hans' }
const isLanguage = (lang: string | undefined) => lang === undefined || canonicalTag(lang) !== undefined

/** The platform names the booking; the credential of a tenant already does. */
function bookingFault({ role }: Principal, booking: string | undefined): FieldError | undefined {
  if ((role === 'platform') !== (booking === undefined)) return undefined
  return {
    path: '/body/booking',
    message: role === 'platform' ? 'is missing' : 'comes with the credential: send {}',
  }
}

/**
 * The tag covers what is said, not when it was seen to be so: a machine that stands still is 304 while it does.
 * What is no longer known becomes Unknown, which is another thing said, so a 304 holds as of its own `Date`.
 */
function sendTagged(request: FastifyRequest, reply: FastifyReply, { text, tag }: Shown): FastifyReply {
  if (isKnown(request, reply, tag)) return reply.send()
  return reply.type('application/json; charset=utf-8').send(text)
}
