/**
 * The messages of entries and of samples. Pure.
 *
 * Entries always go to `{machine}/events`, however late, so that `seq` and `prevSeq` make a chain without holes on one
 * topic: a reader that finds one missing pulls the range from the ledger API. Samples that come late would look live on
 * `signals`, so they go to `backfill/{machine}/signals`; nobody sends a newer one in their place, hence QoS 1.
 * Read next: payload.ts, topics.ts.
 */
import type { Sample } from '../../ledger/store/reader.ts'
import type { Message } from './mqtt-connection.ts'
import { eventPayload, signalsPayload } from './payload.ts'
import { type Delivery, SinkError } from './sink.ts'
import type { Topics } from './topics.ts'

/** Values in one message. */
const MAX_VALUES = 100

/** Stops at the first entry that cannot be a message, `unfit`, so that nothing behind it is sent twice. */
export function eventMessages(
  topics: Topics,
  entries: readonly Delivery[],
): { readonly messages: Message[]; readonly unfit?: SinkError } {
  const messages: Message[] = []
  for (const delivery of entries) {
    const { machine } = delivery.entry
    try {
      const topic = machine === undefined ? topics.siteEvents : topics.events(machine)
      messages.push({ topic, payload: eventPayload(delivery), qos: 1 })
    } catch (cause) {
      return { messages, unfit: new SinkError('bad', (cause as Error).message, { cause }) }
    }
  }
  return { messages }
}

/** Signals alone: totals have retained topics of their own. Samples from before `lateBeforeMs` are not live. */
export function signalMessages(topics: Topics, samples: readonly Sample[], lateBeforeMs: number): Message[] {
  const signals = samples.filter(({ kind }) => kind === 'signal')
  const isLate = ({ atMs }: Sample) => atMs < lateBeforeMs
  const groups = Map.groupBy(signals, (sample) =>
    isLate(sample) ? topics.backfill(sample.machine) : topics.signals(sample.machine),
  )
  return [...groups].flatMap(([topic, group]) =>
    chunks(group, MAX_VALUES).map((chunk): Message => {
      const first = chunk[0]!
      return { topic, payload: signalsPayload(first.machine, chunk), qos: isLate(first) ? 1 : 0 }
    }),
  )
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const parts: T[][] = []
  for (let start = 0; start < items.length; start += size) parts.push(items.slice(start, start + size))
  return parts
}
