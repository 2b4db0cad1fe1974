/**
 * What the roll-up hears and keeps, as plain values, and the keys by which it is found. Pure.
 * Read next: read.ts (where facts come from), store.ts (where they go).
 */

/** Who a machine or a gateway is, in one text. A slash can be in no id. */
export const keyOf = (site: string, rest: string | number): string => `${site}/${rest}`

export type About = Readonly<{
  gateway: number
  kind?: string
  name?: Readonly<Record<string, string>>
  capabilities?: readonly string[]
  latitude?: number
  longitude?: number
}>

export type State = Readonly<{ state: string; reason?: string; freeAt?: string; asOf?: string; maxAgeMs: number }>

/**
 * When a machine may be booked, as a multirange of PostgreSQL; null: not known any more. `begins`: the log of the
 * gateway began anew, so that a lower `seq` is the newer one.
 */
export type Plan = Readonly<{ seq: number; free: string | null; begins?: boolean }>

export type AboutFact = Readonly<{ fact: 'about'; site: string; machine: string; about: About }>
export type StateFact = Readonly<{ fact: 'state'; site: string; machine: string; state: State }>
type GoneFact = Readonly<{ fact: 'gone'; site: string; machine: string }>
/** `ageMs`: how old what it says of its machines was when it said so, by its own clock. */
type BeatFact = Readonly<{ fact: 'beat'; site: string; gateway: number; online: boolean; ageMs: number }>
export type EventFact = Readonly<{
  fact: 'event'
  site: string
  /** Absent: it is about the site. */
  machine?: string
  seq: number
  prevSeq: number | null
  what: string
}>

/** What a message over MQTT tells. */
export type Fact = AboutFact | StateFact | GoneFact | BeatFact | EventFact
