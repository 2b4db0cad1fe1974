/**
 * The timeline file: what happened at one machine between two moments, as entries with their proofs under one
 * checkpoint. Canonical JSON and a newline; `note` is the checkpoint, `proven` are the entries, so that the format is
 * the first field. Photos are named in the entries by their hash, and go beside the file.
 * Pure. Read next: receipt.ts, ledger/issue.ts (what makes it), ledger/verify/timeline-check.ts (what checks it).
 */
import { canonicalJson, ok, type Parsed, parseCanonical, refused, toBase64 } from './canonical.ts'
import { type ProvenEntry, provenEntries } from './receipt.ts'

const TIMELINE_FORMAT = 'latchkey-timeline'
const TIMELINE_VERSION = 1
export const TIMELINE_HEAD = '{"format":"latchkey-timeline"'
const MAX_TIMELINE_CHARS = 20_000_000

export type TimelineFile = {
  readonly origin: string
  readonly machine: string
  /** RFC 3339, UTC, ms: entries at or after it. */
  readonly from: string
  /** And before. */
  readonly to: string
  /** In order of their index. */
  readonly entries: readonly ProvenEntry[]
  /** A signed note, verbatim. */
  readonly checkpoint: string
}

export function encodeTimeline({ entries, checkpoint, ...head }: TimelineFile): string {
  return `${canonicalJson({
    format: TIMELINE_FORMAT,
    version: TIMELINE_VERSION,
    ...head,
    proven: entries.map(({ index, body, proof }) => ({ index, body, proof: proof.map(toBase64) })),
    note: checkpoint,
  })}\n`
}

export function parseTimeline(text: string): Parsed<TimelineFile> {
  if (text.length > MAX_TIMELINE_CHARS) return refused('it is too long')
  if (!text.endsWith('\n')) return refused('it does not end in a newline')
  const parsed = parseCanonical(text.slice(0, -1))
  if (parsed.kind === 'refused') return parsed
  const { format, version, origin, machine, from, to, proven, note: checkpoint, ...rest } = parsed.value
  if (format !== TIMELINE_FORMAT || version !== TIMELINE_VERSION) return refused('it is not a timeline of version 1')
  if (typeof origin !== 'string' || typeof checkpoint !== 'string') return refused('note and origin must be there')
  if (typeof machine !== 'string' || typeof from !== 'string' || typeof to !== 'string')
    return refused('machine, from and to must be there')
  if (Object.keys(rest).length > 0) return refused('it holds more than is known')
  const entries = provenEntries(proven)
  return entries.kind === 'ok' ? ok({ origin, machine, from, to, entries: entries.value, checkpoint }) : entries
}
