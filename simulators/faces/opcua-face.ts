/**
 * The OPC UA face: a server on loopback behind a door, so that it can be cut and frozen. It has one folder of variables
 * and asks for their values at each read. Endpoints are None, Sign and SignAndEncrypt; keys and certificates are in the
 * state directory. Node ids are `ns=<urn:latchkey:sim>;s=<root>.<name>`. Only a node that has `write` can be written,
 * and only as a whole: the whole array, or the one boolean.
 */
import { connect } from 'node:net'
import { join } from 'node:path'
import {
  DataType,
  DataValue,
  MessageSecurityMode,
  makeApplicationUrn,
  nodesets,
  OPCUACertificateManager,
  OPCUAServer,
  SecurityPolicy,
  StatusCodes,
  type UAObject,
  Variant,
  VariantArrayType,
} from 'node-opcua'
import type { WriteFrame } from '../machine/journal.ts'
import { type Door, freePort, openDoor } from './door.ts'
import { createRefusals } from './refusals.ts'

export const namespaceUri = 'urn:latchkey:sim'

/** One variable. `UInt16[]` has a fixed length. */
export type OpcuaNode = Readonly<
  { name: string } & (
    | { type: 'Int32' | 'UInt32' | 'Double'; read(): number }
    | { type: 'UInt64'; read(): bigint }
    | { type: 'Boolean'; read(): boolean; write?(on: boolean): void }
    | { type: 'UInt16[]'; length: number; read(): readonly number[]; write?(words: number[]): void }
  )
>

type OpcuaFace = Readonly<{
  door: Door
  url: string
  /** Answers the next `count` writes with BadDeviceFailure. */
  refuseWrites(count: number): void
  close(): Promise<void>
}>

type OpcuaOptions = Readonly<{
  host: string
  port: number
  stateDir: string
  /** Refuse clients whose certificate is not in `<state-dir>/pki/trusted/certs`. */
  strictTrust: boolean
  root: string
  nodes: readonly OpcuaNode[]
  onRequest: (kind: string) => void
  onWrite: (frame: WriteFrame) => void
  log: (message: string) => void
}>

const maxSessions = 100

export async function openOpcuaFace(options: OpcuaOptions): Promise<OpcuaFace> {
  const innerPort = await freePort('127.0.0.1')
  const door = await openDoor({
    ...options,
    onSocket(outer, track) {
      const inner = connect(innerPort, '127.0.0.1')
      track(inner)
      for (const [from, to] of [
        [outer, inner],
        [inner, outer],
      ] as const) {
        from.on('data', (chunk) => to.write(chunk))
        from.on('close', () => to.destroy())
      }
    },
  })
  const url = `opc.tcp://${options.host}:${door.port}`
  const server = await createServer(options, innerPort, url)
  const refusals = createRefusals()
  await server.initialize()
  addNodes(server, options, refusals.take)
  server.on('request', (request: object) => options.onRequest(request.constructor.name))
  await server.start()
  return {
    door,
    url,
    refuseWrites: refusals.refuseWrites,
    async close() {
      await door.close()
      await server.shutdown(0)
    },
  }
}

async function createServer(options: OpcuaOptions, innerPort: number, url: string): Promise<OPCUAServer> {
  const serverCertificateManager = new OPCUACertificateManager({
    rootFolder: join(options.stateDir, 'pki'),
    automaticallyAcceptUnknownCertificate: !options.strictTrust,
    disableFileWatchers: !options.strictTrust,
  })
  const userCertificateManager = new OPCUACertificateManager({
    rootFolder: join(options.stateDir, 'user-pki'),
    disableFileWatchers: true,
  })
  await serverCertificateManager.initialize()
  await userCertificateManager.initialize()
  const name = `latchkey-sim-${options.root.toLowerCase()}`
  return new OPCUAServer({
    port: innerPort,
    host: '127.0.0.1',
    hostname: options.host,
    advertisedEndpoints: url,
    nodeset_filename: [nodesets.standard],
    securityModes: [MessageSecurityMode.None, MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt],
    securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256, SecurityPolicy.Aes256_Sha256_RsaPss],
    allowAnonymous: true,
    serverCapabilities: { maxSessions },
    maxConnectionsPerEndpoint: maxSessions,
    serverCertificateManager,
    userCertificateManager,
    serverInfo: { applicationUri: makeApplicationUrn('localhost', name), productUri: namespaceUri },
    buildInfo: { productName: name, productUri: namespaceUri, manufacturerName: 'Latchkey simulators' },
  })
}

function addNodes(server: OPCUAServer, options: OpcuaOptions, takeRefusal: () => boolean): void {
  const addressSpace = server.engine.addressSpace
  if (!addressSpace) throw new Error('the OPC UA server has no address space')
  const namespace = addressSpace.registerNamespace(namespaceUri)
  const folder = namespace.addFolder(addressSpace.rootFolder.objects, {
    browseName: options.root,
    nodeId: `s=${options.root}`,
  })
  for (const node of options.nodes) addNode(folder, options, node, takeRefusal)
}

function addNode(folder: UAObject, options: OpcuaOptions, node: OpcuaNode, takeRefusal: () => boolean): void {
  const id = `${options.root}.${node.name}`
  const isArray = node.type === 'UInt16[]'
  const writable = 'write' in node && node.write !== undefined
  const variable = folder.namespace.addVariable({
    componentOf: folder,
    browseName: node.name,
    nodeId: `s=${id}`,
    dataType: isArray ? DataType.UInt16 : node.type,
    valueRank: isArray ? 1 : -1,
    ...(isArray ? { arrayDimensions: [node.length] } : {}),
    accessLevel: writable ? 'CurrentRead | CurrentWrite' : 'CurrentRead',
    userAccessLevel: writable ? 'CurrentRead | CurrentWrite' : 'CurrentRead',
    minimumSamplingInterval: 50,
  })
  const timestamped_get = () =>
    new DataValue({ value: toVariant(node), statusCode: StatusCodes.Good, sourceTimestamp: new Date() })
  if (!('write' in node) || !node.write) {
    variable.bindVariable({ timestamped_get }, true)
    return
  }
  const toTaken = (value: Variant) => (node.type === 'Boolean' ? toBit(value) : toWords(value, node.length))
  const write = (words: number[]) => (node.type === 'Boolean' ? node.write?.(words[0] === 1) : node.write?.(words))
  const timestamped_set = async (dataValue: DataValue) => {
    const words = toTaken(dataValue.value)
    const outcome = !words ? 'BadTypeMismatch' : takeRefusal() ? 'BadDeviceFailure' : 'ok'
    options.onWrite({ unit: 0, function: 'write', address: `s=${id}`, words: words ?? [], outcome })
    if (!words) return StatusCodes.BadTypeMismatch
    if (outcome !== 'ok') return StatusCodes.BadDeviceFailure
    write(words)
    return StatusCodes.Good
  }
  variable.bindVariable({ timestamped_get, timestamped_set }, true)
}

/** The words of a write; undefined unless it is a one-dimensional UInt16 array of exactly `length`. */
function toWords(variant: Variant, length: number): number[] | undefined {
  if (variant.dataType !== DataType.UInt16 || variant.arrayType !== VariantArrayType.Array) return undefined
  const words = Array.from(variant.value as Iterable<number>)
  return words.length === length ? words : undefined
}

function toBit(variant: Variant): number[] | undefined {
  if (variant.dataType !== DataType.Boolean || variant.arrayType !== VariantArrayType.Scalar) return undefined
  return [variant.value === true ? 1 : 0]
}

function toVariant(node: OpcuaNode): Variant {
  switch (node.type) {
    case 'UInt16[]':
      return new Variant({
        dataType: DataType.UInt16,
        arrayType: VariantArrayType.Array,
        value: Uint16Array.from(node.read()),
      })
    case 'UInt64': {
      const value = node.read()
      const words = [Number(value >> 32n), Number(value & 0xffffffffn)]
      return new Variant({ dataType: DataType.UInt64, arrayType: VariantArrayType.Scalar, value: words })
    }
    default:
      return new Variant({ dataType: DataType[node.type], value: node.read() })
  }
}
