/**
 * Server-sent events straight from the ledger. The id of an event is its sequence and the log it stands in, so
 * `Last-Event-ID` (or `from`) goes on without loss or gap, and one of another log is noticed: `AnotherLog` says so, and
 * this log follows from its begin. An event without data only moves the id past entries the caller may not see.
 * Read next: event-stream.ts.
 */
import Type from 'typebox'
import { type Refusal, refuse } from '../../../core/ground/refusal.ts'
import type { Api, App } from '../api.ts'
import type { Caller } from '../caller/caller.ts'
import { sendProblem } from '../http/problem.ts'
import { sequence } from '../http/schema.ts'
import { createStream, type Start, type Stream } from './event-stream.ts'
import { openTail } from './tail.ts'

const STREAMS_PER_CALLER = 10
/** Of all streams. */
const TENANTS_SHARE = 0.75

const streamEvents = {
  sse: 'manual',
  exposeHeadRoute: false,
  config: { action: 'event.read' },
  schema: {
    operationId: 'streamEvents',
    summary: 'Events as they are committed',
    description:
      'Server-sent events; `id` is the sequence, a hyphen and the log, `event` the kind, `data` the entry. Tenants get their own sessions, owners their own machines; they and technicians without the names, key ids and pseudonyms that their views do not show, and such an entry has `redacted: true`. Without `Last-Event-ID` or `from` it begins now. After a `Last-Event-ID` of another log, as `latchkey ledger restart` begins one, an event `AnotherLog` comes first, its data `{ log, seen }`, and then this log from its begin.',
    tags: ['ledger'],
    querystring: Type.Object(
      {
        from: Type.Optional(sequence('First sequence; `Last-Event-ID` wins.')),
        chained: Type.Optional(
          Type.Literal('true', {
            description:
              'Each event also has `prevSeq`, as over MQTT: the sequence of the entry before it on its machine, or of the one before it about no machine; `null`: there is none. So a program that passes events on knows what it has missed. Not for tenants, who see parts of a chain.',
          }),
        ),
      },
      { additionalProperties: false },
    ),
    headers: Type.Object({
      'last-event-id': Type.Optional(
        Type.String({
          pattern: '^(0|[1-9][0-9]{0,14})(-[0-9a-f]{16})?$',
          examples: ['42-0011223344556677'],
          description: 'The `id` of the last event seen; without a log, its sequence in this one.',
        }),
      ),
    }),
    response: { 200: Type.String({ description: 'A stream of events.' }) },
    produces: ['text/event-stream'],
  },
} as const

export function eventRoutes(app: App, api: Api): void {
  const open = new Set<Stream>()
  const tail = openTail(api)
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
    const { from, chained } = request.query
    const place = placeOf(request.headers['last-event-id'], from, head, logOf(api))
    const start = { ...place, chained: chained === 'true' }
    if (start.from > head) {
      const why = `the ledger ends before ${start.from}: it was put back to an older state; begin anew with from=0`
      return sendProblem(request, reply, refuse('bad-request', why))
    }
    // A proxy that compresses gathers a stream until a block of it is full.
    reply.header('cache-control', 'private, no-store, no-transform')
    reply.sse.keepAlive()
    const stream = createStream(api, tail, caller, reply, start)
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
  // Tenants are many, and anybody may be one: they leave a quarter to the others.
  const ofTenants = [...open].filter(({ caller }) => caller.principal.role === 'tenant').length
  if (principal.role === 'tenant' && ofTenants >= Math.ceil(most * TENANTS_SHARE))
    return refuse('busy', 'too many event streams of tenants are open')
  const own = [...open].filter(
    ({ caller }) => caller.principal.role === principal.role && caller.principal.id === principal.id,
  )
  if (own.length < STREAMS_PER_CALLER) return undefined
  return refuse('rate-limited', `a caller may have ${STREAMS_PER_CALLER} streams open at once`)
}

type Place = Omit<Start, 'chained'>

function placeOf(lastSeen: string | undefined, from: string | undefined, head: number, log: string | undefined): Place {
  if (lastSeen === undefined) return { log, from: from === undefined ? head : Number(from) }
  const [seq, seen] = lastSeen.split('-')
  return seen === undefined || seen === log ? { log, from: Number(seq) + 1 } : { log, from: 0, seen }
}

/** What tells this log from any that was before: the last part of its origin. */
const logOf = ({ reader }: Api) => reader.logOrigin()?.split('/').at(-1)
