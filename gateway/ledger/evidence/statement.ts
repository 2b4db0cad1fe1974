/**
 * The statement file: a statement, the receipts of its sessions, and the entries it rests on besides (the tariffs as
 * they were published, bookings nobody used, and the entry that holds the hash of the statement), each with its proof
 * under one checkpoint. Canonical JSON and a newline; `note` is the checkpoint, `proven` are the entries, so that the
 * format is the first field.
 * Pure. Read next: receipt.ts, ledger/issue.ts (what makes it), ledger/verify/statement-check.ts (what checks it).
 */
import { canonicalJson, isObject, ok, type Parsed, parseCanonical, refused, toBase64 } from './canonical.ts'
import { type ProvenEntry, provenEntries, type Receipt, receiptOf } from './receipt.ts'

const STATEMENT_FORMAT = 'latchkey-statement'
const STATEMENT_VERSION = 1
export const STATEMENT_HEAD = '{"format":"latchkey-statement"'
/** A longer text is refused: some ten thousand sessions. */
const MAX_STATEMENT_CHARS = 100_000_000

export type StatementFile = {
  readonly origin: string
  readonly statement: Readonly<Record<string, unknown>>
  /** In order of their index. */
  readonly entries: readonly ProvenEntry[]
  readonly receipts: readonly Receipt[]
  /** A signed note, verbatim. */
  readonly checkpoint: string
}

/** `receipts`: files, as encodeReceipt gives them. */
export function encodeStatement({
  origin,
  statement,
  entries,
  receipts,
  checkpoint,
}: Omit<StatementFile, 'receipts'> & { readonly receipts: readonly string[] }): string {
  return `${canonicalJson({
    format: STATEMENT_FORMAT,
    version: STATEMENT_VERSION,
    origin,
    statement,
    proven: entries.map(({ index, body, proof }) => ({ index, body, proof: proof.map(toBase64) })),
    receipts: receipts.map((text) => JSON.parse(text) as unknown),
    note: checkpoint,
  })}\n`
}

export function parseStatement(text: string): Parsed<StatementFile> {
  if (text.length > MAX_STATEMENT_CHARS) return refused('it is too long')
  if (!text.endsWith('\n')) return refused('it does not end in a newline')
  const parsed = parseCanonical(text.slice(0, -1))
  if (parsed.kind === 'refused') return parsed
  const { format, version, origin, statement, proven, receipts, note: checkpoint, ...rest } = parsed.value
  if (format !== STATEMENT_FORMAT || version !== STATEMENT_VERSION) return refused('it is not a statement of version 1')
  if (typeof origin !== 'string' || typeof checkpoint !== 'string' || !isObject(statement) || !Array.isArray(receipts))
    return refused('note, origin, receipts and statement must be there')
  if (Object.keys(rest).length > 0) return refused('it holds more than is known')
  const entries = provenEntries(proven)
  if (entries.kind === 'refused') return entries
  const read = receipts.map(receiptOf)
  const bad = read.find((each) => each.kind === 'refused')
  if (bad?.kind === 'refused') return refused(`a receipt: ${bad.reason}`)
  const good = read.flatMap((each) => (each.kind === 'ok' ? [each.value] : []))
  return ok({ origin, statement, entries: entries.value, receipts: good, checkpoint })
}
