/**
 * What a device says of itself: device identification (function 43/14), server id (function 17), and the answers of
 * reads. Makes requests and reads answers; what is not as the standard says is left out. Pure.
 * Modbus Application Protocol V1.1b3, 6.13 and 6.21. Read next: ask.ts.
 */
import type { RegisterTable } from './places.ts'

/** Basic identification, from the first object. */
export const IDENTIFY: readonly number[] = [43, 14, 1, 0]
export const SERVER_ID: readonly number[] = [17]

const OBJECTS: Readonly<Record<number, string>> = {
  0: 'vendor',
  1: 'product',
  2: 'version',
  4: 'productName',
  5: 'model',
}
const READ = { holding: 3, input: 4 } as const

export function readRequest(table: RegisterTable, start: number, count: number): readonly number[] {
  return [READ[table], start >> 8, start & 0xff, 0, count]
}

/** The words of an answer to a read; undefined when it has another length. */
export function wordsOf(data: Buffer, count: number): number[] | undefined {
  if (data.length !== 1 + 2 * count || data.readUInt8(0) !== 2 * count) return undefined
  return Array.from({ length: count }, (_, at) => data.readUInt16BE(1 + 2 * at))
}

/** By name, such as `vendor` and `product`. `data`: behind the function code. */
export function identificationOf(data: Buffer): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  let at = 6
  for (let left = data.length >= 6 ? data.readUInt8(5) : 0; left > 0 && at + 2 <= data.length; left--) {
    const [id, length] = [data.readUInt8(at), data.readUInt8(at + 1)]
    if (at + 2 + length > data.length) break
    const text = plainText(data.subarray(at + 2, at + 2 + length))
    const name = OBJECTS[id]
    if (name !== undefined && text !== '') found[name] = text
    at += 2 + length
  }
  return found
}

/** What can be read of a server id: its format is the maker's. */
export function serverIdOf(data: Buffer): string | undefined {
  const text = data.length > 1 ? plainText(data.subarray(1, 1 + data.readUInt8(0))) : ''
  return text.length >= 3 ? text : undefined
}

function plainText(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .trim()
}
