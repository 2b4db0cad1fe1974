/**
 * One event stream: entries straight from the ledger, sent as its reader takes them. A slow reader is waited for, one
 * that takes nothing is dropped, and the end of a credential ends its streams.
 * Read next: events.ts (the route).
 */
import type { FastifyReply } from 'fastify'
import type { Entry } from '../../../core/ground/entry.ts'
import type { Principal } from '../../../core/permission/principal.ts'
import type { Api } from '../api.ts'
import type { Caller } from '../caller/caller.ts'
import { decide, decideAt } from '../caller/policy.ts'
import { BATCH, type Tail } from './tail.ts'

/** A reader that takes nothing for this long is dropped. */
const STALL_MS = 30_000
/** How often it is asked whether the credential still holds. */
const CHECK_MS = 15_000
/** What a browser waits before it connects again. */
const RETRY_MS = 2_000
/** From the last byte to the end of the connection, which a reader that takes nothing would otherwise keep for ever. */
const CLOSE_MS = 1_000

/** `done` never rejects. */
export type Stream = { readonly caller: Caller; readonly done: Promise<void>; end(): void }

/** `log` is absent while nothing names it; `seen`: another log, of which the caller has seen an event. */
export type Start = {
  readonly log: string | undefined
  readonly from: number
  readonly seen?: string
  readonly chained: boolean
}

type Running = {
  readonly api: Api
  readonly tail: Tail
  readonly principal: Principal
  readonly log: string | undefined
  /** Each event names the one before it. A tenant sees parts of a chain, and nothing of what is between. */
  readonly chained: boolean
  readonly reply: FastifyReply
  readonly ended: AbortController
  readonly whenEnded: Promise<void>
  /** Called on each commit. */
  wake: () => void
}

export function createStream(api: Api, tail: Tail, caller: Caller, reply: FastifyReply, start: Start): Stream {
  const ended = new AbortController()
  const end = () => ended.abort()
  const whenEnded = new Promise<void>((resolve) =>
    ended.signal.addEventListener('abort', () => resolve(), { once: true }),
  )
  const { principal } = caller
  const chained = start.chained && principal.role !== 'tenant'
  const running: Running = { api, tail, principal, log: start.log, chained, reply, ended, whenEnded, wake: () => {} }
  // It may have grown while no stream listened.
  tail.grown()
  const stopListening = api.onHead(() => {
    tail.grown()
    running.wake()
  })
  const check = setInterval(() => {
    if (!api.stillValid(caller)) end()
  }, CHECK_MS)
  reply.raw.once('close', end)

  const done = run(running, start)
    .catch((error) => {
      if (!ended.signal.aborted) api.log.warn({ err: error }, 'an event stream failed')
    })
    .finally(() => {
      end()
      clearInterval(check)
      stopListening()
      reply.sse.close()
      setTimeout(() => reply.raw.destroy(), CLOSE_MS).unref()
    })
  return { caller, done, end }
}

async function run(running: Running, { log, from, seen }: Start): Promise<void> {
  const { tail, reply, ended, whenEnded } = running
  reply.sse.sendHeaders()
  // Without a first byte the caller would not know that it is connected.
  reply.raw.write(`retry: ${RETRY_MS}\n\n`)
  if (seen !== undefined) await send(running, `event: AnotherLog\ndata: ${JSON.stringify({ log, seen })}\n\n`)
  for (let next = from; !ended.signal.aborted; ) {
    // Before the read, so that a commit during it wakes the stream.
    const woken = new Promise<void>((resolve) => {
      running.wake = resolve
    })
    const entries = tail.read(next)
    next = await sendBatch(running, entries, next)
    if (entries.length < BATCH) await Promise.race([woken, whenEnded])
    else await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Sends what the caller may see of a batch, and answers with the sequence to go on with. */
async function sendBatch(running: Running, entries: readonly Entry[], from: number): Promise<number> {
  const { tail, principal, chained } = running
  const next = (entries.at(-1)?.seq ?? from - 1) + 1
  let shown = from - 1
  let text = ''
  for (const entry of entries) {
    const id = idOf(entry.seq, running)
    const event = isVisible(entry, running) ? tail.written(entry, principal.role, id, chained) : undefined
    if (event === undefined) continue
    text += event
    shown = entry.seq
  }
  if (shown < next - 1) text += `id: ${idOf(next - 1, running)}\n\n`
  await send(running, text)
  return next
}

const idOf = (seq: number, { log }: Running) => (log === undefined ? String(seq) : `${seq}-${log}`)

/** Waits for the reader, but not for one that has gone or takes nothing. */
async function send({ reply, ended, whenEnded }: Running, text: string): Promise<void> {
  if (text === '' || ended.signal.aborted || reply.raw.write(text)) return
  const stalled = setTimeout(() => ended.abort(), STALL_MS)
  try {
    await Promise.race([new Promise((resolve) => reply.raw.once('drain', resolve)), whenEnded])
  } finally {
    clearTimeout(stalled)
  }
}

function isVisible(entry: Entry, { api, principal }: Running): boolean {
  const machine = entry.machine === undefined ? undefined : api.machines.get(entry.machine)
  switch (principal.role) {
    case 'platform':
    case 'auditor':
      return decide(principal, 'event.read', undefined) === undefined
    case 'technician':
      // Also what is about no machine.
      return (
        (machine ? decideAt(principal, 'event.read', machine) : decide(principal, 'event.read', undefined)) ===
        undefined
      )
    case 'owner':
      return machine !== undefined && decideAt(principal, 'event.read', machine) === undefined
    case 'tenant': {
      const session = entry.session === undefined ? undefined : api.reader.session(entry.session)
      if (session === undefined || decide(principal, 'event.read', session) !== undefined) return false
      // What the next tenant found is shown with the session, without who that was.
      return entry.kind !== 'InspectionRecorded' || (entry.body.data.by as { role?: string }).role !== 'tenant'
    }
  }
}
