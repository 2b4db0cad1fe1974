/**
 * The entries of a bundle, checked one line at a time: each is hashed into the tree, and what it says about use is
 * handed to the sums. Most are read as bytes and never parsed. Memory for the facts only.
 * Pure. Read next: bytes/scan-entry.ts, bytes/decode-content.ts, entry/open-entry.ts, sums/log-sums.ts.
 */
import { fromUtf8 } from '../evidence/canonical.ts'
import { createTree, type Sha256, type Tree } from '../evidence/merkle.ts'
import { MAX_ENTRY_BYTES } from '../evidence/tile.ts'
import { createContentDecoder, type DecodeContent } from './bytes/decode-content.ts'
import type { Lines } from './bytes/lines.ts'
import { createScanner, envelopeOf, type Scanner, type SeenKind, scanEntry, timeOf } from './bytes/scan-entry.ts'
import type { Content } from './entry/content.ts'
import { openEntry } from './entry/open-entry.ts'
import type { Facts } from './facts.ts'
import type { Report } from './report.ts'
import { countEntries, finishLog, type LogSums, newLogSums, takeEntry } from './sums/log-sums.ts'
import { takePoint } from './sums/meter-sums.ts'

export type EntryCheck = {
  readonly site: string
  readonly report: Report
  readonly sha256: Sha256
  /** Parse every entry, also those that say nothing about use. */
  readonly thorough: boolean
  readonly tree: Tree
  readonly sums: LogSums
  readonly scanner: Scanner
  readonly decode: DecodeContent
  /** Entries of which only the kind was read. */
  notOpened: number
  /** Wall time of the first entry, as far as it could be scanned. */
  firstAt: string | undefined
}

export function newEntryCheck(site: string, report: Report, sha256: Sha256, thorough: boolean): EntryCheck {
  return {
    site,
    report,
    sha256,
    thorough,
    tree: createTree(sha256),
    sums: newLogSums(report),
    scanner: createScanner(site),
    decode: createContentDecoder(),
    notOpened: 0,
    firstAt: undefined,
  }
}

/** An entry from `start` up to `stop`. The byte before it is written over: a leaf hash begins with 0x00. */
export function checkEntry(check: EntryCheck, lines: Lines, start: number, stop: number): void {
  const { tree, report, scanner } = check
  const { bytes } = lines
  const seq = tree.size
  bytes[start - 1] = 0
  tree.append(check.sha256(bytes.subarray(start - 1, stop)))
  if (stop - start > MAX_ENTRY_BYTES)
    return report.fault('entry-malformed', `it has more than ${MAX_ENTRY_BYTES} bytes`, seq)
  const seen = scanEntry(scanner, lines, start, stop, seq)
  if (scanner.wentBack) report.note('clock-back', undefined, seq)
  if (seq === 0) check.firstAt = timeOf(scanner)
  if (seen === undefined || check.thorough || !readBytes(check, seen, lines, seq))
    parseBytes(check, bytes.subarray(start, stop), seq)
}

/** False when the entry has to be parsed. */
function readBytes(check: EntryCheck, seen: SeenKind, lines: Lines, seq: number): boolean {
  const { scanner, sums } = check
  if (!seen.opened) check.notOpened += 1
  else {
    const kind = seen.kind as Content['kind']
    const content = check.decode(kind, lines, scanner.dataAt, scanner.dataEnd)
    if (content === undefined) return false
    if (content.kind !== 'MeterSampled' || scanner.simulated) {
      takeEntry(sums, { ...envelopeOf(scanner, lines), seq, kind, content })
      return true
    }
    // Most entries that are opened are these, and of their envelope only the place counts.
    for (const point of content.meters) takePoint(sums.meters, point, false, seq)
  }
  seen.entries += 1
  return true
}

function parseBytes({ site, report, sums }: EntryCheck, bytes: Uint8Array, seq: number): void {
  const text = fromUtf8(bytes)
  if (text === undefined) return report.fault('entry-malformed', 'it is not UTF-8', seq)
  const entry = openEntry(text, seq, site, report)
  if (entry !== undefined) takeEntry(sums, entry)
}

/** After the last entry. */
export function finishEntries(check: EntryCheck) {
  const { report, tree, sums, scanner, notOpened, firstAt } = check
  if (notOpened > 0) report.note('not-opened', undefined, undefined, notOpened)
  for (const { kind, entries } of scanner.kinds) countEntries(sums, kind, entries)
  return {
    entries: tree.size,
    ...(firstAt === undefined ? {} : { firstAt, lastAt: timeOf(scanner) }),
    ...finishLog(sums),
  } satisfies Partial<Facts>
}
