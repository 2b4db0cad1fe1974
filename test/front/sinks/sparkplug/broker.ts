/** A broker of one client: it answers everything, keeps every packet in order, and says what it is told to say. */
import { type AddressInfo, createServer, type Socket } from 'node:net'
import mqtt, { type Packet } from 'mqtt-packet'

export type BrokerOptions = { readonly maximumPacketSize?: number }

export type Broker = {
  readonly url: string
  /** Of the client, in the order of their arrival. */
  readonly packets: readonly Packet[]
  /** Resolves when what has come is as it should be; fails after 5 s. */
  until(holds: () => boolean, otherwise: string): Promise<void>
  /** Resolves when the client has taken it. */
  say(topic: string, payload: string | Buffer): Promise<void>
  /** From now on no ping is answered, until `answer`. */
  holdPings(): void
  answerPings(): void
  close(): void
}

export async function startBroker(protocolVersion: 4 | 5, properties: BrokerOptions = {}): Promise<Broker> {
  const packets: Packet[] = []
  let socket: Socket | undefined
  let messageId = 0
  let held: number | undefined
  const watch = createWatch()
  const write = (packet: Packet) => socket?.write(mqtt.generate(packet, { protocolVersion }))

  function answer(packet: Packet): void {
    packets.push(packet)
    watch.look()
    switch (packet.cmd) {
      case 'connect':
        return void write({ cmd: 'connack', returnCode: 0, reasonCode: 0, sessionPresent: false, properties })
      case 'subscribe':
        return void write({ cmd: 'suback', messageId: packet.messageId!, granted: packet.subscriptions.map(() => 1) })
      case 'pingreq':
        if (held === undefined) write({ cmd: 'pingresp' })
        else held += 1
        return
      case 'publish':
        if (packet.qos === 1) write({ cmd: 'puback', messageId: packet.messageId!, reasonCode: 0 })
    }
  }

  const server = createServer((peer) => {
    socket = peer
    const parser = mqtt.parser({ protocolVersion })
    parser.on('packet', answer)
    peer.on('error', () => undefined)
    peer.on('data', (chunk) => parser.parse(chunk))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    packets,
    until: watch.until,
    async say(topic, payload) {
      messageId += 1
      const id = messageId
      write({ cmd: 'publish', topic, payload, qos: 1, dup: false, retain: false, messageId: id })
      const isTaken = () => packets.some((packet) => packet.cmd === 'puback' && packet.messageId === id)
      await watch.until(isTaken, 'the client takes nothing')
    },
    holdPings() {
      held = 0
    },
    answerPings() {
      for (; held; held -= 1) write({ cmd: 'pingresp' })
      held = undefined
    },
    close() {
      socket?.destroy()
      server.close()
    },
  }
}

/** Looks again whenever it is told to. */
function createWatch(): { look(): void; until: Broker['until'] } {
  const waiting = new Set<() => void>()
  return {
    look() {
      for (const look of waiting) look()
    },
    until(holds, otherwise) {
      return new Promise((resolve, reject) => {
        const end = (settle: () => void) => {
          clearTimeout(late)
          waiting.delete(look)
          settle()
        }
        const late = setTimeout(() => end(() => reject(new Error(otherwise))), 5_000)
        const look = () => holds() && end(resolve)
        waiting.add(look)
        look()
      })
    },
  }
}
