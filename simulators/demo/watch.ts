/**
 * A subscriber at the broker, like a plant's own system: it collects everything the gateway publishes from the start,
 * or what a late subscriber finds retained. Next: once.ts.
 */
import { connect, type MqttClient } from 'mqtt'

type Message = Readonly<{ topic: string; body: Readonly<Record<string, unknown>>; retained: boolean }>

export type Watch = Readonly<{ all: readonly Message[]; close(): Promise<void> }>

const connectWithinMs = 5_000

/** Resolves when subscribed. `name` tells the subscribers apart. */
export async function watch(url: string, filter: string, name: string): Promise<Watch> {
  const client = connect(url, {
    protocolVersion: 4,
    clientId: `demo-${name}-${process.pid}`,
    connectTimeout: connectWithinMs,
    reconnectPeriod: 0,
  })
  const all: Message[] = []
  client.on('message', (topic, payload, { retain }) => {
    // A checkpoint is a signed note: text, and the only message here that is not JSON.
    if (!topic.endsWith('/checkpoint')) all.push({ topic, body: JSON.parse(payload.toString()), retained: retain })
  })
  await subscribed(client, filter)
  client.on('error', () => undefined)
  return { all, close: () => client.endAsync(true) }
}

function subscribed(client: MqttClient, filter: string): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once('error', reject)
    client.once('close', () => reject(new Error('the broker closed the connection')))
    client.once('connect', () =>
      client.subscribe(filter, { qos: 1 }, (error) => {
        if (error) reject(error)
        else resolve()
      }),
    )
  })
}

/** The events of a machine in the order they came, without repeats; `gaps` names both ends of each missing link. */
export function chainOf(
  messages: readonly Message[],
  topic: string,
): { events: readonly Message['body'][]; gaps: readonly string[] } {
  const events: Message['body'][] = []
  const gaps: string[] = []
  for (const { topic: on, body } of messages) {
    if (on !== topic || events.some(({ seq }) => seq === body.seq)) continue
    const before = events.at(-1)
    if (before !== undefined && body.prevSeq !== before.seq)
      gaps.push(`${String(before.seq)} and then ${String(body.seq)} which follows ${String(body.prevSeq)}`)
    events.push(body)
  }
  return { events, gaps }
}
