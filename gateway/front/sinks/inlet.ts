/**
 * One inlet of a sink: takes a batch, has it delivered, moves on by what was accepted. A batch that holds something the
 * receiver will never take is halved until that item is alone, which is then set aside; batches grow again by doubling.
 * After any other failure the batch is halved too, so that a slow receiver is not sent the same batch for ever.
 *
 * A receiver may end the connection at an item that is too large for it, and say nothing. So an item that was alone on
 * its way at `LOSSES` losses in a row is set aside as well; but not several in a row, since then it is the receiver.
 *
 * A receiver is kept busy: while it works on a full batch the next one is sent behind it. A full batch is a sign of a
 * backlog, whose rate is bounded; after one that was not full the next may wait, so that it fills.
 * Read next: inlets.ts, the only caller.
 */
import { setImmediate as othersTurn } from 'node:timers/promises'
import { SinkError } from './sink.ts'

type Inlet<T> = {
  /** The next items, at most `limit`. */
  read(limit: number): readonly T[]
  /**
   * What follows this item, at most `limit`. Present where a receiver takes a batch while it works on the one before,
   * and that one is full; what is sent so waits for its turn to be accepted.
   */
  readAfter?(item: T, limit: number): readonly T[]
  deliver(items: readonly T[]): Promise<void>
  /** These, from the start of what was read, have reached the receiver. */
  accept(items: readonly T[]): void
  /** This one, the first not accepted, will never be accepted. */
  setAside(item: T, reason: string): Promise<void>
}

/** Losses of the connection at one and the same item before it is set aside. */
const LOSSES = 5
/** Items set aside for losses without a delivery in between; the next one waits. */
const ASIDE_IN_A_ROW = 3
/** Turns of the event loop until a batch has left, with `fetch` as well; then the next one is read. */
const LEAVES = 2
/** A batch is what the pace allows in so long, at most: more would be kept for a rest, and be read in one go. */
const STEP_MS = 250

export type Pace = {
  /** Items per second, while batches are full. */
  readonly perSecond: number
  /** The rest after a batch that was not full, ms. */
  readonly fillMs: number
  /** Monotonic. */
  nowMs(): number
}

const UNPACED: Pace = { perSecond: Number.POSITIVE_INFINITY, fillMs: 0, nowMs: () => 0 }

export type Batches = {
  /** Delivers one batch. True when there was one; rejects with SinkError `wait` or `stop`. */
  next(): Promise<boolean>
  /** `next` is not to be called before; monotonic ms. */
  restsUntilMs(): number
  /** Waits for what is on its way, and sends nothing more. Rejects as `next`. */
  finish(): Promise<void>
  /** The connection is over: what was sent on it and not accepted is sent again. */
  forget(): void
}

type UnderWay<T> = { readonly items: readonly T[]; readonly done: Promise<void> }

type State<T> = {
  readonly inlet: Inlet<T>
  readonly most: number
  readonly pace: Pace
  restsUntilMs: number
  /** Items of the next batch, at most. */
  limit: number
  losses: number
  asideInARow: number
  /** Sent behind a batch that was not accepted yet. */
  behind: UnderWay<T> | undefined
}

export function createBatches<T>(inlet: Inlet<T>, atOnce: number, pace = UNPACED): Batches {
  const most = Math.min(atOnce, Math.ceil((pace.perSecond * STEP_MS) / 1000))
  const counters = { restsUntilMs: 0, limit: most, losses: 0, asideInARow: 0 }
  const state: State<T> = { inlet, most, pace, ...counters, behind: undefined }
  return {
    restsUntilMs: () => state.restsUntilMs,
    async next() {
      const { limit } = state
      const begunMs = pace.nowMs()
      const batch = takeBehind(state) ?? send(state, inlet.read(state.limit))
      if (batch === undefined) return false
      const { length } = batch.items
      state.restsUntilMs = length < limit ? begunMs + pace.fillMs : begunMs + (length * 1000) / pace.perSecond
      await sendBehind(state, batch)
      await settle(state, batch)
      return true
    },
    async finish() {
      const batch = takeBehind(state)
      if (batch !== undefined) await settle(state, batch)
    },
    forget: () => void takeBehind(state),
  }
}

function send<T>({ inlet }: State<T>, items: readonly T[]): UnderWay<T> | undefined {
  if (items.length === 0) return undefined
  const done = inlet.deliver(items)
  done.catch(() => undefined) // it is looked at in its turn
  return { items, done }
}

async function sendBehind<T>(state: State<T>, { items }: UnderWay<T>): Promise<void> {
  const { inlet, most, limit } = state
  if (inlet.readAfter === undefined || items.length < most) return
  for (let turns = 0; turns < LEAVES; turns += 1) await othersTurn()
  try {
    state.behind = send(state, inlet.readAfter(items.at(-1)!, limit))
  } catch {
    // It is read again in its turn, and what fails then is told.
  }
}

function takeBehind<T>(state: State<T>): UnderWay<T> | undefined {
  const { behind } = state
  state.behind = undefined
  return behind
}

/** Waits for what becomes of a batch, and moves on by it. */
async function settle<T>(state: State<T>, { items, done }: UnderWay<T>): Promise<void> {
  try {
    await done
  } catch (cause) {
    // What was sent behind a failure is sent again after it.
    await takeBehind(state)?.done.catch(() => undefined)
    return failed(state, items, asSinkError(cause))
  }
  accepted(state, items)
  state.limit = Math.min(state.most, state.limit * 2)
}

function accepted<T>(state: State<T>, items: readonly T[]): void {
  if (items.length === 0) return
  state.inlet.accept(items)
  state.losses = 0
  state.asideInARow = 0
}

async function failed<T>(state: State<T>, items: readonly T[], error: SinkError): Promise<void> {
  const { inlet } = state
  accepted(state, items.slice(0, error.accepted))
  const left = items.slice(error.accepted)
  state.limit = Math.max(1, Math.floor(left.length / 2))
  if (error.lost && items.length === 1) state.losses += 1
  if (state.losses >= LOSSES && state.asideInARow < ASIDE_IN_A_ROW) {
    const reason = `${error.message}, ${state.losses} times in a row at this one alone; too large for it?`
    await inlet.setAside(left[0]!, reason)
    state.losses = 0
    state.asideInARow += 1
  }
  if (error.action !== 'bad') throw error
  if (left.length === 1) await inlet.setAside(left[0]!, error.message)
}

/** What a sink did not classify is tried again. */
export function asSinkError(cause: unknown): SinkError {
  if (cause instanceof SinkError) return cause
  return new SinkError('wait', cause instanceof Error ? cause.message : String(cause), { cause })
}
