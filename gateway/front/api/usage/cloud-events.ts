/**
 * Usage as CloudEvents 1.0, for a metering service that takes them: each session that ended, each booking that nobody
 * used and that is billed, each that is held again because a wrong clock had released it, each credit. Pulled in order,
 * and the same each time; `id` is the sequence of the entry, so that what is taken twice is known as one.
 * Read next: gateway/REFERENCE.md (what `data` holds).
 */
import Type, { type Static } from 'typebox'
import type { Entry } from '../../../core/ground/entry.ts'
import type { Api, App } from '../api.ts'
import { shownInstant } from '../http/instant.ts'
import { sequence } from '../http/schema.ts'

/** Entries looked through in one request. */
const SLICE = 2_000

const typeOf = {
  SessionEnded: 'latchkey.session.ended.v1',
  BookingCancelled: 'latchkey.booking.missed.v1',
  /** What was missed before under this booking is not billed. */
  BookingRestored: 'latchkey.booking.restored.v1',
  CreditApproved: 'latchkey.credit.approved.v1',
} as const

const eventSchema = Type.Object(
  {
    specversion: Type.Literal('1.0'),
    id: Type.String({ description: 'Sequence of the entry; unique with `source`.' }),
    source: Type.String({ description: '/latchkey/{site}' }),
    type: Type.String({ description: Object.values(typeOf).join(', ') }),
    subject: Type.String({ description: 'Machine.' }),
    time: shownInstant('When it happened.'),
    datacontenttype: Type.Literal('application/json'),
    simulated: Type.Optional(Type.Literal(true, { description: 'Made by a simulated machine: never billed.' })),
    session: Type.Optional(Type.String()),
    data: Type.Unsafe<object>({ type: 'object', additionalProperties: true, description: 'As the entry has it.' }),
  },
  { title: 'CloudEvent' },
)

const listUsageEvents = {
  // What was hashed is passed on as it is.
  serializerCompiler: () => JSON.stringify,
  config: { action: 'ledger.read' },
  schema: {
    operationId: 'listUsageEvents',
    summary: 'Usage as CloudEvents, in order',
    description:
      'There may be none in an answer, and more behind `next`: go on until it equals `head`. A restored booking is not billed as missed.',
    tags: ['usage'],
    querystring: Type.Object(
      { from: Type.Optional(sequence('First sequence; default 0.')) },
      { additionalProperties: false },
    ),
    response: {
      200: Type.Object(
        {
          events: Type.Array(eventSchema),
          next: Type.Integer({ description: 'Where to go on.' }),
          head: Type.Integer({ description: 'The next sequence the ledger will give.' }),
        },
        { description: 'Events.' },
      ),
    },
  },
} as const

export function usageEventRoutes(app: App, api: Api): void {
  app.get('/usage/events', listUsageEvents, async (request) => {
    const from = Number(request.query.from ?? 0)
    const { nextSeq: head } = api.reader.head()
    const entries = api.reader.entries(from, SLICE)
    const events = entries.filter(isUsage).map((entry) => toEvent(entry, api.config.site))
    return { events, next: (entries.at(-1)?.seq ?? from - 1) + 1, head }
  })
}

function isUsage({ kind, body }: Entry): boolean {
  return Object.hasOwn(typeOf, kind) && (kind !== 'BookingCancelled' || body.data.billing !== undefined)
}

function toEvent({ seq, kind, machine = '', session, body }: Entry, site: string): Static<typeof eventSchema> {
  return {
    specversion: '1.0',
    id: String(seq),
    source: `/latchkey/${site}`,
    type: typeOf[kind as keyof typeof typeOf],
    subject: machine,
    time: body.at,
    datacontenttype: 'application/json',
    ...(body.simulated ? { simulated: body.simulated } : {}),
    ...(session === undefined ? {} : { session }),
    data: body.data,
  }
}
