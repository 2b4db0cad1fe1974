/** What the judge knows of one gateway, and what its parts share. Read next: judge.ts. */
import type { Booking } from '../../../gateway/core/booking/booking.ts'
import type { RevocationList } from '../../../gateway/core/permission/revocation-list.ts'
import type { Gateway } from './gateway.ts'
import type { Plant } from './plant.ts'

export const RELOCK_MS = 7000
export const LEASE_MS = 5000
/** Two polls and 2 s, the delay of an answer and a tick. */
export const FRESH_MS = 3000 + 1000 + 200
export const TICK_MS = 200
/** The fencing id of somebody else's gateway. */
export const STRANGER = 9

/** What an intent gave: until when the permission may be renewed at the latest. */
export type Right = {
  readonly session: string
  readonly booking: string
  readonly jti: string | undefined
  readonly tag: number
  readonly plcBoot: number
  readonly minutesUntilMs: number
  /** Pieces its session may make. */
  readonly pieces: number | undefined
  /** End of the booking the deadline stands for. */
  endMs: number
  deadlineMs: number
  /** It rests on a clock that was not believed then. */
  isUnsure: boolean
  untilMs: number
  /** When its booking was last changed. */
  movedMs: number
}

export type Phase = 'intended' | 'confirmed' | 'unconfirmed' | 'refused' | 'suspended' | 'ended'

export type Use = { readonly tenant: string; readonly endedMs: number | undefined }

export type File = {
  readonly told: Map<string, Booking>
  /** A clock that was wrong was believed. */
  wasDeceived: boolean
  readonly offered: Map<string, Booking>
  /** Bookings and token ids that a list took back, and when. */
  readonly revoked: Map<string, number>
  list: RevocationList | undefined
  readonly rights: Map<number, Right>
  readonly intents: Map<number, number>
  readonly confirmed: Set<string>
  readonly phases: Map<string, Phase>
  /**
   * When the first end of a session was made durable, and whether it was said to run over, and by whom it was released.
   */
  readonly ends: Map<string, { readonly atMs: number; over: boolean }>
  readonly released: Set<string>
  readonly overrides: Set<string>
  readonly blocks: Map<string, { readonly fromMs: number; readonly untilMs: number }>
  lastUse: Use | undefined
  inspection: 'due' | 'failed' | undefined
  readonly written: Map<number, readonly number[]>
  /** The enable of each token. */
  readonly enabled: Map<number, readonly number[]>
  highest: number
  lastWriteMs: number
  /** When it was last started. */
  beganMs: number
  /** When the host last began anew, and the end of a session went by the wall clock again; -1: never. */
  hostFromMs: number
}

export const newFile = (): File => ({
  told: new Map(),
  wasDeceived: false,
  offered: new Map(),
  revoked: new Map(),
  list: undefined,
  rights: new Map(),
  intents: new Map(),
  confirmed: new Set(),
  phases: new Map(),
  ends: new Map(),
  released: new Set(),
  overrides: new Set(),
  blocks: new Map(),
  lastUse: undefined,
  inspection: undefined,
  written: new Map(),
  enabled: new Map(),
  highest: 0,
  lastWriteMs: 0,
  beganMs: 0,
  hostFromMs: -1,
})

export type Bench = {
  readonly plant: Plant
  readonly time: { readonly ms: number }
  broke(rule: string, detail: string): void
  note(name: string): void
  fileOf(gateway: Gateway): File
  readonly files: ReadonlyMap<Gateway, File>
  /** Bytes may come this much later than they were written. */
  readonly lateMs: number
  /** What is durable is gone through once more: nothing of it happens again. */
  readonly rereading: boolean
}

/** 32 bits, high word first. */
export const long = (words: readonly number[], index: number) => words[index]! * 0x10000 + words[index + 1]!

export const isShared = ({ files }: Bench, token: number) =>
  [...files.values()].filter(({ rights }) => rights.has(token)).length > 1
