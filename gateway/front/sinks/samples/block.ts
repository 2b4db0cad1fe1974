/**
 * A batch of samples as bytes in a file. Pure.
 *
 *   u32 'LKS1'   u32 CRC-32 of all behind it   u32 samples   u32 bytes of texts
 *   f64 number of the first   f64 when the newest was read, UTC ms   then the samples, then the texts
 *
 * In the order of bytes of the computer: such a file is never carried to another one. Read next: kept.ts.
 */
import { crc32 } from 'node:zlib'
import { type Batch, batchOf, readAtMs, SAMPLE_BYTES } from '../../../live/sample.ts'

export const HEADER_BYTES = 32

export type BlockHeader = {
  readonly count: number
  readonly textBytes: number
  readonly newestAtMs: number
  /** With the header. */
  readonly bytes: number
}

const MAGIC = 0x31_53_4b_4c
/** No block is longer; what says so is none. */
const MOST_COUNT = 1_048_576
const MOST_TEXT_BYTES = 1_073_741_824

export function encodeBlock(batch: Batch): Uint8Array<ArrayBuffer> {
  const { first, count, f64, texts } = batch
  const samples = new Uint8Array(f64.buffer, f64.byteOffset, f64.byteLength)
  const block = new Uint8Array(HEADER_BYTES + samples.length + texts.length)
  const words = new Uint32Array(block.buffer, 0, 4)
  words.set([MAGIC, 0, count, texts.length])
  new Float64Array(block.buffer, 16, 2).set([first, newestAtMs(batch)])
  block.set(samples, HEADER_BYTES)
  block.set(texts, HEADER_BYTES + samples.length)
  words[1] = crc32(block.subarray(8))
  return block
}

/** Undefined when these bytes are no header. */
export function readHeader(bytes: Uint8Array<ArrayBuffer>): BlockHeader | undefined {
  if (bytes.length < HEADER_BYTES) return undefined
  const [magic, , count = 0, textBytes = 0] = new Uint32Array(bytes.buffer, bytes.byteOffset, 4)
  const [first, newestAtMs] = new Float64Array(bytes.buffer, bytes.byteOffset + 16, 2)
  if (magic !== MAGIC || count === 0 || count > MOST_COUNT || textBytes > MOST_TEXT_BYTES) return undefined
  if (!Number.isSafeInteger(first) || !Number.isFinite(newestAtMs)) return undefined
  return { count, textBytes, newestAtMs: newestAtMs!, bytes: HEADER_BYTES + count * SAMPLE_BYTES + textBytes }
}

/** Undefined when the block is torn or is not what was written. */
export function decodeBlock(block: Uint8Array<ArrayBuffer>): Batch | undefined {
  const header = readHeader(block)
  if (header === undefined || block.length !== header.bytes) return undefined
  if (crc32(block.subarray(8)) !== new Uint32Array(block.buffer, block.byteOffset, 2)[1]) return undefined
  const first = new Float64Array(block.buffer, block.byteOffset + 16, 1)[0]!
  const textsAt = HEADER_BYTES + header.count * SAMPLE_BYTES
  return batchOf(first, block.slice(HEADER_BYTES, textsAt).buffer, block.subarray(textsAt))
}

function newestAtMs(batch: Batch): number {
  let newest = readAtMs(batch, 0)
  for (let index = 1; index < batch.count; index += 1) newest = Math.max(newest, readAtMs(batch, index))
  return newest
}
