/**
 * Receipts and evidence bundles out of the ledger: what was stored, with its proofs, verbatim. It signs nothing; the
 * checkpoints are those the writer made. What comes out is checked by ledger/verify/verifier.ts, which knows nothing of
 * this file.
 */
import type { EntryKind } from '../core/ground/entry.ts'
import { checkpointLine, endLine, headerLine, receiptLine } from './evidence/bundle.ts'
import { inclusionProof } from './evidence/merkle.ts'
import { encodeReceipt, encodeTlogProof } from './evidence/receipt.ts'
import { tileSource } from './evidence/tile.ts'
import { nodeSha256 } from './log/native.ts'
import type { Reader } from './store/reader.ts'

const MAX_SESSION_ENTRIES = 10_000
/** Entries read from the ledger at a time. */
const SLICE = 1000
const PROVEN: ReadonlySet<EntryKind> = new Set(['UnlockConfirmed', 'SessionEnded'])

/** The receipt of a session that has ended, under the newest checkpoint; undefined while none covers its end. */
export function issueReceipt(reader: Reader, session: string): string | undefined {
  const entries = reader.sessionEntries(session, MAX_SESSION_ENTRIES).filter(({ kind }) => PROVEN.has(kind))
  const end = entries.findLast(({ kind }) => kind === 'SessionEnded')
  const checkpoint = reader.checkpoint()
  const origin = reader.logOrigin()
  if (end === undefined || checkpoint === undefined || origin === undefined || checkpoint.size <= end.seq)
    return undefined
  const identity = (['GatewayStarted', 'ConfigurationApplied'] as const).map((kind) => reader.lastOf(kind, end.seq))
  const indexes = [...entries.map(({ seq }) => seq), ...identity.filter((seq) => seq !== undefined)]
  const source = tileSource(nodeSha256, checkpoint.size, ({ level, index, width }) =>
    reader.tile(level as number, index, width),
  )
  return encodeReceipt({
    origin,
    session,
    checkpoint: checkpoint.note,
    entries: indexes.map((index) => ({
      index,
      body: Buffer.from(reader.bodies(index, index + 1)[0]!).toString('utf8'),
      proof: inclusionProof(nodeSha256, index, checkpoint.size, source),
    })),
  })
}

/** The proof of one entry under the newest checkpoint (C2SP tlog-proof); undefined while none covers it. */
export function issueProof(reader: Reader, index: number): string | undefined {
  const checkpoint = reader.checkpoint()
  if (checkpoint === undefined || index >= checkpoint.size) return undefined
  const source = tileSource(nodeSha256, checkpoint.size, ({ level, index: at, width }) =>
    reader.tile(level as number, at, width),
  )
  const hashes = inclusionProof(nodeSha256, index, checkpoint.size, source)
  return encodeTlogProof({ index, hashes, checkpoint: checkpoint.note })
}

/**
 * The whole log up to its newest checkpoint, with a receipt for each session that ended; pieces to be written in order.
 */
export function* issueBundle(reader: Reader, site: string): Generator<Uint8Array | string> {
  const newest = reader.checkpoint()
  const origin = reader.logOrigin()
  if (newest === undefined || origin === undefined) return
  yield headerLine({ origin, site })
  let from = 0
  let checkpoints = 0
  const ended: string[] = []
  while (from < newest.size) {
    const next = reader.checkpoints(from, 1)[0]!
    for (let low = from; low < next.size; low += SLICE) {
      const high = Math.min(low + SLICE, next.size)
      for (const body of reader.bodies(low, high)) {
        yield body
        yield '\n'
      }
      for (const entry of reader.entries(low, high - low)) if (entry.kind === 'SessionEnded') ended.push(entry.session!)
    }
    yield checkpointLine(next.note)
    checkpoints += 1
    from = next.size
  }
  let receipts = 0
  for (const session of ended) {
    const receipt = issueReceipt(reader, session)
    if (receipt === undefined) continue
    yield receiptLine(receipt)
    receipts += 1
  }
  yield endLine({ entries: newest.size, checkpoints, receipts })
}
