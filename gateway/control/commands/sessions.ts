/**
 * Unlock, resume and end, from the command to the machine that decides: whether this principal may ask at all, one
 * session for one token and one for one Idempotency-Key, however often it comes. It opens nothing by itself.
 * Read next: core/permission/permission.ts (who may), core/access/unlock.ts (what the machine does), denials.ts.
 */
import { randomInt } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import type { Command } from '../../core/command/command.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import { type Refusal, refuse } from '../../core/ground/refusal.ts'
import type { UnlockRequest } from '../../core/machine/access-state.ts'
import { authoriseSession, authoriseUnlock, issuerOf, type UnlockAuthority } from '../../core/permission/permission.ts'
import { refuseStale } from '../../core/permission/revocation-list.ts'
import { isOpen, type Session } from '../../core/session/session.ts'
import type { MachineLoop } from '../loops/machine-loop.ts'
import type { AskMachine } from '../loops/replies.ts'
import type { Bookings } from './bookings.ts'
import type { Denials } from './denials.ts'
import { createIdempotency } from './idempotency.ts'
import { callerJson } from './person.ts'
import type { RevocationLists } from './revocations.ts'

type Unlock = Extract<Command, { kind: 'unlock' }>
type EndOrResume = Extract<Command, { kind: 'end' | 'resume' }>
type Answer = Extract<Command, { kind: 'answer' }>

type SessionsDeps = {
  readonly machines: ReadonlyMap<string, MachineLoop>
  readonly bookings: Bookings
  readonly revocations: RevocationLists
  readonly denials: Denials
  /** Resolves once the ledger has been held against the outside, or that took too long; an unlock waits for it. */
  readonly anchorKnown: Promise<void>
  ask: AskMachine
  /** The session that a token was spent on. */
  spentBy(jti: string): string | undefined
  /** As in `Known`: after a restore. */
  readonly tokensFromMs?: number | undefined
  acceptsSigned(machine: MachineLoop): boolean
  tenantRef(tenant: string): string
  /** A session that is no longer in memory. */
  recall(id: string): Session | undefined
}

export type Sessions = {
  unlock(command: Unlock): Promise<Outcome>
  endOrResume(command: EndOrResume): Promise<Outcome>
  answer(command: Answer): Promise<Outcome>
  /** Drops the outcomes kept for a tenant. */
  forget(tenant: string): void
}

/** Token ids that a machine is being asked with, and which machine: one that is not spent yet must not come twice. */
type Asking = Map<string, string>

export function createSessions(deps: SessionsDeps): Sessions {
  const asking: Asking = new Map()
  const { once, forget } = createIdempotency((id) => deps.machines.get(id)?.state.session)
  return {
    unlock: (command) => once(command, () => unlock(deps, asking, command)),
    endOrResume: (command) => endOrResume(deps, command),
    answer: (command) => answer(deps, command),
    forget,
  }
}

async function unlock(deps: SessionsDeps, asking: Asking, command: Unlock): Promise<Outcome> {
  const { machines, denials, revocations } = deps
  await deps.anchorKnown
  const machine = machines.get(command.machine)
  if (machine === undefined) return refused(refuse('not-found'))
  const authority = authorise(deps, machine, command)
  if ('code' in authority) {
    const repeated = authority.code === 'token-replayed' ? sameUnlock(deps, command, authority) : undefined
    return repeated ? { kind: 'session', session: repeated } : denials.refuse(authority, command)
  }
  const opened = sameOpen(machine, command, authority)
  if (opened) return { kind: 'session', session: opened }
  const { jti, booking } = authority
  const askedAt = jti === undefined ? undefined : asking.get(jti)
  if (askedAt !== undefined && askedAt !== command.machine)
    return denials.refuse(refuse('token-replayed', 'it is being used at another machine'), command)
  const isFirst = jti !== undefined && askedAt === undefined
  if (isFirst) asking.set(jti, command.machine)
  const request = requestOf(command, authority, deps.tenantRef)
  const outcome = await deps
    .ask(machine, (id) => ({ kind: 'unlock', request: { ...request, command: id } }))
    .finally(() => isFirst && asking.delete(jti))
  revocations.endIfRevoked(machine, { booking: booking.id, jti })
  return outcome.kind === 'refused' ? denials.refuse(outcome.refusal, command) : outcome
}

function authorise(deps: SessionsDeps, machine: MachineLoop, command: Unlock): UnlockAuthority | Refusal {
  const { bookings, revocations } = deps
  const { blocks } = machine.state.row
  return authoriseUnlock(command.principal, command.machine, command.booking, {
    bookings: bookings.all(),
    spentBy: deps.spentBy,
    tokensFromMs: deps.tokensFromMs,
    acceptSigned: deps.acceptsSigned(machine),
    room: bookings.hasRoom(),
    ...(blocks ? { blocks } : {}),
    revocations: revocations.known(),
    tombstones: bookings.tombstones(),
  })
}

/** After a restart: the token was spent by this very request. */
function sameUnlock({ recall }: SessionsDeps, command: Unlock, { extra }: Refusal): Session | undefined {
  const session = typeof extra?.session === 'string' ? recall(extra.session) : undefined
  const isSame =
    session !== undefined &&
    command.idempotencyKey !== undefined &&
    session.idempotencyKey === command.idempotencyKey &&
    session.machine === command.machine
  return isSame && session.startedAtMs !== undefined && isOpen(session) ? session : undefined
}

/** After a restart, without a token: the session that is open here was opened by this very request. */
function sameOpen(
  { state }: MachineLoop,
  { idempotencyKey }: Unlock,
  { booking }: UnlockAuthority,
): Session | undefined {
  const { session } = state
  const isSame =
    session?.startedAtMs !== undefined &&
    idempotencyKey !== undefined &&
    session.idempotencyKey === idempotencyKey &&
    session.booking === booking.id &&
    session.tenant === booking.tenant
  return isSame && isOpen(session) ? session : undefined
}

function requestOf(
  command: Unlock,
  authority: UnlockAuthority,
  tenantRef: SessionsDeps['tenantRef'],
): Omit<UnlockRequest, 'command'> {
  const { booking, newBooking, jti, jtiExpMs, qualifications } = authority
  const { principal, idempotencyKey, answers } = command
  return {
    principal,
    booking,
    newBooking,
    ...(jti === undefined ? {} : { jti, jtiExpMs: jtiExpMs! }),
    ...(qualifications === undefined ? {} : { qualifications }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(answers === undefined ? {} : { given: { by: callerJson(principal, tenantRef), answers } }),
    ...newSession(),
    tenantRef: tenantRef(booking.tenant),
  }
}

/** The id of a session that may begin, and its tag in the lease block. */
export function newSession(): Pick<UnlockRequest, 'sessionId' | 'tag'> {
  return { sessionId: uuidv7(), tag: randomInt(1, 2 ** 32) }
}

async function endOrResume(deps: SessionsDeps, asked: EndOrResume): Promise<Outcome> {
  const { kind, principal, session: id } = asked
  const machine = [...deps.machines.values()].find(({ state }) => state.session?.id === id)
  const session = machine?.state.session ?? deps.recall(id)
  if (session === undefined) return refused(refuse('not-found'))
  const refusal = authoriseSession(principal, session, kind)
  if (refusal) return refused(refusal)
  if (machine === undefined) return kind === 'end' ? { kind: 'session', session } : refused(refuse('session-ended'))
  const { role } = principal
  if (asked.kind === 'end') {
    const by = role === 'auditor' ? 'platform' : role
    const release = asked.release ? { release: asked.release } : {}
    return deps.ask(machine, (command) => ({ kind: 'end', command, by, ...release }))
  }
  await deps.anchorKnown
  const stale = principal.role === 'tenant' ? refuseStale(deps.revocations.known(), issuerOf(principal)) : undefined
  if (stale) return refused(stale)
  return deps.ask(machine, (command) => ({ kind: 'resume', command, by: role }))
}

/** What a tenant says after a use, of a session that may be over. */
async function answer(deps: SessionsDeps, { principal, session: id, answers }: Answer): Promise<Outcome> {
  const open = [...deps.machines.values()].find(({ state }) => state.session?.id === id)
  const session = open?.state.session ?? deps.recall(id)
  const machine = session && deps.machines.get(session.machine)
  if (session === undefined || machine === undefined) return refused(refuse('not-found'))
  const refusal = authoriseSession(principal, session, 'answer')
  if (refusal) return refused(refusal)
  const given = { by: callerJson(principal, deps.tenantRef), answers }
  const answered = { ...given, session: id, tenant: session.tenantRef }
  return deps.ask(machine, (command) => ({ kind: 'answers', command, answered }))
}
