/**
 * The kinds of entries of version 1, and which of them say something about use. An entry of another kind is refused,
 * because nobody can say what it does to the sums.
 * Read next: open-entry.ts, parse-content.ts.
 */
import type { Content } from './content.ts'

const list = (words: string): readonly string[] => words.split(' ')

/** The kinds that say something about use, and the fields their `data` may have. */
const openedKinds: Readonly<Record<Content['kind'], readonly string[]>> = {
  GatewayStarted: list('version node fencingId'),
  ConfigurationApplied: list('configurationId machines links id from by changes more rollbackTo'),
  MeterSampled: list('meters'),
  MeterChanged: list(
    'meter change unit from to fromUnit fromTotal fromIdentity toIdentity delta account epoch total apartMs accounts reason detail',
  ),
  UnlockIntended: list('booking tenant by token tag resume bookedUntil limits offline begin notMetered'),
  UnlockConfirmed: list('token tag plcBootId plcState leaseLeftMs resume late begin failSafe'),
  UnlockRefused: list('token reason detail code decision resume'),
  UnlockUnconfirmed: list('token code decision locksBy failSafe resume'),
  SessionFinishing: list('reason overrun itemState meters'),
  SessionEnded: list(
    'booking tenant stoppedReason startedAt endedAt begin end use overrun shares clocks incomplete offline override lateRevocation failSafe billing',
  ),
  Correction: list('id original originalKind reason text by adjust'),
  ManualEntry: list('id meter unit quantity from to tenant reason by shares'),
}

/** Every kind of version 1. */
export const knownKinds: readonly string[] = [
  ...Object.keys(openedKinds),
  ...list('GatewayStopped LedgerRestarted ClockChanged LinkLost LinkRestored AvailabilityChanged'),
  ...list('BookingPut BookingCancelled BookingRestored RevocationsTaken BlockPut BlockRemoved'),
  ...list('SessionSuspended SessionResumed SessionWarned LockConfirmed LockUnconfirmed ForeignUse AccessDenied'),
  ...list('MaintenanceStarted MaintenanceEnded InspectionRecorded Override DrillRecorded'),
  ...list('KeyAdded KeyRevoked TenantErased TariffPublished StatementIssued CreditProposed CreditApproved'),
  ...list('AcceptanceRecorded TrustChanged SubscriptionMade SubscriptionRevoked'),
  ...list('ReportMade ReportChanged ServiceDone AnswersGiven ParkedHandled'),
]

/** Entries about a session, which name it and its machine. */
const sessionKinds = list(
  'UnlockIntended UnlockConfirmed UnlockRefused UnlockUnconfirmed SessionFinishing SessionEnded',
)

const fieldsOf = new Map(Object.entries(openedKinds).map(([kind, fields]) => [kind, new Set(fields)]))

export const isKnown = (kind: string): boolean => knownKinds.includes(kind)
export const isOfSession = (kind: string): boolean => sessionKinds.includes(kind)
export const isOpened = (kind: string): kind is Content['kind'] => fieldsOf.has(kind)
export const isField = (kind: Content['kind'], name: string): boolean => fieldsOf.get(kind)!.has(name)
