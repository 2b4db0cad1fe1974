/**
 * Ledger entries: what happened. An entry is never changed or removed. The kinds are a closed union, and each body has
 * a version. The ledger worker assigns the sequence (gapless from 0; it is also the leaf index) and stores the body as
 * canonical JSON (RFC 8785) with its RFC 6962 leaf hash. Integers that may exceed 2^53 are decimal text.
 * Read next: gateway/ledger/message.ts.
 */

export const entryKinds = [
  'GatewayStarted',
  'GatewayStopped',
  'ConfigurationApplied',
  'ClockChanged',
  'LinkLost',
  'LinkRestored',
  'AvailabilityChanged',
  'MeterSampled',
  'MeterChanged',
  'BookingPut',
  'BookingCancelled',
  'BookingRestored',
  'RevocationsTaken',
  'BlockPut',
  'BlockRemoved',
  'UnlockIntended',
  'UnlockConfirmed',
  'UnlockRefused',
  'UnlockUnconfirmed',
  'SessionSuspended',
  'SessionResumed',
  'SessionWarned',
  'SessionFinishing',
  'SessionEnded',
  'LockConfirmed',
  'LockUnconfirmed',
  'ForeignUse',
  'AccessDenied',
  'MaintenanceStarted',
  'MaintenanceEnded',
  'InspectionRecorded',
  'Override',
  'DrillRecorded',
  'KeyAdded',
  'KeyRevoked',
  'TenantErased',
  'LedgerRestarted',
  'Correction',
  'ManualEntry',
  'TariffPublished',
  'StatementIssued',
  'CreditProposed',
  'CreditApproved',
  'AcceptanceRecorded',
  'TrustChanged',
  'ReportMade',
  'ReportChanged',
  'ServiceDone',
  'AnswersGiven',
  'SubscriptionMade',
  'SubscriptionRevoked',
  'ParkedHandled',
] as const
export type EntryKind = (typeof entryKinds)[number]

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }

/** From a clock that is believed to one of which nothing is known. */
export const clockStates = ['synchronised', 'informative', 'relative', 'unknown'] as const
export type ClockState = (typeof clockStates)[number]

/** What several times are worth together. */
export const lesserOf = (...states: readonly ClockState[]): ClockState =>
  clockStates[Math.max(...states.map((state) => clockStates.indexOf(state)))]!

/** When something happened, on both clocks, and how far the wall clock can be trusted. */
export type Stamp = {
  readonly wallMs: number
  /** Monotonic ns of `bootId`, decimal text. */
  readonly monoNs: string
  readonly bootId: string
  readonly clock: ClockState
}

export type EntryDraft = {
  readonly kind: EntryKind
  readonly version: 1
  readonly machine?: string
  readonly session?: string
  readonly at: Stamp
  readonly data: JsonObject
}

/** The content of the canonical body. */
export type EntryBody = {
  readonly seq: number
  readonly kind: EntryKind
  readonly v: 1
  readonly site: string
  readonly machine?: string
  readonly session?: string
  readonly simulated?: true
  /** RFC 3339, UTC, ms. */
  readonly at: string
  readonly clock: ClockState
  readonly boot: string
  readonly mono: string
  readonly data: JsonObject
}

/** An entry as readers receive it. */
export type Entry = {
  readonly seq: number
  readonly kind: EntryKind
  readonly atMs: number
  /** InfluxDB timestamp, fixed at commit: wall ms × 10^6 + seq mod 10^6, decimal text. */
  readonly timeNs: string
  readonly machine?: string
  readonly session?: string
  readonly body: EntryBody
}
