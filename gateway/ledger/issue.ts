/**
 * Receipts, proofs and evidence bundles out of the ledger: what was stored, verbatim, with its proofs. It signs
 * nothing; the checkpoints are those the writer made. ledger/verify/verifier.ts checks what comes out, and knows
 * nothing of this.
 * Read next: evidence/receipt.ts, evidence/bundle.ts, store/read-log.ts.
 */
import type { IssuedStatement, Statement } from '../core/billing/statement.ts'
import { pinOf, type Tariff } from '../core/billing/tariff.ts'
import type { Entry, EntryKind, JsonObject } from '../core/ground/entry.ts'
import { encodeAcceptance } from './evidence/acceptance.ts'
import { checkpointLine, endLine, headerLine, receiptLine } from './evidence/bundle.ts'
import { canonicalJson } from './evidence/canonical.ts'
import { inclusionProof } from './evidence/merkle.ts'
import { encodeReceipt, encodeTlogProof } from './evidence/receipt.ts'
import { encodeStatement } from './evidence/statement.ts'
import { encodeTimeline } from './evidence/timeline.ts'
import { nodeSha256 } from './log/native.ts'
import { readStatement } from './statement.ts'
import type { Reader } from './store/reader.ts'

const MAX_SESSION_ENTRIES = 10_000
/** Entries read from the ledger at a time. */
const SLICE = 1000
/** The entries of its session that a receipt holds. */
const PROVEN: ReadonlySet<EntryKind> = new Set(['UnlockConfirmed', 'SessionEnded'])

/** The receipt of a session that has ended; undefined while the checkpoint does not cover its end. */
export function issueReceipt(reader: Reader, session: string, checkpoint = reader.checkpoint()): string | undefined {
  const entries = reader.sessionEntries(session, MAX_SESSION_ENTRIES).filter(({ kind }) => PROVEN.has(kind))
  const end = entries.findLast(({ kind }) => kind === 'SessionEnded')
  const origin = reader.logOrigin()
  if (end === undefined || checkpoint === undefined || origin === undefined) return undefined
  const { size, note } = checkpoint
  if (size <= end.seq) return undefined
  const identity = (['GatewayStarted', 'ConfigurationApplied'] as const).map((kind) => reader.lastOf(kind, end.seq))
  const indexes = [...entries.map(({ seq }) => seq), ...identity.filter((seq) => seq !== undefined)]
  return encodeReceipt({ origin, session, entries: provenAt(reader, indexes, size), checkpoint: note })
}

/**
 * The file of a statement that was issued, with the receipts of its sessions and the tariffs they name; undefined while
 * no checkpoint covers it, or when there is no such statement.
 */
export function issueStatement(reader: Reader, site: string, sha256: string): string | undefined {
  const issued = reader.statementIssued(sha256)
  const checkpoint = reader.checkpoint()
  const origin = reader.logOrigin()
  if (issued === undefined || checkpoint === undefined || origin === undefined) return undefined
  if (issued.seq >= checkpoint.size) return undefined
  const found = readIssued(reader, site, issued, sha256)
  if (found === undefined) return undefined
  const { statement, credits } = found
  const entries = [...found.entries, ...credits.map(({ original }) => original)]
  const pins = new Set([...statement.bills, ...(statement.credits ?? [])].map(({ tariff }) => tariff))
  const tariffs = reader.tariffEntries().filter(({ body }) => pins.has(pinOf(body.data as unknown as Tariff)))
  const missed = entries.filter(({ kind }) => kind === 'BookingCancelled')
  const proven = [...tariffs, ...missed, ...credits.flatMap(({ rests }) => rests), issued].map(({ seq }) => seq)
  const sessions = new Set(entries.flatMap(({ kind, session }) => (kind === 'SessionEnded' ? session! : [])))
  return encodeStatement({
    origin,
    statement: statement as unknown as JsonObject,
    entries: provenAt(reader, inOrder(proven), checkpoint.size),
    receipts: [...sessions].flatMap((session) => issueReceipt(reader, session) ?? []),
    checkpoint: checkpoint.note,
  })
}

/** Each once. */
const inOrder = (numbers: readonly number[]) => [...new Set(numbers)].sort((a, b) => a - b)

/** The newest acceptance of a machine that a checkpoint covers, with its proof; undefined: there is none. */
export function issueAcceptance(reader: Reader, machine: string): string | undefined {
  const checkpoint = reader.checkpoint()
  const origin = reader.logOrigin()
  if (checkpoint === undefined || origin === undefined) return undefined
  const seq = reader.acceptanceOf(machine, checkpoint.size)
  if (seq === undefined) return undefined
  return encodeAcceptance({ origin, entries: provenAt(reader, [seq], checkpoint.size), checkpoint: checkpoint.note })
}

/** The file of what happened at a machine; undefined while no checkpoint covers its newest entry. */
export function issueTimeline(
  reader: Reader,
  { machine, fromMs, toMs }: { readonly machine: string; readonly fromMs: number; readonly toMs: number },
  entries: readonly Entry[],
): string | undefined {
  const checkpoint = reader.checkpoint()
  const origin = reader.logOrigin()
  if (checkpoint === undefined || origin === undefined) return undefined
  if ((entries.at(-1)?.seq ?? -1) >= checkpoint.size) return undefined
  const [from, to] = [fromMs, toMs].map((ms) => new Date(ms).toISOString()) as [string, string]
  const proven = provenAt(
    reader,
    entries.map(({ seq }) => seq),
    checkpoint.size,
  )
  return encodeTimeline({ origin, machine, from, to, entries: proven, checkpoint: checkpoint.note })
}

/** SHA-256 of the canonical JSON, in hex. */
export const statementHash = (statement: Statement): string =>
  Buffer.from(nodeSha256(Buffer.from(canonicalJson(statement)))).toString('hex')

/** A statement that was issued; undefined when there is none with this hash. */
export function issuedStatement(reader: Reader, site: string, sha256: string): Statement | undefined {
  const issued = reader.statementIssued(sha256)
  return issued && readIssued(reader, site, issued, sha256)?.statement
}

/** As it was made: what was recorded later, and belongs to the same period, is not in it. */
function readIssued(reader: Reader, site: string, { seq, body }: Entry, sha256: string) {
  const { from, to, tenant: tenantRef, owner, entries: below = seq } = body.data as unknown as IssuedStatement
  const found = readStatement(reader, {
    site,
    fromMs: Date.parse(from),
    toMs: Date.parse(to),
    below,
    ...(tenantRef === undefined ? {} : { tenantRef }),
    ...(owner === undefined ? {} : { owner }),
  })
  return found !== undefined && statementHash(found.statement) === sha256 ? found : undefined
}

function provenAt(reader: Reader, indexes: readonly number[], size: number) {
  const source = reader.hashSource(size)
  return indexes.map((index) => ({
    index,
    body: Buffer.from(reader.bodies(index, index + 1)[0]!).toString('utf8'),
    proof: inclusionProof(nodeSha256, index, size, source),
  }))
}

/** The proof of one entry under the newest checkpoint (C2SP tlog-proof); undefined while none covers it. */
export function issueProof(reader: Reader, index: number): string | undefined {
  const checkpoint = reader.checkpoint()
  if (checkpoint === undefined || index >= checkpoint.size) return undefined
  const { size, note } = checkpoint
  const hashes = inclusionProof(nodeSha256, index, size, reader.hashSource(size))
  return encodeTlogProof({ index, hashes, checkpoint: note })
}

/** The whole log up to its newest checkpoint, with a receipt per session that ended; pieces to be written in order. */
export function* issueBundle(reader: Reader, site: string): Generator<Uint8Array | string> {
  const newest = reader.checkpoint()
  const origin = reader.logOrigin()
  if (newest === undefined || origin === undefined) return
  yield headerLine({ origin, site })
  const ended: string[] = []
  let checkpoints = 0
  for (let from = 0; from < newest.size; checkpoints++) {
    const { size, note } = reader.checkpoints(from, 1)[0]!
    yield* entryLines(reader, from, size, ended)
    yield checkpointLine(note)
    from = size
  }
  let receipts = 0
  for (const session of ended) {
    // Under the checkpoint of the file: the log goes on while it is read.
    const receipt = issueReceipt(reader, session, newest)
    if (receipt === undefined) continue
    yield receiptLine(receipt)
    receipts += 1
  }
  yield endLine({ entries: newest.size, checkpoints, receipts })
}

/** Entries from ≤ seq < to; the sessions that end in them are added to `ended`. */
function* entryLines(reader: Reader, from: number, to: number, ended: string[]): Generator<Uint8Array | string> {
  for (let low = from; low < to; low += SLICE) {
    const high = Math.min(low + SLICE, to)
    for (const body of reader.bodies(low, high)) {
      yield body
      yield '\n'
    }
    for (const { kind, session } of reader.entries(low, high - low)) if (kind === 'SessionEnded') ended.push(session!)
  }
}
