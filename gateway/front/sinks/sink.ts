/**
 * The seam of a sink: a reader of the ledger with a durable cursor. It has two inlets: entries, never dropped and
 * delivered in order, and samples, of which some may be dropped. A sink only tries; what to do after a refusal (wait
 * and repeat, set one item aside, stop) is decided in sink-loop.ts, the only caller.
 */

import type { BoardRow } from '../../core/board/message.ts'
import type { Entry } from '../../core/ground/entry.ts'
import { type Moment, NS_PER_MS } from '../../core/ground/moment.ts'
import type { MeterState } from '../../core/meter/meter.ts'
import type { Sample } from '../../live/sample.ts'

/** The committed state as of now: a sink sends it on each connect, and refreshes it. */
export type Snapshot = {
  /** Words of the logs that this one has taken the place of, JSON; absent: none. */
  readonly superseded?: string
  readonly rows: readonly BoardRow[]
  readonly meters: readonly MeterState[]
  /** The newest checkpoint, a signed note. */
  readonly checkpoint?: string
  /** Wall time at which the control thread last said that the rows are so; absent before it has said anything. */
  readonly asOfMs?: number
}

/** An entry, and the sequence of the one before it on the same machine, or without a machine; `null`: there is none. */
export type Delivery = { readonly entry: Entry; readonly prevSeq: number | null }

/**
 * `wait`: not now (down, overloaded); the same again later, on a new connection. `bad`: the receiver will never take
 * some items of the batch; one item is parked, a batch of several is halved. `stop`: nothing helps until a person acts.
 * `accepted`: so many items from the start of the batch have reached the receiver all the same. `lost`: the connection
 * ended while the next item was on its way, which may be the reason.
 */
export class SinkError extends Error {
  readonly action: 'wait' | 'bad' | 'stop'
  readonly accepted: number
  readonly lost: boolean
  constructor(
    action: SinkError['action'],
    message: string,
    more: { readonly cause?: unknown; readonly accepted?: number; readonly lost?: boolean } = {},
  ) {
    super(message, { cause: more.cause })
    this.name = 'SinkError'
    this.action = action
    this.accepted = more.accepted ?? 0
    this.lost = more.lost ?? false
  }
}

/** `T`: what it sends of one entry. */
export interface Sink<T = unknown> {
  readonly name: string
  /** Entries, and samples, in one delivery at most. */
  readonly batch: number
  /** 0: it wants no samples, and none are kept for it. */
  readonly sampleBatch: number
  /** How long a delivery of entries or of samples may wait to fill; absent: nothing waits. */
  readonly fillMs?: number
  /** Entries of a backlog per second, when it is not what the site allows. */
  readonly backlogPerSecond?: number
  /** With what one begins that has never run; absent: with the first entry. */
  readonly begin?: 'now' | 'log'
  /** The longest wait between two tries, when it is not that of the site. */
  readonly reconnectMaxMs?: number
  /** The longest a call may take before the loop gives the connection up; above the sink's own deadlines. */
  readonly deadlineMs: number
  /**
   * Connects, and publishes birth and all retained state. Called again after any loss. Rejects with SinkError.
   * The signal ends what this began, also after it has resolved.
   */
  open(snapshot: () => Snapshot, signal: AbortSignal): Promise<void>
  /** What it sends of an entry, made as soon as that is read. Throws when nothing can be made of it. */
  make(delivery: Delivery): T
  /** What it sends in the place of an entry, as a person has written it; absent: nothing can take its place. */
  mend?(text: string): T
  /**
   * Resolves when the receiver has accepted all of them, in order. It may be called once more, and `refresh` too,
   * before that: what comes later is sent behind it. Rejects with SinkError.
   */
  deliver(made: readonly T[]): Promise<void>
  /**
   * Values in the order in which they were read; some may have been dropped. `isLate`: newer ones may have gone before.
   * Runs beside `deliver`, but not beside itself. Rejects with SinkError.
   */
  deliverSamples(samples: readonly Sample[], isLate: boolean): Promise<void>
  /** Repeats what must not grow old. Called on each change of the board, and every second while connected. */
  refresh(snapshot: () => Snapshot): Promise<void>
  /** Resolves with the reason when the connection is lost. Called once after each `open`. */
  lost(): Promise<SinkError>
  /** Says goodbye; bounded (2 s), idempotent, never rejects. */
  close(): Promise<void>
}

export type SinkClock = { now(): Moment }

export const systemClock: SinkClock = { now: () => ({ ms: Date.now(), ns: process.hrtime.bigint() }) }

/** Monotonic, for durations. */
export function monotonicMs(clock: SinkClock): number {
  return Number(clock.now().ns / NS_PER_MS)
}

/** What is used of pino. */
export type SinkLog = Readonly<Record<'info' | 'warn' | 'error', (fields: object, text: string) => void>>
