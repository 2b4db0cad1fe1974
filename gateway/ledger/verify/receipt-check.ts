/**
 * A receipt, checked: every entry is in the signed tree at its place, all are of one session, and what the confirmation
 * and the end say of each other holds. A receipt cannot show what came between them; a bundle does.
 * Pure. Read next: ledger/evidence/receipt.ts, sums/session-sums.ts.
 */
import { siteOf } from '../evidence/bundle.ts'
import { toUtf8 } from '../evidence/canonical.ts'
import { leafHash, type Sha256, verifyInclusion } from '../evidence/merkle.ts'
import type { Receipt } from '../evidence/receipt.ts'
import { MAX_ENTRY_BYTES } from '../evidence/tile.ts'
import type { SignedCheckpoint } from '../evidence/trust.ts'
import { type OpenedEntry, openEntry } from './entry/open-entry.ts'
import { checkpointFacts, type Facts, type IdentityFacts } from './facts.ts'
import type { Report } from './report.ts'
import { identityOf } from './sums/identity.ts'
import { newSessionSums, takeAnswer, takeEnd } from './sums/session-sums.ts'

const TOO_LONG = `it has more than ${MAX_ENTRY_BYTES} bytes`
const IDENTITIES = ['GatewayStarted', 'ConfigurationApplied']

/** `signed`: its checkpoint; undefined when that is not good, which the report says. */
export function checkReceipt(
  receipt: Receipt,
  signed: SignedCheckpoint | undefined,
  report: Report,
  sha256: Sha256,
): Facts {
  const { origin } = receipt
  const site = siteOf(origin)
  if (site === '') report.fault('site-differs', `no site in ${origin}`)
  const entries = openProven(receipt.entries, site, report)
  if (signed !== undefined) requireIncluded(receipt, signed, report, sha256)
  requireComplete(receipt, entries, report)

  const sessions = newSessionSums(report, undefined)
  const kinds: Record<string, number> = {}
  for (const entry of entries) {
    kinds[entry.kind] = (kinds[entry.kind] ?? 0) + 1
    if (entry.session !== receipt.session) continue
    if (entry.content?.kind === 'UnlockConfirmed') takeAnswer(sessions, entry, entry.content)
    else if (entry.content?.kind === 'SessionEnded') takeEnd(sessions, entry, entry.content)
  }
  for (const { simulated, machine } of sessions.facts) if (simulated) report.note('simulated', machine)
  return {
    origin,
    site,
    entries: receipt.entries.length,
    kinds,
    checkpoints: signed === undefined ? [] : [checkpointFacts(signed)],
    sessions: sessions.facts,
    meters: [],
    byHand: [],
    identity: entries.flatMap((entry) => identityOf(entry) ?? []),
    receipts: 1,
  }
}

/** The entries that are what they must be, in their order; the report has a fault for each other one. */
export function openProven(list: Receipt['entries'], site: string, report: Report): OpenedEntry[] {
  return list.flatMap(({ index, body }) => {
    const isTooLong = toUtf8(body).length > MAX_ENTRY_BYTES
    return (isTooLong ? report.fault('entry-malformed', TOO_LONG, index) : openEntry(body, index, site, report)) ?? []
  })
}

/** The checkpoint is of the same log, and each entry is in its tree. */
export function requireIncluded(
  file: Pick<Receipt, 'origin' | 'entries'>,
  { checkpoint }: SignedCheckpoint,
  report: Report,
  sha256: Sha256,
): void {
  const { origin, size, root } = checkpoint
  if (origin !== file.origin) report.fault('origin-differs', `${origin}, not ${file.origin}`)
  for (const { index, body, proof } of file.entries)
    if (!verifyInclusion(sha256, leafHash(sha256, toUtf8(body)), index, size, proof, root))
      report.fault('inclusion-wrong', `tree of ${size}`, index)
}

/** The confirmation, the end, before it what ran on which configuration, and no entry of another session. */
function requireComplete({ session }: Receipt, entries: readonly OpenedEntry[], report: Report): void {
  const own = entries.filter((entry) => entry.session === session)
  for (const { kind, seq, session: other } of entries)
    if (other !== session && !IDENTITIES.includes(kind)) report.fault('receipt-stray', kind, seq)
  // Of a session that was resumed, the confirmation that began it.
  if (!own.some(({ content }) => content?.kind === 'UnlockConfirmed' && content.begin !== undefined))
    report.fault('receipt-incomplete', `UnlockConfirmed of ${session}`)
  const ended = own.find(({ kind }) => kind === 'SessionEnded')
  if (ended === undefined) report.fault('receipt-incomplete', `SessionEnded of ${session}`)
  const endedSeq = ended?.seq ?? Number.POSITIVE_INFINITY
  for (const kind of IDENTITIES)
    if (!entries.some((entry) => entry.kind === kind && entry.seq < endedSeq)) report.fault('receipt-incomplete', kind)
}

/**
 * A receipt in a bundle names what was in force there at the end of its session; what it lacks, when it does not.
 * `end`: where the session ended in the bundle; `identity`: all that ever was in force.
 */
export function misfit(
  { session, entries }: Receipt,
  end: { readonly endedSeq: number } | undefined,
  identity: readonly IdentityFacts[],
): string | undefined {
  if (end === undefined) return `${session} has not ended in the bundle`
  for (const field of ['version', 'configurationId'] as const) {
    const inForce = identity.findLast((each) => each[field] !== undefined && each.seq < end.endedSeq)
    if (inForce !== undefined && !entries.some(({ index }) => index === inForce.seq))
      return `${session} does not name entry ${inForce.seq}, which was in force`
  }
  return undefined
}
