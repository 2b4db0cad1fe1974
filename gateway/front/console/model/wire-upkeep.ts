/** What the gateway answers about questions, upkeep and the timeline of a machine. Read next: wire.ts. */

export type Question = {
  readonly id: string
  readonly when: 'before' | 'after'
  readonly text: Readonly<Record<string, string>>
  readonly answer: 'yes-no' | 'number' | 'choice' | 'text'
  readonly min?: number
  readonly max?: number
  readonly unit?: string
  readonly choices?: readonly { readonly id: string; readonly text: Readonly<Record<string, string>> }[]
  readonly required: boolean
  readonly due: boolean
}

export type Service = {
  readonly id: string
  readonly kind: 'service' | 'calibration' | 'drill' | 'risk'
  readonly text: string
  readonly every?: string
  readonly used?: string
  readonly unit?: string
  readonly days?: number
  readonly certificate?: { readonly number: string; readonly day: string }
  readonly since?: string
  readonly due: boolean
  readonly overdue: boolean
  readonly closes: boolean
  readonly expected?: string
}

/** What was answered to a question, as it was asked. */
export type Answered = {
  readonly question: string
  readonly text: Readonly<Record<string, string>>
  readonly answer: string
  readonly unit?: string
  readonly outside: boolean
}

export type Holding = {
  readonly who: string
  readonly from: string
  readonly to?: string
  readonly tenant?: string
  readonly seen: readonly {
    readonly entry: number
    readonly at: string
    readonly kind: string
    readonly text: string
    readonly when?: string
    readonly answers?: readonly Answered[]
    readonly photos: readonly string[]
  }[]
}

export type Side = {
  readonly tenant: string
  readonly at?: string
  readonly answers: readonly Answered[]
  readonly photos: readonly string[]
}

export type Timeline = {
  readonly holdings: readonly Holding[]
  readonly handOvers: readonly { readonly left: Side; readonly found: Side }[]
  readonly unknown: readonly { readonly from: string; readonly to?: string }[]
}
