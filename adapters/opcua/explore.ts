/**
 * What is not polled: changes for display, methods, and what is below a node. Nothing here gates permission or money.
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
  type ClientSubscription,
  coerceNodeId,
  DataType,
  NodeClass,
  type NodeId,
  ReadRequest,
  type ReadResponse,
  type ReferenceDescription,
  TimestampsToReturn,
  Variant,
  VariantArrayType,
} from 'node-opcua-client'
import type { Reading } from '../../gateway/core/reading/reading.ts'
import { type BrowseItem, type LinkDeps, LinkError, type Point } from '../adapter.ts'
import type { Answer, Connection } from './connection.ts'
import { within } from './deadline.ts'
import { lastingId, resolveNode } from './nodes.ts'
import type { OpcuaOptions } from './options.ts'
import { bad, decoded, nodeOf } from './services.ts'

const OBJECTS_FOLDER = 'i=85'
const HIERARCHICAL_REFERENCES = 'i=33'
/** A keep-alive at least this often while nothing changes; after three that did not come the subscription is gone. */
const KEEP_ALIVE_MS = 2000
const KEEP_ALIVES_MISSED = 3
const MAX_NOTIFICATIONS = 1000

/** One subscription; a reading for each item that the server refuses, and for each change. Resolves when it runs. */
export async function subscribe(
  at: Connection,
  points: readonly Point[],
  options: OpcuaOptions,
  deps: LinkDeps,
  emit: (readings: Reading[]) => void,
): Promise<void> {
  const { publishingIntervalMs } = options
  const keepAliveCount = Math.max(1, Math.ceil(KEEP_ALIVE_MS / publishingIntervalMs))
  const subscription = await timely(
    at.session.createSubscription2({
      requestedPublishingInterval: publishingIntervalMs,
      requestedMaxKeepAliveCount: keepAliveCount,
      requestedLifetimeCount: 6 * keepAliveCount,
      maxNotificationsPerPublish: MAX_NOTIFICATIONS,
      publishingEnabled: true,
      priority: 1,
    }),
    options.timeoutMs,
    'creating a subscription',
  )
  watch(at, subscription)
  subscription.on('error', (error) => deps.log.debug({ error: String(error) }, 'subscription'))
  const send = collect((readings) => {
    if (at.lostBecause() === undefined) emit(readings)
  })

  for (const [intervalMs, group] of Map.groupBy(points, (point) => point.intervalMs)) {
    const known: Point[] = []
    const items = []
    for (const point of group) {
      const node = nodeOf(point, at.namespaces)
      if (node.kind === 'unknown') send(bad(point, deps.now(), 'refused', node.detail))
      else {
        known.push(point)
        items.push({ nodeId: coerceNodeId(node.id), attributeId: AttributeIds.Value })
      }
    }
    if (items.length === 0) continue
    const parameters = {
      samplingInterval: intervalMs,
      queueSize: Math.ceil(publishingIntervalMs / intervalMs) + 1,
      discardOldest: true,
    }
    const monitored = await timely(
      subscription.monitorItems(items, parameters, TimestampsToReturn.Source),
      options.timeoutMs,
      'monitoring items',
    )
    monitored.on('changed', (_item, value, index) => {
      const point = known[index]
      if (point) send(decoded(point, value, deps.now()))
    })
    monitored.monitoredItems.forEach((item, index) => {
      const point = known[index]
      const { statusCode } = item
      if (point && statusCode.value >>> 30 !== 0) send(bad(point, deps.now(), 'refused', statusCode.name))
    })
  }
}

/** A subscription that ends or falls silent would look like a machine on which nothing changes. */
function watch(at: Connection, subscription: ClientSubscription): void {
  const silentMs = KEEP_ALIVES_MISSED * subscription.publishingInterval * subscription.maxKeepAliveCount
  const timer = setTimeout(() => at.lose(`the subscription is silent for ${silentMs} ms`), silentMs)
  at.whenOver(() => clearTimeout(timer))
  subscription.on('raw_notification', () => timer.refresh())
  subscription.on('keepalive', () => timer.refresh())
  subscription.on('status_changed', (status) => at.lose(`the server ended the subscription (${status.name})`))
  subscription.on('terminated', () => at.lose('the server ended the subscription'))
}

/** Arguments are given the types that the method declares. */
export async function call(
  at: Connection,
  method: { object: string; method: string; args: readonly unknown[] },
): Promise<readonly unknown[]> {
  const what = `call of ${method.method}`
  const refuse = (why: string) => new LinkError(`${what}: ${why}`, { retriable: false, outcome: 'unsent' })
  const ids = [method.object, method.method].map((text) => {
    const node = resolveNode(text, undefined, at.namespaces)
    if (node.kind === 'unknown') throw refuse(node.detail)
    return coerceNodeId(node.id)
  })
  const [objectId, methodId] = ids as [NodeId, NodeId]
  const { inputArguments } = await at.session.getArgumentDefinition(methodId).catch((cause: unknown) => {
    throw new LinkError(`${what}: its arguments cannot be read`, { outcome: 'unsent', cause })
  })
  if (inputArguments.length !== method.args.length) {
    throw refuse(`takes ${inputArguments.length} arguments, got ${method.args.length}`)
  }
  const args = inputArguments.map(({ dataType, name }, index) => {
    const type = dataType.namespace === 0 ? Number(dataType.value) : DataType.Null
    if (DataType[type] === undefined || type === DataType.Null || type > DataType.DiagnosticInfo) {
      throw refuse(`argument ${name} is of a type that cannot be given here`)
    }
    const given = method.args[index]
    return Array.isArray(given)
      ? new Variant({ dataType: type, arrayType: VariantArrayType.Array, value: given.map(toLibrary) })
      : new Variant({ dataType: type, arrayType: VariantArrayType.Scalar, value: toLibrary(given) })
  })
  const answer = await at.send<CallResponse>(
    new CallRequest({ methodsToCall: [{ objectId, methodId, inputArguments: args }] }),
  )
  const result = unwrap(answer, what).results?.[0]
  if (!result || result.statusCode.value >>> 30 !== 0) {
    throw new LinkError(`${what}: ${result?.statusCode.name ?? 'no status'}`, {
      outcome: result ? 'refused' : 'unknown',
      ...(result ? { detail: result.statusCode.name } : {}),
    })
  }
  return (result.outputArguments ?? []).map(({ dataType, value }) => fromLibrary(dataType, value))
}

export async function browse(at: Connection, node: string | undefined, limit: number): Promise<BrowseItem[]> {
  const resolved = resolveNode(node ?? OBJECTS_FOLDER, undefined, at.namespaces)
  if (resolved.kind === 'unknown') throw new LinkError(resolved.detail, { retriable: false, outcome: 'unsent' })
  const what = `browse of ${node ?? 'the root'}`
  const request = new BrowseRequest({
    requestedMaxReferencesPerNode: limit,
    nodesToBrowse: [
      {
        nodeId: coerceNodeId(resolved.id),
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
  return describe(at, found.slice(0, limit))
}

async function describe(at: Connection, found: readonly ReferenceDescription[]): Promise<BrowseItem[]> {
  const variables = found.filter(({ nodeClass }) => nodeClass === NodeClass.Variable)
  const types = new Map<ReferenceDescription, string>()
  if (variables.length > 0) {
    const nodesToRead = variables.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.DataType }))
    const answer = await at.send<ReadResponse>(new ReadRequest({ nodesToRead }))
    const results = answer.kind === 'answer' ? (answer.response.results ?? []) : []
    variables.forEach((variable, index) => {
      const id = results[index]?.value?.value as NodeId | undefined
      const name = id?.namespace === 0 ? DataType[Number(id.value)] : undefined
      if (name) types.set(variable, name)
    })
  }
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

/** What is said in one turn of the event loop goes out together. */
function collect(emit: (readings: Reading[]) => void): (reading: Reading) => void {
  let waiting: Reading[] = []
  return (reading) => {
    waiting.push(reading)
    if (waiting.length > 1) return
    setImmediate(() => {
      const together = waiting
      waiting = []
      emit(together)
    })
  }
}

function toLibrary(value: unknown): unknown {
  if (typeof value !== 'bigint') return value
  const bits = BigInt.asUintN(64, value)
  return [Number(bits >> 32n), Number(bits & 0xffff_ffffn)]
}

function fromLibrary(dataType: DataType, value: unknown): unknown {
  if ((dataType !== DataType.Int64 && dataType !== DataType.UInt64) || !Array.isArray(value)) return value
  const [high, low]: unknown[] = value
  if (typeof high !== 'number' || typeof low !== 'number') return value
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
  return dataType === DataType.Int64 ? BigInt.asIntN(64, bits) : bits
}

async function timely<T>(work: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  return within(work, timeoutMs, what).catch((cause: unknown) => {
    throw new LinkError(`${what}: ${cause instanceof Error ? cause.message : cause}`, { cause })
  })
}
