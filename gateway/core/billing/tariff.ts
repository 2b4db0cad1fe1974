/**
 * A tariff: what a use costs. A version never changes once it is published; another price is another version. Amounts
 * are decimal text in the currency, quantities whole numbers in the smallest unit (ms, Wh, pcs, or that of a meter).
 * Read next: hours.ts (when an element holds), lines.ts (how elements are matched), bill.ts (rounding, tax, split).
 */
import type { JsonObject } from '../ground/entry.ts'

/** What happened: a use, the part of a use after the grace, a booking nobody used, a booking cancelled too late. */
export const occasions = ['use', 'overrun', 'no-show', 'cancellation'] as const
export type Occasion = (typeof occasions)[number]

/** As its entry has it. */
export const tariffJson = (tariff: Tariff): JsonObject => JSON.parse(JSON.stringify(tariff)) as JsonObject

/** Which quantities count: of the reservation (`booked`), of the use (all others), or of both. `flat` always counts. */
export const bases = ['reservation', 'use', 'both'] as const

export type TariffElement = {
  readonly id: string
  /**
   * What is counted: one of `unitsOf`, or a meter as `alias.name`. `energy` and `pieces` are the sums of the meters
   * with the units Wh and pcs; `flat` is 1 per use.
   */
  readonly of: string
  readonly when: Occasion
  /** For each `per` units, without steps: half of `per` costs half the price. */
  readonly price: string
  readonly per: string
  /** Days of the site's clock as Date counts them, Sunday is 0; absent: every day. */
  readonly days?: readonly number[]
  /** Minutes from midnight. An end that is not after the begin belongs to the next day. Absent: all day. */
  readonly hours?: { readonly from: number; readonly to: number }
  /** Only what the session has of the quantity above this. */
  readonly above?: string
  /** As much of what the element matches in a session is free. */
  readonly free?: string
  /** Only for tenants of these classes. */
  readonly classes?: readonly string[]
  /** Tax category. */
  readonly tax: string
}

/** A part of the net of a session: a percentage of it, or a fixed amount per session, never more than is left. */
export type SplitPart = { readonly party: string } & ({ readonly percent: string } | { readonly fixed: string })

export type Tariff = {
  readonly id: string
  readonly version: number
  /** ISO 4217, and its decimals. */
  readonly currency: string
  readonly digits: number
  /** IANA zone of the site's clock, by which days and hours are read. */
  readonly zone: string
  /** First and last day on which a use may begin. */
  readonly validFrom?: string
  readonly validUntil?: string
  readonly approvedBy: string
  /** A booking that is cancelled at least so long before its begin is not billed. */
  readonly freeCancellationMs: number
  readonly basis: (typeof bases)[number]
  /** The first that matches wins. What none matches is free. */
  readonly elements: readonly TariffElement[]
  /**
   * Of each use and its overrun. With either of them these have one tax category, or else a cost could fall while the
   * use goes on.
   */
  readonly minimum?: string
  readonly maximum?: string
  /** Whether prices, minimum and maximum contain the tax. */
  readonly taxIncluded: boolean
  /** Percent by category. */
  readonly taxes: Readonly<Record<string, string>>
  /** `remainder` takes what the parts leave. The party `owners` stands for the owners by the shares of the session. */
  readonly split: { readonly parts: readonly SplitPart[]; readonly remainder: string }
}

export const OWNERS = 'owners'

export const pinOf = ({ id, version }: Pick<Tariff, 'id' | 'version'>): string => `${id}@${version}`

/** Whether the basis of the tariff counts a quantity. */
export function isCounted({ basis }: Pick<Tariff, 'basis'>, of: string): boolean {
  return of === 'flat' || basis === 'both' || (of === 'booked') === (basis === 'reservation')
}

/** The smallest unit of a quantity; a meter has its own. */
export const unitsOf: Readonly<Record<string, string>> = {
  booked: 'ms',
  occupied: 'ms',
  powered: 'ms',
  executing: 'ms',
  energy: 'Wh',
  pieces: 'pcs',
  flat: 'use',
}

/** The tax category of uses, for a tariff with a minimum or maximum. */
export const taxOfUse = ({ elements }: Pick<Tariff, 'elements'>): string | undefined =>
  elements.find(({ when }) => when === 'use' || when === 'overrun')?.tax
