/**
 * The event stream: server-sent events straight from the ledger. The id of an event is its sequence, so `Last-Event-ID`
 * (or `from`) goes on without loss or gap; an event without data only moves that id over what the caller may not see.
 * A slow reader is waited for, one that takes nothing is dropped; a credential that ends, ends its streams.
 */
import Type from 'typebox'
import type { Entry } from '../../../core/ground/entry.ts'
import { entryKinds } from '../../../core/ground/entry.ts'
import { refuse } from '../../../core/ground/refusal.ts'
import { type Api, type App, type FastifyReply, principalOf } from '../api.ts'
import type { Caller } from '../caller/auth.ts'
import { decide } from '../caller/policy.ts'
import { sendProblem } from '../http/problem.ts'
import { sequence, words } from '../http/schema.ts'

export const entrySchema = Type.Object(
  {
    seq: Type.Integer({ description: 'Gapless over the ledger.' }),
    kind: words(entryKinds, 'What happened.'),
    v: Type.Literal(1),
    site: Type.String(),
    machine: Type.Optional(Type.String()),
    session: Type.Optional(Type.String()),
    simulated: Type.Optional(Type.Literal(true)),
    at: Type.String({ description: 'RFC 3339, UTC.' }),
    clock: words(['synchronised', 'informative', 'relative', 'unknown'] as const, 'How far `at` is to be trusted.'),
    boot: Type.String({ description: 'Boot the monotonic time belongs to.' }),
    mono: Type.String({ description: 'Monotonic ns, decimal text.' }),
    data: Type.Unsafe<object>({ type: 'object', additionalProperties: true, description: 'By kind.' }),
  },
  { title: 'Entry', description: 'An entry as it was hashed.' },
)

const BATCH = 200
const STALL_MS = 30_000
const CHECK_MS = 15_000
const STREAMS_PER_CALLER = 10
/** What a browser waits before it connects again. */
const RETRY_MS = 2_000

export function eventRoutes(app: App, api: Api): void {
  const open = new Set<Stream>()
  api.onStop(() => {
    for (const stream of open) stream.end()
  })

  app.get(
    '/events',
    {
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
    },
    async (request, reply) => {
      const caller = request.caller as Caller
      if (!acceptsEvents(request.headers.accept))
        return sendProblem(request, reply, refuse('bad-request', 'only text/event-stream is served here'), {
          status: 406,
        })
      const mine = [...open].filter(
        (stream) =>
          stream.caller.principal.role === caller.principal.role &&
          stream.caller.principal.id === principalOf(request).id,
      )
      if (open.size >= api.config.api.maxStreams)
        return sendProblem(request, reply, refuse('busy', 'too many event streams are open'))
      if (mine.length >= STREAMS_PER_CALLER)
        return sendProblem(request, reply, refuse('rate-limited', `${STREAMS_PER_CALLER} streams at once are the most`))
      const last = request.headers['last-event-id']
      const head = api.reader.head().nextSeq
      const from =
        last === undefined ? (request.query.from === undefined ? head : Number(request.query.from)) : Number(last) + 1
      // beyond the head: the caller knows another ledger
      if (from > head) return sendProblem(request, reply, refuse('bad-request', `the ledger ends before ${from}`))
      reply.sse.keepAlive()
      const stream = createStream(api, caller, reply, from)
      open.add(stream)
      void stream.done.finally(() => open.delete(stream))
      return reply
    },
  )
}

function acceptsEvents(accept: string | undefined): boolean {
  return accept === undefined || /(^|,)\s*(text\/event-stream|text\/\*|\*\/\*)\s*(;|,|$)/i.test(accept)
}

type Stream = { readonly caller: Caller; readonly done: Promise<void>; end(): void }

function createStream(api: Api, caller: Caller, reply: FastifyReply, from: number): Stream {
  const ended = new AbortController()
  const end = () => ended.abort()
  let wake: () => void = () => {}
  const whenEnded = new Promise<void>((resolve) =>
    ended.signal.addEventListener('abort', () => resolve(), { once: true }),
  )
  const stopListening = api.onHead(() => wake())
  const check = setInterval(() => {
    if (!api.stillValid(caller)) end()
  }, CHECK_MS)
  reply.raw.once('close', end)

  /** Waits for the reader, but not for one that has gone or takes nothing. */
  async function send(message: { id: string; event?: string; data: unknown }): Promise<void> {
    const stalled = setTimeout(end, STALL_MS)
    try {
      await Promise.race([reply.sse.send(message), whenEnded])
    } finally {
      clearTimeout(stalled)
    }
  }

  async function run(): Promise<void> {
    let next = from
    reply.sse.sendHeaders()
    // without a first byte the caller would not know that it is connected
    reply.raw.write(`retry: ${RETRY_MS}\n\n`)
    while (!ended.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve
      })
      const entries = api.reader.entries(next, BATCH)
      let shown = next - 1
      for (const entry of entries) {
        if (ended.signal.aborted) return
        next = entry.seq + 1
        if (!visible(entry, api, caller)) continue
        await send({ id: String(entry.seq), event: entry.kind, data: entry.body })
        shown = entry.seq
      }
      if (shown < next - 1 && !ended.signal.aborted) await send({ id: String(next - 1), data: undefined })
      if (entries.length < BATCH) await Promise.race([woken, whenEnded])
      else await new Promise((resolve) => setImmediate(resolve))
    }
  }

  const done = run()
    .catch((error) => {
      if (!ended.signal.aborted) api.log.warn({ err: error }, 'an event stream failed')
    })
    .finally(() => {
      end()
      clearInterval(check)
      stopListening()
      reply.sse.close()
      // a reader that takes nothing would keep the connection for ever
      setTimeout(() => reply.raw.destroy(), 1_000).unref()
    })
  return { caller, done, end }
}

function visible(entry: Entry, api: Api, { principal }: Caller): boolean {
  switch (principal.role) {
    case 'platform':
    case 'auditor':
      return decide(principal, 'event.read', undefined) === undefined
    case 'technician': {
      const machine = entry.machine === undefined ? undefined : api.machines.get(entry.machine)
      const subject = machine && { machine: machine.id, owner: machine.owner }
      return decide(principal, 'event.read', subject) === undefined
    }
    case 'owner': {
      const machine = entry.machine === undefined ? undefined : api.machines.get(entry.machine)
      return (
        machine !== undefined &&
        decide(principal, 'event.read', { machine: machine.id, owner: machine.owner }) === undefined
      )
    }
    case 'tenant': {
      const session = entry.session === undefined ? undefined : api.reader.session(entry.session)
      if (session === undefined || decide(principal, 'event.read', session) !== undefined) return false
      // What the next tenant found is told with the session, without who that was.
      return entry.kind !== 'InspectionRecorded' || (entry.body.data.by as { role?: string }).role !== 'tenant'
    }
  }
}
