/** What the gateway answers about statements and credits, as far as the books look at it. Read next: wire.ts. */
import type { Bill } from './wire.ts'

type CreditSaid = {
  readonly id: string
  readonly bill: string
  readonly reason: string
  readonly text: string
  readonly reduce: readonly { readonly of: string; readonly at: number; readonly quantity: string }[]
  readonly waive?: true
  readonly proposedBy: string
}
export type ProposedCredit = CreditSaid & { readonly approvedBy?: string }
export type Credit = CreditSaid & {
  readonly number: number
  readonly approvedBy: string
  readonly statements: readonly string[]
  readonly currency: string
  readonly total: string
  readonly split: Bill['split']
}

export type Statement = {
  readonly bills: readonly Bill[]
  readonly credits?: readonly Credit[]
  readonly unbilled: readonly { readonly id: string; readonly reason: string }[]
  readonly totals: readonly {
    readonly currency: string
    readonly net: string
    readonly tax: string
    readonly total: string
    readonly split: Bill['split']
  }[]
}

export type IssuedStatement = {
  readonly sha256: string
  readonly from: string
  readonly to: string
  readonly tenant?: string
  readonly owner?: string
  readonly issuedAt: string
}
