/**
 * The tries of a webhook as deliveries: of each event how often it was tried, from when to when, and what was answered
 * last. Pure. Read next: front/sinks/delivery-record.ts (what is kept).
 */
import type { Attempt } from '../../sinks/delivery-record.ts'

export type Delivery = {
  readonly id: string
  readonly entry?: number
  readonly type: string
  readonly tries: number
  readonly firstAt: number
  /** The last try. */
  readonly last: Attempt
}

/** `entry`: only of this one. `before`: only those begun earlier. Newest first. */
type Asked = { readonly entry?: number; readonly before?: number; readonly limit: number }

export function deliveriesOf(attempts: readonly Attempt[], { entry, before, limit }: Asked): Delivery[] {
  const deliveries = new Map<string, Delivery>()
  for (const last of attempts) {
    const { id, type, entry: seq, at } = last
    const { tries = 0, firstAt = at } = deliveries.get(id) ?? {}
    deliveries.set(id, { id, ...(seq === undefined ? {} : { entry: seq }), type, tries: tries + 1, firstAt, last })
  }
  return [...deliveries.values()]
    .filter((one) => (entry ?? one.entry) === one.entry && one.firstAt < (before ?? Number.POSITIVE_INFINITY))
    .slice(-limit)
    .toReversed()
}

/** The receiver has said that it has it. */
export const isTaken = ({ status = 0 }: Attempt): boolean => status >= 200 && status < 300
