/**
 * A receipt, checked: every entry is in the signed tree at its place, all are of one session, and what the confirmation
 * and the end say of each other holds. What came between them a receipt cannot show; a bundle does.
 * Pure. Imports nothing but its siblings named in ledger/evidence/canonical.ts.
 */

import { toUtf8 } from '../evidence/canonical.ts'
import type { VerifiedCheckpoint } from '../evidence/checkpoint.ts'
import { leafHash, type Sha256, verifyInclusion } from '../evidence/merkle.ts'
import type { Receipt } from '../evidence/receipt.ts'
import { type OpenedEntry, openEntry } from './body.ts'
import { createSessions } from './sessions.ts'
import type { Facts, Report } from './verdict.ts'

const identities = ['GatewayStarted', 'ConfigurationApplied']

/** `signed`: its checkpoint once verified; undefined when that failed, and was reported. */
export function checkReceipt(
  receipt: Receipt,
  signed: VerifiedCheckpoint | undefined,
  report: Report,
  sha256: Sha256,
): Facts {
  const site = receipt.origin.split('/')[0]!
  const entries = receipt.entries.flatMap(({ index, body }) => openEntry(body, index, site, report) ?? [])
  for (const name of receipt.unknown) report.note('field-unknown', `receipt: ${name}`)
  if (signed !== undefined) {
    const { origin, size, root } = signed.checkpoint
    if (origin !== receipt.origin) report.fault('origin-differs', `${origin}, not ${receipt.origin}`)
    for (const { index, body, proof } of receipt.entries)
      if (!verifyInclusion(sha256, leafHash(sha256, toUtf8(body)), index, size, proof, root))
        report.fault('inclusion-wrong', `tree of ${size}`, index)
  }
  const own = entries.filter((entry) => entry.session === receipt.session)
  for (const { kind, seq, session } of entries)
    if (session !== receipt.session && !identities.includes(kind)) report.fault('receipt-stray', kind, seq)
  demand(receipt, entries, own, report)

  const sessions = createSessions(report, undefined)
  for (const entry of own)
    if (entry.content?.kind === 'UnlockConfirmed') sessions.answered(entry, entry.content)
    else if (entry.content?.kind === 'SessionEnded') sessions.finished(entry, entry.content)
  for (const { simulated, machine } of sessions.facts) if (simulated) report.note('simulated', machine)
  const kinds: Record<string, number> = {}
  for (const { kind } of entries) kinds[kind] = (kinds[kind] ?? 0) + 1
  return {
    origin: receipt.origin,
    site,
    entries: receipt.entries.length,
    kinds,
    checkpoints: signed === undefined ? [] : [signed.facts],
    sessions: sessions.facts,
    meters: [],
    byHand: [],
    identity: entries.flatMap(identityOf),
    receipts: 1,
  }
}

/** The confirmation, the end, and before it what ran on which configuration. */
function demand(receipt: Receipt, entries: readonly OpenedEntry[], own: readonly OpenedEntry[], report: Report): void {
  const ended = own.find(({ kind }) => kind === 'SessionEnded')
  for (const kind of ['UnlockConfirmed', 'SessionEnded'])
    if (!own.some((entry) => entry.kind === kind)) report.fault('receipt-incomplete', `${kind} of ${receipt.session}`)
  for (const kind of identities)
    if (!entries.some((entry) => entry.kind === kind && entry.seq < (ended?.seq ?? Number.POSITIVE_INFINITY)))
      report.fault('receipt-incomplete', kind)
}

export function identityOf({ seq, content }: OpenedEntry): Facts['identity'] {
  if (content?.kind === 'GatewayStarted') return [{ seq, at: content.at, version: content.version }]
  if (content?.kind !== 'ConfigurationApplied') return []
  return [{ seq, at: content.at, configurationId: content.configurationId }]
}

/** A receipt in a bundle names what was in force there at the end of its session. */
export function fitsBundle(
  receipt: Receipt,
  end: { readonly endedSeq: number } | undefined,
  identity: Facts['identity'],
) {
  if (end === undefined) return `${receipt.session} has not ended in the bundle`
  for (const field of ['version', 'configurationId'] as const) {
    const inForce = identity.findLast((each) => each[field] !== undefined && each.seq < end.endedSeq)
    if (inForce !== undefined && !receipt.entries.some(({ index }) => index === inForce.seq))
      return `${receipt.session} does not name entry ${inForce.seq}, which was in force`
  }
  return undefined
}
