/** What may be asked of a story. Each answers false when there is nothing of which it could be true. */
import type { Packet } from 'mqtt-packet'
import type { Decoded } from './decode.ts'
import { GROUP, NODE, type SceneName, STATE, type Story, type Told } from './story.ts'

export type Check = (story: Story) => boolean

const all = <T>(items: readonly T[], holds: (item: T) => boolean) => items.length > 0 && items.every(holds)

/* ── messages ── */

export const ofType = (story: Story, ...types: string[]) => story.told.filter(({ type }) => types.includes(type))

export const every =
  (types: string, holds: (told: Told) => boolean): Check =>
  (story) =>
    types.split(' ').every((type) => all(ofType(story, type), holds))

export const live = ({ qos, retain }: Told) => qos === 0 && !retain
export const isNow = ({ payload: { timestamp } }: Told) => isTime(timestamp)
export const isSelf = ({ payload }: Told) => payload.others.length === 0

const isTime = (time: bigint | undefined) =>
  time !== undefined && time > 1_790_000_000_000n && time < 1_800_000_000_000n

export const onTopic = (type: string, device: boolean): Check =>
  every(type, ({ topic, device: id }) => {
    const base = `spBv1.0/${GROUP}/${type}/${NODE}`
    return topic === (device ? `${base}/${id}` : base) && (id !== undefined) === device
  })

/** Each message of these types has a number, and all of the node count on by one and in a circle from each birth. */
export const counted =
  (types: string): Check =>
  (story) => {
    let due = -1n
    const isDue = story.told
      .filter(({ type }) => type !== 'NDEATH')
      .every(({ type, payload: { seq } }) => {
        due = type === 'NBIRTH' ? 0n : (due + 1n) % 256n
        return seq === due
      })
    return isDue && every(types, ({ payload }) => payload.seq !== undefined)(story)
  }

/** What comes before what, by type, in a scene. */
export const sequence =
  (scene: SceneName, ...types: string[]): Check =>
  ({ scenes }) =>
    scenes[scene].told.map(({ type }) => type).join(' ') === types.join(' ')

export const silent =
  (scene: SceneName): Check =>
  ({ scenes }) =>
    scenes[scene].packets.length > 0 && scenes[scene].told.length === 0

export const packets = (story: Story, scene: SceneName) => story.scenes[scene].packets.map(({ cmd }) => cmd)

/* ── metrics ── */

type Of = { readonly metric: Decoded; readonly told: Told }

const metricsOf = (story: Story, types: string): Of[] =>
  ofType(story, ...types.split(' ')).flatMap((told) => told.payload.metrics.map((metric) => ({ metric, told })))

export const everyMetric =
  (types: string, holds: (metric: Decoded, told: Told) => boolean): Check =>
  (story) =>
    types.split(' ').every((type) => all(metricsOf(story, type), ({ metric, told }) => holds(metric, told)))

export const isTimed = ({ timestamp }: Decoded) => isTime(timestamp)
export const hasType = ({ datatype }: Decoded) => [4, 8, 11, 12, 13].includes(datatype ?? 0)
/** In the field that its type asks for; a null says so and has no value. */
export const isValued = ({ datatype, value, isNull }: Decoded) =>
  isNull
    ? value === undefined
    : value?.field === { 4: 'long', 8: 'long', 11: 'boolean', 12: 'string', 13: 'long' }[datatype ?? 0]
export const isIntroduced = (metric: Decoded) => metric.name !== undefined && hasType(metric) && isValued(metric)

const controls = ['bdSeq', 'Node Control/Rebirth']
export const isNamed =
  (types: string, holds: (metric: Decoded) => boolean): Check =>
  (story) =>
    everyMetric(types, (metric) => !story.aliases || controls.includes(metric.name ?? '') || holds(metric))(story)

export const metric = (name: string, holds: (metric: Decoded) => boolean): Check =>
  every('NBIRTH', ({ payload }) => payload.metrics.filter((one) => one.name === name && holds(one)).length === 1)

export const isRebirth = metric(
  'Node Control/Rebirth',
  ({ value, datatype, alias }) => value?.value === false && datatype === 11 && alias === undefined,
)

/** Everything that is ever told of a node or device was in the birth before it. */
export const foretold =
  (birth: string, data: string): Check =>
  (story) => {
    const known = new Map<string | undefined, Set<string>>()
    const nameOf = ({ name, alias }: Decoded) => String(story.aliases && alias !== undefined ? alias : name)
    let seen = 0
    for (const { type, device, payload } of story.told) {
      const names = payload.metrics.map(nameOf)
      if (type === birth) known.set(device, new Set(names))
      if (type !== data) continue
      seen += 1
      if (!names.every((name) => known.get(device)?.has(name))) return false
    }
    return seen > 0
  }

/** What is not history never goes back in time. */
export const chronological =
  (types: string): Check =>
  (story) => {
    const newest = new Map<string, bigint>()
    return everyMetric(types, ({ name, alias, timestamp = 0n, isHistorical }, { device }) => {
      const key = `${device} ${story.aliases ? alias : name}`
      if (isHistorical) return true
      const isOn = timestamp >= (newest.get(key) ?? 0n)
      newest.set(key, timestamp)
      return isOn
    })(story)
  }

export const everyProperty =
  (holds: (property: Decoded['properties'][number]) => boolean): Check =>
  (story) =>
    all(
      metricsOf(story, 'DBIRTH DDATA').flatMap(({ metric }) => metric.properties),
      holds,
    )

export const quality =
  (holds: (value: NonNullable<Decoded['properties'][number]['value']>) => boolean): Check =>
  (story) =>
    all(
      metricsOf(story, 'DBIRTH DDATA').flatMap(({ metric }) =>
        metric.properties.filter(({ key }) => key === 'Quality'),
      ),
      ({ value, type }) => type === 3 && value !== undefined && holds(value),
    )

/* ── connecting ── */

export const will =
  (holds: (will: NonNullable<Story['connects'][number]['will']>) => boolean): Check =>
  ({ connects }) =>
    connects.length === 2 && connects.every(({ will }) => will !== undefined && holds(will))

export const clean =
  (version: 4 | 5): Check =>
  (story) =>
    story.version !== version ||
    all(story.connects, ({ clean, properties }) => clean === true && (properties?.sessionExpiryInterval ?? 0) === 0)

export const subscribes =
  (topic: string, is = true): Check =>
  ({ subscribes: asked }) =>
    all(asked, ({ subscriptions }) => subscriptions.some((one) => one.topic === topic && one.qos === 1) === is)

export const NCMD = `spBv1.0/${GROUP}/NCMD/${NODE}`

/** No message leaves before the host has said on its own topic that it is there. */
export const waits: Check = (story) => {
  const { scenes } = story
  const isAfter = (found: readonly Packet[]) => {
    const order = found.map(({ cmd }) => cmd).filter((cmd) => cmd === 'puback' || cmd === 'publish')
    return order[0] === 'puback' && order.includes('publish')
  }
  const early = [...scenes.connect.told, ...scenes['too early'].told]
  return early.length === 0 && isAfter(scenes.birth.packets) && isAfter(scenes.back.packets) && subscribes(STATE)(story)
}
