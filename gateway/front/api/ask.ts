/**
 * Asks the control thread in the name of the caller. A refusal is answered here; a route goes on with nothing but the
 * kind of outcome that its command brings.
 * Read next: core/command/command.ts, control/commands/command-loop.ts.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Command } from '../../core/command/command.ts'
import type { Outcome } from '../../core/command/outcome.ts'
import { type Api, principalOf } from './api.ts'
import { sendProblem } from './http/problem.ts'

type Asked = Exclude<Command, { kind: 'denied' }>

/** What a command brings when it is not refused. */
const brings = {
  'put-booking': 'booking',
  'put-bookings': 'bookings',
  'cancel-booking': 'done',
  'hand-over': 'booking',
  'put-revocations': 'done',
  unlock: 'session',
  override: 'session',
  end: 'session',
  resume: 'session',
  answer: 'done',
  extend: 'session',
  maintenance: 'done',
  inspect: 'done',
  'put-block': 'block',
  'remove-block': 'done',
  drill: 'drill',
  'drill-view': 'drill',
  report: 'recorded',
  'service-done': 'done',
  'change-report': 'done',
  correct: 'recorded',
  accept: 'recorded',
  'manual-entry': 'recorded',
  'propose-credit': 'recorded',
  'approve-credit': 'recorded',
  trust: 'trust',
  'handle-parked': 'done',
  browse: 'nodes',
  'read-registers': 'registers',
  'issue-statement': 'done',
  subscribe: 'done',
  unsubscribe: 'done',
  'erase-tenant': 'done',
  apply: 'configuration',
  'switch-over': 'done',
} as const satisfies Record<Asked['kind'], Outcome['kind']>

type CommandOf<Kind extends Asked['kind']> = Omit<Extract<Asked, { kind: Kind }>, 'principal'> & { readonly kind: Kind }
type OutcomeOf<Kind extends Asked['kind']> = Extract<Outcome, { kind: (typeof brings)[Kind] }>

/** Undefined: it was refused, and the refusal has been sent. */
export async function ask<Kind extends Asked['kind']>(
  api: Api,
  request: FastifyRequest,
  reply: FastifyReply,
  command: CommandOf<Kind>,
): Promise<OutcomeOf<Kind> | undefined> {
  const outcome = await api.ask({ ...command, principal: principalOf(request) } as unknown as Asked)
  if (outcome.kind === brings[command.kind]) return outcome as OutcomeOf<Kind>
  if (outcome.kind !== 'refused') throw new Error(`the control thread answered ${outcome.kind} to ${command.kind}`)
  sendProblem(request, reply, outcome.refusal)
  return undefined
}
