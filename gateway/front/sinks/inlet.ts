/**
 * One inlet of a sink: takes a batch, has it delivered, moves on by what was accepted. A batch that holds something the
 * receiver will never take is halved until that item is alone, which is then set aside; batches grow again by doubling.
 * After any other failure the batch is halved too, so that a slow receiver is not sent the same batch for ever.
 *
 * A receiver may end the connection at an item that is too large for it, and say nothing. So an item that was alone on
 * its way at `LOSSES` losses in a row is set aside as well; but not several in a row, since then it is the receiver.
 *
 * A receiver is kept busy: while it works on a full batch the next one is sent behind it.
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

export type Batches = {
  /** Delivers one batch. True when there was one; rejects with SinkError `wait` or `stop`. */
  next(): Promise<boolean>
  /** Waits for what is on its way, and sends nothing more. Rejects as `next`. */
  finish(): Promise<void>
}

type UnderWay<T> = { readonly items: readonly T[]; readonly done: Promise<void> }

export function createBatches<T>(inlet: Inlet<T>, most: number): Batches {
  let limit = most
  let losses = 0
  let asideInARow = 0
  /** Sent behind a batch that was not accepted yet. */
  let behind: UnderWay<T> | undefined

  function send(items: readonly T[]): UnderWay<T> | undefined {
    if (items.length === 0) return undefined
    const done = inlet.deliver(items)
    done.catch(() => undefined) // it is looked at in its turn
    return { items, done }
  }

  /** The receiver has begun with the batch before by then. */
  async function sendBehind(items: readonly T[]): Promise<void> {
    if (inlet.readAfter === undefined || items.length < most) return
    await othersTurn()
    try {
      behind = send(inlet.readAfter(items.at(-1)!, limit))
    } catch {
      // It is read again in its turn, and what fails then is told.
    }
  }

  function takeBehind(): UnderWay<T> | undefined {
    const batch = behind
    behind = undefined
    return batch
  }

  function delivered(): void {
    losses = 0
    asideInARow = 0
  }

  async function take({ items, done }: UnderWay<T>): Promise<void> {
    try {
      await done
    } catch (cause) {
      // What was sent behind a failure is sent again after it.
      await takeBehind()?.done.catch(() => undefined)
      return failed(items, asSinkError(cause))
    }
    inlet.accept(items)
    delivered()
    limit = Math.min(most, limit * 2)
  }

  async function failed(items: readonly T[], error: SinkError): Promise<void> {
    const accepted = items.slice(0, error.accepted)
    if (accepted.length > 0) {
      inlet.accept(accepted)
      delivered()
    }
    const left = items.slice(accepted.length)
    limit = Math.max(1, Math.floor(left.length / 2))
    if (error.lost && items.length === 1) losses += 1
    if (losses >= LOSSES && asideInARow < ASIDE_IN_A_ROW) {
      await inlet.setAside(left[0]!, `${error.message}, ${losses} times in a row at this one alone; too large for it?`)
      losses = 0
      asideInARow += 1
    }
    if (error.action !== 'bad') throw error
    if (left.length === 1) await inlet.setAside(left[0]!, error.message)
  }

  return {
    async next() {
      const batch = takeBehind() ?? send(inlet.read(limit))
      if (batch === undefined) return false
      await sendBehind(batch.items)
      await take(batch)
      return true
    },
    async finish() {
      const batch = takeBehind()
      if (batch !== undefined) await take(batch)
    },
  }
}

/** What a sink did not classify is tried again. */
export function asSinkError(cause: unknown): SinkError {
  if (cause instanceof SinkError) return cause
  return new SinkError('wait', cause instanceof Error ? cause.message : String(cause), { cause })
}
