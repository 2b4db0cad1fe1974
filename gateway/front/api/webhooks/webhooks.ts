/**
 * Webhooks: how far each has come, what became of its last tries, and an event to see whether one arrives. Their
 * addresses and keys are in the site file; an address is shown without what stands behind its host.
 * Read next: front/sinks/webhook.ts.
 */
import Type, { type Static } from 'typebox'
import { refuse } from '../../../core/ground/refusal.ts'
import type { Attempt, Webhook } from '../../sinks/webhook.ts'
import type { Api, App } from '../api.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { sendProblem } from '../http/problem.ts'
import { id } from '../http/schema.ts'

const attemptSchema = Type.Object(
  {
    at: shownInstant('When.'),
    id: Type.String({ description: '`webhook-id`, the same over all tries of one event.' }),
    type: Type.String({ description: 'Type of the event.' }),
    status: Type.Optional(Type.Integer({ description: 'The answer; absent: there was none.' })),
    error: Type.Optional(Type.String({ description: 'Why there was none.' })),
    ms: Type.Integer({ description: 'How long it took.' }),
  },
  { title: 'WebhookAttempt' },
)

const listWebhooks = {
  config: { action: 'webhook.read', tagged: true },
  schema: {
    operationId: 'listWebhooks',
    summary: 'Webhooks and their last deliveries',
    description: 'The tries are those since the start of the gateway, 100 of each at most.',
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
      webhooks: all().map(({ id, url, sink, attempts }) => {
        const { connected = false, behind = 0, behindMs = 0, parked = 0, note } = health.get(sink.name) ?? {}
        return {
          ...{ id, host: new URL(url).host, connected, behind, behindMs, parked },
          ...(note === undefined ? {} : { note }),
          attempts: attempts().map(toAttempt),
        }
      }),
    }
  })

  app.post('/webhooks/:id/test', testWebhook, async (request, reply) => {
    const webhook = all().find(({ id }) => id === request.params.id)
    return webhook === undefined ? sendProblem(request, reply, refuse('not-found')) : toAttempt(await webhook.test())
  })
}

const toAttempt = ({ at, ...attempt }: Attempt): Static<typeof attemptSchema> => ({ ...attempt, at: toInstant(at) })
