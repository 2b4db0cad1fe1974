/**
 * Unlock, resume and end, from the command to the machine that decides: whether this principal may ask at all, one
 * session for one token and one for one Idempotency-Key, however often it comes. It opens nothing by itself.
 * Read next: core/permission/permission.ts (who may), core/access/unlock.ts (what the machine does), denials.ts.
 */

import { createHash, randomInt } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import type { Command } from '../../core/command/command.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import { type Refusal, refuse } from '../../core/ground/refusal.ts'
import { authoriseSession, authoriseUnlock, issuerOf } from '../../core/permission/permission.ts'
import type { Principal } from '../../core/permission/principal.ts'
import { refuseStale } from '../../core/permission/revocation-list.ts'
import { isOpen, type Session } from '../../core/session/session.ts'
import type { Ask, MachineLoop } from '../loops/machine-loop.ts'
import type { Bookings } from './bookings.ts'
import type { Denials } from './denials.ts'
import type { Revocations } from './revocations.ts'

type Unlock = Extract<Command, { kind: 'unlock' }>

/** Outcomes kept for repeats with the same Idempotency-Key. */
const MAX_KEYS = 10_000

export type SessionsDeps = {
  readonly machines: ReadonlyMap<string, MachineLoop>
  readonly bookings: Bookings
  readonly revocations: Revocations
  readonly denials: Denials
  /** Token ids that are spent, and on which session. */
  readonly spent: ReadonlyMap<string, string>
  /** Settles once the ledger has been held against the outside, or that took too long; an unlock waits for it. */
  readonly anchorKnown: Promise<void>
  ask: Ask
  acceptsSigned(machine: MachineLoop): boolean
  tenantRef(tenant: string): string
  /** A session that is no longer in memory. */
  recall(id: string): Session | undefined
}

export type Sessions = {
  unlock(command: Unlock): Promise<Outcome>
  endOrResume(command: Extract<Command, { kind: 'end' | 'resume' }>): Promise<Outcome>
  /** The outcomes kept for a tenant go. */
  forget(tenant: string): void
}

export function createSessions(deps: SessionsDeps): Sessions {
  const { machines, bookings, revocations, denials, ask } = deps
  const outcomes = new Map<string, { fingerprint: string; outcome: Promise<Outcome> }>()
  /** Token ids a machine is being asked with, and which; one that is not spent yet may not come twice. */
  const asking = new Map<string, string>()

  /** The same key, principal and request give the stored outcome; another request under it is refused. */
  function unlockOnce(command: Unlock): Promise<Outcome> {
    if (command.idempotencyKey === undefined) return unlock(command)
    const key = `${command.principal.role}:${command.principal.id}:${command.idempotencyKey}`
    const fingerprint = createHash('sha256')
      .update(JSON.stringify([command.machine, command.booking ?? null, jtiOf(command.principal) ?? null]))
      .digest('hex')
    const known = outcomes.get(key)
    if (known) return known.fingerprint === fingerprint ? known.outcome : Promise.resolve(refused(refuse('key-reused')))
    const outcome = unlock(command)
    outcomes.set(key, { fingerprint, outcome })
    if (outcomes.size > MAX_KEYS) outcomes.delete(outcomes.keys().next().value!)
    // A refusal leaves nothing behind: the same request may be tried again.
    void outcome.then((result) => {
      if (result.kind === 'refused' && result.refusal.code !== 'unconfirmed') outcomes.delete(key)
    })
    return outcome
  }

  async function unlock(command: Unlock): Promise<Outcome> {
    await deps.anchorKnown
    const { principal } = command
    const machine = machines.get(command.machine)
    if (machine === undefined) return refused(refuse('not-found'))
    const authority = authoriseUnlock(principal, command.machine, command.booking, {
      bookings: bookings.all(),
      spentBy: (jti) => deps.spent.get(jti),
      acceptSigned: deps.acceptsSigned(machine),
      room: bookings.hasRoom(),
      ...(machine.state.row.blocks ? { blocks: machine.state.row.blocks } : {}),
      revocations: revocations.known(),
    })
    if ('code' in authority) {
      const repeated = authority.code === 'token-replayed' ? sameUnlock(command, authority) : undefined
      if (repeated) return { kind: 'session', session: repeated }
      return denials.refuse(authority, command)
    }
    const { jti } = authority
    const asked = jti === undefined ? undefined : asking.get(jti)
    if (asked !== undefined && asked !== command.machine)
      return denials.refuse(refuse('token-replayed', 'it is being used at another machine'), command)
    const first = jti !== undefined && asked === undefined
    if (first) asking.set(jti, command.machine)
    const outcome = await ask(machine, (id) => ({
      kind: 'unlock',
      request: {
        command: id,
        principal,
        booking: authority.booking,
        newBooking: authority.newBooking,
        ...(authority.jti === undefined ? {} : { jti: authority.jti, jtiExpMs: authority.jtiExpMs! }),
        ...(authority.qualifications === undefined ? {} : { qualifications: authority.qualifications }),
        ...(command.idempotencyKey === undefined ? {} : { idempotencyKey: command.idempotencyKey }),
        sessionId: uuidv7(),
        tag: randomInt(1, 2 ** 32),
        tenantRef: deps.tenantRef(authority.booking.tenant),
      },
    })).finally(() => first && asking.delete(jti))
    revocations.endIfRevoked(machine, { booking: authority.booking.id, jti: authority.jti })
    return outcome.kind === 'refused' ? denials.refuse(outcome.refusal, command) : outcome
  }

  /** After a restart: the token was spent by this very request. */
  function sameUnlock(command: Unlock, { extra }: Refusal): Session | undefined {
    const session = typeof extra?.session === 'string' ? deps.recall(extra.session) : undefined
    const same =
      session !== undefined &&
      command.idempotencyKey !== undefined &&
      session.idempotencyKey === command.idempotencyKey &&
      session.machine === command.machine
    return same && session.startedAtMs !== undefined && isOpen(session) ? session : undefined
  }

  async function endOrResume(command: Extract<Command, { kind: 'end' | 'resume' }>): Promise<Outcome> {
    const machine = [...machines.values()].find(({ state }) => state.session?.id === command.session)
    const session = machine?.state.session ?? deps.recall(command.session)
    if (session === undefined) return refused(refuse('not-found'))
    const refusal = authoriseSession(command.principal, session, command.kind)
    if (refusal) return refused(refusal)
    if (machine === undefined)
      return command.kind === 'end' ? { kind: 'session', session } : refused(refuse('session-ended'))
    const { role } = command.principal
    if (command.kind === 'resume') await deps.anchorKnown
    if (command.kind === 'resume' && command.principal.role === 'tenant') {
      const stale = refuseStale(revocations.known(), issuerOf(command.principal))
      if (stale) return refused(stale)
    }
    if (command.kind === 'resume') return ask(machine, (id) => ({ kind: 'resume', command: id, by: role }))
    return ask(machine, (id) => ({ kind: 'end', command: id, by: role === 'auditor' ? 'platform' : role }))
  }

  return {
    unlock: unlockOnce,
    endOrResume,
    forget(tenant) {
      for (const key of [...outcomes.keys()]) if (key.startsWith(`tenant:${tenant}:`)) outcomes.delete(key)
    },
  }
}

function jtiOf(principal: Principal): string | undefined {
  return principal.role === 'tenant' && !principal.pin ? principal.claims.jti : undefined
}
