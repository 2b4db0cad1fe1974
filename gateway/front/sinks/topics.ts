/**
 * MQTT topics under `latchkey/v1/{site}`. Pure. A name that is no id is refused, so that nothing in the body of an
 * entry can reach another topic: `+`, `#`, `/` and `$` cannot be part of an id. No topic holds a dot, because NATS and
 * RabbitMQ take it for a separator.
 *
 *   status                          retained, last will, a heartbeat: is the gateway there
 *   checkpoint                      retained, the newest signed tree head (C2SP), as text
 *   superseded                      retained, after a restore: words of the logs that this one has taken the place of
 *   events                          QoS 1, entries without a machine
 *     of a second gateway of the site (`fencingId` n above 0): status-n, checkpoint-n, superseded-n, events-n
 *   {machine}/about                 retained: what it is, for those who look for one
 *   {machine}/availability          retained, on change, repeated slowly
 *   {machine}/events                QoS 1, entries; `seq` and `prevSeq` of this topic
 *   {machine}/meters/{alias}/{name}  retained
 *   {machine}/signals               QoS 0, live
 *   backfill/{machine}/signals      QoS 1, samples that come late, or after newer ones
 */
import { SinkError } from './sink.ts'

const ID = /^[a-z0-9-]{1,32}$/
/** `alias.name` of a signal or meter. */
const POINT = /^[a-z0-9-]{1,32}\.[a-z][A-Za-z0-9]{0,31}$/

export type Topics = ReturnType<typeof createTopics>

/** `gateway` is its `fencingId`: what is about a gateway, and not about a machine, is one topic per gateway. */
export function createTopics(site: string, gateway: number) {
  const base = `latchkey/v1/${id(site)}`
  const own = (topic: string) => (gateway === 0 ? `${base}/${topic}` : `${base}/${topic}-${gateway}`)
  return {
    status: own('status'),
    checkpoint: own('checkpoint'),
    superseded: own('superseded'),
    siteEvents: own('events'),
    about: (machine: string) => `${base}/${id(machine)}/about`,
    availability: (machine: string) => `${base}/${id(machine)}/availability`,
    events: (machine: string) => `${base}/${id(machine)}/events`,
    signals: (machine: string) => `${base}/${id(machine)}/signals`,
    backfill: (machine: string) => `${base}/backfill/${id(machine)}/signals`,
    /** `meter` is `machine/alias.name`. */
    meter(meter: string) {
      const [machine, point] = splitPoint(meter)
      return `${base}/${machine}/meters/${point.replace('.', '/')}`
    },
  }
}

/** `machine/alias.name` as machine and `alias.name`. */
export function splitPoint(name: string): [machine: string, point: string] {
  const slash = name.indexOf('/')
  const point = name.slice(slash + 1)
  if (slash < 0 || !POINT.test(point)) throw new SinkError('bad', `${JSON.stringify(name)} is not machine/alias.name`)
  return [id(name.slice(0, slash)), point]
}

function id(text: string): string {
  if (!ID.test(text)) throw new SinkError('bad', `${JSON.stringify(text)} cannot be part of a topic`)
  return text
}
