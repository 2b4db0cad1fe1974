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
import { fromUtf8, type Parsed, refused } from '../evidence/canonical.ts'
import { parseReceipt } from '../evidence/receipt.ts'
import { parseStatement } from '../evidence/statement.ts'
import { parseTimeline } from '../evidence/timeline.ts'
import { trustedKeys, verifyCheckpoint } from '../evidence/trust.ts'
import { checkAcceptance } from './acceptance-check.ts'
import { openBundle, type VerifyOptions } from './bundle-check.ts'
import { type Facts, noFacts } from './facts.ts'
import { checkReceipt } from './receipt-check.ts'
import { createReport, type Report } from './report.ts'
import { checkStatement } from './statement-check.ts'
import { checkTimeline } from './timeline-check.ts'
import type { Verdict } from './verdict.ts'

/** `vkeys`: lines `<vkey> [from=<size>] [until=<size>]`; see ledger/evidence/trust.ts. */
export const verifyReceipt = (receipt: Given, vkeys: readonly string[], options: VerifyOptions = {}): Verdict =>
  verifyFile('receipt', receipt, vkeys, options, parseReceipt, (value, { report, signed, sha256 }) =>
    checkReceipt(value, signed(value.checkpoint), report, sha256),
  )

/** A statement with its receipts and tariffs; each receipt has a checkpoint of its own. */
export const verifyStatement = (statement: Given, vkeys: readonly string[], options: VerifyOptions = {}): Verdict =>
  verifyFile('statement', statement, vkeys, options, parseStatement, (value, { report, judge, sha256 }) =>
    checkStatement(value, judge, report, sha256),
  )

/** What happened at a machine. */
export const verifyTimeline = (timeline: Given, vkeys: readonly string[], options: VerifyOptions = {}): Verdict =>
  verifyFile('timeline', timeline, vkeys, options, parseTimeline, (value, { report, signed, sha256 }) =>
    checkTimeline(value, signed(value.checkpoint), report, sha256),
  )

/** The report of a machine's acceptance. */
export const verifyAcceptance = (acceptance: Given, vkeys: readonly string[], options: VerifyOptions = {}): Verdict =>
  verifyFile('acceptance', acceptance, vkeys, options, parseAcceptance, (value, { report, signed, sha256 }) =>
    checkAcceptance(value, signed(value.checkpoint), report, sha256),
  )

/** A whole bundle in memory; a large one is better pushed through `openBundle` piece by piece. */
export function verifyBundle(bundle: Uint8Array, vkeys: readonly string[], options: VerifyOptions = {}): Verdict {
  const check = openBundle(vkeys, options)
  check.push(bundle)
  return check.end()
}

type Given = string | Uint8Array

type Bench = {
  readonly report: Report
  readonly sha256: NonNullable<VerifyOptions['sha256']>
  judge(note: string): ReturnType<typeof verifyCheckpoint>
  /** The checkpoint, where a key signed it; what is wrong with it goes into the report. */
  signed(note: string): ReturnType<typeof verifyCheckpoint>['signed']
}

/** What all files that hold one value have in common: keys, text, form, and then the check of their own. */
function verifyFile<T>(
  kind: Verdict['kind'],
  given: Given,
  vkeys: readonly string[],
  { ed25519, sha256 = nobleSha256 }: VerifyOptions,
  parse: (text: string) => Parsed<T>,
  check: (value: T, bench: Bench) => Facts,
): Verdict {
  const report = createReport()
  const trusted = trustedKeys(vkeys)
  report.add(trusted)
  const text = typeof given === 'string' ? given : fromUtf8(given)
  const parsed = text === undefined ? refused('it is not UTF-8') : parse(text)
  if (parsed.kind === 'refused') {
    report.fault('format', parsed.reason)
    return report.verdict(kind, noFacts)
  }
  const judge = (note: string) => verifyCheckpoint(note, trusted.keys, ed25519)
  const signed = (note: string) => {
    const judged = judge(note)
    report.add(judged)
    return judged.signed
  }
  return report.verdict(kind, check(parsed.value, { report, sha256, judge, signed }))
}
