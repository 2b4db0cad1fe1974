/** What somebody who answers in the place of InfluxDB may do to a write. Read next: hostile.ts. */
import { gzipSync } from 'node:zlib'
import { type Behaviour, drip, flood } from './hostile.ts'

const STATUSES = [200, 204, 302, 400, 401, 413, 500, 503]
const X = 'x'.repeat(65_536)
/** Made once: it takes a while. */
let packed: Buffer | undefined

/** Bodies of an answer whose head is sent, and headers that go with them. */
const BODIES: Readonly<Record<string, { readonly headers?: string; readonly send: Behaviour }>> = {
  'without end': { send: (socket) => flood(socket, X) },
  'that drips': { send: (socket) => drip(socket, 'x') },
  'that never comes': { headers: 'content-length: 1000\r\n', send: () => undefined },
  'cut in the middle': { headers: 'content-length: 1000\r\n', send: (socket) => void socket.end('x'.repeat(10)) },
  'of a page to log in': { send: (socket) => void socket.end('<html><form>Log in</form></html>') },
  'of text for a terminal': { send: (socket) => void socket.end('{"error":"\\u001b]0;x\\u0007\\ud800\\u202e"}') },
  'of deep JSON': { send: (socket) => void socket.end('['.repeat(10_000)) },
  'that unpacks to 16 MiB': {
    headers: 'content-encoding: gzip\r\n',
    send: (socket) => {
      packed ??= gzipSync(Buffer.alloc(2 ** 24))
      socket.end(packed)
    },
  },
}

const FRAMES: Readonly<Record<string, Behaviour>> = {
  'says nothing': () => undefined,
  'hangs up': (socket) => void socket.end(),
  'resets the connection': (socket) => void socket.resetAndDestroy(),
  'speaks another protocol': (socket) => void socket.write(Buffer.from([0x20, 2, 0, 0])),
  'sends a header without end': (socket) => {
    socket.write('HTTP/1.1 400 Bad\r\nx: ')
    flood(socket, X)
  },
  'sends headers without end': (socket) => {
    socket.write('HTTP/1.1 400 Bad\r\n')
    flood(socket, 'x: y\r\n'.repeat(1_000))
  },
  'asks to wait, for ever': (socket) => flood(socket, 'HTTP/1.1 102 Processing\r\n\r\n'),
  'sends chunks without end': (socket) => {
    socket.write('HTTP/1.1 400 Bad\r\ntransfer-encoding: chunked\r\n\r\n')
    flood(socket, `10000\r\n${X}\r\n`)
  },
  'announces a chunk larger than a number': (socket) =>
    void socket.write('HTTP/1.1 400 Bad\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n'),
  'gives two lengths': (socket) =>
    void socket.write('HTTP/1.1 204 No\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx'),
  'gives a body with 204': (socket) => void socket.write(`HTTP/1.1 204 No\r\ncontent-length: ${X.length}\r\n\r\n${X}`),
  'leads in a circle': (socket) => void socket.write('HTTP/1.1 307 T\r\nlocation: /write\r\ncontent-length: 0\r\n\r\n'),
}

export const influxBehaviours: Readonly<Record<string, Behaviour>> = {
  ...FRAMES,
  ...Object.fromEntries(
    STATUSES.flatMap((status) =>
      Object.entries(BODIES).map(([name, { headers = '', send }]): [string, Behaviour] => [
        `answers ${status} with a body ${name}`,
        (socket, first) => {
          socket.write(`HTTP/1.1 ${status} Said\r\n${headers}\r\n`)
          send(socket, first)
        },
      ]),
    ),
  ),
}
