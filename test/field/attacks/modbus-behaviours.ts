/** What a device may answer that says it speaks Modbus TCP. Read next: hostile.ts. */
import { answering, type Behaviour, drip, flood } from './hostile.ts'

const X = Buffer.alloc(65_536, 0x78)
const READ_CODES = 4

type Ask = { readonly transaction: number; readonly unit: number; readonly code: number; readonly count: number }

function askOf(said: Buffer): Ask {
  const at = (offset: number) => (said.length >= offset + 2 ? said.readUInt16BE(offset) : 0)
  return { transaction: at(0), unit: said[6] ?? 0, code: said[7] ?? 3, count: at(10) }
}

type Head = {
  readonly transaction?: number
  readonly protocol?: number
  readonly length?: number
  readonly unit?: number
}

function frame(ask: Ask, pdu: Buffer, head: Head = {}): Buffer {
  const bytes = Buffer.alloc(7)
  bytes.writeUInt16BE(head.transaction ?? ask.transaction, 0)
  bytes.writeUInt16BE(head.protocol ?? 0, 2)
  bytes.writeUInt16BE(head.length ?? pdu.length + 1, 4)
  bytes.writeUInt8(head.unit ?? ask.unit, 6)
  return Buffer.concat([bytes, pdu])
}

/** What an honest device would answer, with this byte in all its registers. */
function pduOf({ code, count }: Ask, byte = 0): Buffer {
  const length = code <= 2 ? Math.ceil(count / 8) : 2 * count
  return code <= READ_CODES
    ? Buffer.concat([Buffer.from([code, length & 0xff]), Buffer.alloc(length, byte)])
    : Buffer.from([code, 0, 0, 0, count & 0xff])
}

/** In the head of a frame that is good otherwise. */
const HEADS: Readonly<Record<string, (ask: Ask) => Head>> = {
  'the next transaction': ({ transaction }) => ({ transaction: (transaction + 1) & 0xffff }),
  'transaction 0': () => ({ transaction: 0 }),
  'a transaction with its bytes exchanged': ({ transaction }) => ({
    transaction: ((transaction & 0xff) << 8) | (transaction >> 8),
  }),
  'protocol 1': () => ({ protocol: 1 }),
  'protocol 65535': () => ({ protocol: 0xffff }),
  'length 0': () => ({ length: 0 }),
  'length 1': () => ({ length: 1 }),
  'length 2': () => ({ length: 2 }),
  'length 3': () => ({ length: 3 }),
  'length 255': () => ({ length: 255 }),
  'length 65535': () => ({ length: 0xffff }),
  'a length of one too few': (ask) => ({ length: pduOf(ask).length }),
  'a length of one too many': (ask) => ({ length: pduOf(ask).length + 2 }),
  'another unit': ({ unit }) => ({ unit: (unit + 1) & 0xff }),
  'unit 0': () => ({ unit: 0 }),
  'unit 255': () => ({ unit: 255 }),
}

/** In the place of what was asked. */
const PDUS: Readonly<Record<string, (ask: Ask) => Buffer>> = {
  'nothing in a frame': () => Buffer.alloc(0),
  'a function and no more': ({ code }) => Buffer.from([code]),
  'function 0': (ask) => Buffer.concat([Buffer.from([0]), pduOf(ask).subarray(1)]),
  'function 255': (ask) => Buffer.concat([Buffer.from([255]), pduOf(ask).subarray(1)]),
  'another function': (ask) => Buffer.concat([Buffer.from([ask.code ^ 7]), pduOf(ask).subarray(1)]),
  'a count of 0 bytes': ({ code }) => Buffer.from([code, 0]),
  'a count of one byte too few': (ask) => counted(ask, -1),
  'a count of one byte too many': (ask) => counted(ask, 1),
  'a count of 255 bytes': (ask) => counted(ask, 255 - (pduOf(ask)[1] ?? 0)),
  'a count without its bytes': ({ code, count }) => Buffer.from([code, (2 * count) & 0xff]),
  'less than was asked': (ask) => pduOf(ask).subarray(0, -2),
  'more than was asked': (ask) => Buffer.concat([pduOf(ask), Buffer.alloc(40)]),
  'the question': ({ code, count }) => Buffer.from([code, 0, 0, 0, count]),
  'an exception without its code': ({ code }) => Buffer.from([code | 0x80]),
  'an exception of 200 bytes': ({ code }) => Buffer.concat([Buffer.from([code | 0x80, 2]), Buffer.alloc(200)]),
  'an exception of another function': ({ code }) => Buffer.from([(code ^ 7) | 0x80, 2]),
  ...Object.fromEntries(
    [0, 1, 2, 3, 4, 5, 6, 8, 10, 11, 127, 255].map((exception) => [
      `exception ${exception}`,
      ({ code }: Ask) => Buffer.from([code | 0x80, exception]),
    ]),
  ),
  ...Object.fromEntries(
    [0x00, 0x7f, 0x80, 0xff].map((byte) => [`${byte.toString(16)} in every register`, (ask: Ask) => pduOf(ask, byte)]),
  ),
}

function counted(ask: Ask, by: number): Buffer {
  const pdu = Buffer.from(pduOf(ask))
  pdu[1] = (pdu[1]! + by) & 0xff
  return pdu
}

/** Several frames, or none. */
const ANSWERS: Readonly<Record<string, (ask: Ask) => Buffer | undefined>> = {
  nothing: () => undefined,
  'the answer twice': (ask) => Buffer.concat([frame(ask, pduOf(ask)), frame(ask, pduOf(ask, 1))]),
  'the answer a thousand times': (ask) => Buffer.concat(Array(1_000).fill(frame(ask, pduOf(ask)))),
  'an answer to every transaction': (ask) =>
    Buffer.concat(Array.from({ length: 4_096 }, (_, transaction) => frame(ask, pduOf(ask), { transaction }))),
  'a byte before its answer': (ask) => Buffer.concat([Buffer.from([0]), frame(ask, pduOf(ask))]),
  'a byte behind its answer': (ask) => Buffer.concat([frame(ask, pduOf(ask)), Buffer.from([0])]),
  'half of its answer': (ask) => frame(ask, pduOf(ask)).subarray(0, 9),
  'a head and no more': (ask) => frame(ask, pduOf(ask)).subarray(0, 6),
  'Modbus RTU': ({ unit, code }) => Buffer.from([unit, code, 2, 0, 0, 0xb8, 0x44]),
  'Modbus ASCII': () => Buffer.from(':010302000AF0\r\n'),
  HTTP: () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
  'an alert of TLS': () => Buffer.from([0x15, 3, 1, 0, 2, 2, 40]),
  'an answer of MQTT': () => Buffer.from([0x20, 2, 0, 0]),
  zeros: () => Buffer.alloc(260),
  ones: () => Buffer.alloc(260, 0xff),
}

const STREAMS: Readonly<Record<string, Behaviour>> = {
  'hangs up': (socket) => void socket.end(),
  'resets the connection': (socket) => void socket.resetAndDestroy(),
  'sends noise without end': (socket) =>
    flood(socket, Buffer.from(Array.from({ length: 4_096 }, (_, at) => (at * 73) & 0xff))),
  'sends frames without end': (socket, first) => flood(socket, Buffer.concat(Array(200).fill(first))),
  'sends empty frames without end': (socket) =>
    flood(socket, Buffer.concat(Array(1_000).fill(Buffer.from([0, 1, 0, 0, 0, 1, 1])))),
  'sends a frame of 64 KiB without end': (socket) => {
    socket.write(Buffer.from([0, 1, 0, 0, 0xff, 0xff, 1, 3]))
    flood(socket, X)
  },
  'drips its answer': (socket, first) => {
    const answer = [...frame(askOf(first), pduOf(askOf(first)))]
    const timer = setInterval(
      () => (answer.length === 0 ? clearInterval(timer) : socket.write(Buffer.from([answer.shift()!]))),
      50,
    )
    socket.on('close', () => clearInterval(timer))
  },
  'drips noise': (socket) => drip(socket, Buffer.from([0x55])),
}

const heads = Object.entries(HEADS).map(([name, head]): [string, Behaviour] => [
  `answers with ${name}`,
  answering((said) => frame(askOf(said), pduOf(askOf(said)), head(askOf(said)))),
])
const pdus = Object.entries(PDUS).map(([name, pdu]): [string, Behaviour] => [
  `answers ${name}`,
  answering((said) => frame(askOf(said), pdu(askOf(said)))),
])
const answers = Object.entries(ANSWERS).map(([name, answer]): [string, Behaviour] => [
  `answers ${name}`,
  answering((said) => answer(askOf(said))),
])

export const modbusBehaviours: Readonly<Record<string, Behaviour>> = Object.fromEntries([
  ...heads,
  ...pdus,
  ...answers,
  ...Object.entries(STREAMS),
])
