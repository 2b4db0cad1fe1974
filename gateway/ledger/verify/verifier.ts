/**
 * The verifier: is this evidence what the log's keys signed, and do its sums hold? It trusts the keys it is given and
 * nothing else: no gateway, no network, no clock, no file. One verdict names every fault, and states the facts that
 * follow from the entries.
 * Imports nothing but @noble/* and its siblings named in ledger/evidence/canonical.ts. Read next: stream.ts (a bundle as it comes),
 * proven.ts (a receipt).
 */
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { fromUtf8, refused } from '../evidence/canonical.ts'
import { trustedKeys, verifyCheckpoint } from '../evidence/checkpoint.ts'
import { parseReceipt } from '../evidence/receipt.ts'
import { checkReceipt } from './proven.ts'
import { openBundle, type VerifyOptions } from './stream.ts'
import { createReport, noFacts, type Verdict } from './verdict.ts'

/** `vkeys`: lines `<vkey> [from=<size>] [until=<size>]`; see ledger/evidence/checkpoint.ts. */
export function verifyReceipt(
  receipt: string | Uint8Array,
  vkeys: readonly string[],
  options: VerifyOptions = {},
): Verdict {
  const report = createReport()
  const keys = trustedKeys(vkeys, report)
  const text = typeof receipt === 'string' ? receipt : fromUtf8(receipt)
  const parsed = text === undefined ? refused('it is not UTF-8') : parseReceipt(text)
  if (parsed.kind === 'refused') {
    report.fault('format', parsed.reason)
    return report.verdict('receipt', noFacts)
  }
  const signed = verifyCheckpoint(parsed.value.checkpoint, keys, report, { ed25519: options.ed25519 })
  return report.verdict('receipt', checkReceipt(parsed.value, signed, report, options.sha256 ?? nobleSha256))
}

/** A whole bundle in memory; a large one is better pushed through `openBundle` piece by piece. */
export function verifyBundle(bundle: Uint8Array, vkeys: readonly string[], options: VerifyOptions = {}): Verdict {
  const check = openBundle(vkeys, options)
  check.push(bundle)
  return check.end()
}

/**
 * Does the log of the bundle go on from the tree an older checkpoint was signed for? The older one must be signed by the
 * keys, too: then `rolled-back` and `forked` are proof against whoever holds them.
 */
export function verifyConsistency(
  older: string,
  bundle: Uint8Array,
  vkeys: readonly string[],
  options: VerifyOptions = {},
): Verdict {
  return verifyBundle(bundle, vkeys, { ...options, held: [older, ...(options.held ?? [])] })
}
