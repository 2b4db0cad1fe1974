/**
 * Between points and blocks on one side and the library's requests and responses on the other. Opens and sends nothing.
 * Read next: nodes.ts (the pure part), link.ts.
 */
import {
  AttributeIds,
  coerceNodeId,
  DataType,
  type DataValue,
  ReadRequest,
  type ReadResponse,
  TimestampsToReturn,
  VariantArrayType,
  WriteRequest,
  type WriteResponse,
} from 'node-opcua-client'
import type { Moment, Reading, ReadingCause } from '../../gateway/core/reading/reading.ts'
import { LinkError, type Point } from '../adapter.ts'
import type { Answer } from './connection.ts'
import { decodeSample, type Resolved, resolveNode, type Sample } from './nodes.ts'
import type { OpcuaAddress, OpcuaDevice } from './options.ts'

export function nodeOf(at: Pick<Point, 'address' | 'device'>, namespaces: readonly string[]): Resolved {
  return resolveNode((at.address as OpcuaAddress).node, (at.device as OpcuaDevice).root, namespaces)
}

export function readRequest(ids: readonly string[]): ReadRequest {
  return new ReadRequest({
    // 0: from the device, not from the server's memory of it, as far as the server can tell them apart.
    maxAge: 0,
    timestampsToReturn: TimestampsToReturn.Source,
    nodesToRead: ids.map((id) => ({ nodeId: coerceNodeId(id), attributeId: AttributeIds.Value })),
  })
}

/** No status and no time with the value: many servers refuse to have them written. */
export function writeRequest(id: string, type: 'words' | 'bool' | 'u16', words: readonly number[]): WriteRequest {
  const value =
    type === 'words'
      ? { dataType: DataType.UInt16, arrayType: VariantArrayType.Array, value: Uint16Array.from(words) }
      : type === 'bool'
        ? { dataType: DataType.Boolean, value: words[0] !== 0 }
        : { dataType: DataType.UInt16, value: words[0]! }
  return new WriteRequest({
    nodesToWrite: [{ nodeId: coerceNodeId(id), attributeId: AttributeIds.Value, value: { value } }],
  })
}

/** The reading of the item at `index` of an answer to a read. */
export function readingOf(point: Point, answer: Answer<ReadResponse>, index: number, at: Moment): Reading {
  switch (answer.kind) {
    case 'answer': {
      const item = answer.response.results?.[index]
      return item ? decoded(point, item, at) : bad(point, at, 'malformed', 'the answer has no such item')
    }
    case 'fault':
      return bad(point, at, 'refused', answer.status)
    case 'timeout':
      return bad(point, at, 'timeout')
    case 'failed':
      return bad(point, at, 'malformed', answer.detail)
    case 'lost':
      return bad(point, at, 'link-down')
  }
}

export function decoded(point: Point, item: DataValue, at: Moment): Reading {
  const sample = sampleOf(item)
  return { point: point.id, ...decodeSample(point.address as OpcuaAddress, sample), readAtMs: at.ms, readAtNs: at.ns }
}

export function bad(point: Point, at: Moment, cause: ReadingCause, detail?: string): Reading {
  const why = detail === undefined ? { cause } : { cause, detail }
  return { point: point.id, quality: 'bad', ...why, readAtMs: at.ms, readAtNs: at.ns }
}

function sampleOf({ statusCode, value, sourceTimestamp }: DataValue): Sample {
  return {
    status: { code: statusCode.value, name: statusCode.name },
    dataType: DataType[value?.dataType ?? DataType.Null],
    isArray: value !== undefined && value.arrayType !== VariantArrayType.Scalar,
    value: value?.value,
    ...(sourceTimestamp ? { sourceAtMs: sourceTimestamp.getTime() } : {}),
  }
}

/** Statuses that do not say no: the server knows no better than we do what became of it. */
const UNDECIDED = new Set([
  'BadUnexpectedError',
  'BadInternalError',
  'BadTimeout',
  'BadRequestTimeout',
  'BadCommunicationError',
  'BadDeviceFailure',
  'BadOperationAbandoned',
])

/** What an answer to a write, or its absence, means; undefined when the server accepted it. */
export function writeError(answer: Answer<WriteResponse>, what: string): LinkError | undefined {
  const said = (status: string) =>
    new LinkError(`${what}: ${status}`, { outcome: UNDECIDED.has(status) ? 'unknown' : 'refused', detail: status })
  switch (answer.kind) {
    case 'answer': {
      const status = answer.response.results?.[0]
      if (!status) return new LinkError(`${what}: the answer has no status`, { outcome: 'unknown' })
      return status.value >>> 30 === 0 ? undefined : said(status.name)
    }
    case 'fault':
      return said(answer.status)
    case 'timeout':
      return new LinkError(`${what}: no answer in time`, { outcome: 'unknown' })
    case 'failed':
      return new LinkError(`${what}: ${answer.detail}`, { outcome: 'unknown' })
    case 'lost':
      return new LinkError(`${what}: connection lost`, { outcome: answer.sent ? 'unknown' : 'unsent' })
  }
}
