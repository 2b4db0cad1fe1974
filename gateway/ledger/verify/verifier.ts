/**
 * The verifier: is this evidence what the log's keys signed, and do its sums hold? It trusts the keys it is given and
 * nothing else: no gateway, no network, no clock, no file. One verdict names every fault, and states the facts that
 * follow from the entries.
 *
 * It is independent of what it judges: it imports nothing but gateway/ledger/evidence/, its own files and @noble/*, so
 * the same code runs in `latchkey verify` and in a page opened from disk.
 * Read next: bundle-check.ts (a bundle as it comes), receipt-check.ts (a receipt), words.ts (what can be wrong).
 */
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { parseAcceptance } from '../evidence/acceptance.ts'
import { fromUtf8, refused } from '../evidence/canonical.ts'
import { parseReceipt } from '../evidence/receipt.ts'
import { parseStatement } from '../evidence/statement.ts'
import { parseTimeline } from '../evidence/timeline.ts'
import { trustedKeys, verifyCheckpoint } from '../evidence/trust.ts'
import { checkAcceptance } from './acceptance-check.ts'
import { openBundle, type VerifyOptions } from './bundle-check.ts'
import { noFacts } from './facts.ts'
import { checkReceipt } from './receipt-check.ts'
import { createReport } from './report.ts'
import { checkStatement } from './statement-check.ts'
import { checkTimeline } from './timeline-check.ts'
import type { Verdict } from './verdict.ts'

/** `vkeys`: lines `<vkey> [from=<size>] [until=<size>]`; see ledger/evidence/trust.ts. */
export function verifyReceipt(
  receipt: string | Uint8Array,
  vkeys: readonly string[],
  options: VerifyOptions = {},
): Verdict {
  const report = createReport()
  const trusted = trustedKeys(vkeys)
  report.add(trusted)
  const text = typeof receipt === 'string' ? receipt : fromUtf8(receipt)
  const parsed = text === undefined ? refused('it is not UTF-8') : parseReceipt(text)
  if (parsed.kind === 'refused') {
    report.fault('format', parsed.reason)
    return report.verdict('receipt', noFacts)
  }
  const judged = verifyCheckpoint(parsed.value.checkpoint, trusted.keys, options.ed25519)
  report.add(judged)
  return report.verdict('receipt', checkReceipt(parsed.value, judged.signed, report, options.sha256 ?? nobleSha256))
}

/** A statement with its receipts and tariffs. */
export function verifyStatement(
  statement: string | Uint8Array,
  vkeys: readonly string[],
  options: VerifyOptions = {},
): Verdict {
  const report = createReport()
  const trusted = trustedKeys(vkeys)
  report.add(trusted)
  const text = typeof statement === 'string' ? statement : fromUtf8(statement)
  const parsed = text === undefined ? refused('it is not UTF-8') : parseStatement(text)
  if (parsed.kind === 'refused') {
    report.fault('format', parsed.reason)
    return report.verdict('statement', noFacts)
  }
  const judge = (note: string) => verifyCheckpoint(note, trusted.keys, options.ed25519)
  const facts = checkStatement(parsed.value, judge, report, options.sha256 ?? nobleSha256)
  return report.verdict('statement', facts)
}

/** What happened at a machine. */
export function verifyTimeline(
  timeline: string | Uint8Array,
  vkeys: readonly string[],
  options: VerifyOptions = {},
): Verdict {
  const report = createReport()
  const trusted = trustedKeys(vkeys)
  report.add(trusted)
  const text = typeof timeline === 'string' ? timeline : fromUtf8(timeline)
  const parsed = text === undefined ? refused('it is not UTF-8') : parseTimeline(text)
  if (parsed.kind === 'refused') {
    report.fault('format', parsed.reason)
    return report.verdict('timeline', noFacts)
  }
  const judged = verifyCheckpoint(parsed.value.checkpoint, trusted.keys, options.ed25519)
  report.add(judged)
  const facts = checkTimeline(parsed.value, judged.signed, report, options.sha256 ?? nobleSha256)
  return report.verdict('timeline', facts)
}

/** The report of a machine's acceptance. */
export function verifyAcceptance(
  acceptance: string | Uint8Array,
  vkeys: readonly string[],
  options: VerifyOptions = {},
): Verdict {
  const report = createReport()
  const trusted = trustedKeys(vkeys)
  report.add(trusted)
  const text = typeof acceptance === 'string' ? acceptance : fromUtf8(acceptance)
  const parsed = text === undefined ? refused('it is not UTF-8') : parseAcceptance(text)
  if (parsed.kind === 'refused') {
    report.fault('format', parsed.reason)
    return report.verdict('acceptance', noFacts)
  }
  const judged = verifyCheckpoint(parsed.value.checkpoint, trusted.keys, options.ed25519)
  report.add(judged)
  const facts = checkAcceptance(parsed.value, judged.signed, report, options.sha256 ?? nobleSha256)
  return report.verdict('acceptance', facts)
}

/** A whole bundle in memory; a large one is better pushed through `openBundle` piece by piece. */
export function verifyBundle(bundle: Uint8Array, vkeys: readonly string[], options: VerifyOptions = {}): Verdict {
  const check = openBundle(vkeys, options)
  check.push(bundle)
  return check.end()
}
