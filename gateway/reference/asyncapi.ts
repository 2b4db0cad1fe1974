/**
 * What the gateway sends over MQTT as AsyncAPI 3, made from the same tables as the reference and from nothing else.
 * Pure. A reader of another program's making gets schemas that are open: members may be added, and none of them may
 * end it.
 * Read next: payloads.ts (the tables), generate.ts (which writes it), front/api/docs.ts (which serves it).
 */
import { readFileSync } from 'node:fs'
import type { TSchema } from 'typebox'
import { entries } from './entries.ts'
import { examples } from './examples.ts'
import { type PayloadName, payloads, type TopicRow, topicRows } from './payloads.ts'

export const ASYNCAPI = new URL('../front/sinks/asyncapi.json', import.meta.url)

const BINDING = '0.2.0'
const PARAMETERS: Readonly<Record<string, string>> = {
  site: 'Site of the site file.',
  machine: 'Machine of the site file.',
  alias: 'Device of the machine.',
  name: 'Meter of the device.',
}

export function asyncApi(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  const rows = topicRows()
  return `${JSON.stringify(
    {
      asyncapi: '3.0.0',
      info: {
        title: 'Latchkey over MQTT',
        version,
        description: DESCRIPTION,
        license: { name: 'Apache-2.0' },
      },
      defaultContentType: 'application/json',
      servers: { broker: server(rows.find(({ name }) => name === 'status')!) },
      channels: Object.fromEntries(rows.filter(isFirstOfTopic).map((row) => [row.name, channel(row)])),
      operations: Object.fromEntries(rows.map((row) => [`send${capital(row.name)}`, operation(row, rows)])),
      components: { messages: messages(), schemas: schemas() },
    },
    null,
    2,
  )}\n`
}

const DESCRIPTION =
  `What a gateway publishes. It takes no commands from MQTT. An availability holds while its gateway is online and the
newer of its asOf and that of the status is not older than its maxAgeMs. Events of a topic are a chain: prevSeq is the seq of the one
before; one that came twice is dropped, one that is missing is read with GET /v1/ledger/entries. What came last while a reader was
away shows in no later event: it reads those entries after each connect too. A second gateway of a site, with
fencingId n above 0, has status-n, checkpoint-n, superseded-n and events-n; the member status of about names the one of a machine's gateway.`
    .split('\n')
    .join(' ')

function server({ topic, qos, retain }: TopicRow): object {
  return {
    host: 'broker.example:8883',
    protocol: 'mqtts',
    protocolVersion: '5.0',
    description: 'The broker of mqtt.url in the site file; MQTT 3.1.1 with mqtt.version 4.',
    bindings: {
      mqtt: {
        clientId: 'latchkey-site',
        cleanSession: true,
        lastWill: { topic, qos, message: '{"site":"site","online":false}', retain },
        keepAlive: 15,
        bindingVersion: BINDING,
      },
    },
  }
}

const isFirstOfTopic = (row: TopicRow, index: number, rows: readonly TopicRow[]) =>
  rows.findIndex(({ topic }) => topic === row.topic) === index

function channel({ topic, payload, what }: TopicRow): object {
  const address = topic
    .split('/')
    .map((level, index) => (index > 1 && Object.hasOwn(PARAMETERS, level) ? `{${level}}` : level))
    .join('/')
  const named = [...address.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
  return {
    address,
    description: what,
    parameters: Object.fromEntries(named.map((name) => [name, { description: PARAMETERS[name] }])),
    messages: { [payload]: ref('components/messages', payload) },
  }
}

function operation(row: TopicRow, rows: readonly TopicRow[]): object {
  const { topic, payload, qos, retain, expiryS, what } = row
  const on = rows.find((each) => each.topic === topic)!.name
  return {
    action: 'send',
    summary: what,
    channel: ref('channels', on),
    messages: [ref(`channels/${on}/messages`, payload)],
    bindings: {
      mqtt: { qos, retain, ...(expiryS && { messageExpiryInterval: expiryS }), bindingVersion: BINDING },
    },
  }
}

function messages(): object {
  const shown = examples().payloads
  const one = (name: PayloadName) => ({
    name,
    contentType: name === 'checkpoint' ? 'text/plain; charset=utf-8' : 'application/json',
    payload: ref('components/schemas', name),
    examples: [{ payload: shown[name] }],
  })
  return Object.fromEntries((Object.keys(payloads) as PayloadName[]).map((name) => [name, one(name)]))
}

/** Each payload, and the data of each kind of entry, which an event has by its kind. */
function schemas(): object {
  const kinds = Object.entries(entries)
  const asKind = ([kind]: (typeof kinds)[number]) => ({
    properties: { kind: { const: kind }, data: ref('components/schemas', kind) },
  })
  const described = kinds.map(([kind, { what, data }]) => [kind, { description: what, ...open(data) }])
  const sent = Object.entries(payloads).map(([name, schema]) => [name, open(schema)])
  return Object.fromEntries([
    ...sent.map(([name, schema]) => [
      name,
      name === 'event' ? { ...(schema as object), oneOf: kinds.map(asKind) } : schema,
    ]),
    ...described,
  ])
}

/** Without the rule that there is nothing else, and without the names under which the reference lists words. */
function open(schema: TSchema): object {
  return JSON.parse(
    JSON.stringify(schema, (key, value: unknown) => (isClosing(key, value) ? undefined : value)),
  ) as object
}

const isClosing = (key: string, value: unknown) =>
  (key === 'additionalProperties' && value === false) || (key === 'title' && typeof value === 'string')

const ref = (where: string, name: string) => ({ $ref: `#/${where}/${name}` })

const capital = (name: string) => name[0]!.toUpperCase() + name.slice(1)
