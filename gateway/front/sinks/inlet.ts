/**
 * One inlet of a sink: takes a batch, has it delivered, moves on by what was accepted. A batch that holds something the
 * receiver will never take is halved until that item is alone, which is then set aside; batches grow again by doubling.
 * After any other failure the batch is halved too, so that a slow receiver is not sent the same batch for ever.
 *
 * A receiver may end the connection at an item that is too large for it, and say nothing. So an item that was alone on
 * its way at `LOSSES` losses in a row is set aside as well; but not several in a row, since then it is the receiver.
 * Read next: inlets.ts, the only caller.
 */
import { SinkError } from './sink.ts'

type Inlet<T> = {
  /** The next items, at most `limit`. */
  read(limit: number): readonly T[]
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

/** Delivers one batch. True when there was one; rejects with SinkError `wait` or `stop`. */
export type NextBatch = () => Promise<boolean>

export function createBatches<T>(inlet: Inlet<T>, most: number): NextBatch {
  let limit = most
  let losses = 0
  let asideInARow = 0
  const delivered = () => {
    losses = 0
    asideInARow = 0
  }
  return async () => {
    const items = inlet.read(limit)
    if (items.length === 0) return false
    try {
      await inlet.deliver(items)
    } catch (cause) {
      const error = asSinkError(cause)
      const accepted = items.slice(0, error.accepted)
      if (accepted.length > 0) {
        inlet.accept(accepted)
        delivered()
      }
      const left = items.slice(accepted.length)
      limit = Math.max(1, Math.floor(left.length / 2))
      if (error.lost && items.length === 1) losses += 1
      if (losses >= LOSSES && asideInARow < ASIDE_IN_A_ROW) {
        await inlet.setAside(
          left[0]!,
          `${error.message}, ${losses} times in a row at this one alone; too large for it?`,
        )
        losses = 0
        asideInARow += 1
      }
      if (error.action !== 'bad') throw error
      if (left.length === 1) await inlet.setAside(left[0]!, error.message)
      return true
    }
    inlet.accept(items)
    delivered()
    limit = Math.min(most, limit * 2)
    return true
  }
}

/** What a sink did not classify is tried again. */
export function asSinkError(cause: unknown): SinkError {
  if (cause instanceof SinkError) return cause
  return new SinkError('wait', cause instanceof Error ? cause.message : String(cause), { cause })
}
