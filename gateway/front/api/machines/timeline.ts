/**
 * Who had a machine, in what state, what was seen and what is not known: for people who argue about a damage. The file
 * of it proves itself with `latchkey verify`, and photos are beside it by their hash.
 * Read next: ledger/timeline.ts, ledger/evidence/timeline.ts.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type, { type Static } from 'typebox'
import { DAY_MS } from '../../../core/ground/moment.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import { issueTimeline } from '../../../ledger/issue.ts'
import { timelineOf } from '../../../ledger/timeline.ts'
import type { Api, App } from '../api.ts'
import { machineFor } from '../guard.ts'
import { instantSchema, readInstants, shownInstant, toInstant } from '../http/instant.ts'
import { sendErrors, sendProblem } from '../http/problem.ts'
import { machineParams } from '../http/schema.ts'

const LONGEST_DAYS = 31
/** A machine in use makes some hundred of these a day. */
const MOST = 20_000

const querystring = Type.Object(
  { from: instantSchema('Begin.'), to: instantSchema(`End, ${LONGEST_DAYS} days after it at most.`) },
  { additionalProperties: false },
)

const answers = (description: string) =>
  Type.Array(
    Type.Object({
      question: Type.String(),
      text: Type.Record(Type.String(), Type.String(), { description: 'As it was asked, by language tag.' }),
      answer: Type.String(),
      unit: Type.Optional(Type.String()),
      outside: Type.Boolean({ description: 'It is outside its limits.' }),
    }),
    { description },
  )

const side = Type.Object(
  {
    session: Type.String(),
    tenant: Type.String({ description: 'Pseudonym.' }),
    at: Type.Optional(shownInstant('When it was answered; absent: it was not, and nobody knows.')),
    answers: answers('In order.'),
    photos: Type.Array(Type.String(), { description: 'Hashes of the photos in reports.' }),
  },
  { title: 'Side' },
)

const timelineSchema = Type.Object(
  {
    holdings: Type.Array(
      Type.Object({
        who: Type.String({ description: '`tenant`, `override`, `stranger` or `nobody`.' }),
        from: shownInstant('Begin.'),
        to: Type.Optional(shownInstant('End; absent: it goes on.')),
        session: Type.Optional(Type.String()),
        tenant: Type.Optional(Type.String({ description: 'Pseudonym.' })),
        seen: Type.Array(
          Type.Object({
            entry: Type.Integer({ description: 'Sequence of the entry, which says all of it.' }),
            at: shownInstant('When.'),
            kind: Type.String({ description: 'Of the entry.' }),
            text: Type.String({ description: 'In words, by a person.' }),
            when: Type.Optional(Type.String({ description: 'Of `AnswersGiven`: `before` or `after` the use.' })),
            answers: Type.Optional(answers('Of `AnswersGiven`.')),
            photos: Type.Array(Type.String(), { description: 'Hashes.' }),
          }),
          { description: 'What was said of the machine meanwhile.' },
        ),
      }),
      {
        description:
          'In order. What was seen while nobody had it stands between two uses: how one left it, and the next found it.',
      },
    ),
    handOvers: Type.Array(Type.Object({ left: side, found: side }), {
      description: 'From each use to the next: what the tenant before said at the end beside what the next one found.',
    }),
    unknown: Type.Array(
      Type.Object({ from: shownInstant('Begin.'), to: Type.Optional(shownInstant('End.')), reason: Type.String() }),
      { description: 'Times in which nobody could see what the machine did.' },
    ),
  },
  { title: 'Timeline' },
)

const getTimeline = {
  config: { action: 'timeline.read', problems: ['not-found'] },
  schema: {
    operationId: 'getTimeline',
    summary: 'Who had a machine, in what state, what was seen, what is not known',
    tags: ['machines'],
    params: machineParams,
    querystring,
    response: { 200: timelineSchema },
  },
} as const

const getTimelineFile = {
  config: { action: 'timeline.read', problems: ['not-found'] },
  schema: {
    operationId: 'getTimelineFile',
    summary: 'The same as signed entries',
    description:
      'Keep it byte for byte; `latchkey verify` checks it. There once a checkpoint covers the newest entry of the time.',
    tags: ['machines'],
    params: machineParams,
    querystring,
    response: { 200: Type.Unsafe<string>({ type: 'object', additionalProperties: true, description: 'The file.' }) },
  },
} as const

export function timelineRoutes(app: App, api: Api): void {
  app.get('/machines/:id/timeline', getTimeline, async (request, reply) => {
    const span = spanFor(api, request, reply)
    if (span === undefined) return reply
    const entries = api.reader.timelineEntries(span.machine, span.fromMs, span.toMs, MOST + 1)
    if (entries.length > MOST) return tooMuch(request, reply)
    return timelineOf(entries, toInstant(span.fromMs)) as unknown as Static<typeof timelineSchema>
  })

  app.get('/machines/:id/timeline/file', getTimelineFile, async (request, reply) => {
    const span = spanFor(api, request, reply)
    if (span === undefined) return reply
    const entries = api.reader.timelineEntries(span.machine, span.fromMs, span.toMs, MOST + 1)
    if (entries.length > MOST) return tooMuch(request, reply)
    const file = issueTimeline(api.reader, span, entries)
    if (file === undefined) return sendProblem(request, reply, refuse('not-found', 'it is not signed yet'))
    // Verbatim, because it is checked byte for byte.
    return reply.type('application/json; charset=utf-8').send(file as never)
  })
}

const tooMuch = (request: FastifyRequest, reply: FastifyReply) =>
  sendErrors(request, reply, [{ path: '/query/to', message: `more than ${MOST} entries: ask for a shorter time` }])

type Span = { readonly machine: string; readonly fromMs: number; readonly toMs: number }

/** Undefined when it was refused, and the refusal has been sent. */
function spanFor(api: Api, request: FastifyRequest, reply: FastifyReply): Span | undefined {
  const machine = machineFor(api, request, reply)
  if (machine === undefined) return undefined
  const { from, to } = request.query as Static<typeof querystring>
  const read = readInstants('/query', { from, to })
  if (read.errors) return void sendErrors(request, reply, read.errors)
  const { from: fromMs, to: toMs } = read.times
  if (toMs > fromMs && toMs - fromMs <= LONGEST_DAYS * DAY_MS) return { machine: machine.id, fromMs, toMs }
  return void sendErrors(request, reply, [
    { path: '/query/to', message: `is not within ${LONGEST_DAYS} days after \`from\`` },
  ])
}
