/**
 * The front thread: API, streams and sinks. Started last, since a session that is still held cannot wait for an API,
 * and stopped first. It receives the board and is asked nothing; what it sends are commands and news of the outside.
 * Read next: front/front.ts (what runs there), core/board/message.ts (the messages).
 */
import type { ToControl, ToFront } from '../core/board/message.ts'
import { GatewayError } from '../core/ground/failure.ts'
import type { FrontThreadData } from '../front/front.ts'
import { guard } from './thread.ts'
import type { Begin } from './threads.ts'

const START_MS = 20_000
const STOP_MS = 8000

/** What it sends once it listens; how it starts and stops is handled here. */
type FrontMessage = Exclude<ToControl, { kind: 'listening' | 'stopped' }>

export type FrontThread = {
  /** Resolves with the address of the API, once it listens. */
  readonly url: Promise<string>
  send(message: ToFront): void
  /** Accepts no more requests; those under way may finish within a bound. */
  stop(): Promise<void>
  terminate(): Promise<void>
}

export function startFront(
  data: FrontThreadData,
  begin: Begin,
  take: (message: FrontMessage, send: FrontThread['send']) => void,
  fatal: (error: Error) => void,
): FrontThread {
  const thread = begin(data, [data.ledgerPort])
  const send = (message: ToFront) => thread.postMessage(message)
  const listening = Promise.withResolvers<string>()
  const stopped = Promise.withResolvers<void>()
  const late = () =>
    listening.reject(new GatewayError('thread', 'front', `the API did not start within ${START_MS} ms`))
  const timer = setTimeout(late, START_MS)
  guard(thread, 'front', (error) => {
    listening.reject(error)
    fatal(error)
  })
  thread.on('message', (message: ToControl) => {
    if (message.kind === 'listening') listening.resolve(message.url)
    else if (message.kind === 'stopped') stopped.resolve()
    else take(message, send)
  })
  return {
    url: listening.promise.finally(() => clearTimeout(timer)),
    send,
    async stop() {
      send({ kind: 'stop' })
      await Promise.race([stopped.promise, new Promise((resolve) => setTimeout(resolve, STOP_MS))])
    },
    async terminate() {
      await thread.terminate()
    },
  }
}
