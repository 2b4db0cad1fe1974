/** Samples for tests: batches made as the control thread makes them, and a queue of a sink that has none. */
import type { Waiting } from '../../gateway/front/sinks/samples/waiting.ts'
import type { LivePoint } from '../../gateway/live/point.ts'
import { createRing, ringReader, ringWriter } from '../../gateway/live/ring.ts'
import type { Batch, LiveValue, Sample } from '../../gateway/live/sample.ts'

/** The values of one run of the gateway: samples get their numbers from it. */
export type Taken = Pick<Sample, 'kind' | 'id' | 'atMs' | 'quality'> & { readonly value?: LiveValue }

/** Makes batches of samples of these points. */
export function batches(points: readonly LivePoint[]): (...samples: readonly Taken[]) => Batch {
  const memory = createRing(65_536, points.length)
  const writer = ringWriter(memory)
  const reader = ringReader(memory)
  return (...samples) => {
    for (const { kind, id, quality, value, atMs } of samples) {
      const point = points.findIndex((each) => each.id === id && each.kind === kind)
      if (point < 0) throw new Error(`${kind} ${id} is no point of this test`)
      writer.put(point, quality, value, atMs)
    }
    const batch = reader.take(samples.length)
    if (batch === undefined) throw new Error('no samples were given')
    return batch
  }
}

export function noSamples(): Waiting {
  const none = { read: () => [], accept: () => undefined, refuse: () => undefined }
  return {
    put: () => undefined,
    live: none,
    kept: none,
    settle: () => undefined,
    close: () => undefined,
    count: () => 0,
    drops: { add: () => undefined, total: () => 0, list: () => [] },
  }
}
