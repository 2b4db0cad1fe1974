/**
 * For commissioning: calls a method, lists what is below a node. Nothing here gates permission or money.
 * Read next: connection.ts.
 */
import {
  AttributeIds,
  BrowseDirection,
  BrowseNextRequest,
  type BrowseNextResponse,
  BrowseRequest,
  type BrowseResponse,
  type BrowseResult,
  CallRequest,
  type CallResponse,
  coerceNodeId,
  DataType,
  NodeClass,
  type NodeId,
  ReadRequest,
  type ReadResponse,
  type ReferenceDescription,
  Variant,
  VariantArrayType,
} from 'node-opcua-client'
import { type BrowseItem, LinkError } from '../adapter.ts'
import type { Answer, Connection } from './connection.ts'
import { lastingId, resolveNode } from './nodes.ts'
import { wideInteger } from './values.ts'

const OBJECTS_FOLDER = 'i=85'
const HIERARCHICAL_REFERENCES = 'i=33'

/** Arguments are given the types that the method declares. */
export async function call(
  at: Connection,
  method: { object: string; method: string; args: readonly unknown[] },
): Promise<readonly unknown[]> {
  const what = `call of ${method.method}`
  const refuse = (why: string) => new LinkError(`${what}: ${why}`, { retriable: false, outcome: 'unsent' })
  const [objectId, methodId] = [method.object, method.method].map((text) => {
    const node = resolveNode(text, undefined, at.namespaces)
    if (node.kind === 'unknown') throw refuse(node.detail)
    return coerceNodeId(node.id)
  }) as [NodeId, NodeId]
  const { inputArguments: declared } = await at.session.getArgumentDefinition(methodId).catch((cause: unknown) => {
    throw new LinkError(`${what}: its arguments cannot be read`, { outcome: 'unsent', cause })
  })
  if (declared.length !== method.args.length)
    throw refuse(`takes ${declared.length} arguments, got ${method.args.length}`)
  const inputArguments = declared.map(({ dataType, name }, index) => {
    const type = dataType.namespace === 0 ? Number(dataType.value) : DataType.Null
    if (DataType[type] === undefined || type === DataType.Null || type > DataType.DiagnosticInfo)
      throw refuse(`argument ${name} is of a type that cannot be given here`)
    return variantOf(type, method.args[index])
  })
  const answer = await at.send<CallResponse>(
    new CallRequest({ methodsToCall: [{ objectId, methodId, inputArguments }] }),
  )
  const result = unwrap(answer, what).results?.[0]
  if (!result) throw new LinkError(`${what}: no status`, { outcome: 'unknown' })
  const { value: status, name } = result.statusCode
  if (status >>> 30 !== 0) throw new LinkError(`${what}: ${name}`, { outcome: 'refused', detail: name })
  return (result.outputArguments ?? []).map(({ dataType, value }) => fromLibrary(dataType, value))
}

function variantOf(dataType: DataType, given: unknown): Variant {
  return Array.isArray(given)
    ? new Variant({ dataType, arrayType: VariantArrayType.Array, value: given.map(toLibrary) })
    : new Variant({ dataType, arrayType: VariantArrayType.Scalar, value: toLibrary(given) })
}

export async function browse(at: Connection, node: string | undefined, limit: number): Promise<BrowseItem[]> {
  return describe(at, await referencesOf(at, nodeToBrowse(at, node), limit))
}

/** As this session understands it; the Objects folder where none is named. */
export function nodeToBrowse({ namespaces }: Connection, node: string | undefined): string {
  const resolved = resolveNode(node ?? OBJECTS_FOLDER, undefined, namespaces)
  if (resolved.kind === 'unknown') throw new LinkError(resolved.detail, { retriable: false, outcome: 'unsent' })
  return resolved.id
}

/** What is directly below a node, at most `limit`; no continuation stays behind on the server. */
export async function referencesOf(at: Connection, node: string, limit: number): Promise<ReferenceDescription[]> {
  const what = `browse of ${node}`
  const request = new BrowseRequest({
    requestedMaxReferencesPerNode: limit,
    nodesToBrowse: [
      {
        nodeId: coerceNodeId(node),
        browseDirection: BrowseDirection.Forward,
        referenceTypeId: coerceNodeId(HIERARCHICAL_REFERENCES),
        includeSubtypes: true,
        nodeClassMask: 0,
        resultMask: 63,
      },
    ],
  })
  let page: BrowseResult | undefined = unwrap(await at.send<BrowseResponse>(request), what).results?.[0]
  if (page && page.statusCode.value >>> 30 > 1) {
    throw new LinkError(`${what}: ${page.statusCode.name}`, { outcome: 'refused', detail: page.statusCode.name })
  }
  const found: ReferenceDescription[] = []
  while (page) {
    found.push(...(page.references ?? []))
    const more = page.continuationPoint
    if (!more || more.length === 0) break
    const isEnough = found.length >= limit
    const next = new BrowseNextRequest({ releaseContinuationPoints: isEnough, continuationPoints: [more] })
    const answer = await at.send<BrowseNextResponse>(next)
    if (isEnough) break
    page = unwrap(answer, what).results?.[0]
  }
  return found.slice(0, limit)
}

/** The built-in types of variables, asked in one request. */
export async function typesOf(
  at: Connection,
  variables: readonly ReferenceDescription[],
): Promise<Map<ReferenceDescription, string>> {
  const types = new Map<ReferenceDescription, string>()
  if (variables.length === 0) return types
  const nodesToRead = variables.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.DataType }))
  const answer = await at.send<ReadResponse>(new ReadRequest({ nodesToRead }))
  const results = answer.kind === 'answer' ? (answer.response.results ?? []) : []
  variables.forEach((variable, index) => {
    const id = results[index]?.value?.value as NodeId | undefined
    const name = id?.namespace === 0 ? DataType[Number(id.value)] : undefined
    if (name) types.set(variable, name)
  })
  return types
}

async function describe(at: Connection, found: readonly ReferenceDescription[]): Promise<BrowseItem[]> {
  const types = await typesOf(
    at,
    found.filter(({ nodeClass }) => nodeClass === NodeClass.Variable),
  )
  return found.map((item) => {
    const { nodeId, displayName, browseName, nodeClass } = item
    const identifier = nodeId.toString().replace(/^ns=\d+;/, '')
    const type = types.get(item)
    return {
      id: lastingId(nodeId.namespace, identifier, at.namespaces),
      name: displayName.text ?? browseName.name ?? '',
      kind: NodeClass[nodeClass] ?? 'Unspecified',
      ...(type ? { type } : {}),
    }
  })
}

function unwrap<R>(answer: Answer<R>, what: string): R {
  switch (answer.kind) {
    case 'answer':
      return answer.response
    case 'fault':
      throw new LinkError(`${what}: ${answer.status}`, { outcome: 'refused', detail: answer.status })
    case 'lost':
      throw new LinkError(`${what}: connection lost`, { outcome: answer.sent ? 'unknown' : 'unsent' })
    case 'timeout':
      throw new LinkError(`${what}: no answer in time`, { outcome: 'unknown' })
    case 'failed':
      throw new LinkError(`${what}: ${answer.detail}`, { outcome: 'unknown' })
  }
}

function toLibrary(value: unknown): unknown {
  if (typeof value !== 'bigint') return value
  const bits = BigInt.asUintN(64, value)
  return [Number(bits >> 32n), Number(bits & 0xffff_ffffn)]
}

function fromLibrary(dataType: DataType, value: unknown): unknown {
  if (dataType !== DataType.Int64 && dataType !== DataType.UInt64) return value
  return wideInteger(value, dataType === DataType.Int64) ?? value
}
