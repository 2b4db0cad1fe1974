/**
 * Repeats of an unlock: the same Idempotency-Key, principal and request give the session of the first one as it is now,
 * for as long as it is open; another request under that key is refused meanwhile. Once the session is over, the key is
 * as good as new: no repeat ever reports `open` for a machine that is locked. In memory alone; after a restart
 * sessions.ts, the only caller, finds the open session by its key.
 */
import type { Command } from '../../core/command/command.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import { refuse } from '../../core/ground/refusal.ts'
import type { Principal } from '../../core/permission/principal.ts'
import { isOpen, type Session } from '../../core/session/session.ts'

/** Outcomes kept; beyond this the oldest goes. */
const MAX_KEYS = 10_000

type Unlock = Extract<Command, { kind: 'unlock' }>

type Kept = {
  readonly principal: Principal
  readonly machine: string
  readonly request: string
  readonly outcome: Promise<Outcome>
}

type Idempotency = {
  /** Does `work` unless the same request has brought a session that is open, or is under way. */
  once(command: Unlock, work: () => Promise<Outcome>): Promise<Outcome>
  /** Drops the outcomes kept for a tenant. */
  forget(tenant: string): void
}

/** `openAt`: the session that a machine holds now. */
export function createIdempotency(openAt: (machine: string) => Session | undefined): Idempotency {
  const kept = new Map<string, Kept>()
  return {
    async once(command, work) {
      if (command.idempotencyKey === undefined) return work()
      const { principal } = command
      const key = JSON.stringify([...ownerOf(principal), command.idempotencyKey])
      const request = requestOf(command)
      for (let known = kept.get(key); known !== undefined; known = kept.get(key)) {
        const now = asItIsNow(await known.outcome, openAt(known.machine))
        if (now !== undefined) return known.request === request ? now : refused(refuse('key-reused'))
        if (kept.get(key) === known) kept.delete(key)
      }
      const outcome = work()
      kept.set(key, { principal, machine: command.machine, request, outcome })
      if (kept.size > MAX_KEYS) kept.delete(kept.keys().next().value!)
      return outcome
    },
    forget(tenant) {
      for (const [key, { principal }] of kept)
        if (principal.role === 'tenant' && principal.id === tenant) kept.delete(key)
    },
  }
}

/** Undefined when nothing is left of it: it was refused for good, or its session is over. */
function asItIsNow(outcome: Outcome, session: Session | undefined): Outcome | undefined {
  if (session === undefined || session.id !== sessionOf(outcome) || !isOpen(session)) return undefined
  return outcome.kind === 'refused' && session.status === 'unconfirmed' ? outcome : { kind: 'session', session }
}

/** An unlock that nobody confirmed has a session as well: it may still come true. */
function sessionOf(outcome: Outcome): unknown {
  if (outcome.kind === 'session') return outcome.session.id
  return outcome.kind === 'refused' && outcome.refusal.code === 'unconfirmed'
    ? outcome.refusal.extra?.session
    : undefined
}

/** Whoever may see what the key has brought. */
const ownerOf = (principal: Principal) => [
  principal.role,
  'issuer' in principal ? principal.issuer : principal.key,
  principal.id,
]

/** What the credential itself asks for. */
const credentialOf = (principal: Principal) =>
  principal.role === 'tenant' ? [principal.claims.booking, principal.pin ? null : principal.claims.jti] : []

/** All that is asked for, in one text. */
const requestOf = ({ machine, booking, principal, answers = {} }: Unlock): string =>
  JSON.stringify([machine, booking ?? null, ...credentialOf(principal), ...Object.entries(answers).sort()])
