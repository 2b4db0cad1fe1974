/**
 * What somebody may send to the port of the API: requests that are none, that two parsers read differently, or that
 * have no end. Read next: hostile.ts (what these are made of), wire-client.ts.
 */
import type { Socket } from 'node:net'
import { drip, flood } from './hostile.ts'

/** Called when the connection is open. */
export type ClientBehaviour = (socket: Socket) => void

const X = 'x'.repeat(65_536)
const GET = 'GET /v1/ledger/checkpoint HTTP/1.1\r\nhost: 127.0.0.1\r\n'
const POST = 'POST /v1/sessions/019a0b1c-2d3e-7f40-8a51-627384950a1b/end HTTP/1.1\r\nhost: 127.0.0.1\r\n'
const whole = (text: string) => `${text}\r\n`

/** Written at once. */
const REQUESTS: Readonly<Record<string, string | Buffer>> = {
  'an empty line': '\r\n',
  'a thousand empty lines': '\r\n'.repeat(1_000),
  'a word': 'hello\r\n\r\n',
  zeros: Buffer.alloc(1_000),
  ones: Buffer.alloc(1_000, 0xff),
  'a hello of TLS': Buffer.from('16030100a5010000a10303', 'hex'),
  'the beginning of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'HTTP/0.9': 'GET /\r\n',
  'HTTP/1.0': 'GET /v1/ledger/checkpoint HTTP/1.0\r\n\r\n',
  'HTTP/9.9': 'GET / HTTP/9.9\r\nhost: a\r\n\r\n',
  'no version': 'GET /v1/machines\r\nhost: a\r\n\r\n',
  'a method that is none': 'STEAL /v1/machines HTTP/1.1\r\nhost: a\r\n\r\n',
  'a method in small letters': 'get /v1/machines HTTP/1.1\r\nhost: a\r\n\r\n',
  TRACE: 'TRACE / HTTP/1.1\r\nhost: a\r\n\r\n',
  CONNECT: 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nhost: a\r\n\r\n',
  OPTIONS: 'OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n',
  'a whole address': whole('GET http://127.0.0.1/v1/machines HTTP/1.1\r\nhost: a\r\n'),
  'the address of another host': whole('GET http://evil.example/v1/machines HTTP/1.1\r\nhost: evil.example\r\n'),
  'no host': 'GET /v1/machines HTTP/1.1\r\n\r\n',
  'two hosts': whole(`${GET}host: evil.example\r\n`),
  'a host that is none': whole('GET /v1/machines HTTP/1.1\r\nhost: \x01\r\n'),
  'a path of 60 kB': whole(`GET /${'a'.repeat(60_000)} HTTP/1.1\r\nhost: a\r\n`),
  'a path that climbs': whole('GET /v1/../../../etc/passwd HTTP/1.1\r\nhost: a\r\n'),
  'a path with a zero': whole('GET /v1/\0 HTTP/1.1\r\nhost: a\r\n'),
  'a path with half an escape': whole('GET /v1/machines/% HTTP/1.1\r\nhost: a\r\n'),
  'a path of bytes that are no text': Buffer.from('GET /v1/\xff\xfe HTTP/1.1\r\nhost: a\r\n\r\n', 'latin1'),
  'a query of 10,000 members': whole(`GET /v1/usage?${'a=1&'.repeat(3_000)} HTTP/1.1\r\nhost: a\r\n`),
  'a query with a prototype': whole('GET /v1/usage?__proto__[x]=1&constructor=2 HTTP/1.1\r\nhost: a\r\n'),
  'a header of 60 kB': whole(`${GET}x: ${X}\r\n`),
  '5,000 headers': whole(GET + 'a: b\r\n'.repeat(5_000)),
  'a header without a name': whole(`${GET}: b\r\n`),
  'a header without a colon': whole(`${GET}abc\r\n`),
  'a header with a zero': whole(`${GET}a: b\0c\r\n`),
  'a header that is folded': whole(`${GET}a: b\r\n c\r\n`),
  'a header with a space before its colon': whole(`${GET}a : b\r\n`),
  'lines that end in a line feed': 'GET /v1/machines HTTP/1.1\nhost: a\n\n',
  'two lengths': `${POST}content-length: 2\r\ncontent-length: 3\r\n\r\n{}x`,
  'a length and chunks': `${POST}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{}`,
  'chunks in disguise': `${POST}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n`,
  'chunks named twice': `${POST}transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n`,
  'a chunk larger than a number': `${POST}transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n`,
  'a negative chunk': `${POST}transfer-encoding: chunked\r\n\r\n-1\r\n`,
  'a chunk with 60 kB beside its size': `${POST}transfer-encoding: chunked\r\n\r\n1;${X}\r\n`,
  'a trailer of 60 kB': `${POST}transfer-encoding: chunked\r\n\r\n0\r\nx: ${X}\r\n\r\n`,
  'a negative length': `${POST}content-length: -1\r\n\r\n`,
  'a length of words': `${POST}content-length: two\r\n\r\n{}`,
  'a length of 10^30': `${POST}content-length: 1${'0'.repeat(30)}\r\n\r\n`,
  'a body with a GET': `${GET}content-length: 2\r\n\r\n{}`,
  'an expectation': `${POST}expect: 100-continue\r\ncontent-length: 2\r\n\r\n{}`,
  'another expectation': `${POST}expect: the-moon\r\ncontent-length: 2\r\n\r\n{}`,
  'an upgrade': whole(`${GET}connection: upgrade\r\nupgrade: websocket\r\n`),
  'an upgrade to HTTP/2': whole(`${GET}connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAA\r\n`),
  'a body that is packed': `${POST}content-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n\x1f\x8b`,
  'a body of another type': `${POST}content-type: multipart/form-data; boundary=x\r\ncontent-length: 2\r\n\r\n--`,
  'a type that is none': `${POST}content-type: \x80/;;=\r\ncontent-length: 2\r\n\r\n{}`,
  'a condition that is none': whole(`${GET}if-none-match: ${'"x",'.repeat(1_000)}\r\n`),
  'a range': whole(`${GET}range: bytes=0-,0-,0-,0-,0-\r\n`),
  'a hundred requests at once': whole(GET).repeat(100),
  'a request behind a body': `${POST}content-length: 2\r\n\r\n{}${whole(GET)}`,
}

const STREAMS: Readonly<Record<string, ClientBehaviour>> = {
  nothing: () => undefined,
  'the end': (socket) => void socket.end(),
  'a reset': (socket) => void socket.resetAndDestroy(),
  'half a request, and the end': (socket) => void socket.end(GET),
  'a body cut short': (socket) => void socket.end(`${POST}content-length: 100\r\n\r\n{`),
  'headers without end': (socket) => {
    socket.write(GET)
    flood(socket, 'a: b\r\n'.repeat(1_000))
  },
  'a body without end': (socket) => {
    socket.write(`${POST}transfer-encoding: chunked\r\n\r\n`)
    flood(socket, `10000\r\n${X}\r\n`)
  },
  'requests without end, read by nobody': (socket) => {
    socket.pause()
    flood(socket, whole(GET).repeat(100))
  },
  'headers that drip': (socket) => {
    socket.write(GET)
    drip(socket, 'a: b\r\n', 200)
  },
  'a body that drips': (socket) => {
    socket.write(`${POST}content-length: 100000\r\n\r\n`)
    drip(socket, ' ', 200)
  },
}

export const clientBehaviours: Readonly<Record<string, ClientBehaviour>> = {
  ...Object.fromEntries(
    Object.entries(REQUESTS).map(([name, bytes]): [string, ClientBehaviour] => [
      name,
      (socket) => void socket.write(bytes),
    ]),
  ),
  ...STREAMS,
}
