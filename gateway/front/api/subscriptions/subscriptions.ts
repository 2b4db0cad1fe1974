/**
 * Calendar addresses: made, listed and revoked by whoever may see the bookings behind them. The secret of one is made
 * here, told once, and kept as a hash. Read next: feed.ts (what one shows), core/permission/subscription.ts.
 */
import { randomBytes } from 'node:crypto'
import Type, { type Static } from 'typebox'
import type { Principal } from '../../../core/permission/principal.ts'
import { mayRevoke, type Subscription } from '../../../core/permission/subscription.ts'
import { type Api, type App, principalOf } from '../api.ts'
import { ask } from '../ask.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { foreignId, id, words } from '../http/schema.ts'
import { asked } from '../refusals.ts'
import { digestOf, subscriptionId } from './feed.ts'

const subscriptionSchema = Type.Object(
  {
    id: Type.String(),
    machine: Type.Optional(Type.String({ description: 'Only bookings at this machine.' })),
    tenant: Type.Optional(Type.String({ description: 'Only bookings of this tenant, where the caller may know.' })),
    by: words(['platform', 'tenant', 'owner', 'technician'] as const, 'Who made it.'),
    name: Type.Optional(Type.String({ description: 'Their name, of a person of the site.' })),
    made: shownInstant('When.'),
  },
  { title: 'Subscription' },
)

const makeSubscription = {
  config: { action: 'subscription.write', problems: ['not-found', 'too-many-subscriptions', ...asked] },
  schema: {
    operationId: 'makeSubscription',
    summary: 'Make a calendar address',
    description:
      'Whoever has the address reads the bookings behind it without a credential, until it is revoked: a tenant their own, an owner those at their machines, a technician those within their key, the platform all of them or those of one tenant. Tenants are named to the platform and themselves alone. It ends with the key of the person who made it, and with the erasure of the tenant. The address is told once.',
    tags: ['bookings'],
    body: Type.Object(
      {
        machine: Type.Optional(id('Only bookings at this machine.')),
        tenant: Type.Optional(foreignId('Only bookings of this tenant; for the platform.')),
      },
      { additionalProperties: false },
    ),
    response: {
      201: Type.Object(
        { id: Type.String(), path: Type.String({ description: 'The address, below that of the gateway.' }) },
        { title: 'SubscriptionMade', description: 'Made.' },
      ),
    },
  },
} as const

const listSubscriptions = {
  config: { action: 'subscription.write' },
  schema: {
    operationId: 'listSubscriptions',
    summary: 'Calendar addresses that the caller may revoke',
    tags: ['bookings'],
    response: {
      200: Type.Object({ subscriptions: Type.Array(subscriptionSchema) }, { description: 'Without their secrets.' }),
    },
  },
} as const

const revokeSubscription = {
  config: { action: 'subscription.write', problems: ['not-found', ...asked] },
  schema: {
    operationId: 'revokeSubscription',
    summary: 'Revoke a calendar address',
    tags: ['bookings'],
    params: Type.Object({ id: subscriptionId }),
    response: { 204: Type.Null({ description: 'It shows nothing any more.' }) },
  },
} as const

export function subscriptionRoutes(app: App, api: Api): void {
  app.post('/subscriptions', makeSubscription, async (request, reply) => {
    const [id, secret] = [randomBytes(8).toString('hex'), randomBytes(32).toString('base64url')]
    const subscription = { id, hash: digestOf(secret).toString('base64url'), ...request.body }
    const outcome = await ask(api, request, reply, { kind: 'subscribe', subscription })
    if (outcome === undefined) return reply
    return reply.code(201).send({ id, path: `/v1/subscriptions/${id}/${secret}.ics` })
  })

  app.get('/subscriptions', listSubscriptions, async (request) => {
    const principal = principalOf(request)
    const own = api.reader.subscriptions().filter((each) => mayRevoke(each, principal))
    return { subscriptions: own.map((each) => toSubscription(each, principal)) }
  })

  app.delete('/subscriptions/:id', revokeSubscription, async (request, reply) => {
    const outcome = await ask(api, request, reply, { kind: 'unsubscribe', id: request.params.id })
    return outcome === undefined ? reply : reply.code(204).send(null)
  })
}

function toSubscription(
  { id, machine, tenant, by, madeAtMs }: Subscription,
  { role }: Principal,
): Static<typeof subscriptionSchema> {
  const mayKnow = role === 'platform' || role === 'tenant'
  return {
    id,
    ...(machine === undefined ? {} : { machine }),
    ...(tenant === undefined || !mayKnow ? {} : { tenant }),
    by: by.role,
    ...('key' in by ? { name: by.id } : {}),
    made: toInstant(madeAtMs),
  }
}
