/** A broker that holds back acknowledgements and answers as it is told: what no real one does on demand. */

import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'

export type BrokerStub = {
  readonly url: string
  /** Packet ids of QoS 1 publishes not acknowledged yet, oldest first. */
  readonly held: readonly number[]
  /** Acknowledges the oldest `count` with an MQTT 5 reason code. */
  acknowledge(count: number, reason?: number): void
  /** MQTT 5. */
  disconnect(reason: number): void
  close(): void
}

export type StubOptions = {
  readonly version: 4 | 5
  readonly connack?: number
  readonly receiveMaximum?: number
  /** MQTT 5; bytes. */
  readonly maximumPacketSize?: number
}

const CONNECT = 1
const PUBLISH = 3

export async function startBrokerStub(options: StubOptions): Promise<BrokerStub> {
  const { version, connack = 0, receiveMaximum = 65_535, maximumPacketSize = 0xffff_ffff } = options
  const held: number[] = []
  const sockets = new Set<Socket>()
  let speaking: Socket | undefined

  function connackPacket(): Buffer {
    if (version === 4) return Buffer.from([0x20, 2, 0, connack])
    const packet = Buffer.from([0x20, 11, 0, connack, 8, 0x21, 0, 0, 0x27, 0, 0, 0, 0])
    packet.writeUInt16BE(receiveMaximum, 6)
    packet.writeUInt32BE(maximumPacketSize, 9)
    return packet
  }

  function take(type: number, flags: number, body: Buffer): void {
    if (type === CONNECT) speaking?.write(connackPacket())
    if (type === PUBLISH && (flags & 6) === 2) held.push(body.readUInt16BE(2 + body.readUInt16BE(0)))
  }

  const server = createServer((socket) => {
    speaking = socket
    sockets.add(socket)
    let rest = Buffer.alloc(0)
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk])
      for (;;) {
        const packet = first(rest)
        if (packet === undefined) return
        rest = rest.subarray(packet.size)
        take(packet.type, packet.flags, packet.body)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    held,
    acknowledge(count, reason = 0) {
      for (const id of held.splice(0, count)) {
        const head = [id >> 8, id & 0xff]
        speaking?.write(Buffer.from(version === 4 ? [0x40, 2, ...head] : [0x40, 4, ...head, reason, 0]))
      }
    },
    disconnect: (reason) => void speaking?.write(Buffer.from([0xe0, 2, reason, 0])),
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

type Packet = { readonly type: number; readonly flags: number; readonly body: Buffer; readonly size: number }

/** The first whole packet: MQTT 3.1.1 §2.2. */
function first(data: Buffer): Packet | undefined {
  let length = 0
  for (let index = 1; index < Math.min(data.length, 5); index += 1) {
    const byte = data[index]!
    length += (byte & 0x7f) << (7 * (index - 1))
    if (byte & 0x80) continue
    const start = index + 1
    if (data.length < start + length) return undefined
    return {
      type: data[0]! >> 4,
      flags: data[0]! & 0xf,
      body: data.subarray(start, start + length),
      size: start + length,
    }
  }
  return undefined
}
