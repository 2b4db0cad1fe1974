/**
 * A timeline, checked: each of its entries is in the signed log, unchanged, is about its machine, and lies in its time.
 * That none was left out a bundle shows, and a timeline alone cannot.
 * Pure. Read next: ledger/evidence/timeline.ts (the file), receipt-check.ts.
 */
import { siteOf } from '../evidence/bundle.ts'
import type { Sha256 } from '../evidence/merkle.ts'
import type { TimelineFile } from '../evidence/timeline.ts'
import type { SignedCheckpoint } from '../evidence/trust.ts'
import { isInstant } from './entry/open-entry.ts'
import { checkpointFacts, type Facts, noFacts } from './facts.ts'
import { openProven, requireIncluded } from './receipt-check.ts'
import type { Report } from './report.ts'

/** `signed`: its checkpoint; undefined when that is not good, which the report says. */
export function checkTimeline(
  file: TimelineFile,
  signed: SignedCheckpoint | undefined,
  report: Report,
  sha256: Sha256,
): Facts {
  const { origin, machine, from, to, entries } = file
  const site = siteOf(origin)
  if (site === '') report.fault('site-differs', `no site in ${origin}`)
  if (!isInstant(from) || !isInstant(to) || from >= to) report.fault('timeline-stray', `${from} to ${to}`)
  const opened = openProven(entries, site, report)
  if (signed !== undefined) requireIncluded(file, signed, report, sha256)
  const kinds: Record<string, number> = {}
  for (const entry of opened) {
    kinds[entry.kind] = (kinds[entry.kind] ?? 0) + 1
    // A clock may have been put back, so that entries of one time need not be in the order of their sequence.
    if (entry.machine !== machine || entry.at < from || entry.at >= to)
      report.fault('timeline-stray', `${entry.kind} of ${entry.machine} at ${entry.at}`, entry.seq)
  }
  return {
    ...noFacts,
    origin,
    site,
    entries: entries.length,
    kinds,
    checkpoints: signed === undefined ? [] : [checkpointFacts(signed)],
  }
}
