/**
 * The connection of one simulated gateway to the broker. It can fall dead, say goodbye, or go silent with its socket
 * open, which no broker notices: it sends no keep-alive, so that only the heartbeat shows it.
 * Read next: site.ts (what is said), fleet.ts (when it goes).
 */
import { connect, type IClientPublishOptions, type MqttClient } from 'mqtt'
import type { Message } from './site.ts'

const RECONNECT_MS = 1_000
const GOODBYE_MS = 1_000

export type Counts = { sent: number; taken: number; bytes: number; connects: number }

export type Wire = Readonly<{
  /** `onTaken`: the broker has it. */
  say(message: Message, onTaken?: () => void): void
  isOpen(): boolean
  /** The socket closes without a word. */
  drop(): void
  leave(farewell: Message): void
}>

type Options = Readonly<{ url: string; version: 4 | 5; name: string; will: Message; counts: Counts }>

export function openWire({ url, version, name, will, counts }: Options, onOpen: () => void, onLost: () => void): Wire {
  const client: MqttClient = connect(url, {
    ...{ protocolVersion: version, clientId: name, clean: true, keepalive: 0, reconnectPeriod: RECONNECT_MS },
    ...{ reconnectOnConnackError: true, queueQoSZero: false, resubscribe: false },
    will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: will.retain },
  })
  let isGone = false
  client.on('error', () => undefined)
  client.on('connect', () => {
    counts.connects += 1
    if (!isGone) onOpen()
  })
  client.on('close', () => {
    if (!isGone) onLost()
  })
  const optionsOf = ({ retain, expiryS }: Message): IClientPublishOptions => ({
    ...{ qos: 1, retain },
    ...(version === 5 && {
      properties: { contentType: 'application/json', ...(expiryS !== undefined && { messageExpiryInterval: expiryS }) },
    }),
  })
  function say(message: Message, onTaken?: () => void): void {
    counts.sent += 1
    counts.bytes += message.topic.length + message.payload.length
    client.publish(message.topic, message.payload, optionsOf(message), (error) => {
      if (error) return
      counts.taken += 1
      onTaken?.()
    })
  }
  return {
    say,
    isOpen: () => client.connected,
    drop() {
      isGone = true
      client.end(true)
    },
    leave(farewell) {
      isGone = true
      client.publish(farewell.topic, farewell.payload, optionsOf(farewell), () => client.end())
      setTimeout(() => client.end(true), GOODBYE_MS).unref()
    },
  }
}
