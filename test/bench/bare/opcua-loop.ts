/**
 * What a careful person writes with node-opcua-client alone: one subscription to every variable; the newest value of
 * each is kept, the state of each machine, and how much its counters have grown. No ledger, nothing is published. Each
 * line of standard input is answered by {"changes"}: how many have come.
 */
import { createInterface } from 'node:readline'
import { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import { AttributeIds, type DataValue, OPCUAClient, TimestampsToReturn } from 'node-opcua-client'
import { COUNTERS, DEVICE_URI, machineNames, VALUES } from './opcua-space.ts'

type Options = {
  readonly endpoint: string
  /** Folder of its keys. */
  readonly pki: string
  readonly publishingMs: number
  readonly samplingMs: number
}
type Item = { readonly machine: string; readonly name: string }

const { endpoint, pki, publishingMs, samplingMs } = JSON.parse(process.argv[2]!) as Options
const names = [...Array.from({ length: VALUES }, (_, index) => `v${index}`), 'state', ...COUNTERS]
const items: Item[] = machineNames.flatMap((machine) => names.map((name) => ({ machine, name })))
const counters = new Set<string>(COUNTERS)
const values = new Map<Item, DataValue>()
const states = new Map<string, number>()
let changes = 0
const totals = new Map<Item, bigint>()

const manager = new OPCUACertificateManager({ rootFolder: pki, disableFileWatchers: true })
await manager.initialize()
const client = OPCUAClient.create({ endpointMustExist: false, clientCertificateManager: manager })
await client.connect(endpoint)
const session = await client.createSession()
const namespace = (await session.readNamespaceArray()).indexOf(DEVICE_URI)
const subscription = await session.createSubscription2({
  requestedPublishingInterval: publishingMs,
  requestedMaxKeepAliveCount: 10,
  requestedLifetimeCount: 60,
  maxNotificationsPerPublish: 1000,
  publishingEnabled: true,
  priority: 1,
})
const nodes = items.map(({ machine, name }) => ({
  nodeId: `ns=${namespace};s=${machine}.${name}`,
  attributeId: AttributeIds.Value,
}))
const parameters = { samplingInterval: samplingMs, queueSize: 2, discardOldest: true }
const monitored = await subscription.monitorItems(nodes, parameters, TimestampsToReturn.Source)
const everything = Promise.withResolvers<void>()
monitored.on('changed', (_item, value, index) => {
  take(items[index]!, value)
  if (values.size === items.length) everything.resolve()
})
await everything.promise
createInterface(process.stdin)
  .on('line', () => process.stdout.write(`${JSON.stringify({ changes })}\n`))
  .on('close', () => process.exit(0))
process.stdout.write(`${JSON.stringify({ ready: true })}\n`)

function take(item: Item, value: DataValue): void {
  changes += 1
  const before = values.get(item)
  values.set(item, value)
  if (item.name === 'state') states.set(item.machine, value.value.value as number)
  if (!counters.has(item.name) || before === undefined) return
  const grown = BigInt(value.value.value as number) - BigInt(before.value.value as number)
  totals.set(item, (totals.get(item) ?? 0n) + grown)
}
