/**
 * HTTP/2, where the site file wants it: many requests on one connection, each a stream that keeps the bounds of a
 * connection of its own. A request that does not arrive, and an answer that nobody reads, end their stream alone. What
 * costs work and asks for nothing ends the connection. How many connections there are, and which one gives way, is the
 * matter of connections.ts.
 * Read next: connections.ts, tls.ts.
 */
import { constants, type Http2SecureServer, type ServerHttp2Session } from 'node:http2'
import type { SiteConfig } from '../../../../config/site.ts'
import { isEventStream, waitsForReader } from './answer.ts'

type StreamBounds = {
  /** From the begin of a request to the end of its body, ms. */
  readonly requestMs: number
  /** A piece of an answer is taken within twice this, ms. */
  readonly stallMs: number
  /** An answer that is no stream of events is read within this, ms. */
  readonly answerMs: number
}

/** What one connection may do: `api.tls.http2Requests` and what stands beside it. */
type Http2Bounds = NonNullable<SiteConfig['api']['http2']>

/** The time of `http2Noise`, ms. */
const NOISE_OVER_MS = 10_000

/** For `createSecureServer`. Whoever does not speak HTTP/2 is served as before. */
export const http2Options = (maxHeaderListSize: number, { requests, memoryMb, noise }: Http2Bounds) =>
  ({
    allowHTTP1: true,
    maxSessionMemory: memoryMb,
    maxSessionInvalidFrames: noise,
    maxSessionRejectedStreams: noise,
    settings: { maxConcurrentStreams: requests, maxHeaderListSize, enablePush: false },
  }) as const

/** Ends a connection that takes back requests, pings or changes its settings more often than that. */
export function boundNoise(
  server: Http2SecureServer,
  { noise }: Http2Bounds,
  cut: (session: ServerHttp2Session) => void,
): void {
  server.on('session', (session: ServerHttp2Session) => {
    let count = 0
    let sinceMs = performance.now()
    const note = () => {
      const nowMs = performance.now()
      if (nowMs - sinceMs > NOISE_OVER_MS) [count, sinceMs] = [0, nowMs]
      count += 1
      if (count <= noise || session.destroyed) return
      // The goodbye of a session has ended the whole process in a write under way (TLSWrap::DoWrite): below it, first.
      cut(session)
      session.destroy()
    }
    session.on('ping', note).on('remoteSettings', note)
    session.on('stream', (stream) =>
      stream.once('close', () => {
        if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) note()
      }),
    )
  })
}

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
