/**
 * Entries that were set aside and that a person has asked to be sent again: one at a time, behind what is on its way.
 * What comes of each is told to whoever asked, and nothing is set aside anew; the cursor stays.
 * Read next: inlet.ts, sink-loop.ts (the caller).
 */
import type { Entry } from '../../core/ground/entry.ts'
import type { Reader } from '../../ledger/store/reader.ts'
import { createChain } from './chain.ts'
import { type Batches, createBatches } from './inlet.ts'
import type { Sink } from './sink.ts'

export type Released = Batches & {
  /** An entry, or this text in its place. Resolves with why the receiver does not take it; undefined: it was taken. */
  send(seq: number, text?: string): Promise<string | undefined>
  /** The connection is over. */
  giveUp(why: string): void
}

type Item = { readonly made: unknown; answer(why: string | undefined): void }
type Deps = {
  readonly sink: Sink
  readonly reader: Pick<Reader, 'mapEntries' | 'previousOf'>
  call(work: Promise<void>): Promise<void>
}

/** That wait for their turn. */
const MOST = 100

/** `entries`: the inlet beside which it runs. What that has sent is waited for, so that each refusal has its item. */
export function createReleased({ sink, reader, call }: Deps, entries: Batches): Released {
  const waiting: Item[] = []
  const madeOf = (entry: Entry) => sink.make(createChain(reader)(entry))
  const inner = createBatches<Item>(
    {
      read: () => waiting.slice(0, 1),
      deliver: ([item]) => call(sink.deliver([item!.made])),
      accept: () => waiting.shift()?.answer(undefined),
      async setAside(_, reason) {
        waiting.shift()?.answer(reason)
      },
    },
    1,
  )
  return {
    ...inner,
    async next() {
      if (waiting.length === 0) return false
      await entries.finish()
      return inner.next()
    },
    async send(seq, text) {
      if (waiting.length >= MOST) return `${MOST} are on their way already`
      if (text !== undefined && sink.mend === undefined) return `nothing can take the place of an entry at ${sink.name}`
      try {
        const made = text === undefined ? reader.mapEntries(seq, 1, madeOf)[0] : sink.mend!(text)
        return await new Promise((answer) => waiting.push({ made, answer }))
      } catch (cause) {
        return (cause as Error).message
      }
    },
    giveUp(why) {
      for (const { answer } of waiting.splice(0)) answer(why)
    },
  }
}
