/**
 * The Modbus TCP face: serves the registers of several units on one port (functions 3, 4, 6 and 16; for units with bits
 * also 1, 2, 5 and 15), counts every request and reports every write. It is strict: wrong counts and lengths are
 * refused, and bytes that are not Modbus end the connection.
 * Source: Modbus Application Protocol V1.1b3, Modbus TCP Guide V1.0b.
 */
import type { Socket } from 'node:net'
import type { WriteFrame } from '../machine/journal.ts'
import { type Door, openDoor } from './door.ts'
import { createRefusals } from './refusals.ts'

/** Exception codes of the Modbus specification, section 7. */
export const illegalFunction = 1
export const illegalAddress = 2
export const illegalValue = 3
const deviceFailure = 4
const targetFailed = 11

type Refusal = Readonly<{ exception: number }>

/** The registers of one unit. It refuses addresses it does not have, those above 65535 too. A word is 0 to 65535. */
export type Unit = Readonly<{
  readHolding(address: number, count: number): number[] | Refusal
  readInput(address: number, count: number): number[] | Refusal
  write(address: number, words: number[]): 'ok' | Refusal
  /** Bits are 0 and 1. A unit without bits refuses their functions. */
  readCoils?(address: number, count: number): number[] | Refusal
  readDiscrete?(address: number, count: number): number[] | Refusal
  writeCoils?(address: number, bits: number[]): 'ok' | Refusal
}>

type ModbusFace = Readonly<{
  door: Door
  /** Answers the next `count` writes with exception 4. */
  refuseWrites(count: number): void
}>

type ModbusOptions = Readonly<{
  host: string
  port: number
  units: ReadonlyMap<number, Unit>
  onRequest: (kind: string) => void
  onWrite: (frame: WriteFrame) => void
  log: (message: string) => void
}>

const headerBytes = 7

export async function openModbusFace(options: ModbusOptions): Promise<ModbusFace> {
  const refusals = createRefusals()

  function answer(unitId: number, pdu: Buffer): Buffer {
    const code = pdu.readUInt8(0)
    options.onRequest(`fc${code}`)
    const unit = options.units.get(unitId)
    if (!unit) return refuse(code, targetFailed)
    const write = parseWrite(pdu)
    if (write === undefined) return answerRead(unit, pdu)
    const outcome = 'exception' in write ? write : takeWrite(unit, write)
    const words = 'words' in write ? write.words : []
    const text = outcome === 'ok' ? 'ok' : `exception ${outcome.exception}`
    const address = pdu.length >= 3 ? pdu.readUInt16BE(1) : null
    options.onWrite({ unit: unitId, function: `fc${code}`, address, words, outcome: text })
    return outcome === 'ok' ? pdu.subarray(0, 5) : refuse(code, outcome.exception)
  }

  function takeWrite(unit: Unit, write: Write): 'ok' | Refusal {
    if (refusals.take()) return { exception: deviceFailure }
    if (!write.isBits) return unit.write(write.address, write.words)
    return unit.writeCoils?.(write.address, write.words) ?? { exception: illegalFunction }
  }

  const door = await openDoor({ ...options, onSocket: (socket) => serve(socket, answer) })
  return { door, refuseWrites: refusals.refuseWrites }
}

/** Cuts the stream into frames and answers them in order. Bytes that cannot be a frame end the connection. */
function serve(socket: Socket, answer: (unitId: number, pdu: Buffer) => Buffer): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= headerBytes && !socket.destroyed) {
      const length = rest.readUInt16BE(4)
      if (rest.readUInt16BE(2) !== 0 || length < 2 || length > 254) return socket.destroy()
      const end = 6 + length
      if (rest.length < end) return
      const reply = answer(rest.readUInt8(6), rest.subarray(headerBytes, end))
      const header = Buffer.from(rest.subarray(0, headerBytes))
      header.writeUInt16BE(reply.length + 1, 4)
      socket.write(Buffer.concat([header, reply]))
      rest = rest.subarray(end)
    }
  })
}

function answerRead(unit: Unit, pdu: Buffer): Buffer {
  const code = pdu.readUInt8(0)
  if (code === 1 || code === 2) return answerBits(unit, pdu)
  if (code !== 3 && code !== 4) return refuse(code, illegalFunction)
  if (pdu.length !== 5) return refuse(code, illegalValue)
  const address = pdu.readUInt16BE(1)
  const count = pdu.readUInt16BE(3)
  if (count < 1 || count > 125) return refuse(code, illegalValue)
  const words = code === 3 ? unit.readHolding(address, count) : unit.readInput(address, count)
  if ('exception' in words) return refuse(code, words.exception)
  const reply = Buffer.alloc(2 + words.length * 2)
  reply.writeUInt8(code, 0)
  reply.writeUInt8(words.length * 2, 1)
  for (const [index, word] of words.entries()) reply.writeUInt16BE(word, 2 + index * 2)
  return reply
}

/** Answers at most 2000 bits, which fill a frame. The first is the lowest bit of the first byte. */
function answerBits(unit: Unit, pdu: Buffer): Buffer {
  const code = pdu.readUInt8(0)
  const read = code === 1 ? unit.readCoils : unit.readDiscrete
  if (read === undefined) return refuse(code, illegalFunction)
  if (pdu.length !== 5) return refuse(code, illegalValue)
  const count = pdu.readUInt16BE(3)
  if (count < 1 || count > 2000) return refuse(code, illegalValue)
  const bits = read(pdu.readUInt16BE(1), count)
  if ('exception' in bits) return refuse(code, bits.exception)
  const bytes = Buffer.alloc(Math.ceil(count / 8))
  for (const [index, bit] of bits.entries())
    bytes.writeUInt8(bytes.readUInt8(index >> 3) | (bit << (index & 7)), index >> 3)
  return Buffer.concat([Buffer.from([code, bytes.length]), bytes])
}

type Write = Readonly<{ address: number; words: number[]; isBits: boolean }>

/** Undefined when the request is no write. */
function parseWrite(pdu: Buffer): Write | Refusal | undefined {
  const code = pdu.readUInt8(0)
  if (code === 6) {
    if (pdu.length !== 5) return { exception: illegalValue }
    return { address: pdu.readUInt16BE(1), words: [pdu.readUInt16BE(3)], isBits: false }
  }
  if (code === 5) {
    const word = pdu.length === 5 ? pdu.readUInt16BE(3) : 1
    if (word !== 0 && word !== 0xff00) return { exception: illegalValue }
    return { address: pdu.readUInt16BE(1), words: [word === 0 ? 0 : 1], isBits: true }
  }
  if (code === 15) return parseBits(pdu)
  if (code !== 16) return undefined
  if (pdu.length < 6) return { exception: illegalValue }
  const address = pdu.readUInt16BE(1)
  const count = pdu.readUInt16BE(3)
  const bytes = pdu.readUInt8(5)
  if (count < 1 || count > 123 || bytes !== count * 2 || pdu.length !== 6 + bytes) return { exception: illegalValue }
  const words = Array.from({ length: count }, (_, index) => pdu.readUInt16BE(6 + index * 2))
  return { address, words, isBits: false }
}

function parseBits(pdu: Buffer): Write | Refusal {
  if (pdu.length < 6) return { exception: illegalValue }
  const count = pdu.readUInt16BE(3)
  const bytes = pdu.readUInt8(5)
  if (count < 1 || count > 1968 || bytes !== Math.ceil(count / 8) || pdu.length !== 6 + bytes)
    return { exception: illegalValue }
  const words = Array.from({ length: count }, (_, index) => (pdu.readUInt8(6 + (index >> 3)) >> (index & 7)) & 1)
  return { address: pdu.readUInt16BE(1), words, isBits: true }
}

function refuse(code: number, exception: number): Buffer {
  return Buffer.from([code | 0x80, exception])
}
