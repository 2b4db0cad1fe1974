/** A thread that puts samples into a ring as fast as it can; each says its own number. See ring.test.ts. */
import { workerData } from 'node:worker_threads'
import { type RingMemory, ringWriter } from '../../gateway/live/ring.ts'

const { memory, count } = workerData as { memory: RingMemory; count: number }
const writer = ringWriter(memory)
for (let n = 0; n < count; n += 1) writer.put(n % 3, 'good', n % 5 === 0 ? String(n) : n, n)
