/** Batches that follow each other, as one. Pure. Read next: live/sample.ts. */
import { type Batch, batchOf, F64, isText, SAMPLE_BYTES, U32 } from '../../../live/sample.ts'

/** Samples of a batch, from `from` on. */
type Part = { readonly batch: Batch; readonly from: number }

/** The parts as few batches: one as long as their numbers have no gap, and of at most `most` samples or one part. */
export function join(parts: readonly Part[], most: number): Batch[] {
  const runs: Part[][] = []
  let next = Number.NaN
  let count = 0
  for (const part of parts) {
    const { batch, from } = part
    const adds = batch.count - from
    if (batch.first + from !== next || count + adds > most) {
      runs.push([])
      count = 0
    }
    runs.at(-1)!.push(part)
    count += adds
    next = batch.first + batch.count
  }
  return runs.map(joinRun)
}

function joinRun(parts: readonly Part[]): Batch {
  const [{ batch: head, from: headFrom }] = parts as [Part, ...Part[]]
  if (parts.length === 1 && headFrom === 0) return head
  const samples = new Uint8Array(parts.reduce((sum, { batch, from }) => sum + batch.count - from, 0) * SAMPLE_BYTES)
  const texts = new Uint8Array(parts.reduce((sum, { batch }) => sum + batch.texts.length, 0))
  let samplesAt = 0
  let textsAt = 0
  for (const { batch, from } of parts) {
    const bytes = new Uint8Array(batch.f64.buffer, from * SAMPLE_BYTES, (batch.count - from) * SAMPLE_BYTES)
    samples.set(bytes, samplesAt)
    texts.set(batch.texts, textsAt)
    if (batch.texts.length > 0) moveTexts(samples.subarray(samplesAt, samplesAt + bytes.length), textsAt)
    samplesAt += bytes.length
    textsAt += batch.texts.length
  }
  return batchOf(head.first + headFrom, samples.buffer, texts)
}

function moveTexts(samples: Uint8Array<ArrayBuffer>, by: number): void {
  const f64 = new Float64Array(samples.buffer, samples.byteOffset, samples.byteLength / 8)
  const u32 = new Uint32Array(samples.buffer, samples.byteOffset, samples.byteLength / 4)
  for (let index = 0; index < f64.length / F64; index += 1) if (isText(u32[index * U32 + 7]!)) f64[index * F64]! += by
}
