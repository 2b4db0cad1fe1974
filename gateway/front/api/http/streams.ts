/**
 * HTTP/2, where the site file wants it: many requests on one connection, each a stream that keeps the bounds of a
 * connection of its own. A request that does not arrive, and an answer that nobody reads, end their stream alone. How
 * many connections there are, and which one gives way, is the matter of connections.ts.
 * Read next: connections.ts, tls.ts.
 */
import { constants, type Http2SecureServer } from 'node:http2'
import { isEventStream, waitsForReader } from './answer.ts'

type StreamBounds = {
  /** From the begin of a request to the end of its body, ms. */
  readonly requestMs: number
  /** A piece of an answer is taken within twice this, ms. */
  readonly stallMs: number
  /** An answer that is no stream of events is read within this, ms. */
  readonly answerMs: number
}

/** Requests under way on one connection. */
const MOST_STREAMS = 20
/** What one connection may keep in memory, MB, answers that wait for their reader too; then requests are refused. */
const MOST_MEMORY_MB = 10

/** For `createSecureServer`. Whoever does not speak HTTP/2 is served as before. */
export const http2Options = (maxHeaderListSize: number) =>
  ({
    allowHTTP1: true,
    maxSessionMemory: MOST_MEMORY_MB,
    settings: { maxConcurrentStreams: MOST_STREAMS, maxHeaderListSize, enablePush: false },
  }) as const

export function boundStreams(server: Http2SecureServer, { requestMs, stallMs, answerMs }: StreamBounds): void {
  server.on('stream', (stream) => {
    const cut = () => stream.close(constants.NGHTTP2_CANCEL)
    const timers = [
      setTimeout(() => {
        if (!stream.endAfterHeaders && !stream.readableEnded) cut()
      }, requestMs),
      setTimeout(() => {
        if (waitsForReader(stream) && !isEventStream(stream)) cut()
      }, answerMs),
    ]
    // The timer that Node has for a stream takes what others on the connection are sent for a sign of life of this one.
    let waited = -1
    const watch = setInterval(() => {
      const waiting = waitsForReader(stream) ? stream.bufferSize : -1
      if (waiting >= 0 && waiting === waited) cut()
      waited = waiting
    }, stallMs)
    stream.once('close', () => {
      clearInterval(watch)
      for (const timer of timers) clearTimeout(timer)
    })
  })
}
