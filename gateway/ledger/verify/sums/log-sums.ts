/**
 * What the entries of a whole log amount to: each is handed to the sums it is about.
 * Pure. Read next: session-sums.ts, meter-sums.ts.
 */
import type { Correction, ManualEntry } from '../entry/content.ts'
import type { OpenedEntry } from '../entry/open-entry.ts'
import type { Facts, HandFacts, IdentityFacts, SessionFacts } from '../facts.ts'
import type { Report } from '../report.ts'
import { identityOf } from './identity.ts'
import { finishMeters, type MeterSums, newMeterSums, takeChange, takePoint } from './meter-sums.ts'
import {
  finishSessions,
  nameUnits,
  newSessionSums,
  type SessionSums,
  takeAnswer,
  takeCorrection,
  takeEnd,
  takeIntent,
} from './session-sums.ts'

export type LogSums = {
  readonly report: Report
  readonly meters: MeterSums
  readonly sessions: SessionSums
  /** Entries by kind. */
  readonly kinds: Map<string, number>
  readonly identity: IdentityFacts[]
  readonly byHand: HandFacts[]
  /** Machines that are simulated. */
  readonly simulated: Set<string>
}

export function newLogSums(report: Report): LogSums {
  const meters = newMeterSums(report)
  const sessions = newSessionSums(report, meters)
  return { report, meters, sessions, kinds: new Map(), identity: [], byHand: [], simulated: new Set() }
}

export function countEntries({ kinds }: LogSums, kind: string, entries: number): void {
  kinds.set(kind, (kinds.get(kind) ?? 0) + entries)
}

export function takeEntry(sums: LogSums, entry: OpenedEntry): void {
  const { meters, sessions, byHand } = sums
  const { kind, machine, simulated, seq, content } = entry
  countEntries(sums, kind, 1)
  if (simulated && machine !== '') sums.simulated.add(machine)
  switch (content?.kind) {
    case undefined:
      return
    case 'GatewayStarted':
    case 'ConfigurationApplied':
      sums.identity.push(identityOf(entry)!)
      return
    case 'MeterSampled':
    case 'SessionFinishing':
      for (const point of content.meters) takePoint(meters, point, simulated, seq)
      return
    case 'MeterChanged':
      takeChange(meters, content, simulated, seq)
      return nameUnits(sessions, entry.session, content)
    case 'UnlockIntended':
      return takeIntent(sessions, entry, content)
    case 'UnlockConfirmed':
    case 'UnlockRefused':
    case 'UnlockUnconfirmed':
      return takeAnswer(sessions, entry, content)
    case 'SessionEnded':
      return takeEnd(sessions, entry, content)
    case 'Correction':
      byHand.push(correctionFacts(entry, content))
      return takeCorrection(sessions, entry, content)
    case 'ManualEntry':
      byHand.push(manualFacts(entry, content))
  }
}

/** After the last entry. */
export function finishLog(sums: LogSums): Pick<Facts, 'kinds' | 'sessions' | 'meters' | 'byHand' | 'identity'> {
  const { report, meters, sessions, kinds, byHand, identity } = sums
  finishSessions(sessions)
  for (const machine of sums.simulated) report.note('simulated', machine)
  for (const { kind, seq } of byHand) report.note('by-hand', kind, seq)
  return {
    kinds: Object.fromEntries([...kinds].filter(([, entries]) => entries > 0).sort()),
    sessions: sessions.facts,
    meters: finishMeters(meters),
    byHand,
    identity,
  }
}

/** The facts of the sessions that have ended so far, by session. */
export const endsOf = ({ sessions }: LogSums): ReadonlyMap<string, SessionFacts> =>
  new Map(sessions.facts.map((each) => [each.session, each]))

function correctionFacts(
  { seq, machine, session }: OpenedEntry,
  { original, reason, text, adjust }: Correction,
): HandFacts {
  const units = adjust.map(({ quantity, ...rest }) => ({ ...rest, quantity: String(quantity) }))
  return { seq, kind: 'Correction', machine, reason, original, ...(session === '' ? {} : { session }), text, units }
}

function manualFacts(
  { seq, machine }: OpenedEntry,
  { meter, unit, quantity, from, to, reason }: ManualEntry,
): HandFacts {
  return { seq, kind: 'ManualEntry', machine, reason, units: [{ meter, unit, quantity, from, to }] }
}
