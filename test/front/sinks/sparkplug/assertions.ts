/**
 * The numbered assertions of Sparkplug 3.0 that concern an edge node: `tck-id-…` without that word, what it asks in
 * our words, and how it is checked of a story. Read next: checks.ts, story.ts; others.ts (those that concern somebody
 * else).
 */
import {
  type Check,
  chronological,
  clean,
  counted,
  every,
  everyMetric,
  everyProperty,
  foretold,
  hasType,
  isIntroduced,
  isNamed,
  isNow,
  isRebirth,
  isSelf,
  isTimed,
  isValued,
  live,
  metric,
  NCMD,
  ofType,
  onTopic,
  packets,
  quality,
  sequence,
  silent,
  subscribes,
  waits,
  will,
} from './checks.ts'
import { decode } from './decode.ts'
import { GROUP, NODE, type Story } from './story.ts'

type Row = readonly [id: string, asks: string, check: Check]

const BIRTHS = 'NBIRTH DBIRTH'
const DATA = 'NDATA DDATA'
const ALL = 'NBIRTH NDATA DBIRTH DDATA DDEATH'

const levels = (at: number, is: (level: string) => boolean): Check =>
  every(ALL, ({ topic }) => topic.split('/').length <= 5 && is(topic.split('/')[at] ?? 'saw'))
const isPlain = (level: string) => level !== '' && !/[+#/]/.test(level) && level.isWellFormed()
const isGroup: Check = levels(1, (level) => level === GROUP && isPlain(level))
const isNode: Check = levels(3, (level) => level === NODE && isPlain(level))
const isDevice: Check = levels(4, (level) => ['saw', 'drill'].includes(level) && isPlain(level))

const bdSeqOf = (payload: Uint8Array | string | undefined) =>
  decode(Buffer.from(payload ?? '')).metrics.map(({ name, value }) => (name === 'bdSeq' ? value?.value : undefined))
const willSeq = ({ connects }: Story, at: number) => bdSeqOf(connects[at]?.will?.payload)[0]
const bornSeq = (story: Story, scene: 'birth' | 'rebirth' | 'back') =>
  story.scenes[scene].told[0]?.payload.metrics.find(({ name }) => name === 'bdSeq')?.value?.value
const pairs: Check = (story) =>
  bornSeq(story, 'birth') === willSeq(story, 0) && bornSeq(story, 'back') === willSeq(story, 1)
/** The story begins with the last number of the circle. */
const climbs: Check = (story) => willSeq(story, 0) === 255n && willSeq(story, 1) === 0n
const isDeath = (payload: Uint8Array | string) => {
  const { seq, metrics, others } = decode(Buffer.from(payload))
  return seq === undefined && metrics.length === 1 && metrics[0]?.datatype === 4 && others.length === 0
}
const deathWill = will(({ payload }) => isDeath(payload))
const wills = will(({ topic, qos, retain, payload }) => {
  return topic === `spBv1.0/${GROUP}/NDEATH/${NODE}` && qos === 1 && !retain && isDeath(payload)
})
const dies: Check = (story) =>
  packets(story, 'host gone').slice(-2).join() === 'publish,disconnect' &&
  ofType(story, 'NDEATH').length === 1 &&
  ofType(story, 'NDEATH')[0]?.payload.metrics[0]?.value?.value === willSeq(story, 0)
const returns: Check = (story) => packets(story, 'back')[0] === 'connect' && story.connects.length === 2
/** The node first, then its devices, then the rest: of the births, and of the rebirth. */
const births = (story: Story) =>
  sequence('birth', 'NBIRTH', 'DBIRTH')(story) && sequence('rebirth', 'NBIRTH', 'DBIRTH')(story)
const firstBorn: Check = (story) =>
  births(story) && story.told[0]?.type === 'NBIRTH' && story.told[1]?.type === 'DBIRTH'
const byException: Check = (story) =>
  story.scenes['nothing new'].told.length === 0 && story.scenes.change.told[0]?.payload.metrics.length === 5
const onlyChanges: Check = (story) => byException(story) && sequence('change', 'DDATA')(story)
const diesAlone: Check = (story) =>
  sequence('out of reach', 'DDEATH')(story) && story.scenes['out of reach'].told[0]?.device === 'drill'
const unique: Check = (story) => {
  const known = new Map<bigint, string>()
  return everyMetric(BIRTHS, ({ alias, name }, { device }) => {
    if (alias === undefined) return !story.aliases || name === 'bdSeq' || name === 'Node Control/Rebirth'
    const key = `${device} ${name}`
    const isFree = (known.get(alias) ?? key) === key
    known.set(alias, key)
    return isFree
  })(story)
}
const caseMatters: Check = everyMetric('DBIRTH', (one, { payload }) => {
  const same = payload.metrics.filter(({ name }) => name?.toLowerCase() === one.name?.toLowerCase())
  return same.length === 1
})
const hears: Check = subscribes(NCMD)

export const assertions: readonly Row[] = [
  ['intro-group-id-string', 'The group id is UTF-8.', isGroup],
  ['intro-group-id-chars', 'The group id has no character that a topic forbids.', isGroup],
  ['intro-edge-node-id-string', 'The node id is UTF-8.', isNode],
  ['intro-edge-node-id-chars', 'The node id has no character that a topic forbids.', isNode],
  ['intro-device-id-string', 'A device id is UTF-8.', isDevice],
  ['intro-device-id-chars', 'A device id has no character that a topic forbids.', isDevice],
  ['principles-rbe-recommended', 'What has not changed is not sent.', byException],
  ['principles-birth-certificates-order', 'Births are the first that is published.', firstBorn],
  ['principles-persistence-clean-session-311', 'MQTT 3.1.1: a clean session.', clean(4)],
  ['principles-persistence-clean-session-50', 'MQTT 5: a clean start that leaves no session.', clean(5)],

  ['topic-structure', 'Namespace, group, type, node, device.', isNode],
  ['topic-structure-namespace-a', 'The namespace is spBv1.0.', levels(0, (level) => level === 'spBv1.0')],
  ['topic-structure-namespace-valid-group-id', 'No wildcard in the group id.', isGroup],
  ['topic-structure-namespace-valid-edge-node-id', 'No wildcard in the node id.', isNode],
  ['topic-structure-namespace-valid-device-id', 'No wildcard in a device id.', isDevice],
  [
    'topic-structure-namespace-device-id-associated-message-types',
    'Messages of the node name no device.',
    every('NBIRTH NDATA NDEATH', ({ device }) => device === undefined),
  ],
  ['topics-nbirth-topic', 'NBIRTH has its topic.', onTopic('NBIRTH', false)],
  ['topics-nbirth-mqtt', 'NBIRTH: QoS 0, not retained.', every('NBIRTH', live)],
  ['topics-nbirth-seq-num', 'NBIRTH begins the count at 0.', every('NBIRTH', ({ payload }) => payload.seq === 0n)],
  ['topics-nbirth-timestamp', 'NBIRTH says when it was sent.', every('NBIRTH', isNow)],
  ['topics-nbirth-metric-reqs', 'NBIRTH names all that the node will tell.', foretold('NBIRTH', 'NDATA')],
  ['topics-nbirth-metrics', 'Each with name, type and value.', everyMetric('NBIRTH', isIntroduced)],
  ['topics-nbirth-bdseq-included', 'NBIRTH has bdSeq.', metric('bdSeq', ({ datatype }) => datatype === 4)],
  ['topics-nbirth-bdseq-matching', 'It is that of the will.', pairs],
  ['topics-nbirth-bdseq-increment', 'It is one more with each connection, in a circle of 256.', climbs],
  ['topics-nbirth-rebirth-metric', 'NBIRTH has Node Control/Rebirth, Boolean and false.', isRebirth],
  ['topics-ndata-topic', 'NDATA has its topic.', onTopic('NDATA', false)],
  ['topics-ndata-mqtt', 'NDATA: QoS 0, not retained.', every('NDATA', live)],
  ['topics-ndata-seq-num', 'NDATA counts on.', counted('NDATA')],
  ['topics-ndata-timestamp', 'NDATA says when it was sent.', every('NDATA', isNow)],
  [
    'topics-ndata-payload',
    'NDATA has what is new of the node.',
    every('NDATA', ({ payload }) => payload.metrics.length > 0),
  ],
  ['topics-ndeath-topic', 'NDEATH has its topic.', onTopic('NDEATH', false)],
  ['topics-ndeath-payload', 'NDEATH has bdSeq and nothing else.', deathWill],
  ['topics-ndeath-seq', 'NDEATH is not counted.', every('NDEATH', ({ payload }) => payload.seq === undefined)],
  ['topics-dbirth-topic', 'DBIRTH has its topic.', onTopic('DBIRTH', true)],
  ['topics-dbirth-mqtt', 'DBIRTH: QoS 0, not retained.', every('DBIRTH', live)],
  ['topics-dbirth-seq', 'DBIRTH counts on.', counted('DBIRTH')],
  ['topics-dbirth-timestamp', 'DBIRTH says when it was sent.', every('DBIRTH', isNow)],
  ['topics-dbirth-metric-reqs', 'DBIRTH names all that the device will tell.', foretold('DBIRTH', 'DDATA')],
  ['topics-dbirth-metrics', 'Each with name, type and value.', everyMetric('DBIRTH', isIntroduced)],
  ['topics-ddata-topic', 'DDATA has its topic.', onTopic('DDATA', true)],
  ['topics-ddata-mqtt', 'DDATA: QoS 0, not retained.', every('DDATA', live)],
  ['topics-ddata-seq-num', 'DDATA counts on.', counted('DDATA')],
  ['topics-ddata-timestamp', 'DDATA says when it was sent.', every('DDATA', isNow)],
  ['topics-ddata-payload', 'DDATA has what changed of the device.', onlyChanges],
  ['topics-ddeath-topic', 'DDEATH has its topic.', onTopic('DDEATH', true)],
  ['topics-ddeath-mqtt', 'DDEATH: QoS 0, not retained.', every('DDEATH', live)],
  ['topics-ddeath-seq-num', 'DDEATH counts on.', counted('DDEATH')],
  ['case-sensitivity-metric-names', 'No two names differ by case alone.', caseMatters],

  ['message-flow-edge-node-ncmd-subscribe', 'NCMD of the node is subscribed to at QoS 1.', hears],
  [
    'message-flow-edge-node-birth-publish-connect',
    'It connects before it publishes.',
    (s) => packets(s, 'connect')[0] === 'connect',
  ],
  ['message-flow-edge-node-birth-publish-will-message', 'CONNECT has a will.', will(() => true)],
  ['message-flow-edge-node-birth-publish-will-message-topic', 'On the topic of NDEATH.', wills],
  ['message-flow-edge-node-birth-publish-will-message-payload', 'Its payload is Sparkplug.', deathWill],
  ['message-flow-edge-node-birth-publish-will-message-payload-bdSeq', 'Its bdSeq is an Int64 that climbs.', climbs],
  ['message-flow-edge-node-birth-publish-will-message-qos', 'At QoS 1.', will(({ qos }) => qos === 1)],
  ['message-flow-edge-node-birth-publish-will-message-will-retained', 'Not retained.', will(({ retain }) => !retain)],
  ['message-flow-edge-node-birth-publish-phid-wait', 'Births wait for the primary host.', waits],
  ['message-flow-edge-node-birth-publish-phid-wait-id', 'For the one that is configured.', waits],
  ['message-flow-edge-node-birth-publish-phid-wait-online', 'Until it says that it is online.', waits],
  ['message-flow-edge-node-birth-publish-phid-wait-timestamp', 'An older word does not count.', silent('too early')],
  ['message-flow-edge-node-birth-publish-nbirth-topic', 'NBIRTH has its topic.', onTopic('NBIRTH', false)],
  ['message-flow-edge-node-birth-publish-nbirth-payload', 'NBIRTH is Sparkplug.', every('NBIRTH', isSelf)],
  ['message-flow-edge-node-birth-publish-nbirth-payload-bdSeq', 'Its bdSeq is that of CONNECT.', pairs],
  ['message-flow-edge-node-birth-publish-nbirth-qos', 'At QoS 0.', every('NBIRTH', ({ qos }) => qos === 0)],
  ['message-flow-edge-node-birth-publish-nbirth-retained', 'Not retained.', every('NBIRTH', ({ retain }) => !retain)],
  [
    'message-flow-edge-node-birth-publish-nbirth-payload-seq',
    'Its number is 0.',
    every('NBIRTH', ({ payload }) => payload.seq === 0n),
  ],
  ['message-flow-edge-node-birth-publish-phid-offline', 'When the host goes, it publishes NDEATH and leaves.', dies],
  ['operational-behavior-edge-node-intentional-disconnect-ndeath', 'It publishes NDEATH before it leaves.', dies],
  ['operational-behavior-edge-node-intentional-disconnect-packet', 'DISCONNECT follows at once.', dies],
  ['operational-behavior-edge-node-termination-host-offline', 'It leaves when the host goes.', dies],
  ['operational-behavior-edge-node-termination-host-offline-reconnect', 'And connects again.', returns],
  [
    'operational-behavior-edge-node-termination-host-offline-timestamp',
    'An older word that the host is gone is passed over.',
    silent('old words'),
  ],
  ['operational-behavior-edge-node-birth-sequence-wait', 'On each connection births wait for STATE.', waits],
  [
    'operational-behavior-primary-application-state-with-multiple-servers-single-server',
    'It is connected to one broker at a time.',
    (s) => s.told.length > 0 && s.connects.length === 2 && packets(s, 'host gone').at(-1) === 'disconnect',
  ],
  [
    'message-flow-device-dcmd-subscribe',
    'Nothing is written, so DCMD is not subscribed to.',
    subscribes(NCMD.replace('NCMD', 'DCMD').concat('/#'), false),
  ],
  ['message-flow-device-birth-publish-nbirth-wait', 'No DBIRTH before NBIRTH.', firstBorn],
  ['message-flow-device-birth-publish-dbirth-topic', 'DBIRTH has its topic.', onTopic('DBIRTH', true)],
  [
    'message-flow-device-birth-publish-dbirth-match-edge-node-topic',
    'Group and node are those of NBIRTH.',
    (s) => isGroup(s) && isNode(s),
  ],
  ['message-flow-device-birth-publish-dbirth-payload', 'DBIRTH is Sparkplug.', every('DBIRTH', isSelf)],
  ['message-flow-device-birth-publish-dbirth-qos', 'At QoS 0.', every('DBIRTH', ({ qos }) => qos === 0)],
  ['message-flow-device-birth-publish-dbirth-retained', 'Not retained.', every('DBIRTH', ({ retain }) => !retain)],
  ['message-flow-device-birth-publish-dbirth-payload-seq', 'It counts on.', counted('DBIRTH')],
  ['operational-behavior-device-ddeath', 'A device that cannot be reached dies.', diesAlone],
  ['operational-behavior-data-publish-nbirth', 'NBIRTH names all that NDATA ever tells.', foretold('NBIRTH', 'NDATA')],
  [
    'operational-behavior-data-publish-nbirth-values',
    'Each has a value or says that it has none.',
    everyMetric('NBIRTH', isValued),
  ],
  ['operational-behavior-data-publish-nbirth-change', 'NDATA only when something changed.', byException],
  [
    'operational-behavior-data-publish-nbirth-order',
    'What is not history is in order of time.',
    chronological('NBIRTH NDATA'),
  ],
  ['operational-behavior-data-publish-dbirth', 'DBIRTH names all that DDATA ever tells.', foretold('DBIRTH', 'DDATA')],
  [
    'operational-behavior-data-publish-dbirth-values',
    'Each has a value or says that it has none.',
    everyMetric('DBIRTH', isValued),
  ],
  ['operational-behavior-data-publish-dbirth-change', 'DDATA only when something changed.', onlyChanges],
  [
    'operational-behavior-data-publish-dbirth-order',
    'What is not history is in order of time.',
    chronological('DBIRTH DDATA'),
  ],
  ['operational-behavior-data-commands-rebirth-name', 'NBIRTH has Node Control/Rebirth.', isRebirth],
  ['operational-behavior-data-commands-rebirth-name-aliases', 'It has no alias.', isRebirth],
  ['operational-behavior-data-commands-rebirth-datatype', 'It is Boolean.', isRebirth],
  ['operational-behavior-data-commands-rebirth-value', 'It is false.', isRebirth],
  [
    'operational-behavior-data-commands-rebirth-action-1',
    'Asked for a rebirth, nothing else is sent before it.',
    births,
  ],
  ['operational-behavior-data-commands-rebirth-action-2', 'NBIRTH and every DBIRTH are sent.', births],
  [
    'operational-behavior-data-commands-rebirth-action-3',
    'With the bdSeq of the connection.',
    (s) => bornSeq(s, 'rebirth') === willSeq(s, 0),
  ],
  ['operational-behavior-data-commands-ncmd-rebirth-value', 'Only true asks for it.', silent('other commands')],

  ['payloads-timestamp-in-UTC', 'Times are UTC ms.', every(ALL, isNow)],
  ['payloads-sequence-num-always-included', 'All but NDEATH are counted.', counted(ALL)],
  [
    'payloads-sequence-num-req-nbirth',
    'NBIRTH has a number of one byte.',
    every('NBIRTH', ({ payload }) => payload.seq === 0n),
  ],
  [
    'payloads-sequence-num-incrementing',
    'One more each time, after 255 comes 0.',
    (s) => counted(ALL)(s) && s.told.length > 256,
  ],
  [
    'payloads-name-requirement',
    'A name, unless aliases are used.',
    (s) => s.aliases || everyMetric(DATA, ({ name }) => name !== undefined)(s),
  ],
  ['payloads-alias-uniqueness', 'No alias stands for two metrics.', unique],
  [
    'payloads-alias-birth-requirement',
    'Births have name and alias.',
    isNamed(BIRTHS, ({ name, alias }) => name !== undefined && alias !== undefined),
  ],
  [
    'payloads-alias-data-cmd-requirement',
    'Data have the alias alone.',
    isNamed(DATA, ({ name, alias }) => name === undefined && alias !== undefined),
  ],
  [
    'payloads-name-birth-data-requirement',
    'Every metric says when it was so.',
    everyMetric(`${BIRTHS} ${DATA}`, isTimed),
  ],
  ['payloads-metric-timestamp-in-UTC', 'In UTC.', everyMetric(`${BIRTHS} ${DATA}`, isTimed)],
  ['payloads-metric-datatype-value-type', 'A type is a small number.', everyMetric(BIRTHS, hasType)],
  ['payloads-metric-datatype-value', 'One of the list.', everyMetric(BIRTHS, hasType)],
  ['payloads-metric-datatype-req', 'Births have types.', everyMetric(BIRTHS, hasType)],
  ['payloads-metric-datatype-not-req', 'Data have none.', everyMetric(DATA, ({ datatype }) => datatype === undefined)],
  [
    'payloads-propertyset-keys-array-size',
    'As many keys as values.',
    everyMetric(DATA, ({ keys, properties }) => keys === properties.length),
  ],
  [
    'payloads-propertyset-values-array-size',
    'As many values as keys.',
    everyMetric(BIRTHS, ({ keys, properties }) => keys === properties.length),
  ],
  [
    'payloads-metric-propertyvalue-type-type',
    'A property has a type.',
    everyProperty(({ type }) => type !== undefined),
  ],
  [
    'payloads-metric-propertyvalue-type-value',
    'One of the list.',
    everyProperty(({ type }) => type === 3 || type === 12),
  ],
  [
    'payloads-metric-propertyvalue-type-req',
    'In births too.',
    everyProperty(({ type, value }) => value?.field === (type === 3 ? 'int' : 'string')),
  ],
  ['payloads-propertyset-quality-value-type', 'Quality is an Int32.', quality(({ field }) => field === 'int')],
  [
    'payloads-propertyset-quality-value-value',
    'It is 0, 192 or 500.',
    quality(({ value }) => value === 0 || value === 192 || value === 500),
  ],
  ['payloads-nbirth-timestamp', 'NBIRTH says when it was sent.', every('NBIRTH', isNow)],
  ['payloads-nbirth-seq', 'NBIRTH is 0.', every('NBIRTH', ({ payload }) => payload.seq === 0n)],
  ['payloads-nbirth-bdseq', 'NBIRTH has bdSeq.', metric('bdSeq', isIntroduced)],
  ['payloads-nbirth-bdseq-repeat', 'That of the will.', pairs],
  ['payloads-nbirth-rebirth-req', 'NBIRTH has Node Control/Rebirth.', isRebirth],
  ['payloads-nbirth-qos', 'QoS 0.', every('NBIRTH', ({ qos }) => qos === 0)],
  ['payloads-nbirth-retain', 'Not retained.', every('NBIRTH', ({ retain }) => !retain)],
  ['payloads-dbirth-timestamp', 'DBIRTH says when it was sent.', every('DBIRTH', isNow)],
  ['payloads-dbirth-seq', 'DBIRTH is counted.', every('DBIRTH', ({ payload }) => payload.seq !== undefined)],
  ['payloads-dbirth-seq-inc', 'One more than the message before.', counted('DBIRTH')],
  ['payloads-dbirth-order', 'Right after NBIRTH, before any data.', firstBorn],
  ['payloads-dbirth-qos', 'QoS 0.', every('DBIRTH', ({ qos }) => qos === 0)],
  ['payloads-dbirth-retain', 'Not retained.', every('DBIRTH', ({ retain }) => !retain)],
  ['payloads-ndata-timestamp', 'NDATA says when it was sent.', every('NDATA', isNow)],
  ['payloads-ndata-seq', 'NDATA is counted.', every('NDATA', ({ payload }) => payload.seq !== undefined)],
  ['payloads-ndata-seq-inc', 'One more than the message before.', counted('NDATA')],
  ['payloads-ndata-order', 'Not before the births.', firstBorn],
  ['payloads-ndata-qos', 'QoS 0.', every('NDATA', ({ qos }) => qos === 0)],
  ['payloads-ndata-retain', 'Not retained.', every('NDATA', ({ retain }) => !retain)],
  ['payloads-ddata-timestamp', 'DDATA says when it was sent.', every('DDATA', isNow)],
  ['payloads-ddata-seq', 'DDATA is counted.', every('DDATA', ({ payload }) => payload.seq !== undefined)],
  ['payloads-ddata-seq-inc', 'One more than the message before.', counted('DDATA')],
  [
    'payloads-ddata-order',
    'Not before the births, that of its device among them.',
    (s) => firstBorn(s) && foretold('DBIRTH', 'DDATA')(s),
  ],
  ['payloads-ddata-qos', 'QoS 0.', every('DDATA', ({ qos }) => qos === 0)],
  ['payloads-ddata-retain', 'Not retained.', every('DDATA', ({ retain }) => !retain)],
  ['payloads-ndeath-seq', 'NDEATH is not counted.', deathWill],
  ['payloads-ndeath-will-message', 'NDEATH is the will.', wills],
  ['payloads-ndeath-will-message-qos', 'QoS 1.', will(({ qos }) => qos === 1)],
  ['payloads-ndeath-will-message-retain', 'Not retained.', will(({ retain }) => !retain)],
  ['payloads-ndeath-bdseq', 'The number of the births it ends.', (s) => pairs(s) && dies(s)],
  ['payloads-ndeath-will-message-publisher', 'Published before it leaves.', dies],
  ['payloads-ndeath-will-message-publisher-disconnect-mqtt311', 'MQTT 3.1.1: NDEATH, then DISCONNECT.', dies],
  ['payloads-ndeath-will-message-publisher-disconnect-mqtt50', 'MQTT 5: the same.', dies],
  ['payloads-ddeath-timestamp', 'DDEATH says when it was sent.', every('DDEATH', isNow)],
  ['payloads-ddeath-seq', 'DDEATH is counted.', every('DDEATH', ({ payload }) => payload.seq !== undefined)],
  ['payloads-ddeath-seq-inc', 'One more than the message before.', counted('DDEATH')],
  ['payloads-ddeath-seq-number', 'So that its place in the order is known.', counted('DDEATH')],
]
