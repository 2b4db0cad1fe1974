/** What the gateway answers about sinks and what they have set aside. Read next: sinks.ts, wire.ts. */

export type Sink = {
  readonly name: string
  readonly connected: boolean
  readonly behind: number
  readonly behindMs: number
  readonly rate: number
  readonly parked: number
  readonly note?: string
}

export type ParkedEntry = {
  readonly entry: number
  readonly kind: string
  readonly machine?: string
  readonly at: string
  readonly parkedAt: string
  readonly reason: string
  readonly lines?: string
}

export type ParkedHandled = { readonly done: boolean; readonly note?: string }
