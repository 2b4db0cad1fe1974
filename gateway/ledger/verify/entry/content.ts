/**
 * What an entry says about use, as values: the sums are made of nothing else.
 * Pure. Read next: parse-content.ts (from parsed JSON), ledger/verify/bytes/decode-content.ts (from bytes).
 */
import type { Mark, Share } from '../facts.ts'
import type { Quantity } from '../quantity.ts'
import type { Times } from '../times.ts'

export type Accounts = { readonly session: Quantity; readonly unassigned: Quantity; readonly disputed: Quantity }
export type Account = keyof Accounts

/** A meter at one moment. */
export type Point = {
  /** `machine/alias.name` */
  readonly meter: string
  /** The smallest unit. */
  readonly unit: string
  readonly epoch: number
  /** UTC ms; absent in a change. */
  readonly at: number | undefined
  /** Sum since the first reading ever. */
  readonly total: Quantity
  /** The counter as the device holds it; registers only. */
  readonly raw: Quantity | undefined
  /** Units of the epoch by account, where the gateway states them. */
  readonly accounts: Accounts | undefined
}

/**
 * What a change did to the units. `booked`: it booked units, or a new epoch began. `refused`: a value was not believed,
 * and nothing was booked on it. `named`: it names units that were booked before.
 */
export const changeEffects = {
  first: 'booked',
  wrap: 'booked',
  gap: 'booked',
  reset: 'booked',
  exchange: 'booked',
  reconfigured: 'booked',
  regress: 'booked',
  'out-of-range': 'booked',
  unresolved: 'refused',
  torn: 'refused',
  silent: 'refused',
  foreign: 'named',
} as const
export type ChangeName = keyof typeof changeEffects

export type MeterChange = {
  readonly kind: 'MeterChanged'
  /** After the change. */
  readonly point: Point
  readonly name: ChangeName
  readonly effect: (typeof changeEffects)[ChangeName]
  /** The counter before it. */
  readonly from: Quantity | undefined
  /** Units booked with it. */
  readonly delta: Quantity
  readonly account: Account
  /** The unit in which the meter does not count any more, and its total in it. */
  readonly left: { readonly unit: string; readonly total: Quantity } | undefined
}
export type Intended = {
  readonly kind: 'UnlockIntended'
  readonly booking: string
  readonly tenant: string
  readonly token: Quantity
  readonly begin: readonly Point[] | undefined
}
export type Answered = {
  readonly kind: 'UnlockConfirmed' | 'UnlockRefused' | 'UnlockUnconfirmed'
  readonly token: Quantity
  readonly begin: readonly Point[] | undefined
  readonly resume: boolean
  readonly late: boolean
}
export type Use = { readonly meter: string; readonly unit: string; readonly quantity: Quantity }
export type Ended = {
  readonly kind: 'SessionEnded'
  readonly booking: string
  readonly tenant: string
  readonly stoppedReason: string
  readonly startedAt: string | null
  readonly endedAt: string
  readonly begin: readonly Point[]
  readonly end: readonly Point[]
  readonly use: readonly Use[]
  /** The part of `use` that was made after the grace. */
  readonly overrun: readonly Use[]
  readonly marks: readonly Mark[]
  /** Empty in logs from before there were shares. */
  readonly shares: readonly Share[]
  /** Absent in logs from before they were recorded. */
  readonly clocks: Times | undefined
  readonly incomplete: boolean
}
/** Units of one meter that a person moved from one account to another afterwards. */
export type Adjustment = {
  readonly meter: string
  readonly unit: string
  readonly from: Account
  readonly to: Account
  readonly quantity: Quantity
}
export type Correction = {
  readonly kind: 'Correction'
  /** Sequence of the entry that is corrected. */
  readonly original: number
  readonly reason: string
  readonly text: string
  readonly adjust: readonly Adjustment[]
}
export type ManualEntry = {
  readonly kind: 'ManualEntry'
  readonly meter: string
  readonly unit: string
  /** Decimal text, which may have a fraction, because no counter made it. */
  readonly quantity: string
  readonly from: string
  readonly to: string
  readonly reason: string
}
export type Content =
  | { readonly kind: 'MeterSampled' | 'SessionFinishing'; readonly meters: readonly Point[] }
  | MeterChange
  | Intended
  | Answered
  | Ended
  | { readonly kind: 'GatewayStarted'; readonly version: string }
  | { readonly kind: 'ConfigurationApplied'; readonly configurationId: string }
  | Correction
  | ManualEntry
