/**
 * Outcomes of unlocks, kept for repeats: the same Idempotency-Key, principal and request give the stored outcome,
 * another request under that key is refused. In memory alone; what a restart loses, the spent token still gives back.
 * Read next: sessions.ts, the only caller.
 */
import { createHash } from 'node:crypto'
import type { Command } from '../../core/command/command.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import { refuse } from '../../core/ground/refusal.ts'
import type { Principal } from '../../core/permission/principal.ts'

/** Outcomes kept; beyond this the oldest goes. */
const MAX_KEYS = 10_000

type Unlock = Extract<Command, { kind: 'unlock' }>

type Idempotency = {
  /** Does `work` unless the outcome of the same request is known. */
  once(command: Unlock, work: () => Promise<Outcome>): Promise<Outcome>
  /** Drops the outcomes kept for a tenant. */
  forget(tenant: string): void
}

export function createIdempotency(): Idempotency {
  const outcomes = new Map<string, { readonly fingerprint: string; readonly outcome: Promise<Outcome> }>()
  return {
    async once(command, work) {
      if (command.idempotencyKey === undefined) return work()
      const key = `${command.principal.role}:${command.principal.id}:${command.idempotencyKey}`
      const fingerprint = fingerprintOf(command)
      const known = outcomes.get(key)
      if (known) return known.fingerprint === fingerprint ? known.outcome : refused(refuse('key-reused'))
      const outcome = work()
      outcomes.set(key, { fingerprint, outcome })
      if (outcomes.size > MAX_KEYS) outcomes.delete(outcomes.keys().next().value!)
      const result = await outcome
      // A refusal leaves nothing behind: the same request may be tried again.
      if (result.kind === 'refused' && result.refusal.code !== 'unconfirmed') outcomes.delete(key)
      return result
    },
    forget(tenant) {
      for (const key of [...outcomes.keys()]) if (key.startsWith(`tenant:${tenant}:`)) outcomes.delete(key)
    },
  }
}

function fingerprintOf({ machine, booking, principal }: Unlock): string {
  return createHash('sha256')
    .update(JSON.stringify([machine, booking ?? null, jtiOf(principal) ?? null]))
    .digest('hex')
}

function jtiOf(principal: Principal): string | undefined {
  return principal.role === 'tenant' && !principal.pin ? principal.claims.jti : undefined
}
