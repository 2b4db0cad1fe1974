/**
 * What an OPC UA server may do, or somebody on the line to it: what answers the hello is none, a frame comes before the
 * one that is due, and a word of a good answer is turned into another, at each step from the hello to a reading.
 * Read next: opcua-frames.ts, hostile.ts.
 */
import { connect } from 'node:net'
import { type Behaviour, drip, flood } from './hostile.ts'
import { ack, FRAMES, GREETINGS, MOST } from './opcua-frames.ts'

/** Frames of a server in their order; from the fourth on it is in session, or about to be. */
const STEPS = ['the acknowledgement', 'the open channel', 'the endpoints', 'the session', 'a later answer'] as const
const WORDS = [0, MOST, 0x80000000, 0xffffffff] as const
/** Of a frame, where a word is turned; the head of a message is 24 bytes long. */
const PLACES = [8, 12, 16, 24, 32, 48, 52, 56, 64] as const

const STREAMS: Readonly<Record<string, Behaviour>> = {
  nothing: () => undefined,
  'the end': (socket) => void socket.end(),
  'a reset': (socket) => void socket.resetAndDestroy(),
  'noise without end': (socket) =>
    flood(socket, Buffer.from(Array.from({ length: 4_096 }, (_, at) => (at * 73) & 0xff))),
  'acknowledgements without end': (socket) => flood(socket, Buffer.concat(Array(500).fill(ack(8192, 8192)))),
  'an acknowledgement that drips': (socket) => drip(socket, Buffer.from('A')),
}

/** `port`: of an honest server, to which the line leads. */
export function opcuaBehaviours(port: number): Readonly<Record<string, Behaviour>> {
  return Object.fromEntries([
    ...[...FRAMES, ...GREETINGS].map(([name, bytes]): [string, Behaviour] => [
      `answers the hello with ${name}`,
      (socket) => void socket.write(bytes),
    ]),
    ...Object.entries(STREAMS).map(([name, behaviour]) => [`answers the hello with ${name}`, behaviour] as const),
    ...FRAMES.map(([name, bytes]): [string, Behaviour] => [
      `sends ${name} in session`,
      line(port, (answer, step) => (step === 4 ? Buffer.concat([bytes, answer]) : answer)),
    ]),
    ...STEPS.flatMap((step, index) =>
      PLACES.map((place, at): [string, Behaviour] => [
        `turns a word of ${step} at ${place}`,
        line(port, (answer, now) => (now === index ? turned(answer, place, WORDS[at % WORDS.length]!) : answer)),
      ]),
    ),
    ['holds back every answer', line(port, () => Buffer.alloc(0))],
    ['sends every answer twice', line(port, (answer) => Buffer.concat([answer, answer]))],
    ['cuts every answer', line(port, (answer) => answer.subarray(0, answer.length - 1))],
  ])
}

function turned(answer: Buffer, place: number, word: number): Buffer {
  const bytes = Buffer.from(answer)
  if (place + 4 <= bytes.length) bytes.writeUInt32LE(word >>> 0, place)
  return bytes
}

/** Passes on what both say; `change` sees each frame of the server, and which it is. */
function line(port: number, change: (frame: Buffer, index: number) => Buffer): Behaviour {
  return (socket, first) => {
    const upstream = connect(port, '127.0.0.1')
    upstream.on('error', () => socket.destroy())
    upstream.on('close', () => socket.destroy())
    socket.on('close', () => upstream.destroy())
    upstream.write(first)
    socket.pipe(upstream)
    let received: Buffer = Buffer.alloc(0)
    let index = 0
    upstream.on('data', (bytes) => {
      received = Buffer.concat([received, bytes])
      while (received.length >= 8 && received.length >= received.readUInt32LE(4)) {
        const size = received.readUInt32LE(4)
        if (!socket.destroyed) socket.write(change(received.subarray(0, size), index++))
        received = received.subarray(size)
      }
    })
  }
}
