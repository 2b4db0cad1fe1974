/**
 * Devices that are hostile for a while and honest for a while, in turns. A register of even address holds a mark of its
 * unit and address, the one behind it the time of the answer, in ms: so whoever takes an answer that is late, doubled,
 * or another's is found out by the value. Usage: node hostile-peers.ts 0 JSON of `PeersOptions`; see hostility.ts.
 */
import type { Socket } from 'node:net'
import { serveParent } from '../../../support/child-server.ts'
import { type Carrier, carry, crc, lineLength } from '../../../support/modbus-carrier.ts'
import { nowMs, randomBetween } from '../../../support/proof.ts'
import { KINDS, type Kind, markOf, type PeersAsk, type PeersOptions, type PeersReport } from './hostility.ts'

type Request = { readonly id: number; readonly unit: number; readonly start: number; readonly count: number }

type Device = {
  readonly isRtu: boolean
  readonly isDatagram: boolean
  /** A serial line, which is the same whoever opens its port: what was mute on it is heard again. */
  readonly isLine: boolean
  readonly sockets: Set<Socket>
  kind: Kind | 'honest'
  honestAnswers: number
  readonly honestSinceMs: number[]
  /** A serial device answers in order. */
  freeAtMs: number
}

const HOSTILE_MS = [150, 700] as const
/** So many answers, or so long, until it is hostile again. */
const HONEST_ANSWERS = 6
const HONEST_MS = 5000
const LOOK_MS = 20
const BURST = 10

const bad = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>
const options = JSON.parse(process.argv[3]!) as PeersOptions
const devices: Device[] = []
let hostile: ReadonlySet<number> = new Set()

function create(carrier: Carrier | 'rtu'): Device {
  return {
    isRtu: carrier === 'rtu-over-tcp' || carrier === 'rtu',
    isDatagram: carrier === 'udp',
    isLine: carrier === 'rtu',
    sockets: new Set(),
    kind: 'honest',
    honestAnswers: 0,
    honestSinceMs: [],
    freeAtMs: 0,
  }
}

/* ── frames ── */

function answerOf({ unit, start, count }: Request, atMs = nowMs()): Buffer {
  const body = Buffer.alloc(3 + 2 * count)
  body.set([unit, 3, 2 * count])
  for (let n = 0; n < count; n++) {
    const address = start + n
    body.writeUInt16BE(address % 2 === 0 ? markOf(unit, address) : atMs & 0xffff, 3 + 2 * n)
  }
  return body
}

function framed(device: Device, id: number, body: Buffer): Buffer {
  if (device.isRtu) return Buffer.concat([body, crc(body)])
  const head = Buffer.alloc(6)
  head.writeUInt16BE(id & 0xffff, 0)
  head.writeUInt16BE(body.length, 4)
  return Buffer.concat([head, body])
}

/** The answer to something else: a value nobody may take. */
function lie(request: Request): Buffer {
  return answerOf({ ...request, start: request.start + 2 * randomBetween(1, 9) }, nowMs() - 5000)
}

/** A unit that nobody asks: an answer under the name of one that is asked would be its answer, where none has an id. */
const otherUnit = ({ unit }: Request) => unit + 2

/** Not that of a request beside it: who guesses one of these cannot be told from the device. */
const otherId = ({ id }: Request) => id + randomBetween(64, 65_472)

/* ── what is done to a request ── */

function take(device: Device, socket: Socket, request: Request): void {
  const { kind } = device
  const honest = framed(device, request.id, answerOf(request))
  const send = (bytes: Buffer, afterMs = 0) => later(device, socket, bytes, afterMs)
  if (kind === 'honest') {
    device.honestAnswers += 1
    return send(honest)
  }
  const isAnswered = Math.random() < 0.5
  const lies = (count: number, frame: () => Buffer) => {
    bad[kind] += count
    for (let n = 0; n < count; n++) send(frame())
  }
  switch (kind) {
    case 'late':
      bad.late += 1
      return send(honest, options.timeoutMs * (1.1 + 2 * Math.random()))
    case 'wrong-id':
      if (device.isRtu) return lies(1, () => Buffer.concat([lie(request), Buffer.from([1, 2])]))
      lies(BURST, () => framed(device, otherId(request), lie(request)))
      return isAnswered ? send(honest) : undefined
    case 'wrong-unit':
      return lies(1, () => framed(device, request.id, lie({ ...request, unit: otherUnit(request) })))
    case 'wrong-length':
      return lies(1, () => framed(device, request.id, lie({ ...request, count: request.count + randomBetween(1, 60) })))
    case 'doubled':
      bad.doubled += 2
      return send(Buffer.concat([honest, honest, honest]))
    case 'torn':
      if (isAnswered) return tear(device, socket, honest, 2)
      bad.torn += 1
      return send(honest.subarray(0, randomBetween(1, honest.length - 1)))
    case 'coalesced': {
      bad.coalesced += 3
      const stray = () => (device.isRtu ? Buffer.from([0xff, 0]) : framed(device, otherId(request), lie(request)))
      return send(Buffer.concat([stray(), stray(), stray(), honest]))
    }
    case 'slow':
      bad.slow += 1
      return tear(device, socket, honest, (options.timeoutMs * 1.5) / honest.length)
    case 'closing':
      bad.closing += 1
      send(honest)
      if (!device.isDatagram) setTimeout(() => socket.end(), 1)
      return
    case 'refusing':
      // It takes one connection only, and has just made us close it.
      return lies(1, () => framed(device, request.id, lie({ ...request, unit: otherUnit(request) })))
    case 'silent':
    case 'half-open':
      bad[kind] += 1
  }
}

function later(device: Device, socket: Socket, bytes: Buffer, afterMs: number): void {
  const write = () => socket.destroyed || socket.write(bytes)
  const now = nowMs()
  const atMs = device.isRtu ? Math.max(now + afterMs, device.freeAtMs) : now + afterMs
  if (device.isRtu) device.freeAtMs = atMs
  if (atMs <= now) write()
  else setTimeout(write, atMs - now)
}

/** One byte at a time, in order; a datagram in two. */
function tear(device: Device, socket: Socket, bytes: Buffer, everyMs: number): void {
  if (device.isDatagram) {
    later(device, socket, bytes.subarray(0, 8), 0)
    later(device, socket, bytes.subarray(8), everyMs)
    return
  }
  if (device.isRtu) device.freeAtMs = Math.max(nowMs(), device.freeAtMs) + bytes.length * everyMs
  const next = (at: number) => {
    if (at === bytes.length || socket.destroyed) return
    socket.write(bytes.subarray(at, at + 1))
    setTimeout(next, everyMs, at + 1)
  }
  next(0)
}

/* ── connections ── */

function serve(device: Device, socket: Socket): void {
  if (device.kind === 'refusing' && device.sockets.size > 0) return void socket.resetAndDestroy()
  device.sockets.add(socket)
  socket.on('error', () => {})
  socket.on('close', () => device.sockets.delete(socket))
  socket.setNoDelay(true)
  let isMute = false
  let received: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    isMute = (isMute && !device.isLine) || (device.kind === 'half-open' && !device.isDatagram)
    if (isMute) {
      if (device.kind === 'half-open') bad['half-open'] += 1
      return
    }
    received = Buffer.concat([received, chunk])
    for (;;) {
      const length = device.isRtu ? lineLength(received) : received.length < 6 ? 0 : 6 + received.readUInt16BE(4)
      if (length === 0 || received.length < length) return
      const body = device.isRtu ? received : received.subarray(6)
      const [id, unit] = [received.readUInt16BE(0), body.readUInt8(0)]
      take(device, socket, { id, unit, start: body.readUInt16BE(2), count: body.readUInt16BE(4) })
      received = received.subarray(length)
    }
  })
}

async function turns(device: Device): Promise<never> {
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
  for (;;) {
    while (!hostile.has(devices.indexOf(device))) await pause(LOOK_MS)
    device.kind = KINDS[randomBetween(0, KINDS.length - 1)]!
    await pause(randomBetween(...HOSTILE_MS))
    device.kind = 'honest'
    device.honestAnswers = 0
    device.honestSinceMs.push(nowMs())
    const endMs = nowMs() + HONEST_MS
    while (device.honestAnswers < HONEST_ANSWERS && nowMs() < endMs) await pause(LOOK_MS)
  }
}

const ports: number[] = []
for (const carrier of options.carriers) {
  const device = create(carrier)
  devices.push(device)
  // A serial line is told by its bytes here, which have to be spoilt as well.
  const raw = carrier === 'rtu-over-tcp' || carrier === 'rtu' ? 'tcp' : carrier
  ports.push(await carry(raw, 0, (socket) => serve(device, socket), options.shown))
}

for (const device of devices) void turns(device)

serveParent(0, (ask: PeersAsk) => {
  switch (ask.kind) {
    case 'ports':
      return ports
    case 'let':
      hostile = new Set(ask.devices)
      return true
    case 'report':
      return { bad, honestSinceMs: devices.map(({ honestSinceMs }) => honestSinceMs) } satisfies PeersReport
  }
})
