/**
 * The trend of a signal, for the charts of the pages. It looks at the values that are there every few seconds, and asks
 * no device and no thread.
 * Read next: trends.ts (what is kept, and for how long), signals.ts (values now).
 */
import Type from 'typebox'
import { NS_PER_MS } from '../../../core/ground/moment.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import type { Api, App } from '../api.ts'
import { machineFor } from '../guard.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { sendProblem } from '../http/problem.ts'
import { machineParams, words } from '../http/schema.ts'
import { createTrends } from './trends.ts'

/** The shortest step is a few of these. */
const LOOK_MS = 5_000

const getTrend = {
  config: { action: 'machine.signals', problems: ['not-found'] },
  schema: {
    operationId: 'getTrend',
    summary: 'What a number was lately',
    description:
      'Means over steps: of 15 s for an hour, of 5 minutes for a day, of 30 minutes for a week. Kept in memory, so it begins with the gateway.',
    tags: ['machines'],
    params: machineParams,
    querystring: Type.Object(
      {
        signal: Type.String({
          pattern: '^[A-Za-z0-9.-]{1,80}$',
          description: 'A signal of the machine: alias.name.',
          examples: ['meter.power'],
        }),
        span: words(['hour', 'day', 'week'] as const, 'How far back.'),
      },
      { additionalProperties: false },
    ),
    response: {
      200: Type.Object(
        {
          signal: Type.String({ description: 'machine/alias.name' }),
          unit: Type.Optional(Type.String()),
          from: shownInstant('Begin of the first step.'),
          stepMs: Type.Integer({ description: 'How long a step is.' }),
          values: Type.Array(Type.Union([Type.Number(), Type.Null()]), {
            description: 'Means, oldest first; null: there was no good number. The last step is under way.',
          }),
        },
        { title: 'Trend', description: 'A trend.' },
      ),
    },
  },
} as const

export function trendRoutes(app: App, api: Api): void {
  const trends = createTrends(api.config.bounds.trends)
  let { machines } = api.config
  let lookedAtMs = Number.NEGATIVE_INFINITY
  const nowMs = () => Number(api.clock.nowNs() / NS_PER_MS)

  function look(): void {
    const now = nowMs()
    if (now - lookedAtMs < LOOK_MS) return
    lookedAtMs = now
    if (machines !== api.config.machines) {
      machines = api.config.machines
      const known = new Set(machines.flatMap(({ signals }) => signals.map(({ id }) => id)))
      trends.keep((signal) => known.has(signal))
    }
    for (const { signals } of machines)
      for (const { id } of signals) {
        const live = api.signal(id)
        const isGood = live?.quality === 'good' && now - live.readAtMonoMs <= live.maxAgeMs
        if (isGood && typeof live.value === 'number') trends.put(id, live.value, now)
      }
  }

  const timer = setInterval(look, LOOK_MS)
  timer.unref()
  api.onStop(() => clearInterval(timer))

  app.get('/machines/:id/trend', getTrend, async (request, reply) => {
    const machine = machineFor(api, request, reply)
    if (machine === undefined) return reply
    const signal = machine.signals.find(({ id }) => id === `${machine.id}/${request.query.signal}`)
    if (signal === undefined) return sendProblem(request, reply, refuse('not-found', 'the machine has no such signal'))
    look()
    const now = nowMs()
    const { fromMs, stepMs, values } = trends.of(signal.id, request.query.span, now)
    return {
      signal: signal.id,
      ...(signal.unit === undefined ? {} : { unit: signal.unit }),
      from: toInstant(api.clock.nowMs() - (now - fromMs)),
      stepMs,
      values: [...values],
    }
  })
}
