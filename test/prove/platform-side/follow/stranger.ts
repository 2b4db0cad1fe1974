/**
 * A consumer by somebody who has the two descriptions of a gateway and nothing else: `/openapi.json` and
 * `/asyncapi.json`. It books, unlocks, follows and ends one use, and holds what it was told over MQTT against the
 * receipt. It imports nothing of the project. Read next: ../follow.ts, which starts it.
 */
import { connectAsync } from 'mqtt'

type Schema = {
  readonly $ref?: string
  readonly type?: string
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly enum?: readonly unknown[]
  readonly oneOf?: readonly Schema[]
  readonly const?: unknown
}
type Ref = { readonly $ref: string }
type Description = {
  readonly channels: Readonly<
    Record<string, { readonly address: string; readonly messages: Readonly<Record<string, Ref>> }>
  >
  readonly operations: Readonly<
    Record<string, { readonly channel: Ref; readonly bindings: { readonly mqtt: { readonly qos: 0 | 1 } } }>
  >
}
type Api = { readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId?: string }>>>> }
type Use = { readonly meter: string; readonly quantity: string }
type Event = { readonly kind: string; readonly session?: string; readonly data: { readonly use?: readonly Use[] } }

const { GATEWAY, TOKEN, BROKER, SITE, MACHINE, WORK_MS } = process.env as Record<string, string>

const [api, description] = (await Promise.all(
  ['/openapi.json', '/asyncapi.json'].map(async (path) => (await fetch(`${GATEWAY}${path}`)).json()),
)) as [Api, Description]

/* ── MQTT, as it is described ── */

const faults: string[] = []
const seen = new Map<string, number>()
const events: Event[] = []
const parameters: Readonly<Record<string, string>> = { site: SITE!, machine: '+', alias: '+', name: '+' }
const client = await connectAsync(BROKER!, { protocolVersion: 5 })
const patterns = Object.values(description.operations).map(({ channel, bindings }) => {
  const { address, messages } = at<Description['channels'][string]>(channel)
  const filter = address.replaceAll(/\{(\w+)\}/g, (_, name: string) => parameters[name]!)
  const [[name, message]] = Object.entries(messages) as [[string, Ref]]
  const pattern = new RegExp(`^${filter.replaceAll('+', '[^/]+')}$`)
  return { filter, pattern, name, payload: at<{ readonly payload: Schema }>(message).payload, qos: bindings.mqtt.qos }
})
client.on('message', (topic, payload) => {
  const known = patterns.find(({ pattern }) => pattern.test(topic))
  if (known === undefined) return void faults.push(`${topic} is not described`)
  seen.set(known.name, (seen.get(known.name) ?? 0) + 1)
  if (at(known.payload).type === 'string' || payload.length === 0) return
  const value: unknown = JSON.parse(payload.toString())
  hold(known.payload, value, topic)
  if (known.name === 'event') events.push(value as Event)
})
await client.subscribeAsync(
  patterns.map(({ filter }) => filter),
  { qos: 1 },
)

/** What the schema asks for is there; more may be. */
function hold(given: Schema, value: unknown, place: string): void {
  const schema = at(given)
  if (schema.const !== undefined && value !== schema.const) faults.push(`${place} is not ${schema.const}`)
  if (schema.enum !== undefined && !schema.enum.includes(value)) faults.push(`${place} is ${value}`)
  if (schema.oneOf !== undefined) {
    const kind = (value as Event).kind
    const one = schema.oneOf.find((each) => each.properties?.kind?.const === kind)
    if (one === undefined) faults.push(`${place} is of no kind that is described: ${kind}`)
    else hold(one, value, place)
  }
  if (value === null || typeof value !== 'object') return
  for (const name of schema.required ?? []) if (!(name in value)) faults.push(`${place} has no ${name}`)
  for (const [name, part] of Object.entries(schema.properties ?? {}))
    if (name in value) hold(part, (value as Record<string, unknown>)[name], `${place} ${name}`)
}

function at<T = Schema>(given: T | Ref): T {
  const { $ref } = given as Partial<Ref>
  if ($ref === undefined) return given as T
  const found = $ref
    .slice(2)
    .split('/')
    .reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], description)
  return at(found as T)
}

/* ── HTTP, as it is described ── */

async function call<T>(operationId: string, ids: Readonly<Record<string, string>> = {}, body?: object): Promise<T> {
  for (const [path, methods] of Object.entries(api.paths))
    for (const [method, operation] of Object.entries(methods)) {
      if (operation.operationId !== operationId) continue
      const url = `${GATEWAY}${path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ids[name]!))}`
      const headers = { authorization: `Bearer ${TOKEN}`, ...(body && { 'content-type': 'application/json' }) }
      const answer = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) })
      if (!answer.ok) throw new Error(`${operationId} is answered with ${answer.status}: ${await answer.text()}`)
      return (await answer.json()) as T
    }
  throw new Error(`${operationId} is not described`)
}

/* ── one use ── */

const [machine, booking] = [MACHINE!, 'stranger-1']
const [start, end] = [0, 3_600_000].map((ms) => new Date(Date.now() + ms).toISOString())
await call('putBooking', { id: booking }, { machine, tenant: 'stranger', version: 1, start, end })
const { id } = await call<{ id: string }>('unlockMachine', { id: machine }, { booking })
await new Promise((resolve) => setTimeout(resolve, Number(WORK_MS)))
await call('endSession', { id }, {})
const isEnd = ({ kind, session }: Event) => kind === 'SessionEnded' && session === id
for (let tries = 0; tries < 100 && !events.some(isEnd); tries += 1)
  await new Promise((resolve) => setTimeout(resolve, 100))
const { entries } = await call<{ entries: { body: string }[] }>('getReceipt', { id })
const sealed = entries.map(({ body }) => JSON.parse(body) as Event).find(isEnd)
const [told, signed] = [events.find(isEnd), sealed].map((event) => JSON.stringify(event?.data.use))
const answer = { session: id, told, signed, use: sealed?.data.use ?? [], seen: Object.fromEntries(seen), faults }
process.stdout.write(`${JSON.stringify(answer)}\n`)
await client.endAsync()
