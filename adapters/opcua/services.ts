/**
 * Translates points and blocks into the library's requests, and its responses back. Opens and sends nothing.
 * Read next: plain.ts and values.ts (what nodes hold), link.ts.
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
import type { Moment } from '../../gateway/core/ground/moment.ts'
import type { Reading, ReadingCause } from '../../gateway/core/reading/reading.ts'
import { type Block, isWord, LinkError, type Point, type Show } from '../adapter.ts'
import type { Answer } from './connection.ts'
import type { OpcuaAddress } from './options.ts'
import { heldBy, plainValue } from './plain.ts'
import { decodeValue } from './values.ts'

export function readRequest(ids: readonly string[]): ReadRequest {
  return new ReadRequest({
    // 0: from the device, not from the server's cache of it, as far as the server distinguishes them.
    maxAge: 0,
    timestampsToReturn: TimestampsToReturn.Source,
    nodesToRead: ids.map((id) => ({ nodeId: coerceNodeId(id), attributeId: AttributeIds.Value })),
  })
}

/** Rejects what can never be written as asked: nothing is sent then. */
export function assertWritable({ id, address, words }: Block): void {
  const { type, count } = address as OpcuaAddress
  if (type !== 'words' && type !== 'bool' && type !== 'u16')
    throw unwritable(id, 'only a node of type words, bool or u16 is written')
  if (words.length === 0) throw unwritable(id, 'no words')
  if (type !== 'words' && words.length !== 1) throw unwritable(id, `${words.length} words for one value`)
  if (count !== undefined && count !== words.length)
    throw unwritable(id, `${words.length} words for a node of ${count}`)
  if (!words.every(isWord)) throw unwritable(id, 'a word is not an integer of 0 to 65535')
}

export function unwritable(block: string, why: string): LinkError {
  return new LinkError(`cannot write ${block}: ${why}`, { retriable: false, outcome: 'unsent' })
}

/** No status and no time with the value: many servers refuse to have them written. */
export function writeRequest(node: string, { address, words }: Block): WriteRequest {
  return new WriteRequest({
    nodesToWrite: [
      {
        nodeId: coerceNodeId(node),
        attributeId: AttributeIds.Value,
        value: { value: variantOf((address as OpcuaAddress).type, words) },
      },
    ],
  })
}

function variantOf(type: OpcuaAddress['type'], words: readonly number[]) {
  if (type === 'words')
    return { dataType: DataType.UInt16, arrayType: VariantArrayType.Array, value: Uint16Array.from(words) }
  if (type === 'bool') return { dataType: DataType.Boolean, value: words[0] !== 0 }
  return { dataType: DataType.UInt16, value: words[0]! }
}

/** The reading of the item at `index` of an answer to a read. */
export function readingOf(
  point: Point,
  answer: Answer<ReadResponse>,
  index: number,
  at: Moment,
  namespaces: readonly string[],
): Reading {
  switch (answer.kind) {
    case 'answer': {
      const item = answer.response.results?.[index]
      return item
        ? readingOfValue(point, item, at, namespaces)
        : bad(point, at, 'malformed', 'the answer has no such item')
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

/** Whether `show` took the value, so that no reading is made of it. */
export function isShown(show: Show | undefined, point: Point, item: DataValue, at: Moment): boolean {
  const value = show && plainValue(item, point.address as OpcuaAddress)
  return value !== undefined && show!(point, value, at, item.sourceTimestamp?.getTime())
}

export function readingOfValue(point: Point, item: DataValue, at: Moment, namespaces: readonly string[]): Reading {
  const address = point.address as OpcuaAddress
  const { statusCode, value, sourceTimestamp } = item
  const decoded = decodeValue(
    address,
    {
      status: { code: statusCode.value, name: statusCode.name },
      ...heldBy(value, address),
      ...(sourceTimestamp ? { sourceAtMs: sourceTimestamp.getTime() } : {}),
    },
    namespaces,
  )
  return { point: point.id, ...decoded, readAtMs: at.ms, readAtNs: at.ns }
}

export function bad(point: Point, at: Moment, cause: ReadingCause, detail?: string): Reading {
  const why = detail === undefined ? { cause } : { cause, detail }
  return { point: point.id, quality: 'bad', ...why, readAtMs: at.ms, readAtNs: at.ns }
}

/** Statuses that do not mean no: the server does not know what became of the write either. */
const UNDECIDED = new Set([
  'BadUnexpectedError',
  'BadInternalError',
  'BadTimeout',
  'BadRequestTimeout',
  'BadCommunicationError',
  'BadDeviceFailure',
  'BadOperationAbandoned',
])

/** What an answer to a write, or its absence, means; undefined: the server accepted it. */
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
