/**
 * Clears what the broker retains of a gateway: of machines that left its site file, or all of it, when the gateway
 * itself is taken away. The checkpoint and what a restore has left are evidence against us, and stay.
 * Read next: published.ts (what is known to be retained), mqtt.ts and cli/clear.ts (the callers).
 */
import { join } from 'node:path'
import type { SiteConfig } from '../../../config/site.ts'
import { asSinkError } from './inlet.ts'
import { connectMqtt, type MqttConnection } from './mqtt-connection.ts'
import { openMemory, RETAINED } from './published.ts'
import type { SinkError, SinkLog } from './sink.ts'
import { createTopics } from './topics.ts'

const WITHIN_MS = 60_000

/** Those that the broker does not let us clear; each is told to `refused`. Throws when the connection is lost. */
export async function clearTopics(
  publish: MqttConnection['publish'],
  topics: readonly string[],
  refused: (topic: string, error: SinkError) => void,
): Promise<string[]> {
  const left: string[] = []
  for (const topic of topics) {
    const error = await publish({ topic, payload: '', qos: 1, retain: true }).then(() => undefined, asSinkError)
    if (error === undefined) continue
    if (error.action === 'wait') throw error
    refused(topic, error)
    left.push(topic)
  }
  return left
}

/** How many topics were cleared, and why the others were not. */
type Cleared = { readonly cleared: number; readonly refusals: readonly string[] }

type Leaving = Pick<SiteConfig, 'site' | 'fencingId' | 'dataDir'> & { readonly mqtt: NonNullable<SiteConfig['mqtt']> }

/** Everything that is no evidence. */
export async function clearRetained(config: Leaving, log: Pick<SinkLog, 'warn'>): Promise<Cleared> {
  const { mqtt, dataDir, site, fencingId } = config
  const { checkpoint } = createTopics(site, fencingId)
  const memory = openMemory(join(dataDir, RETAINED), log)
  const known = memory.read()
  const topics = known.topics.filter((topic) => topic !== checkpoint)
  if (topics.length === 0) return { cleared: 0, refusals: [] }
  const refusals: string[] = []
  try {
    const connection = await connectMqtt(mqtt, undefined, AbortSignal.timeout(WITHIN_MS))
    const clearing = clearTopics(connection.publish, topics, (_, { message }) => refusals.push(message))
    const left = await clearing.finally(() => connection.close())
    await memory.write({ ...known, topics: [...known.topics.filter((topic) => topic === checkpoint), ...left] })
    return { cleared: topics.length - left.length, refusals }
  } catch (cause) {
    return { cleared: 0, refusals: [...refusals, `${mqtt.url}: ${asSinkError(cause).message}`] }
  }
}
