/**
 * The acceptance file: the entry that holds the report of a machine's acceptance, exactly as it was hashed, with its
 * proof under one checkpoint. Canonical JSON and a newline; `note` is the checkpoint, `proven` the entry, so that the
 * format is the first field.
 * Pure. Read next: receipt.ts, ledger/issue.ts (what makes it), ledger/verify/acceptance-check.ts (what checks it).
 */
import { canonicalJson, ok, type Parsed, parseCanonical, refused, toBase64 } from './canonical.ts'
import { type ProvenEntry, provenEntries } from './receipt.ts'

const ACCEPTANCE_FORMAT = 'latchkey-acceptance'
const ACCEPTANCE_VERSION = 1
export const ACCEPTANCE_HEAD = '{"format":"latchkey-acceptance"'
/** One entry, which has at most 65,535 bytes. */
const MAX_ACCEPTANCE_CHARS = 200_000

export type AcceptanceFile = {
  readonly origin: string
  readonly entries: readonly ProvenEntry[]
  /** A signed note, verbatim. */
  readonly checkpoint: string
}

export function encodeAcceptance({ origin, entries, checkpoint }: AcceptanceFile): string {
  return `${canonicalJson({
    format: ACCEPTANCE_FORMAT,
    version: ACCEPTANCE_VERSION,
    origin,
    proven: entries.map(({ index, body, proof }) => ({ index, body, proof: proof.map(toBase64) })),
    note: checkpoint,
  })}\n`
}

export function parseAcceptance(text: string): Parsed<AcceptanceFile> {
  if (text.length > MAX_ACCEPTANCE_CHARS) return refused('it is too long')
  if (!text.endsWith('\n')) return refused('it does not end in a newline')
  const parsed = parseCanonical(text.slice(0, -1))
  if (parsed.kind === 'refused') return parsed
  const { format, version, origin, proven, note: checkpoint, ...rest } = parsed.value
  if (format !== ACCEPTANCE_FORMAT || version !== ACCEPTANCE_VERSION)
    return refused('it is not an acceptance of version 1')
  if (typeof origin !== 'string' || typeof checkpoint !== 'string') return refused('note and origin must be there')
  if (Object.keys(rest).length > 0) return refused('it holds more than is known')
  const entries = provenEntries(proven)
  return entries.kind === 'ok' ? ok({ origin, entries: entries.value, checkpoint }) : entries
}
