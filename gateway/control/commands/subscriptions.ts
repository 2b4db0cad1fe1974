/**
 * Calendar addresses are made and revoked: both go into the log, and who has which is durable. The secret of an address
 * never comes here. Read next: core/permission/subscription.ts (who may), front/api/subscriptions/ (what one shows).
 */
import type { Command } from '../../core/command/command.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import type { JsonObject } from '../../core/ground/entry.ts'
import { refuse } from '../../core/ground/refusal.ts'
import type { Change } from '../../core/machine/change.ts'
import type { Principal } from '../../core/permission/principal.ts'
import {
  isOwn,
  MOST_OF_MAKER,
  makeSubscription,
  mayRevoke,
  type Subscription,
} from '../../core/permission/subscription.ts'
import type { RecordEntry } from '../journal.ts'
import type { MachineLoop } from '../loops/machine-loop.ts'
import { personJson } from './person.ts'

export type Subscriptions = {
  take(command: Extract<Command, { kind: 'subscribe' | 'unsubscribe' }>): Promise<Outcome>
  /** Those of a tenant who is erased; the ledger drops them with the tenant. */
  forget(tenant: string): void
}

type SubscriptionDeps = {
  /** As they were stored. */
  readonly subscriptions: readonly Subscription[]
  readonly maxSubscriptions: number
  readonly machines: ReadonlyMap<string, MachineLoop>
  nowMs(): number
  tenantRef(tenant: string): string
  append(change: Change): void
  record: RecordEntry
  flush(): Promise<void>
}

export function createSubscriptions(deps: SubscriptionDeps): Subscriptions {
  const known = new Map(deps.subscriptions.map((subscription) => [subscription.id, subscription]))
  const by = (principal: Principal): JsonObject =>
    principal.role === 'tenant' ? { role: 'tenant', tenant: deps.tenantRef(principal.id) } : personJson(principal)

  async function make({ principal, subscription }: Extract<Command, { kind: 'subscribe' }>): Promise<Outcome> {
    const { machine: asked } = subscription
    const place = asked === undefined ? undefined : (deps.machines.get(asked)?.state.config ?? null)
    const made = makeSubscription(principal, subscription, place, deps.nowMs())
    if ('code' in made) return refused(made)
    const own = [...known.values()].filter((each) => isOwn(each, principal))
    if (known.size >= deps.maxSubscriptions || own.length >= MOST_OF_MAKER)
      return refused(refuse('too-many-subscriptions'))
    const { id, machine, tenant } = made
    known.set(id, made)
    deps.append({ kind: 'subscription', subscription: made })
    deps.record('SubscriptionMade', {
      id,
      ...(machine === undefined ? {} : { machine }),
      ...(tenant === undefined ? {} : { tenant: deps.tenantRef(tenant) }),
      by: by(principal),
    })
    await deps.flush()
    return { kind: 'done' }
  }

  async function revoke({ principal, id }: Extract<Command, { kind: 'unsubscribe' }>): Promise<Outcome> {
    const subscription = known.get(id)
    // One of somebody else is answered like one that is not there.
    if (subscription === undefined || !mayRevoke(subscription, principal)) return refused(refuse('not-found'))
    known.delete(id)
    deps.append({ kind: 'subscription-gone', id })
    deps.record('SubscriptionRevoked', { id, by: by(principal) })
    await deps.flush()
    return { kind: 'done' }
  }

  return {
    take: (command) => (command.kind === 'subscribe' ? make(command) : revoke(command)),
    forget(tenant) {
      for (const [id, subscription] of known) if (subscription.tenant === tenant) known.delete(id)
    },
  }
}
