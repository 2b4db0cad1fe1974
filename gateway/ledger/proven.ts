/**
 * A receipt, checked: every entry is in the signed tree at its place, all are of one session, and what the confirmation
 * and the end say of each other holds. What came between them a receipt cannot show; a bundle does.
 * Pure. Imports nothing but its siblings named in canonical.ts.
 */
import { type OpenedEntry, openEntry } from './body.ts'
import { sameBytes, toUtf8 } from './canonical.ts'
import type { VerifiedCheckpoint } from './checkpoint.ts'
import { leafHash, type Sha256, verifyInclusion } from './merkle.ts'
import type { Receipt } from './receipt.ts'
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
    identity: entries.filter(({ kind }) => identities.includes(kind)).map(identityOf),
    receipts: 1,
  }
}

/** The confirmation, the end, and before both what ran on which configuration. */
function demand(receipt: Receipt, entries: readonly OpenedEntry[], own: readonly OpenedEntry[], report: Report): void {
  const confirmed = own.find(({ kind }) => kind === 'UnlockConfirmed')
  for (const kind of ['UnlockConfirmed', 'SessionEnded'])
    if (!own.some((entry) => entry.kind === kind)) report.fault('receipt-incomplete', `${kind} of ${receipt.session}`)
  for (const kind of identities)
    if (!entries.some((entry) => entry.kind === kind && entry.seq < (confirmed?.seq ?? Number.POSITIVE_INFINITY)))
      report.fault('receipt-incomplete', kind)
}

export function identityOf({ seq, at, content }: OpenedEntry): Facts['identity'][number] {
  if (content?.kind === 'GatewayStarted') return { seq, at, version: content.version }
  return content?.kind === 'ConfigurationApplied' ? { seq, at, configurationId: content.configurationId } : { seq, at }
}

/** A receipt in a bundle: of one of its checkpoints, and naming what was in force there at the confirmation. */
export function fitsBundle(
  receipt: Receipt,
  signed: VerifiedCheckpoint,
  checkpoints: readonly VerifiedCheckpoint[],
  facts: Pick<Facts, 'sessions' | 'identity'>,
): string | undefined {
  const { size, root } = signed.checkpoint
  if (!checkpoints.some(({ checkpoint }) => checkpoint.size === size && sameBytes(checkpoint.root, root)))
    return `its checkpoint of size ${size} is not in the bundle`
  const session = facts.sessions.find((each) => each.session === receipt.session)
  if (session === undefined) return `${receipt.session} has not ended in the bundle`
  for (const field of ['version', 'configurationId'] as const) {
    const inForce = facts.identity.filter((each) => each[field] !== undefined && each.seq < session.confirmedSeq).at(-1)
    if (inForce !== undefined && !receipt.entries.some(({ index }) => index === inForce.seq))
      return `${receipt.session} does not name entry ${inForce.seq}, which was in force`
  }
  return undefined
}
