/**
 * What the entries of a whole log amount to: each is handed to whoever sums it up. Pure. Imports nothing but its siblings
 * named in canonical.ts. Read next: sessions.ts, meters.ts.
 */
import type { OpenedEntry } from './body.ts'
import type { Point } from './content.ts'
import { createMeters } from './meters.ts'
import { identityOf } from './proven.ts'
import type { Seen } from './scan.ts'
import { createSessions } from './sessions.ts'
import type { Facts, Report } from './verdict.ts'

export function createJournal(report: Report) {
  const meters = createMeters(report)
  const sessions = createSessions(report, meters)
  const kinds = new Map<string, number>()
  const identity: Facts['identity'][number][] = []
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
        identity.push(identityOf(entry))
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
      case 'ManualEntry':
        report.note('correction', content.kind, seq)
    }
  }

  return {
    identity,
    sessions: sessions.facts,
    take,
    /** The readings of a MeterSampled. */
    sampled(points: readonly Point[], simulated: boolean, seq: number): void {
      for (const point of points) meters.take(point, simulated, seq)
    },
    /** `seen`: entries that were counted elsewhere. */
    finish(seen: readonly Seen[]): Pick<Facts, 'kinds' | 'sessions' | 'meters' | 'identity'> {
      sessions.finish()
      for (const { kind, entries } of seen) kinds.set(kind, (kinds.get(kind) ?? 0) + entries)
      for (const machine of simulated) report.note('simulated', machine)
      return {
        kinds: Object.fromEntries([...kinds].filter(([, entries]) => entries > 0).sort()),
        sessions: sessions.facts,
        meters: meters.finish(),
        identity,
      }
    },
  }
}
