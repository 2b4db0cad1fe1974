/**
 * What an answer, or its absence, means to the caller: readings for a read, a LinkError for a write or an open. Pure.
 * Read next: adapters/adapter.ts, which says what each outcome promises.
 */
import type { Moment } from '../../gateway/core/ground/moment.ts'
import type { Reading } from '../../gateway/core/reading/reading.ts'
import { type Block, isWord, LinkError, type Point } from '../adapter.ts'
import type { Answer } from './connection.ts'
import { decode } from './decode.ts'
import type { ModbusAddress, ModbusDevice } from './options.ts'
import type { WriteRequest } from './pdu.ts'
import { type ReadRequest, sizeOf } from './plan.ts'

/** How a request ended: an answer, or why it was never sent. */
export type RequestOutcome = Answer | { readonly kind: 'full' | 'late' | 'silent' | 'skipped' }

/** Modbus Application Protocol V1.1b3, 6.12. */
const MAX_WRITE_WORDS = 123

/**
 * Illegal data address, illegal data value, device failure: it may concern only a part of what was asked. A module that
 * failed behind a coupler answers 4 to every block that it is in.
 */
export function isAboutTheBlock(code: number): boolean {
  return code === 2 || code === 3 || code === 4
}

/** Still at it, or busy: the same request will be answered in a moment. */
export function isBusy(outcome: RequestOutcome): boolean {
  return outcome.kind === 'exception' && (outcome.code === 5 || outcome.code === 6)
}

/** Gateway path unavailable, target failed to respond: another device answers in the place of the unit. */
export function isFromGateway(code: number): boolean {
  return code === 10 || code === 11
}

export function readingOf(point: Point, request: ReadRequest, outcome: RequestOutcome, at: Moment): Reading {
  if (outcome.kind !== 'data') return bad(point, at, outcome)
  const address = point.address as ModbusAddress
  const offset = address.address - request.start
  const decoded = decode(address, outcome.data.slice(offset, offset + sizeOf(address)))
  return { point: point.id, ...decoded, readAtMs: at.ms, readAtNs: at.ns }
}

export function bad(point: Point, at: Moment, outcome: RequestOutcome): Reading {
  return { point: point.id, quality: 'bad', ...causeOf(point, outcome), readAtMs: at.ms, readAtNs: at.ns }
}

function causeOf({ device }: Point, outcome: RequestOutcome): Pick<Reading, 'cause' | 'detail'> {
  switch (outcome.kind) {
    case 'silent':
      return { cause: 'unit-silent', detail: `unit ${(device as ModbusDevice).unit} does not answer` }
    case 'skipped':
      return { cause: 'timeout' }
    case 'timeout':
      return { cause: 'timeout', ...(outcome.detail === undefined ? {} : { detail: outcome.detail }) }
    case 'full':
      return { cause: 'timeout', detail: 'not sent: the queue of the link is full' }
    case 'late':
      return { cause: 'timeout', detail: 'not sent: the link is too busy' }
    case 'exception':
      return { cause: 'refused', detail: outcome.detail }
    case 'malformed':
      return { cause: 'malformed', detail: outcome.detail }
    case 'lost':
      if (outcome.detail !== undefined) return { cause: 'malformed', detail: outcome.detail }
      return { cause: 'refused', detail: 'the device closes the connection in place of an answer' }
    case 'data':
    case 'written':
      return { cause: 'malformed', detail: 'unexpected answer' }
  }
}

export function writeRequest(block: Block): WriteRequest {
  const address = block.address as ModbusAddress
  const { words } = block
  const refuse = (why: string) =>
    new LinkError(`cannot write ${block.id}: ${why}`, { retriable: false, outcome: 'unsent' })
  if (address.table !== 'holding' && address.table !== 'coil')
    throw refuse(`${address.table} cannot be written, only holding and coil`)
  if (address.bit !== undefined) throw refuse('one bit of a register cannot be written by itself')
  const code = address.write ?? (address.table === 'coil' ? 5 : address.type === 'words' ? 16 : 6)
  if ((code === 5 || code === 15) !== (address.table === 'coil'))
    throw refuse(`function ${code} does not write ${address.table}`)
  if (address.type !== 'words' && words.length !== 1) throw refuse(`${words.length} words for one value`)
  if (words.length < 1 || words.length > MAX_WRITE_WORDS)
    throw refuse(`${words.length} words; one request takes 1 to ${MAX_WRITE_WORDS}`)
  if (address.count !== undefined && address.count !== words.length)
    throw refuse(`${words.length} words for a block of ${address.count}`)
  if (address.address + words.length > 65_536) throw refuse('it ends beyond address 65535')
  if (!words.every(isWord)) throw refuse('a word is not an integer of 0 to 65535')
  return { unit: (block.device as ModbusDevice).unit, code, start: address.address, words: [...words] }
}

/** Exceptions that do not mean no: failed on the way, accepted and still busy, forwarded and unanswered. */
const UNDECIDED = new Set([4, 5, 11])

export function writeError(outcome: RequestOutcome, request: WriteRequest, where: string): LinkError {
  const place = `${request.code === 5 || request.code === 15 ? 'coil' : 'register'} ${request.start}`
  const what = `write to unit ${request.unit}, ${place} at ${where}`
  switch (outcome.kind) {
    case 'exception':
      return new LinkError(`${what}: ${outcome.detail}`, {
        outcome: UNDECIDED.has(outcome.code) ? 'unknown' : 'refused',
        detail: outcome.detail,
      })
    case 'full':
      return new LinkError(`${what}: not sent, the queue is full of commands`, { outcome: 'unsent' })
    case 'late':
      return new LinkError(`${what}: not sent, it did not get its turn in time`, { outcome: 'unsent' })
    case 'silent':
      return new LinkError(`${what}: not sent, the unit does not answer`, { outcome: 'unsent' })
    case 'lost':
      return new LinkError(`${what}: ${outcome.detail ?? 'connection lost'}`, {
        outcome: outcome.sent ? 'unknown' : 'unsent',
      })
    case 'malformed':
      return new LinkError(`${what}: ${outcome.detail}`, { outcome: 'unknown', detail: outcome.detail })
    default:
      return new LinkError(`${what}: no answer in time`, { outcome: 'unknown' })
  }
}

/** Why there is no connection, and what to look at. */
const UNREACHED: Readonly<Record<string, string>> = {
  ENOTFOUND: 'this host name is not known; correct `host` or the name server',
  ECONNREFUSED: 'nothing accepts connections there; correct `host` and `port`, or switch Modbus TCP on at the device',
  EHOSTUNREACH: 'no device answers at this address; correct `host`, or look at its power and its cable',
  ENETUNREACH: 'there is no way to this network; correct `host`, or the network of this computer',
}

export function openError(cause: unknown, where: string): LinkError {
  const message = cause instanceof Error ? cause.message : String(cause)
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return new LinkError(`${where}: ${UNREACHED[code] ?? message}`, {
    retriable: code !== 'ENOTFOUND',
    outcome: 'unsent',
    cause,
  })
}
