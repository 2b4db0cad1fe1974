/**
 * What carries Modbus to the device of modbus-server.ts: TCP, TLS, UDP, or the frames of a serial line over TCP. The
 * device sees frames of TCP whatever carries them. Shares no code with the adapter.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { createServer as createTlsServer } from 'node:tls'
import { makeCertificate } from './certificate.ts'

export type Carrier = 'tcp' | 'tls' | 'udp' | 'rtu-over-tcp'

/** Certificates of both sides, each of which is the authority of the other. */
export type Shown = { readonly cert: string; readonly key: string; readonly clientCert: string }

/** Listens on 127.0.0.1 and calls `serve` with each client; the port. */
export async function carry(
  carrier: Carrier,
  port: number,
  serve: (peer: Socket) => void,
  shown?: Shown,
): Promise<number> {
  if (carrier === 'udp') return carryDatagrams(port, serve)
  const take = carrier === 'rtu-over-tcp' ? (socket: Socket) => serve(translated(socket)) : serve
  const server =
    carrier === 'tls'
      ? createTlsServer({ cert: shown!.cert, key: shown!.key, ca: shown!.clientCert, requestCert: true }, serve)
      : createServer(take)
  server.on('tlsClientError', () => {})
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** For one device and one client. */
export function makeShown(): {
  readonly device: Shown
  readonly client: { readonly cert: string; readonly key: string }
} {
  const [device, client] = [makeCertificate('device'), makeCertificate('latchkey')]
  return { device: { ...device, clientCert: client.cert }, client }
}

async function carryDatagrams(port: number, serve: (peer: Socket) => void): Promise<number> {
  const socket = createSocket('udp4')
  const peers = new Map<string, Duplex>()
  socket.on('message', (bytes, from) => {
    const name = `${from.address}:${from.port}`
    let peer = peers.get(name)
    if (peer === undefined) {
      peer = duplex((frame) => socket.send(frame, from.port, from.address))
      peers.set(name, peer)
      serve(peer as Socket)
    }
    peer.push(bytes)
  })
  socket.bind(port, '127.0.0.1')
  await once(socket, 'listening')
  return socket.address().port
}

/** Requests of a serial line arrive as frames of TCP, and answers leave as those of a serial line. */
function translated(line: Socket): Socket {
  let received: Buffer = Buffer.alloc(0)
  const peer = duplex((frame) => {
    const body = frame.subarray(6)
    line.write(Buffer.concat([body, crc(body)]))
  })
  line.setNoDelay(true)
  line.on('data', (chunk) => {
    received = Buffer.concat([received, chunk])
    for (let length = lineLength(received); length > 0 && received.length >= length; length = lineLength(received)) {
      const body = received.subarray(0, length - 2)
      if (crc(body).equals(received.subarray(length - 2, length))) peer.push(asTcp(body))
      received = received.subarray(length)
    }
  })
  line.on('error', () => {})
  line.on('close', () => peer.destroy())
  peer.on('close', () => line.destroy())
  peer.on('finish', () => line.end())
  return peer as Socket
}

/** Of a request on a serial line, checksum included; 0: not yet known. */
export function lineLength(bytes: Buffer): number {
  if (bytes.length < 7) return 0
  return bytes.readUInt8(1) <= 6 ? 8 : 9 + bytes.readUInt8(6)
}

function asTcp(body: Buffer): Buffer {
  const out = Buffer.alloc(6)
  out.writeUInt16BE(body.length, 4)
  return Buffer.concat([out, body])
}

function duplex(send: (frame: Buffer) => void): Duplex {
  const peer = new Duplex({
    read() {},
    write(frame, _, done) {
      send(frame)
      done()
    },
  })
  const reset = () => peer.destroy()
  return Object.assign(peer, { setNoDelay() {}, setTimeout() {}, resetAndDestroy: reset })
}

/** Bit by bit: Modbus over Serial Line V1.02, 6.2.2. */
export function crc(bytes: Buffer): Buffer {
  let value = 0xffff
  for (const byte of bytes) {
    value ^= byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xa001 : value >>> 1
  }
  return Buffer.from([value & 0xff, value >>> 8])
}
