/**
 * The board as it changes, for the pages of the gateway: first every machine, then each that changed, and a sign of
 * life each second, so that a page knows within three seconds that it is cut off. It never asks the control thread.
 * Texts are made once for all who see the same; whoever does not read them is dropped.
 * Read next: floor.ts (what is sent), sign-in.ts (who sees what), ledger/events.ts (what happened, without a gap).
 */
import type { FastifyReply } from 'fastify'
import Type from 'typebox'
import { refuse } from '../../../core/ground/refusal.ts'
import type { Api, App } from '../api.ts'
import type { Browsers } from '../caller/browsers.ts'
import type { Caller } from '../caller/caller.ts'
import { isKnownHost } from '../http/host.ts'
import { sendProblem } from '../http/problem.ts'
import { createFloor, type Sees } from './floor.ts'

/** Several changes of a machine within this are one. */
const LOOK_MS = 250
const LOOKS_PER_BEAT = 4
/** A page that has so much to read yet is dropped; it comes back by itself, and begins with the whole. */
const MOST_WAITING_BYTES = 1_048_576
/** What a browser waits before it connects again. */
const RETRY_MS = 1_000
/** Streams of those who have not signed in leave so much to the others. */
const STRANGERS_SHARE = 0.75

type Watcher = { readonly reply: FastifyReply; readonly sees: Sees; readonly caller: Caller | undefined }
const watchBoard = {
  sse: 'manual',
  exposeHeadRoute: false,
  config: { open: true, problems: ['unauthenticated', 'busy', 'bad-request'] },
  schema: {
    operationId: 'watchBoard',
    summary: 'The board as it changes',
    description:
      'For the pages of this gateway. Server-sent events: `board` has every machine as a `Card`, `card` one that changed, `beat` each second the time, the head of the ledger, and by machine the age of what is shown and its power. What is shown without signing in is an option of the site.',
    tags: ['console'],
    response: { 200: Type.String({ description: 'A stream of events.' }) },
    produces: ['text/event-stream'],
  },
} as const

export function liveRoutes(app: App, api: Api, browsers: Browsers): void {
  const hub = createHub(api)
  api.onStop(hub.stop)

  app.get('/console/live', watchBoard, async (request, reply) => {
    const { names, board, maxStreams } = api.config.api
    if (!isKnownHost(request.headers.host, names))
      return sendProblem(request, reply, refuse('bad-request', 'the gateway is not called by this name'), {
        status: 421,
      })
    const caller = browsers.callerOf(request)
    if (caller === undefined && board === 'nobody') return sendProblem(request, reply, refuse('unauthenticated'))
    if (hub.count(caller === undefined) >= maxStreams * (caller === undefined ? STRANGERS_SHARE : 1))
      return sendProblem(request, reply, refuse('busy', 'too many pages watch the board'))
    reply.header('cache-control', 'private, no-store, no-transform')
    reply.sse.keepAlive()
    reply.sse.sendHeaders()
    reply.raw.write(`retry: ${RETRY_MS}\n\n`)
    hub.add({ reply, caller, sees: caller === undefined && board === 'free' ? 'free' : 'states' })
    return reply
  })
}

function createHub(api: Api) {
  const watchers = new Set<Watcher>()
  const floor = createFloor(api)
  let timer: NodeJS.Timeout | undefined
  let looks = 0

  function drop(watcher: Watcher): void {
    watchers.delete(watcher)
    watcher.reply.sse.close()
    watcher.reply.raw.destroy()
    if (watchers.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  function send(watcher: Watcher, text: string): void {
    if (text === '') return
    if (watcher.reply.raw.writableLength > MOST_WAITING_BYTES) drop(watcher)
    else watcher.reply.raw.write(text)
  }

  function tick(): void {
    const changed = floor.look()
    looks = (looks + 1) % LOOKS_PER_BEAT
    const beats = looks === 0 ? floor.beat() : { free: '', states: '' }
    const texts = { free: changed.free + beats.free, states: changed.states + beats.states }
    for (const watcher of watchers)
      if (watcher.caller !== undefined && looks === 0 && !api.stillValid(watcher.caller)) drop(watcher)
      else send(watcher, texts[watcher.sees])
  }

  return {
    /** Of strangers alone, or of all. */
    count: (strangers: boolean) =>
      strangers ? [...watchers].filter(({ caller }) => caller === undefined).length : watchers.size,
    add(watcher: Watcher) {
      // What this look finds is news to those who are there already.
      const news = floor.look()
      for (const each of watchers) send(each, news[each.sees])
      watchers.add(watcher)
      watcher.reply.raw.once('close', () => drop(watcher))
      send(watcher, floor.board()[watcher.sees] + floor.beat()[watcher.sees])
      timer ??= setInterval(tick, LOOK_MS)
    },
    stop() {
      for (const watcher of watchers) drop(watcher)
    },
  }
}
