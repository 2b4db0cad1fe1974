/**
 * One entry as it was hashed: its kinds, and its text read back. A kind or version that is not known is refused, because
 * nobody can say what it does to the sums; a field that is not known is kept, and named.
 * Pure. Imports nothing but its siblings named in ledger/evidence/canonical.ts. Read next: content.ts.
 */
import { isObject, parseCanonical } from '../evidence/canonical.ts'
import { type Content, contentFields, contentOf } from './content.ts'
import type { Report } from './verdict.ts'

/** Every kind of version 1. What stands on the last six lines says nothing about use, and is not opened. */
export const knownKinds: readonly string[] = [
  ...Object.keys(contentFields),
  ...'GatewayStopped ClockChanged LinkLost LinkRestored AvailabilityChanged BookingPut BookingCancelled RevocationsTaken'.split(
    ' ',
  ),
  ...'BlockPut BlockRemoved'.split(' '),
  ...'SessionSuspended SessionResumed LockConfirmed LockUnconfirmed ForeignUse AccessDenied'.split(' '),
  ...'MaintenanceStarted MaintenanceEnded Override DrillRecorded KeyAdded KeyRevoked TenantErased'.split(' '),
  ...'LedgerRestarted SessionWarned InspectionRecorded'.split(' '),
]
const fieldsOf = new Map(Object.entries(contentFields).map(([kind, fields]) => [kind, new Set(fields.split(' '))]))
export const isOpened = (kind: string): kind is Content['kind'] => fieldsOf.has(kind)

const envelope = new Set('at boot clock data kind machine mono seq session simulated site v'.split(' '))
export const clocks: readonly string[] = ['synchronised', 'informative', 'relative', 'unknown']
/** RFC 3339, UTC, ms. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** Where an entry stands and what it says; nothing for a kind that says nothing about use. */
export type OpenedEntry = {
  readonly seq: number
  readonly kind: string
  /** Empty when the entry has none. */
  readonly machine: string
  readonly session: string
  readonly simulated: boolean
  readonly clock: string
  readonly content: Content | undefined
}

/** Undefined when the text is not an entry of this site at this place; the report says why. */
export function openEntry(text: string, seq: number, site: string, report: Report): OpenedEntry | undefined {
  const parsed = parseCanonical(text)
  if (parsed.kind === 'refused') return report.fault('entry-malformed', parsed.reason, seq)
  const { kind, machine = '', session = '', simulated = false, at, clock, boot, mono, data, ...rest } = parsed.value
  if (rest.seq !== seq) return report.fault('sequence-wrong', `it says ${String(rest.seq)}`, seq)
  if (rest.site !== site) return report.fault('site-differs', String(rest.site), seq)
  if (typeof kind !== 'string' || !knownKinds.includes(kind)) return report.fault('kind-unknown', String(kind), seq)
  if (rest.v !== 1) return report.fault('version-unknown', `${kind} ${String(rest.v)}`, seq)
  const texts = [machine, session, at, clock, boot, mono].every((field) => typeof field === 'string')
  if (!texts || !INSTANT.test(String(at)) || !clocks.includes(String(clock)) || !isObject(data))
    return report.fault('entry-malformed', `${kind} lacks a field`, seq)
  if (simulated !== (parsed.value.simulated !== undefined))
    return report.fault('entry-malformed', 'simulated is true or absent', seq)
  for (const name of Object.keys(rest)) if (!envelope.has(name)) report.note('field-unknown', `${kind}: ${name}`, seq)
  let content: Content | undefined
  if (isOpened(kind)) {
    for (const name of Object.keys(data))
      if (!fieldsOf.get(kind)!.has(name)) report.note('field-unknown', `${kind}: data.${name}`, seq)
    content = contentOf(kind, data, String(at))
    if (content === undefined) return report.fault('entry-malformed', `${kind} says something else than it should`, seq)
  }
  const words = { machine: String(machine), session: String(session), clock: String(clock) }
  return { seq, kind, ...words, simulated: simulated === true, content }
}
