/**
 * What the entries of a whole log amount to: each is handed to whoever sums it up. Pure. Imports nothing but its siblings
 * named in ledger/evidence/canonical.ts. Read next: sessions.ts, meters.ts.
 */
import type { OpenedEntry } from './body.ts'
import type { Correction, ManualEntry, Point } from './content.ts'
import { createMeters } from './meters.ts'
import { identityOf } from './proven.ts'
import type { Seen } from './scan.ts'
import { createSessions } from './sessions.ts'
import type { Facts, HandFacts, Report, SessionFacts } from './verdict.ts'

export function createJournal(report: Report) {
  const meters = createMeters(report)
  const sessions = createSessions(report, meters)
  const kinds = new Map<string, number>()
  const identity: Facts['identity'][number][] = []
  const byHand: HandFacts[] = []
  const simulated = new Set<string>()

  function take(entry: OpenedEntry): void {
    const { content, seq } = entry
    kinds.set(entry.kind, (kinds.get(entry.kind) ?? 0) + 1)
    if (entry.simulated && entry.machine !== '') simulated.add(entry.machine)
    switch (content?.kind) {
      case undefined:
        return
      case 'GatewayStarted':
      case 'ConfigurationApplied':
        identity.push(...identityOf(entry))
        return
      case 'MeterSampled':
      case 'SessionFinishing':
        for (const point of content.meters) meters.take(point, entry.simulated, seq)
        return
      case 'MeterChanged':
        meters.change(content, entry.simulated, seq)
        return sessions.changed(content, entry.session)
      case 'UnlockIntended':
        return sessions.intended(entry, content)
      case 'UnlockConfirmed':
      case 'UnlockRefused':
      case 'UnlockUnconfirmed':
        return sessions.answered(entry, content)
      case 'SessionEnded':
        return sessions.finished(entry, content)
      case 'Correction':
        byHand.push(correctionOf(entry, content))
        return sessions.corrected(entry, content)
      case 'ManualEntry':
        byHand.push(manualOf(entry, content))
    }
  }

  let endedAt: Map<string, SessionFacts> | undefined
  function endings(): Map<string, SessionFacts> {
    endedAt ??= new Map(sessions.facts.map((each) => [each.session, each]))
    return endedAt
  }

  return {
    identity,
    /** Where a session ended. */
    ended: (session: string) => endings().get(session),
    take,
    /** The readings of a MeterSampled. */
    sampled(points: readonly Point[], simulated: boolean, seq: number): void {
      for (const point of points) meters.take(point, simulated, seq)
    },
    /** `seen`: entries that were counted elsewhere. */
    finish(seen: readonly Seen[]): Pick<Facts, 'kinds' | 'sessions' | 'meters' | 'byHand' | 'identity'> {
      sessions.finish()
      for (const { kind, entries } of seen) kinds.set(kind, (kinds.get(kind) ?? 0) + entries)
      for (const machine of simulated) report.note('simulated', machine)
      for (const { kind, seq } of byHand) report.note('by-hand', kind, seq)
      return {
        kinds: Object.fromEntries([...kinds].filter(([, entries]) => entries > 0).sort()),
        sessions: sessions.facts,
        meters: meters.finish(),
        byHand,
        identity,
      }
    },
  }
}

function correctionOf(
  { seq, machine, session }: OpenedEntry,
  { original, reason, text, adjust }: Correction,
): HandFacts {
  const units = adjust.map(({ quantity, ...rest }) => ({ ...rest, quantity: String(quantity) }))
  return { seq, kind: 'Correction', machine, reason, original, ...(session === '' ? {} : { session }), text, units }
}

function manualOf({ seq, machine }: OpenedEntry, { meter, unit, quantity, from, to, reason }: ManualEntry): HandFacts {
  return { seq, kind: 'ManualEntry', machine, reason, units: [{ meter, unit, quantity: String(quantity), from, to }] }
}
