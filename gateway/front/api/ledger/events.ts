/**
 * Server-sent events straight from the ledger. The id of an event is its sequence, so `Last-Event-ID` (or `from`) goes
 * on without loss or gap; an event without data only moves that id past entries the caller may not see.
 * Read next: event-stream.ts.
 */
import Type from 'typebox'
import { type Refusal, refuse } from '../../../core/ground/refusal.ts'
import type { Api, App } from '../api.ts'
import type { Caller } from '../caller/caller.ts'
import { sendProblem } from '../http/problem.ts'
import { sequence } from '../http/schema.ts'
import { createStream, type Stream } from './event-stream.ts'

const STREAMS_PER_CALLER = 10

const streamEvents = {
  sse: 'manual',
  exposeHeadRoute: false,
  config: { action: 'event.read' },
  schema: {
    operationId: 'streamEvents',
    summary: 'Events as they are committed',
    description:
      'Server-sent events; `id` is the sequence, `event` the kind, `data` the entry. Tenants get their own sessions, owners their own machines. Without `Last-Event-ID` or `from` it begins now.',
    tags: ['ledger'],
    querystring: Type.Object(
      { from: Type.Optional(sequence('First sequence; `Last-Event-ID` wins.')) },
      { additionalProperties: false },
    ),
    headers: Type.Object({ 'last-event-id': Type.Optional(sequence('Sequence of the last event seen.')) }),
    response: { 200: Type.String({ description: 'A stream of events.' }) },
    produces: ['text/event-stream'],
  },
} as const

export function eventRoutes(app: App, api: Api): void {
  const open = new Set<Stream>()
  api.onStop(() => {
    for (const stream of open) stream.end()
  })

  app.get('/events', streamEvents, async (request, reply) => {
    if (!acceptsEvents(request.headers.accept))
      return sendProblem(request, reply, refuse('bad-request', 'only text/event-stream is served here'), {
        status: 406,
      })
    const caller = request.caller as Caller
    const refusal = tooMany(open, caller, api.config.api.maxStreams)
    if (refusal) return sendProblem(request, reply, refusal)
    const head = api.reader.head().nextSeq
    const from = firstSequence(request.headers['last-event-id'], request.query.from, head)
    // Past the head: the caller has seen another ledger.
    if (from > head) return sendProblem(request, reply, refuse('bad-request', `the ledger ends before ${from}`))
    reply.sse.keepAlive()
    const stream = createStream(api, caller, reply, from)
    open.add(stream)
    void stream.done.finally(() => open.delete(stream))
    return reply
  })
}

function acceptsEvents(accept: string | undefined): boolean {
  return accept === undefined || /(^|,)\s*(text\/event-stream|text\/\*|\*\/\*)\s*(;|,|$)/i.test(accept)
}

function tooMany(open: ReadonlySet<Stream>, { principal }: Caller, most: number): Refusal | undefined {
  if (open.size >= most) return refuse('busy', 'too many event streams are open')
  const own = [...open].filter(
    ({ caller }) => caller.principal.role === principal.role && caller.principal.id === principal.id,
  )
  if (own.length < STREAMS_PER_CALLER) return undefined
  return refuse('rate-limited', `a caller may have ${STREAMS_PER_CALLER} streams open at once`)
}

function firstSequence(lastSeen: string | undefined, from: string | undefined, head: number): number {
  if (lastSeen !== undefined) return Number(lastSeen) + 1
  return from === undefined ? head : Number(from)
}
