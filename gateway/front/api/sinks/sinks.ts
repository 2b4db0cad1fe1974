/**
 * Sinks: how far each is behind, what it has set aside and why, and what a person does with that: send it again, send
 * other lines in its place where the receiver is a store, or give it up. Each is recorded; the entry itself stays.
 * Read next: front/sinks/released.ts, control/commands/parked.ts.
 */
import Type, { type Static } from 'typebox'
import { refuse } from '../../../core/ground/refusal.ts'
import type { ParkedEntry } from '../../sinks/parked.ts'
import type { Api, App } from '../api.ts'
import { ask } from '../ask.ts'
import { isForWhole } from '../guard.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { sendProblem } from '../http/problem.ts'
import { reason, sequence, words } from '../http/schema.ts'
import { asked } from '../refusals.ts'

const MOST_SHOWN = 100
const MOST_LINES = 8_000

const sinkName = Type.String({ pattern: '^[a-z0-9-]{1,48}$', description: 'Name of a sink.', examples: ['influx'] })

const sinkSchema = Type.Object(
  {
    name: Type.String(),
    connected: Type.Boolean({ description: 'It takes entries now.' }),
    behind: Type.Integer({ description: 'Entries that wait.' }),
    behindMs: Type.Integer({ description: 'Age of the oldest of them.' }),
    rate: Type.Number({ description: 'Entries taken per second, over the last ten.' }),
    samplesWaiting: Type.Integer({ description: 'Live values that wait.' }),
    skipped: Type.Integer({ description: 'Live values that it never gets, since the start.' }),
    parked: Type.Integer({ description: 'Entries that it has set aside.' }),
    note: Type.Optional(Type.String({ description: 'Why it is behind, or the last refusal.' })),
  },
  { title: 'Sink' },
)

const parkedSchema = Type.Object(
  {
    entry: Type.Integer({ description: 'Its sequence in the ledger.' }),
    kind: Type.String({ description: 'Of the entry.' }),
    machine: Type.Optional(Type.String()),
    at: shownInstant('When it happened.'),
    parkedAt: shownInstant('When it was set aside.'),
    reason: Type.String({ description: 'Why, in the words of the receiver.' }),
    lines: Type.Optional(Type.String({ description: 'What is sent of it, where that can be mended.' })),
  },
  { title: 'ParkedEntry' },
)

const listSinks = {
  config: { action: 'sink.read', tagged: true },
  schema: {
    operationId: 'listSinks',
    summary: 'Brokers, stores and webhooks, and how far each is behind',
    tags: ['sinks'],
    response: { 200: Type.Object({ sinks: Type.Array(sinkSchema) }, { description: 'All of the site.' }) },
  },
} as const

const listParked = {
  config: { action: 'sink.read', problems: ['not-found'] },
  schema: {
    operationId: 'listParked',
    summary: 'What a sink has set aside, and why',
    description: `The first ${MOST_SHOWN}, oldest first.`,
    tags: ['sinks'],
    params: Type.Object({ sink: sinkName }),
    response: { 200: Type.Object({ parked: Type.Array(parkedSchema) }, { description: 'Entries.' }) },
  },
} as const

const handleParked = {
  config: { action: 'sink.write', problems: ['not-found', ...asked] },
  schema: {
    operationId: 'handleParked',
    summary: 'Send what was set aside again, mend it, or give it up',
    description:
      '`release` sends the entry as it is, `mend` sends `lines` in its place (InfluxDB), `drop` gives it up. What the receiver refuses again stays set aside.',
    tags: ['sinks'],
    params: Type.Object({ sink: sinkName, entry: sequence('Entry.') }),
    body: Type.Object(
      {
        what: words(['release', 'mend', 'drop'] as const, 'What is done.'),
        lines: Type.Optional(
          Type.String({ minLength: 1, maxLength: MOST_LINES, description: 'Line protocol, for `mend`.' }),
        ),
        reason,
      },
      { additionalProperties: false },
    ),
    response: {
      200: Type.Object(
        {
          done: Type.Boolean({ description: 'It is set aside no more.' }),
          note: Type.Optional(Type.String({ description: 'Why it still is.' })),
        },
        { title: 'ParkedHandled' },
      ),
    },
  },
} as const

export function sinkRoutes(app: App, api: Api): void {
  app.get('/sinks', listSinks, async () => ({
    sinks: api
      .sinks()
      .map(({ drops: _, samples: __, rate, ...rest }) => ({ ...rest, rate: Math.round(rate * 10) / 10 })),
  }))

  app.get('/sinks/:sink/parked', listParked, async (request, reply) => {
    if (!isForWhole(api, request, reply)) return reply
    const { sink } = request.params
    if (!api.sinks().some(({ name }) => name === sink)) return sendProblem(request, reply, refuse('not-found'))
    return { parked: (api.parked?.list(sink, MOST_SHOWN) ?? []).map(toParked) }
  })

  app.post('/sinks/:sink/parked/:entry', handleParked, async (request, reply) => {
    if (!isForWhole(api, request, reply)) return reply
    const { sink, entry: text } = request.params
    const { what, lines, reason } = request.body
    const entry = Number(text)
    const found = api.parked?.find(sink, entry)
    if (found === undefined) return sendProblem(request, reply, refuse('not-found'))
    if ((what === 'mend') !== (lines !== undefined))
      return sendProblem(request, reply, refuse('bad-request', '`lines` go with `mend`, and with it alone'))
    if (what !== 'drop') {
      const note = await api.parked!.send(sink, entry, lines)
      if (note !== undefined) return { done: false, note }
    }
    // Recorded first: a crash in between leaves it set aside, to be handled once more.
    const sent = lines === undefined ? {} : { lines }
    const parked = { sink, entry, what, refused: found.reason, ...sent }
    if ((await ask(api, request, reply, { kind: 'handle-parked', parked, reason })) === undefined) return reply
    await api.parked!.forget(sink, entry)
    return { done: true }
  })
}

const toParked = ({ atMs, parkedAtMs, ...rest }: ParkedEntry): Static<typeof parkedSchema> => ({
  ...rest,
  at: toInstant(atMs),
  parkedAt: toInstant(parkedAtMs),
})
