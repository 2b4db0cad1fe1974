/**
 * A process with an MQTT sink and nothing else, to be killed. Usage: node mqtt-child.ts
 * '{"url":…,"version":…,"site":…}'
 */
import { createMqttSink } from '../../../gateway/front/sinks/mqtt.ts'
import { BEATS, boardRow, forgetful, NO_MACHINES } from './rows.ts'

const { url, version, site } = JSON.parse(process.argv[2]!) as { url: string; version: 4 | 5; site: string }
const mqtt = {
  url,
  version,
  clientId: 'latchkey-child',
  keepaliveMs: 15_000,
  window: 20,
  ackTimeoutMs: 5_000,
  ...BEATS,
}
const say = () => undefined
const sink = createMqttSink(
  { site, mqtt, ...NO_MACHINES },
  { log: { info: say, warn: say, error: say }, memory: forgetful() },
)
await sink.open(() => ({ rows: [boardRow()], meters: [] }), new AbortController().signal)
process.stdout.write(`${JSON.stringify({ ready: true })}\n`)
setInterval(say, 60_000)
