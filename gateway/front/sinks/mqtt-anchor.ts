/**
 * Reads the newest checkpoint that the broker holds, once, before the sink starts: the only thing the gateway ever
 * takes from MQTT. It is evidence against us, never a command. Whatever goes wrong means that there is none.
 */
import { connect } from 'mqtt'
import { clientOptions, type MqttOptions } from './mqtt-connection.ts'

/** A broker sends a retained message right after the SUBACK; a busy one may take this long, ms. */
const RETAINED_MS = 3000
const MOST_CHARS = 10_000

export function findCheckpoint(options: MqttOptions, topic: string, withinMs: number): Promise<string | undefined> {
  const client = connect(options.url, { ...clientOptions({ ...options, clientId: `${options.clientId}-anchor` }) })
  return new Promise<string | undefined>((resolve) => {
    const deadline = setTimeout(() => resolve(undefined), withinMs)
    const none = () => {
      clearTimeout(deadline)
      resolve(undefined)
    }
    client.on('error', none)
    client.on('close', none)
    client.on('connect', () => {
      client.subscribe(topic, { qos: 1 }, (error) => {
        if (error) none()
        else setTimeout(none, Math.min(RETAINED_MS, withinMs))
      })
    })
    client.on('message', (from, payload) => {
      if (from !== topic || payload.length > MOST_CHARS) return
      clearTimeout(deadline)
      resolve(payload.toString('utf8'))
    })
  }).finally(() => client.end(true))
}
