/** What the gateway answers about tariffs and quotes. Read next: wire.ts. */

export type TariffElement = {
  readonly id: string
  readonly of: string
  readonly unit?: string
  readonly when: 'use' | 'overrun' | 'no-show' | 'cancellation'
  readonly price: string
  readonly per: string
  readonly days?: readonly number[]
  readonly hours?: { readonly from: number; readonly to: number }
  readonly above?: string
  readonly free?: string
  readonly classes?: readonly string[]
  readonly tax: string
}

export type TariffNote = {
  readonly kind: 'gap' | 'overlap' | 'unreachable'
  readonly element: string
  readonly other?: string
  readonly day?: number
  readonly minute?: number
  readonly class?: string
  readonly above?: string
}

export type Tariff = {
  readonly id: string
  readonly version: number
  readonly publishedAt: string
  readonly approvedBy: string
  readonly currency: string
  readonly zone: string
  readonly validFrom?: string
  readonly validUntil?: string
  readonly basis: 'reservation' | 'use' | 'both'
  readonly freeCancellationMs: number
  readonly elements: readonly TariffElement[]
  readonly minimum?: string
  readonly maximum?: string
  readonly taxIncluded: boolean
  readonly taxes: Readonly<Record<string, string>>
  readonly split: {
    readonly parts: readonly { readonly party: string; readonly percent?: string; readonly fixed?: string }[]
    readonly remainder: string
  }
  readonly machines: readonly string[]
  readonly notes: readonly TariffNote[]
}

/** A bill of a use that has not been: with what a statement does not need to be shown with. */
export type Quote = {
  readonly tariff: string
  readonly currency: string
  readonly startedAt: string
  readonly endedAt: string
  readonly lines: readonly {
    readonly of: string
    readonly element?: string
    readonly from: string
    readonly to: string
    readonly quantity: string
    readonly free: string
    readonly unit: string
    readonly amount: string
  }[]
  readonly unnamed: readonly string[]
  readonly adjustments: readonly { readonly kind: string; readonly amount: string }[]
  readonly net: string
  readonly tax: string
  readonly total: string
}
