/**
 * The messages of entries and of samples. Pure.
 *
 * Entries always go to `{machine}/events`, however late, so that `seq` and `prevSeq` make a chain without holes on one
 * topic: a reader that finds one missing pulls the range from the ledger API. Samples that come late, or after newer
 * ones, would look live on `signals`, so they go to `backfill/{machine}/signals`; nobody sends a newer one in their
 * place, hence QoS 1.
 * Read next: payload.ts, topics.ts.
 */
import type { Sample } from '../../live/sample.ts'
import type { Message } from './mqtt-bytes.ts'
import { eventPayload, signalsPayload } from './payload.ts'
import type { Delivery } from './sink.ts'
import type { Topics } from './topics.ts'

/** Values in one message. */
const MAX_VALUES = 1000
/** A sample older than this is not live: a broker that still holds a live one then need not deliver it. */
export const LATE_MS = 60_000

/** Throws when the entry cannot be a message. */
export function eventMessage(topics: Topics, delivery: Delivery): Message {
  const { machine } = delivery.entry
  const topic = machine === undefined ? topics.siteEvents : topics.events(machine)
  return { topic, payload: eventPayload(delivery), qos: 1 }
}

/** A message, and how many of the samples from the first on are sent with it and those before it. */
type SignalMessage = { readonly message: Message; readonly end: number }

/**
 * Values of one machine that came together are one message. Signals alone: totals have retained topics of their own.
 * Samples from before `lateBeforeMs` are not live.
 */
export function signalMessages(topics: Topics, samples: readonly Sample[], lateBeforeMs: number): SignalMessage[] {
  const messages: SignalMessage[] = []
  for (let start = 0; start < samples.length; ) {
    const first = samples[start]!
    const isLate = first.atMs < lateBeforeMs
    const continues = ({ kind, machine, atMs }: Sample) =>
      kind === first.kind && machine === first.machine && atMs < lateBeforeMs === isLate
    let end = start + 1
    while (end < samples.length && end - start < MAX_VALUES && continues(samples[end]!)) end += 1
    if (first.kind === 'signal') {
      const topic = isLate ? topics.backfill(first.machine) : topics.signals(first.machine)
      const payload = signalsPayload(first.machine, samples.slice(start, end))
      messages.push({
        message: isLate ? { topic, payload, qos: 1 } : { topic, payload, qos: 0, expiryS: LATE_MS / 1000 },
        end,
      })
    }
    start = end
  }
  return messages
}
