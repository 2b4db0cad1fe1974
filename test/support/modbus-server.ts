/**
 * A Modbus device for tests, a process of its own, written without a library so that it can also lie. It shares no
 * code with the adapter. An address that was never loaded is illegal (exception 2).
 * Usage: node modbus-server.ts PORT (0: any) [CARRIER [JSON of certificates]]: see modbus-carrier.ts.
 * Commands arrive from the parent: see `ModbusAsk`.
 */
import type { Socket } from 'node:net'
import { serveParent } from './child-server.ts'
import { type Carrier, carry } from './modbus-carrier.ts'

export type ModbusTable = 'holding' | 'input' | 'coil' | 'discrete'
export type ModbusRange = { unit: number; table: ModbusTable; start: number; values: readonly number[] }

/** How an answer is made wrong. */
export type ModbusLie =
  | 'wrong-transaction'
  | 'wrong-unit'
  | 'wrong-protocol'
  | 'wrong-function'
  | 'wrong-byte-count'
  | 'short'
  | 'exception-of-another-unit'
  | 'huge-length'
  | 'previous-answer'
  | 'wrong-echo'
  | 'own-transactions'
  | 'byte-too-many'
  | 'checksum-behind'

export type ModbusBehaviour = {
  /** Units that do not answer. */
  silent: readonly number[]
  delayMs: number
  maxRegisters: number
  /** Every request answers this exception. */
  exception: number | null
  lie: ModbusLie | null
  /** Answers arrive one byte at a time. */
  drip: boolean
  /** Every so many requests one is answered `busy`. 0: none. */
  busyEvery: number
  /** Addresses of a module that failed: exception 4 to what reads over one. */
  failing: readonly number[]
  /** Reads of more registers get no answer. */
  deafOver: number
  /** Closes the connection after each answer. */
  closesAfterAnswer: boolean
  /** Closes a connection that was idle so long. 0: never. */
  closesIdleMs: number
  /** Closes a connection at the first byte. */
  closesAtOnce: boolean
  /** What comes so soon after a connect, or after an answer, is dropped. */
  deafAfterConnectMs: number
  deafAfterAnswerMs: number
  /** A byte that belongs to nothing, before each answer. */
  strays: boolean
  /** Units behind a gateway that does not reach them: exception 11, after it has waited so long. */
  unreached: readonly number[]
  unreachedMs: number
  /** Every other answer is late by so much, so that answers overtake each other. 0: none. */
  overtakenMs: number
  /** A coil that drops when it is not written for a time. */
  watchdog: ModbusWatchdog | null
}

/** An output of an I/O module. All addresses are of unit 1. */
export type ModbusWatchdog = {
  readonly coil: number
  /** The discrete input that its contact is wired to. */
  readonly contact: number
  /** The holding register of its time, ms; 0: it never drops. */
  readonly time: number
  /** The holding register that counts its drops. */
  readonly drops: number
}

export type ModbusAsk =
  | { kind: 'load'; ranges: readonly ModbusRange[] }
  | { kind: 'behave'; behaviour: Partial<ModbusBehaviour> }
  /** As at the start. */
  | { kind: 'behave-usually' }
  /** Answers the requests seen since the last time, and forgets them. */
  | { kind: 'journal' }
  | { kind: 'peek'; unit: number; table: ModbusTable; start: number; count: number }
  | { kind: 'connection-count' }
  /** How many there have been in all. */
  | { kind: 'connections-so-far' }
  /** Closes every connection: FIN, or RST. */
  | { kind: 'hang-up'; how: 'fin' | 'rst' }

export type ModbusRequest = { unit: number; code: number; start: number; count: number; values?: number[] }

const TABLES: Record<number, ModbusTable> = {
  1: 'coil',
  2: 'discrete',
  3: 'holding',
  4: 'input',
  5: 'coil',
  6: 'holding',
  15: 'coil',
  16: 'holding',
}
const cells = new Map<string, number>()
const sockets = new Set<Socket>()
let journal: ModbusRequest[] = []
let previous: Buffer | undefined
const USUAL: ModbusBehaviour = {
  silent: [],
  delayMs: 0,
  maxRegisters: 125,
  exception: null,
  lie: null,
  drip: false,
  busyEvery: 0,
  failing: [],
  deafOver: 125,
  closesAfterAnswer: false,
  closesIdleMs: 0,
  closesAtOnce: false,
  deafAfterConnectMs: 0,
  deafAfterAnswerMs: 0,
  strays: false,
  unreached: [],
  unreachedMs: 0,
  overtakenMs: 0,
  watchdog: null,
}
const behaviour = { ...USUAL }
let fedAtMs = 0
let requests = 0
let connections = 0

const key = (unit: number, table: ModbusTable, address: number) => `${unit}/${table}/${address}`

function answer(unit: number, pdu: Buffer): Buffer {
  const code = pdu.readUInt8(0)
  const refuse = (exception: number) => Buffer.from([code | 0x80, exception])
  const table = TABLES[code]
  if (table === undefined) return refuse(1)
  const start = pdu.readUInt16BE(1)
  const isSingle = code === 5 || code === 6
  const count = isSingle ? 1 : pdu.readUInt16BE(3)
  const addresses = Array.from({ length: count }, (_, index) => start + index)
  const words = isSingle
    ? [code === 5 ? Number(pdu.readUInt16BE(3) === 0xff00) : pdu.readUInt16BE(3)]
    : code === 15
      ? addresses.map((_, index) => (pdu.readUInt8(6 + (index >> 3)) >> (index & 7)) & 1)
      : code === 16
        ? addresses.map((_, index) => pdu.readUInt16BE(6 + index * 2))
        : undefined
  journal.push({ unit, code, start, count, ...(words ? { values: words } : {}) })
  if (behaviour.exception !== null) return refuse(behaviour.exception)
  requests += 1
  if (behaviour.busyEvery > 0 && requests % behaviour.busyEvery === 0) return refuse(6)
  if (addresses.some((address) => behaviour.failing.includes(address))) return refuse(4)
  if (table !== 'coil' && table !== 'discrete' && count > behaviour.maxRegisters) return refuse(3)
  if (addresses.some((address) => !cells.has(key(unit, table, address)))) return refuse(2)
  if (behaviour.watchdog) watch(behaviour.watchdog)
  if (words) {
    for (const [index, address] of addresses.entries()) cells.set(key(unit, table, address), words[index] ?? 0)
    if (behaviour.watchdog && table === 'coil') fedAtMs = performance.now()
    return pdu.subarray(0, 5)
  }
  const values = addresses.map((address) => cells.get(key(unit, table, address)) ?? 0)
  if (code <= 2) {
    const out = Buffer.alloc(2 + Math.ceil(count / 8))
    out.writeUInt8(code, 0)
    out.writeUInt8(out.length - 2, 1)
    for (const [index, bit] of values.entries()) {
      const at = 2 + (index >> 3)
      if (bit) out.writeUInt8(out.readUInt8(at) | (1 << (index & 7)), at)
    }
    return out
  }
  const out = Buffer.alloc(2 + count * 2)
  out.writeUInt8(code, 0)
  out.writeUInt8(count * 2, 1)
  for (const [index, value] of values.entries()) out.writeUInt16BE(value, 2 + index * 2)
  return out
}

/** Drops the coil when its time is over, and shows by the contact what it switches. */
function watch({ coil, contact, time, drops }: ModbusWatchdog): void {
  const of = (table: ModbusTable, address: number) => cells.get(key(1, table, address)) ?? 0
  const timeMs = of('holding', time)
  if (of('coil', coil) === 1 && timeMs > 0 && performance.now() - fedAtMs > timeMs) {
    cells.set(key(1, 'coil', coil), 0)
    cells.set(key(1, 'holding', drops), of('holding', drops) + 1)
  }
  cells.set(key(1, 'discrete', contact), of('coil', coil))
}

function frame(transaction: number, unit: number, pdu: Buffer): Buffer {
  const out = Buffer.alloc(7 + pdu.length)
  out.writeUInt16BE(transaction, 0)
  out.writeUInt16BE(pdu.length + 1, 4)
  out.writeUInt8(unit, 6)
  pdu.copy(out, 7)
  return out
}

function lieAbout(honest: Buffer, transaction: number, unit: number, pdu: Buffer): Buffer {
  switch (behaviour.lie) {
    case null:
      return honest
    case 'wrong-transaction':
      return frame((transaction + 1) & 0xffff, unit, pdu)
    case 'wrong-unit':
      return frame(transaction, unit + 1, pdu)
    case 'wrong-protocol':
      honest.writeUInt16BE(1, 2)
      return honest
    case 'wrong-function':
      return frame(transaction, unit, Buffer.concat([Buffer.from([pdu.readUInt8(0) ^ 7]), pdu.subarray(1)]))
    case 'wrong-byte-count':
      return frame(
        transaction,
        unit,
        Buffer.concat([pdu.subarray(0, 1), Buffer.from([pdu.readUInt8(1) + 2]), pdu.subarray(2)]),
      )
    case 'short':
      return frame(transaction, unit, pdu.subarray(0, -2))
    case 'exception-of-another-unit':
      return frame(transaction, unit + 1, Buffer.from([pdu.readUInt8(0) | 0x80, 2]))
    case 'wrong-echo':
      honest.writeUInt16BE(honest.readUInt16BE(8) + 1, 8)
      return honest
    case 'own-transactions':
      return frame(7, unit, pdu)
    case 'byte-too-many':
      return frame(transaction, unit, Buffer.concat([pdu, Buffer.from([0xaa])]))
    case 'checksum-behind':
      return Buffer.concat([honest, Buffer.from([0xd6, 0x37])])
    case 'huge-length':
      honest.writeUInt16BE(0xffff, 4)
      return honest
    case 'previous-answer': {
      const last = previous ?? honest
      previous = honest
      return last
    }
  }
}

function serve(socket: Socket): void {
  sockets.add(socket)
  connections += 1
  const openedAtMs = performance.now()
  let answeredAtMs = Number.NEGATIVE_INFINITY
  const isDeaf = () =>
    performance.now() - openedAtMs < behaviour.deafAfterConnectMs ||
    performance.now() - answeredAtMs < behaviour.deafAfterAnswerMs
  if (behaviour.closesIdleMs > 0) socket.setTimeout(behaviour.closesIdleMs, () => socket.end())
  socket.setNoDelay(true)
  socket.on('error', () => {})
  socket.on('close', () => sockets.delete(socket))
  let received: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    if (behaviour.closesAtOnce) return socket.resetAndDestroy()
    if (isDeaf()) return
    received = Buffer.concat([received, chunk])
    while (received.length >= 6 && received.length >= 6 + received.readUInt16BE(4)) {
      const request = received.subarray(0, 6 + received.readUInt16BE(4))
      received = received.subarray(request.length)
      const transaction = request.readUInt16BE(0)
      const unit = request.readUInt8(6)
      const isUnreached = behaviour.unreached.includes(unit)
      const pdu = isUnreached ? Buffer.from([request.readUInt8(7) | 0x80, 11]) : answer(unit, request.subarray(7))
      if (behaviour.silent.includes(unit)) continue
      if (request.readUInt8(7) <= 4 && request.readUInt16BE(10) > behaviour.deafOver) continue
      const bytes = lieAbout(frame(transaction, unit, pdu), transaction, unit, pdu)
      const overtakenMs = transaction % 2 === 1 ? behaviour.overtakenMs : 0
      const delayMs = behaviour.delayMs + overtakenMs + (isUnreached ? behaviour.unreachedMs : 0)
      setTimeout(() => {
        answeredAtMs = performance.now()
        if (behaviour.strays) socket.write(Buffer.from([0xff]))
        if (behaviour.drip) for (const byte of bytes) socket.write(Buffer.from([byte]))
        else socket.write(bytes)
        if (behaviour.closesAfterAnswer) socket.end()
      }, delayMs)
    }
  })
}

function handle(ask: ModbusAsk): unknown {
  switch (ask.kind) {
    case 'load':
      for (const { unit, table, start, values } of ask.ranges) {
        for (const [index, value] of values.entries()) cells.set(key(unit, table, start + index), value)
      }
      return true
    case 'behave':
      Object.assign(behaviour, ask.behaviour)
      return true
    case 'behave-usually':
      Object.assign(behaviour, USUAL)
      return true
    case 'journal': {
      const seen = journal
      journal = []
      return seen
    }
    case 'peek':
      return Array.from({ length: ask.count }, (_, index) => cells.get(key(ask.unit, ask.table, ask.start + index)))
    case 'connection-count':
      return sockets.size
    case 'connections-so-far':
      return connections
    case 'hang-up':
      for (const socket of sockets) {
        if (ask.how === 'rst') socket.resetAndDestroy()
        else socket.end()
      }
      return true
  }
}

const [, , port = '0', carrier = 'tcp', shown = '{}'] = process.argv
serveParent(await carry(carrier as Carrier, Number(port), serve, JSON.parse(shown)), handle)
