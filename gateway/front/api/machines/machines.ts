/**
 * Machines: what is free, until when, why not; unlock; maintenance. Never the occupant.
 */

import { createHash } from 'node:crypto'
import Type, { type Static } from 'typebox'
import type { BoardRow } from '../../../core/board/message.ts'
import type { MachineConfig } from '../../../core/ground/config.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import { isFailSafe } from '../../../core/interlock/interlock.ts'
import type { AccessWord } from '../../../core/machine/access-state.ts'
import type { AvailabilityState } from '../../../core/machine/availability.ts'
import { isWithinKey } from '../../../core/permission/permission.ts'
import type { Principal } from '../../../core/permission/principal.ts'
import { type Api, type App, type FastifyReply, type FastifyRequest, principalOf } from '../api.ts'
import { freshRow } from '../board.ts'
import { decide } from '../caller/policy.ts'
import { deny } from '../guard.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { sendProblem } from '../http/problem.ts'
import { foreignId, id, words } from '../http/schema.ts'
import { sessionSchema } from '../sessions/session-body.ts'
import { sendSession } from '../sessions/sessions.ts'

const availabilityStates = [
  'Available',
  'Reserved',
  'Preparing',
  'InUse',
  'Finishing',
  'ToCheck',
  'Blocked',
  'OutOfOrder',
  'Unknown',
] as const satisfies readonly AvailabilityState[]
const accessStates = [
  'Locked',
  'Unlocking',
  'Unlocked',
  'Suspended',
  'Finishing',
  'Unconfirmed',
  'Foreign',
  'Unknown',
] as const satisfies readonly AccessWord[]

export const machineSchema = Type.Object(
  {
    id: Type.String(),
    name: Type.Record(Type.String(), Type.String(), { description: 'By language.' }),
    owner: Type.String({ description: 'Who owns it.' }),
    simulated: Type.Boolean({ description: 'No real machine; never billable.' }),
    availability: Type.Object({
      state: words(availabilityStates, 'Derived by ordered rules; Unknown whenever the gateway does not know.'),
      reason: Type.Optional(Type.String({ description: 'A stable word: why it is not Available.' })),
      freeAt: Type.Optional(
        shownInstant('When it is expected to be free, the clean-down counted in; absent: nobody knows.'),
      ),
      freeUntil: Type.Optional(
        shownInstant('Until when it is free, less the clean-down for the next; absent: no booking is known.'),
      ),
      asOf: Type.Optional(shownInstant('Oldest reading this rests on.')),
      maxAgeMs: Type.Integer({ description: 'Once `asOf` is older than this, take the state for Unknown.' }),
    }),
    itemState: words(
      ['NotAvailable', 'OutOfService', 'NotExecuting', 'Executing', 'Unknown'] as const,
      'OPC 40001-1 MachineryItemState.',
    ),
    mode: words(
      ['None', 'Maintenance', 'Setup', 'Processing', 'Unknown'] as const,
      'OPC 40001-1 MachineryOperationMode.',
    ),
    access: words(accessStates, 'What the gateway knows of the permission to start.'),
    failSafe: Type.Optional(
      Type.Boolean({
        description: 'Losing the gateway locks it. false: it stays as it is. Absent: it is never unlocked.',
      }),
    ),
    commissioning: Type.Optional(
      Type.Object(
        {
          state: words(
            ['commissioned', 'never', 'failed', 'expired', 'changed'] as const,
            'Whether it has been shown to lock itself, as it is configured now; tenants are let in only then.',
          ),
          due: Type.Optional(shownInstant('By when the drill has to be repeated.')),
        },
        { description: 'Absent: it is never unlocked, or nothing is known yet.' },
      ),
    ),
    session: Type.Optional(Type.String({ description: 'Open session; only for its tenant and for technicians.' })),
    safetyRelevant: Type.Literal(false, { description: 'Locked never means safe to service: lock out and tag out.' }),
  },
  { title: 'Machine' },
)
type Machine = Static<typeof machineSchema>

const params = Type.Object({ id: id('Machine.') })
const idempotency = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({ pattern: '^[\\x21-\\x7e]{1,128}$', description: 'Repeats with the same key get the first answer.' }),
  ),
})

export function machineRoutes(app: App, api: Api): void {
  app.get(
    '/machines',
    {
      config: { action: 'machine.read' },
      schema: {
        operationId: 'listMachines',
        summary: 'What is free now',
        tags: ['machines'],
        response: {
          200: Type.Object({ machines: Type.Array(machineSchema) }, { description: 'All machines of the site.' }),
        },
      },
    },
    async (request, reply) => {
      const machines = api.config.machines.map((machine) => toMachine(machine, api, principalOf(request)))
      return sendTagged(request, reply, { machines })
    },
  )

  app.get(
    '/machines/:id',
    {
      config: { action: 'machine.read', problems: ['not-found'] },
      schema: {
        operationId: 'getMachine',
        summary: 'One machine',
        tags: ['machines'],
        params,
        response: { 200: machineSchema },
      },
    },
    async (request, reply) => {
      const machine = api.machines.get(request.params.id)
      if (machine === undefined) return sendProblem(request, reply, refuse('not-found'))
      return sendTagged(request, reply, toMachine(machine, api, principalOf(request)))
    },
  )

  app.post(
    '/machines/:id/unlock',
    {
      config: {
        action: 'machine.unlock',
        problems: [
          'not-found',
          'no-booking',
          'wrong-machine',
          'wrong-time',
          'booking-cancelled',
          'booking-released',
          'booking-conflict',
          'limit-used',
          'not-qualified',
          'offline',
          'token-replayed',
          'machine-in-use',
          'machine-blocked',
          'clean-down',
          'inspection-due',
          'inspection-failed',
          'not-commissioned',
          'no-interlock',
          'machine-not-ready',
          'machine-refused',
          'foreign-use',
          'session-ended',
          'key-reused',
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
        operationId: 'unlockMachine',
        summary: 'Unlock for a booking',
        description:
          'Answers 200 only after the machine itself has reported it. A tenant sends `{}`: the token is the booking. The platform names the booking.',
        tags: ['machines'],
        params,
        headers: idempotency,
        body: Type.Object(
          { booking: Type.Optional(foreignId('Only for the platform.')) },
          { additionalProperties: false },
        ),
        response: { 200: sessionSchema },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request)
      const machine = api.machines.get(request.params.id)
      if (machine === undefined) return sendProblem(request, reply, refuse('not-found'))
      const { booking } = request.body
      if ((principal.role === 'platform') === (booking === undefined)) {
        const message = principal.role === 'platform' ? 'is missing' : 'is in the token; send {}'
        return sendProblem(request, reply, refuse('bad-request'), { errors: [{ path: '/body/booking', message }] })
      }
      const refusal = decide(principal, 'machine.unlock', { machine: machine.id, owner: machine.owner })
      if (refusal) {
        deny(api, request, refusal.code)
        return sendProblem(request, reply, refusal)
      }
      const idempotencyKey = request.headers['idempotency-key']
      const outcome = await api.ask({
        kind: 'unlock',
        principal,
        machine: machine.id,
        ...(booking === undefined ? {} : { booking }),
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      })
      return sendSession(request, reply, outcome)
    },
  )

  app.post(
    '/machines/:id/maintenance',
    {
      config: { action: 'machine.maintain', problems: ['not-found', 'machine-in-use', 'busy', 'timed-out'] },
      schema: {
        operationId: 'setMaintenance',
        summary: 'Begin or end maintenance',
        description:
          'Blocks new unlocks only: it is no lockout, and the machine is not safe to service. A session that runs goes on; it holds from its end. Recorded with the person, and kept over a restart.',
        tags: ['machines'],
        params,
        body: Type.Object(
          {
            on: Type.Boolean(),
            reason: Type.String({ pattern: '^[^\\x00-\\x1f\\x7f]{3,200}$', description: 'Why; goes into the ledger.' }),
          },
          { additionalProperties: false },
        ),
        response: { 204: Type.Null({ description: 'Done.' }) },
      },
    },
    async (request, reply) => {
      const machine = api.machines.get(request.params.id)
      if (machine === undefined) return sendProblem(request, reply, refuse('not-found'))
      const refusal = decide(principalOf(request), 'machine.maintain', { machine: machine.id, owner: machine.owner })
      if (refusal) return sendProblem(request, reply, refusal)
      const outcome = await api.ask({
        kind: 'maintenance',
        principal: principalOf(request),
        machine: machine.id,
        ...request.body,
      })
      return outcome.kind === 'refused' ? sendProblem(request, reply, outcome.refusal) : reply.code(204).send(null)
    },
  )
}

function toMachine(machine: MachineConfig, api: Api, principal: Principal): Machine {
  const known = api.board.row(machine.id)
  const row = known && freshRow(known, api.clock.nowNs())
  const session = row && visibleSession(row, api, principal)
  return {
    id: machine.id,
    name: { ...machine.name },
    owner: machine.owner,
    simulated: machine.simulated,
    availability: toAvailability(row),
    itemState: row?.itemState ?? 'Unknown',
    mode: row?.mode ?? 'Unknown',
    access: row?.access ?? 'Unknown',
    ...(machine.interlock ? { failSafe: isFailSafe(machine.interlock) } : {}),
    ...(machine.interlock && row ? { commissioning: toCommissioning(row) } : {}),
    ...(session === undefined ? {} : { session }),
    safetyRelevant: false,
  }
}

function toCommissioning({ commissioning }: BoardRow): NonNullable<Machine['commissioning']> {
  const { kind: state } = commissioning
  return commissioning.kind === 'commissioned' && commissioning.dueMs !== undefined
    ? { state, due: toInstant(commissioning.dueMs) }
    : { state }
}

function toAvailability(row: BoardRow | undefined): Machine['availability'] {
  if (row === undefined) return { state: 'Unknown', reason: 'stale:board', maxAgeMs: FALLBACK_MAX_AGE_MS }
  const { state, reason, freeAtMs, freeUntilMs } = row.availability
  return {
    state,
    ...(reason === undefined ? {} : { reason }),
    ...(freeAtMs === undefined ? {} : { freeAt: toInstant(freeAtMs) }),
    ...(freeUntilMs === undefined ? {} : { freeUntil: toInstant(freeUntilMs) }),
    // 0: a required signal was never read
    ...(row.asOfMs === 0 ? {} : { asOf: toInstant(row.asOfMs) }),
    maxAgeMs: row.maxAgeMs,
  }
}

const FALLBACK_MAX_AGE_MS = 3_000

function visibleSession(row: BoardRow, api: Api, principal: Principal): string | undefined {
  if (row.session === undefined || !isWithinKey(principal, row.machine)) return undefined
  if (principal.role === 'technician') return row.session
  if (principal.role !== 'tenant') return undefined
  return api.reader.session(row.session)?.tenant === principal.id ? row.session : undefined
}

/** The tag covers all of the answer, `asOf` included: what is cached must not look fresher than it is. */
function sendTagged<T>(request: FastifyRequest, reply: FastifyReply, body: T): T | FastifyReply {
  const tag = `"${createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 22)}"`
  reply.header('etag', tag).header('cache-control', 'private, no-cache')
  const known = request.headers['if-none-match']
  if (known?.split(',').some((each) => each.trim().replace(/^W\//, '') === tag)) return reply.code(304).send()
  return body
}
