/** What a sink sends to, and what it has said that it took. It keeps the truth. */
import { type Delivery, type Sink, SinkError } from '../../../gateway/front/sinks/sink.ts'
import type { Step } from './command.ts'

export type Does = Extract<Step, { kind: 'receiver' }>['does']

export function createReceiver() {
  let does: Does = 'accept'
  let lose: (error: SinkError) => void = () => undefined
  /** Sequences it has taken and said so. */
  const acknowledged = new Set<number>()
  const taken = new Set<number>()
  let repeated = 0
  let holes = 0

  /** It never takes these. */
  const isBad = (seq: number) => does === 'bad' && seq % 5 === 2

  function take(entries: readonly Delivery[]): number[] {
    const seqs = entries.map(({ entry }) => entry.seq)
    for (const seq of seqs) {
      if (taken.has(seq)) repeated += 1
      taken.add(seq)
    }
    if (seqs.some((seq, index) => index > 0 && seq !== seqs[index - 1]! + 1)) holes += 1
    return seqs
  }

  const acknowledge = (seqs: readonly number[]) => {
    for (const seq of seqs) acknowledged.add(seq)
  }

  /** As the sink of one process; once that is dead, nothing comes through. */
  function sink(isAlive: () => boolean): Sink<Delivery> {
    return {
      name: 'floor',
      batch: 4,
      sampleBatch: 100,
      deadlineMs: 2000,
      async open() {
        if (does === 'wait') throw new SinkError('wait', 'not now')
      },
      make: (delivery) => delivery,
      async deliver(entries) {
        if (!isAlive() || does === 'deaf') {
          if (isAlive()) take(entries)
          return new Promise(() => undefined)
        }
        if (does === 'wait') throw new SinkError('wait', 'not now')
        if (does === 'half') {
          const half = Math.floor(entries.length / 2)
          acknowledge(take(entries.slice(0, half)))
          throw new SinkError('wait', 'not all', { accepted: half })
        }
        if (entries.some(({ entry }) => isBad(entry.seq))) throw new SinkError('bad', 'never')
        acknowledge(take(entries))
      },
      async deliverSamples() {},
      async refresh() {},
      lost: () =>
        new Promise((resolve) => {
          lose = resolve
        }),
      async close() {},
    }
  }

  return {
    sink,
    acknowledged,
    behave(next: Does) {
      does = next
    },
    lose: () => lose(new SinkError('wait', 'lost')),
    get repeated() {
      return repeated
    },
    get holes() {
      return holes
    },
  }
}
