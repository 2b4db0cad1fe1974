/** A thread that writes one slot of an image as fast as it can; each reading says its number. See image.test.ts. */
import { workerData } from 'node:worker_threads'
import { type ImageMemory, imageWriter } from '../../gateway/live/image.ts'

const { memory, count } = workerData as { memory: ImageMemory; count: number }
const writer = imageWriter(memory)
for (let n = 0; n < count; n += 1)
  writer.put(
    0,
    {
      point: 'm/a.x',
      quality: 'good',
      value: n % 2 === 0 ? n : String(n).padStart(1 + (n % 90), '0'),
      readAtMs: n,
      readAtNs: BigInt(n) * 1_000_000n,
    },
    3000,
  )
