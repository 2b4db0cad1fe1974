/**
 * A calendar address: whoever has it reads bookings without a credential, since a calendar program can show none. It
 * shows what whoever made it may see, and nothing once their right is gone. Pure: the caller passes what is known.
 * Read next: gateway/control/commands/subscriptions.ts, gateway/front/api/subscriptions/.
 */
import { type Refusal, refuse } from '../ground/refusal.ts'
import type { Principal } from './principal.ts'

/** Who made it, as far as that decides what is shown. */
export type Subscriber =
  | { readonly role: 'platform' | 'tenant'; readonly id: string }
  | {
      readonly role: 'owner' | 'technician'
      readonly id: string
      readonly key: string
      readonly machines?: readonly string[]
    }

export type Subscription = {
  readonly id: string
  /** SHA-256 of the secret in the address, base64url: the secret itself is kept nowhere. */
  readonly hash: string
  readonly by: Subscriber
  /** Only bookings at this machine. */
  readonly machine?: string
  /** Only bookings of this tenant. */
  readonly tenant?: string
  readonly madeAtMs: number
}

/** What is asked for. */
export type SubscriptionInput = Pick<Subscription, 'id' | 'hash' | 'machine' | 'tenant'>

/** Open ones of one maker. */
export const MOST_OF_MAKER = 20

type Place = { readonly id: string; readonly owner: string }

/** Undefined: the caller may have none. */
function subscriberOf(principal: Principal): Subscriber | undefined {
  const { role, id } = principal
  switch (role) {
    case 'platform':
      return { role, id }
    case 'tenant':
      return principal.pin ? undefined : { role, id }
    case 'owner':
    case 'technician': {
      const { key, machines } = principal
      return { role, id, key, ...(machines === undefined ? {} : { machines }) }
    }
    case 'auditor':
      return undefined
  }
}

/** Whether bookings at this machine are among those that it may show. */
export function reaches(by: Subscriber, { id, owner }: Place): boolean {
  if (!('key' in by)) return true
  return by.machines?.includes(id) !== false && (by.role === 'technician' || by.id === owner)
}

/** Who has booked, the platform and the tenant may read; at the machine it is nobody's business. */
export const showsNames = ({ role }: Subscriber): boolean => role === 'platform' || role === 'tenant'

/** `machine`: the one that is asked for, `null` when the site has none of that name. */
export function makeSubscription(
  principal: Principal,
  { machine, tenant, ...made }: SubscriptionInput,
  place: Place | null | undefined,
  madeAtMs: number,
): Subscription | Refusal {
  const by = subscriberOf(principal)
  if (by === undefined) return refuse('forbidden')
  if (place === null) return refuse('not-found', 'the site has no such machine')
  if (place !== undefined && !reaches(by, place)) return refuse('forbidden', 'the machine is not yours')
  if (tenant !== undefined && by.role !== 'platform') return refuse('forbidden', 'only the platform names a tenant')
  const whose = by.role === 'tenant' ? by.id : tenant
  return {
    ...made,
    by,
    ...(machine === undefined ? {} : { machine }),
    ...(whose === undefined ? {} : { tenant: whose }),
    madeAtMs,
  }
}

/** Whether the caller made it, with this key or another credential of theirs. */
export function isOwn({ by }: Subscription, principal: Principal): boolean {
  if (by.role !== principal.role) return false
  return 'key' in by ? 'key' in principal && by.key === principal.key : by.id === principal.id
}

/** The platform and a technician of the whole site may take away any, as they may take away keys and bookings. */
export const mayRevoke = (subscription: Subscription, principal: Principal): boolean =>
  principal.role === 'platform' ||
  (principal.role === 'technician' && principal.machines === undefined) ||
  isOwn(subscription, principal)
