/** What a broker may do to a client that has sent its CONNECT. Read next: hostile.ts. */
import { type Behaviour, drip, flood } from './hostile.ts'

const CONNACK = { 4: Buffer.from([0x20, 2, 0, 0]), 5: Buffer.from([0x20, 3, 0, 0, 0]) } as const
const MOST = Buffer.from([0xff, 0xff, 0xff, 0x7f])
const X = Buffer.alloc(65_536, 0x78)
const topic = Buffer.from([0, 1, 0x61])

/** A packet, or the beginning of one whose length is a lie. */
const packet = (head: number, ...body: readonly number[]) => Buffer.from([head, body.length, ...body])
const endless = (head: number) => Buffer.concat([Buffer.from([head]), MOST])

/** Written once, after a CONNACK or in its place. */
const PACKETS: Readonly<Record<string, Buffer>> = {
  'a PUBLISH nobody asked for': Buffer.concat([packet(0x30, 0, 1, 0x61, 0x78)]),
  'a PUBLISH without a topic': packet(0x30),
  'a PUBLISH whose topic is longer than it': packet(0x30, 0xff, 0xff, 0x61),
  'a PUBLISH of QoS 3': packet(0x36, 0, 1, 0x61, 0, 1),
  'a PUBACK of nothing': packet(0x40, 0, 7),
  'a PUBACK cut short': packet(0x40, 0),
  'a PUBACK with a reason that is none': packet(0x40, 0, 1, 0xfe, 0),
  'a SUBACK of nothing': packet(0x90, 0, 1, 0x80),
  'an UNSUBACK of nothing': packet(0xb0, 0, 1),
  'a PUBREC of nothing': packet(0x50, 0, 1),
  'a PUBREL of nothing': packet(0x62, 0, 1),
  'a PUBCOMP of nothing': packet(0x70, 0, 1),
  'a second CONNACK': Buffer.concat([CONNACK[4], CONNACK[5]]),
  'a CONNECT': packet(0x10, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 0),
  'a SUBSCRIBE': packet(0x82, 0, 1, 0, 1, 0x23, 0),
  'a PINGREQ': packet(0xc0),
  'an AUTH': packet(0xf0, 0x18, 0),
  'a DISCONNECT': packet(0xe0, 0x8e, 0),
  'a DISCONNECT with properties that lie': packet(0xe0, 0x8e, 0x7f, 0x1f, 0xff, 0xff),
  'a packet of type 0': packet(0x00, 1, 2),
  'a length of five bytes': Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x7f]),
  'an answer of HTTP': Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
  'a CONNACK with limits of nothing': Buffer.from([0x20, 11, 0, 0, 8, 0x21, 0, 0, 0x27, 0, 0, 0, 0]),
}

/** For as long as it is read. */
const STREAMS: Readonly<Record<string, Behaviour>> = {
  'a PUBLISH of 256 MB': (socket) => {
    socket.write(endless(0x30))
    flood(socket, Buffer.concat([topic, X]))
  },
  'a PUBACK of 256 MB': (socket) => {
    socket.write(endless(0x40))
    flood(socket, X)
  },
  'a PUBLISH of 256 MB that drips': (socket) => {
    socket.write(endless(0x30))
    drip(socket, X)
  },
  'small PUBLISHes without end': (socket) =>
    flood(socket, Buffer.concat(Array(1_000).fill(packet(0x30, 0, 1, 0x61, 0x78)))),
  'PINGRESPs without end': (socket) => flood(socket, Buffer.concat(Array(1_000).fill(packet(0xd0)))),
  'PUBACKs without end': (socket) => flood(socket, Buffer.concat(Array(1_000).fill(packet(0x40, 0, 1)))),
  'noise without end': (socket) =>
    flood(socket, Buffer.from(Array.from({ length: 4_096 }, (_, at) => (at * 73) & 0xff))),
  nothing: () => undefined,
  'the end': (socket) => void socket.end(),
  'a reset': (socket) => void socket.resetAndDestroy(),
}

/** By name; `version` is that of the client. */
export function brokerBehaviours(version: 4 | 5): Readonly<Record<string, Behaviour>> {
  const all: [string, Behaviour][] = [
    ...Object.entries(PACKETS).map(([name, bytes]): [string, Behaviour] => [
      name,
      (socket) => void socket.write(bytes),
    ]),
    ...Object.entries(STREAMS),
  ]
  const after = all.map(([name, act]): [string, Behaviour] => [
    `lets in, and sends ${name}`,
    (socket, first) => {
      socket.write(CONNACK[version])
      act(socket, first)
    },
  ])
  return Object.fromEntries([
    ...after,
    ...all.map(([name, act]) => [`sends ${name} in place of a CONNACK`, act] as const),
  ])
}
