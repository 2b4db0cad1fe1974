/**
 * Requests and answers of Modbus as bytes: unit, function code, data. That much is the same on every transport. Pure.
 * Each field of an answer is held against its request; what is missing is never made up, and what stands behind the
 * length that an answer names is left out. Modbus Application Protocol V1.1b3, 6 and 7.
 * Read next: mbap.ts and rtu.ts, the frames around it.
 */
import { isBitTable, type ReadRequest } from './plan.ts'

/** One request, by function code: 5 and 15 write bits, 6 and 16 registers; 5 and 6 exactly one. */
export type WriteRequest = {
  readonly unit: number
  readonly code: 5 | 6 | 15 | 16
  readonly start: number
  readonly words: readonly number[]
}

export type Request = ReadRequest | WriteRequest

export type Reply =
  /** As many registers, or bits, as were asked. */
  | { readonly kind: 'data'; readonly data: readonly (number | boolean)[] }
  | { readonly kind: 'written' }
  | { readonly kind: 'exception'; readonly code: number; readonly detail: string }
  /** Not an answer to this request. */
  | { readonly kind: 'malformed'; readonly detail: string }

/** Unit, code, reason. */
export const EXCEPTION_LENGTH = 3
/** Unit, code, address, value or count: every request but a write of many, and every receipt of a write. */
export const PLAIN_LENGTH = 6
const ON = 0xff00

const READ_CODES: Readonly<Record<ReadRequest['table'], number>> = { coil: 1, discrete: 2, holding: 3, input: 4 }

export function codeOf(request: Request): number {
  return 'table' in request ? READ_CODES[request.table] : request.code
}

export function requestLength(request: Request): number {
  if ('table' in request || request.code <= 6) return PLAIN_LENGTH
  const { code, words } = request
  return PLAIN_LENGTH + 1 + (code === 15 ? Math.ceil(words.length / 8) : 2 * words.length)
}

/** Of an answer that is no exception. */
export function replyLength(request: Request): number {
  return 'table' in request ? EXCEPTION_LENGTH + bytesOf(request) : PLAIN_LENGTH
}

/** Writes the request at `at`. The words of a write are whole numbers of 0 to 65535: outcome.ts sees to it. */
export function putRequest(request: Request, out: Buffer, at: number): void {
  out[at] = request.unit
  out[at + 1] = codeOf(request)
  out.writeUInt16BE(request.start, at + 2)
  if ('table' in request) out.writeUInt16BE(request.count, at + 4)
  else putWords(request, out, at + 4)
}

/** `body` begins with the unit and is as long as its frame says. */
export function replyOf(request: Request, body: Buffer): Reply {
  const [unit, code] = [body[0]!, body[1]!]
  if (unit !== request.unit)
    return malformed(`unit ${unit} answers in the place of unit ${request.unit}; correct \`unit\` or the converter`)
  const asked = codeOf(request)
  if (code === (asked | 0x80)) return exception(body[2]!)
  if (code !== asked) return malformed(`the answer is for function ${code}, asked was function ${asked}`)
  return 'table' in request ? dataOf(request, body) : receiptOf(request, body)
}

/** Of a coil 1 is on and 0 off; a board whose coil takes a time takes any other word as it is. */
const bitWord = (word: number): number => (word === 1 ? ON : word)

function bytesOf({ table, count }: ReadRequest): number {
  return isBitTable(table) ? (count + 7) >> 3 : 2 * count
}

function putWords({ code, words }: WriteRequest, out: Buffer, at: number): void {
  const [first = 0] = words
  if (code === 5) out.writeUInt16BE(bitWord(first), at)
  else if (code === 6) out.writeUInt16BE(first, at)
  else {
    out.writeUInt16BE(words.length, at)
    const from = at + 3
    if (code === 16) for (const [index, word] of words.entries()) out.writeUInt16BE(word, from + 2 * index)
    else {
      out.fill(0, from, from + Math.ceil(words.length / 8))
      for (const [index, word] of words.entries()) if (word !== 0) out[from + (index >> 3)]! |= 1 << (index & 7)
    }
    out[at + 2] = code === 16 ? 2 * words.length : Math.ceil(words.length / 8)
  }
}

function dataOf(request: ReadRequest, body: Buffer): Reply {
  const due = bytesOf(request)
  const is = body[2]!
  if (is !== due) return malformed(`the answer says it holds ${is} bytes, asked were ${due}`)
  if (body.length < EXCEPTION_LENGTH + due) return short(EXCEPTION_LENGTH + due, body)
  const { table, count } = request
  const data: (number | boolean)[] = new Array(count)
  if (isBitTable(table)) for (let i = 0; i < count; i++) data[i] = ((body[3 + (i >> 3)]! >> (i & 7)) & 1) === 1
  else for (let i = 0, at = 3; i < count; i++, at += 2) data[i] = (body[at]! << 8) | body[at + 1]!
  return { kind: 'data', data }
}

/** The device echoes the address, and the value or how many were written. */
function receiptOf({ code, start, words }: WriteRequest, body: Buffer): Reply {
  if (body.length < PLAIN_LENGTH) return short(PLAIN_LENGTH, body)
  const [first = 0] = words
  const [address, echo] = [body.readUInt16BE(2), body.readUInt16BE(4)]
  const due = code === 5 ? bitWord(first) : code === 6 ? first : words.length
  if (address === start && echo === due) return { kind: 'written' }
  return malformed(`the receipt names ${echo} at ${address}, written was ${due} at ${start}`)
}

const EXCEPTIONS: Readonly<Record<number, string>> = {
  1: 'illegal function',
  2: 'illegal data address',
  3: 'illegal data value',
  4: 'device failure',
  5: 'acknowledge',
  6: 'device busy',
  8: 'memory parity error',
  10: 'gateway path unavailable',
  11: 'gateway target did not respond',
}

function exception(code: number): Reply {
  return { kind: 'exception', code, detail: `exception ${code} (${EXCEPTIONS[code] ?? 'unknown'})` }
}

function short(due: number, body: Buffer): Reply {
  return malformed(`the answer is cut short: ${body.length} bytes of ${due}`)
}

function malformed(detail: string): Reply {
  return { kind: 'malformed', detail }
}
