/**
 * An OPC UA device for tests, a process of its own, with node-opcua's server. What it holds and how it behaves comes
 * from the parent: see opcua-device.ts. Usage: node opcua-server.ts PORT '{"pkiDir":"…"}'.
 */
import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  AccessLevelFlag,
  type AddressSpace,
  coerceNodeId,
  DataType,
  DataValue,
  type DataValueOptions,
  makeEUInformation,
  OPCUACertificateManager,
  OPCUAServer,
  SecurityPolicy,
  StatusCodes,
  type UADataType,
  type UAVariable,
  Variant,
  VariantArrayType,
} from 'node-opcua'
import { serveParent } from './child-server.ts'
import { DEVICE_URI, type OpcuaAsk, type OpcuaServerOptions, type OpcuaValue } from './opcua-device.ts'

const port = Number(process.argv[2])
const options: OpcuaServerOptions = JSON.parse(process.argv[3] ?? '{}')

function manager(name: string, acceptsAll: boolean): OPCUACertificateManager {
  return new OPCUACertificateManager({
    rootFolder: join(options.pkiDir, name),
    automaticallyAcceptUnknownCertificate: acceptsAll,
    disableFileWatchers: true,
  })
}

const certificates = manager('server', options.trustsEveryone ?? true)
const server = new OPCUAServer({
  port,
  hostname: '127.0.0.1',
  serverCertificateManager: certificates,
  userCertificateManager: manager('users', true),
  serverCapabilities: {
    ...(options.maxMonitoredItems === undefined ? {} : { maxMonitoredItems: options.maxMonitoredItems }),
    ...(options.maxNodesPerRead === undefined ? {} : { operationLimits: { maxNodesPerRead: options.maxNodesPerRead } }),
  },
  ...(options.policies === undefined
    ? {}
    : { securityPolicies: options.policies.map((name) => SecurityPolicy[name as keyof typeof SecurityPolicy]) }),
  ...options.certificate,
  ...(options.applicationUri === undefined ? {} : { serverInfo: { applicationUri: options.applicationUri } }),
  allowAnonymous: options.user === undefined,
  ...(options.user
    ? {
        userManager: {
          isValidUser: (name: string, password: string) =>
            name === options.user?.name && password === options.user.password,
        },
      }
    : {}),
})

type Held = {
  variable: UAVariable
  data: DataValueOptions
  refuse: string | undefined
  delayMs: number
}
const held = new Map<string, Held>()
let journal: { node: string; value: unknown }[] = []

const plain = (value: unknown): unknown => (ArrayBuffer.isView(value) ? [...(value as unknown as number[])] : value)

function statusOf(name: string | undefined) {
  const all = StatusCodes as unknown as Record<string, typeof StatusCodes.Good>
  return (name === undefined ? undefined : all[name]) ?? StatusCodes.Good
}

function variantOf({ type, value }: OpcuaValue): Variant {
  const dataType = DataType[type as keyof typeof DataType]
  if (Array.isArray(value) && type === 'Count')
    return new Variant({
      dataType: DataType.ExtensionObject,
      arrayType: VariantArrayType.Array,
      value: value.map(countOf),
    })
  if (Array.isArray(value)) {
    const list = dataType === DataType.UInt16 ? Uint16Array.from(value) : value
    return new Variant({ dataType, arrayType: VariantArrayType.Array, value: list })
  }
  if (dataType === DataType.Int64 || dataType === DataType.UInt64) {
    const bits = BigInt.asUintN(64, BigInt(String(value)))
    return new Variant({
      dataType,
      arrayType: VariantArrayType.Scalar,
      value: [Number(bits >> 32n), Number(bits & 0xffff_ffffn)],
    })
  }
  if (type === 'Count') return new Variant({ dataType: DataType.ExtensionObject, value: countOf(value) })
  if (dataType === DataType.DateTime) return new Variant({ dataType, value: new Date(String(value)) })
  if (dataType === DataType.ByteString) return new Variant({ dataType, value: Buffer.from(String(value)) })
  if (dataType === DataType.LocalizedText) return new Variant({ dataType, value: { text: String(value) } })
  if (dataType === DataType.NodeId) return new Variant({ dataType, value: coerceNodeId(String(value)) })
  if (dataType === DataType.String || typeof value === 'object') return new Variant({ dataType, value })
  // JSON has no such numbers.
  const number = value === 'NaN' ? Number.NaN : value === 'Infinity' ? Number.POSITIVE_INFINITY : value
  return new Variant({ dataType, value: number })
}

function load(space: AddressSpace, namespaceIndex: number, item: OpcuaValue): void {
  const value = variantOf(item)
  const data: DataValueOptions = { value, statusCode: statusOf(item.status), sourceTimestamp: new Date() }
  const known = held.get(item.node)
  if (known) {
    known.data = data
    known.variable.touchValue()
    return
  }
  const variable = space.getNamespace(namespaceIndex).addVariable({
    ...(item.below === undefined
      ? { organizedBy: space.rootFolder.objects }
      : { componentOf: `ns=${namespaceIndex};s=${item.below}` }),
    browseName: item.name ?? item.node,
    nodeId: /^[igb]=/.test(item.node) ? item.node : `s=${item.node}`,
    dataType: item.type === 'Count' ? countType : item.type,
    valueRank: Array.isArray(item.value) ? 1 : -1,
    ...(Array.isArray(item.value) ? { arrayDimensions: [0] } : {}),
    minimumSamplingInterval: 20,
    accessLevel: AccessLevelFlag.CurrentRead | AccessLevelFlag.CurrentWrite,
  })
  if (item.unit !== undefined)
    space.getNamespace(namespaceIndex).addVariable({
      propertyOf: variable,
      browseName: { namespaceIndex: 0, name: 'EngineeringUnits' },
      dataType: 'EUInformation',
      value: { dataType: DataType.ExtensionObject, value: makeEUInformation(item.unit, item.unit, item.unit) },
    })
  const entry: Held = { variable, data, refuse: undefined, delayMs: 0 }
  held.set(item.node, entry)
  variable.bindVariable(
    {
      timestamped_get: () => new DataValue(entry.data),
      timestamped_set: async (written: DataValue) => {
        if (entry.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, entry.delayMs))
        journal.push({ node: item.node, value: plain(written.value.value) })
        if (entry.refuse !== undefined) return statusOf(entry.refuse)
        entry.data = { value: written.value, statusCode: StatusCodes.Good, sourceTimestamp: new Date() }
        return StatusCodes.Good
      },
    },
    true,
  )
}

/** A structure of its own, as PackML counts its products. */
let countType: UADataType
function addStructure(space: AddressSpace, namespaceIndex: number): void {
  countType = space.getNamespace(namespaceIndex).createDataType({
    browseName: 'Count',
    isAbstract: false,
    subtypeOf: 'Structure',
    partialDefinition: [
      { name: 'Name', dataType: coerceNodeId(DataType.String), valueRank: -1 },
      { name: 'AccCount', dataType: coerceNodeId(DataType.Int32), valueRank: -1 },
      { name: 'Total', dataType: coerceNodeId(DataType.UInt64), valueRank: -1 },
    ],
  })
  space.getNamespace(namespaceIndex).addObject({
    browseName: { namespaceIndex: 0, name: 'Default Binary' },
    encodingOf: countType,
    typeDefinition: 'DataTypeEncodingType',
  })
}

function countOf(value: unknown) {
  const { total = 0, ...rest } = value as { name: string; accCount: number; total?: number }
  return space!.constructExtensionObject(countType, { ...rest, total: [0, total] })
}

function addMethod(space: AddressSpace, namespaceIndex: number): void {
  const namespace = space.getNamespace(namespaceIndex)
  const device = namespace.addObject({
    organizedBy: space.rootFolder.objects,
    browseName: 'Device',
    nodeId: 's=Device',
  })
  const method = namespace.addMethod(device, {
    browseName: 'Add',
    nodeId: 's=Device.Add',
    inputArguments: [
      { name: 'a', dataType: DataType.Int64 },
      { name: 'b', dataType: DataType.Int32 },
    ],
    outputArguments: [{ name: 'sum', dataType: DataType.Int64 }],
  })
  method.bindMethod((args, _context, done) => {
    const [high, low] = (args[0]?.value ?? [0, 0]) as [number, number]
    const sum = BigInt.asUintN(64, ((BigInt(high) << 32n) | BigInt(low >>> 0)) + BigInt(args[1]?.value ?? 0))
    const value = [Number(sum >> 32n), Number(sum & 0xffff_ffffn)]
    done(null, {
      statusCode: StatusCodes.Good,
      outputArguments: [{ dataType: DataType.Int64, arrayType: VariantArrayType.Scalar, value }],
    })
  })
}

await server.initialize()
const space = server.engine.addressSpace
if (!space) throw new Error('no address space')
for (const uri of options.namespacesBefore ?? []) space.registerNamespace(uri)
const deviceNamespace = space.registerNamespace(DEVICE_URI).index
addMethod(space, deviceNamespace)
addStructure(space, deviceNamespace)
await server.start()

async function trustClients(): Promise<number> {
  const folder = join(options.pkiDir, 'server', 'rejected')
  const files = readdirSync(folder)
  for (const file of files)
    await certificates.trustCertificate(new X509Certificate(readFileSync(join(folder, file))).raw as never)
  return files.length
}

function sessions() {
  return Object.values(
    (server.engine as unknown as { _sessions: Record<string, { authenticationToken: never }> })._sessions,
  )
}

serveParent(port, (ask: OpcuaAsk): unknown => {
  switch (ask.kind) {
    case 'load':
      for (const item of ask.values) load(space, deviceNamespace, item)
      return true
    case 'object':
      space.getNamespace(deviceNamespace).addObject({
        ...(ask.below === undefined
          ? { organizedBy: space.rootFolder.objects }
          : { componentOf: `ns=${deviceNamespace};s=${ask.below}` }),
        browseName: ask.name,
        nodeId: `s=${ask.node}`,
      })
      return true
    case 'unload':
      for (const node of ask.nodes) {
        space.deleteNode(held.get(node)!.variable)
        held.delete(node)
      }
      return true
    case 'add-namespace':
      space.registerNamespace(ask.uri)
      return true
    case 'journal': {
      const seen = journal
      journal = []
      return seen
    }
    case 'peek':
      return plain((held.get(ask.node)?.data.value as Variant | undefined)?.value)
    case 'refuse-writes': {
      const entry = held.get(ask.node)
      if (entry) entry.refuse = ask.status
      return true
    }
    case 'delay-writes': {
      const entry = held.get(ask.node)
      if (entry) entry.delayMs = ask.delayMs
      return true
    }
    case 'forget-sessions':
      for (const session of sessions()) server.engine.closeSession(session.authenticationToken, true, 'Forcing')
      return true
    case 'end-subscriptions':
      for (const session of sessions()) {
        const engine = (session as unknown as { publishEngine: { subscriptions: { terminate(): void }[] } })
          .publishEngine
        for (const subscription of engine.subscriptions) subscription.terminate()
      }
      return true
    case 'session-count':
      return server.engine.currentSessionCount
    case 'trust-clients':
      return trustClients()
  }
})
