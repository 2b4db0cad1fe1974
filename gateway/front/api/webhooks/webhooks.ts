/**
 * Webhooks: how far each has come, what became of its tries and deliveries, also before a restart, and an event to see
 * whether one arrives. Their addresses and keys are in the site file; an address is shown without what stands behind
 * its host.
 * Read next: deliveries.ts, front/sinks/webhook.ts.
 */
import Type, { type Static } from 'typebox'
import { refuse } from '../../../core/ground/refusal.ts'
import type { Attempt } from '../../sinks/delivery-record.ts'
import type { Webhook } from '../../sinks/webhook.ts'
import type { Api, App } from '../api.ts'
import { instantSchema, readInstants, shownInstant, toInstant } from '../http/instant.ts'
import { sendErrors, sendProblem } from '../http/problem.ts'
import { id, pageSize, sequence, toPageSize } from '../http/schema.ts'
import { type Delivery, deliveriesOf, isTaken } from './deliveries.ts'

const MOST_DELIVERIES = 1_000

const ofEvent = {
  id: Type.String({ description: '`webhook-id`, the same over all tries of one event.' }),
  entry: Type.Optional(Type.Integer({ description: 'Sequence of the entry; absent: an event for a try.' })),
  type: Type.String({ description: 'Type of the event.' }),
}
const outcome = {
  status: Type.Optional(Type.Integer({ description: 'The answer; absent: there was none.' })),
  error: Type.Optional(Type.String({ description: 'Why there was none.' })),
  ms: Type.Integer({ description: 'How long it took.' }),
  stopped: Type.Optional(Type.String({ description: 'The webhook was stopped with it, and why.' })),
}
const attemptSchema = Type.Object({ at: shownInstant('When.'), ...ofEvent, ...outcome }, { title: 'WebhookAttempt' })
const deliverySchema = Type.Object(
  {
    ...ofEvent,
    tries: Type.Integer({ description: 'How often it was posted.' }),
    firstAt: shownInstant('The first try that is kept.'),
    lastAt: shownInstant('The last try.'),
    taken: Type.Boolean({ description: 'It was answered with 2xx.' }),
    ...outcome,
  },
  { title: 'WebhookDelivery', description: '`status`, `error`, `ms` and `stopped` are of the last try.' },
)

const listWebhooks = {
  config: { action: 'webhook.read', tagged: true },
  schema: {
    operationId: 'listWebhooks',
    summary: 'Webhooks and their last deliveries',
    description: 'The tries are the last 100 of each, also those before a restart; `…/deliveries` has more.',
    tags: ['webhooks'],
    response: {
      200: Type.Object(
        {
          webhooks: Type.Array(
            Type.Object(
              {
                id: Type.String(),
                host: Type.String({ description: 'Where events are posted.' }),
                connected: Type.Boolean({ description: 'The last event was taken.' }),
                behind: Type.Integer({ description: 'Entries that wait.' }),
                behindMs: Type.Integer({ description: 'Age of the oldest of them.' }),
                parked: Type.Integer({ description: 'Entries that it will never take: `latchkey sinks`.' }),
                note: Type.Optional(Type.String({ description: 'Why it is behind.' })),
                attempts: Type.Array(attemptSchema, { description: 'Oldest first.' }),
              },
              { title: 'Webhook' },
            ),
          ),
        },
        { description: 'All of the site.' },
      ),
    },
  },
} as const

const listDeliveries = {
  config: { action: 'webhook.read', problems: ['not-found', 'bad-request'] },
  schema: {
    operationId: 'listWebhookDeliveries',
    summary: 'What was delivered to a webhook, and how often it was tried',
    description:
      'Newest first, over restarts; `webhooks.<id>.record` in the site file says how many tries are kept. For the page after this one send `firstAt` of its last delivery as `before`.',
    tags: ['webhooks'],
    params: Type.Object({ id: id('Webhook.') }),
    querystring: Type.Object(
      {
        entry: Type.Optional(sequence('Only deliveries of this entry.')),
        before: Type.Optional(instantSchema('Only deliveries that were begun before this time.')),
        limit: pageSize(MOST_DELIVERIES),
      },
      { additionalProperties: false },
    ),
    response: { 200: Type.Object({ deliveries: Type.Array(deliverySchema) }, { description: 'Deliveries.' }) },
  },
} as const

const testWebhook = {
  config: { action: 'webhook.test', problems: ['not-found'] },
  schema: {
    operationId: 'testWebhook',
    summary: 'Post an event that says nothing',
    description: 'Its type is `latchkey.test.v1`. It is signed as any other, and not tried again.',
    tags: ['webhooks'],
    params: Type.Object({ id: id('Webhook.') }),
    body: Type.Object({}, { additionalProperties: false }),
    response: { 200: attemptSchema },
  },
} as const

export function webhookRoutes(app: App, api: Api): void {
  const all = (): readonly Webhook[] => api.webhooks?.() ?? []

  app.get('/webhooks', listWebhooks, async () => {
    const health = new Map(api.sinks().map((sink) => [sink.name, sink]))
    return {
      webhooks: all().map(({ id, url, sink, record }) => {
        const { connected = false, behind = 0, behindMs = 0, parked = 0, note } = health.get(sink.name) ?? {}
        return {
          ...{ id, host: new URL(url).host, connected, behind, behindMs, parked },
          ...(note === undefined ? {} : { note }),
          attempts: record.recent().map(toAttempt),
        }
      }),
    }
  })

  app.get('/webhooks/:id/deliveries', listDeliveries, async (request, reply) => {
    const webhook = all().find(({ id }) => id === request.params.id)
    if (webhook === undefined) return sendProblem(request, reply, refuse('not-found'))
    const { entry, before, limit } = request.query
    const read = readInstants('/query', { before })
    if (read.errors) return sendErrors(request, reply, read.errors)
    const asked = {
      ...(entry === undefined ? {} : { entry: Number(entry) }),
      ...(read.times.before === undefined ? {} : { before: read.times.before }),
      limit: toPageSize(limit, MOST_DELIVERIES),
    }
    return { deliveries: deliveriesOf(await webhook.record.all(), asked).map(toDelivery) }
  })

  app.post('/webhooks/:id/test', testWebhook, async (request, reply) => {
    const webhook = all().find(({ id }) => id === request.params.id)
    return webhook === undefined ? sendProblem(request, reply, refuse('not-found')) : toAttempt(await webhook.test())
  })
}

function toDelivery({ firstAt, last, ...of }: Delivery): Static<typeof deliverySchema> {
  const { at, status, error, ms, stopped } = last
  return {
    ...of,
    ...{ firstAt: toInstant(firstAt), lastAt: toInstant(at), taken: isTaken(last), ms },
    ...(status === undefined ? {} : { status }),
    ...(error === undefined ? {} : { error }),
    ...(stopped === undefined ? {} : { stopped }),
  }
}

const toAttempt = ({ at, ...attempt }: Attempt): Static<typeof attemptSchema> => ({ ...attempt, at: toInstant(at) })
