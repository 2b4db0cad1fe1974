/** Plays slices of seeds for test/simulate/access.ts in a thread of its own. */
import { parentPort } from 'node:worker_threads'
import { playSeed } from './seeds.ts'

export type Slice = { readonly from: number; readonly to: number }
export type Played = {
  readonly from: number
  readonly runs: number
  readonly virtualMs: number
  readonly happened: Record<string, number>
  readonly faults: { seed: number; fault: string }[]
}

parentPort!.on('message', ({ from, to }: Slice) => {
  const happened: Record<string, number> = {}
  const faults: Played['faults'] = []
  let virtualMs = 0
  for (let seed = from; seed < to; seed += 1) {
    const verdict = playSeed(seed)
    virtualMs += verdict.ms
    for (const [name, times] of Object.entries(verdict.happened)) happened[name] = (happened[name] ?? 0) + times
    if (verdict.fault !== undefined) faults.push({ seed, fault: verdict.fault })
  }
  parentPort!.postMessage({ from, runs: to - from, virtualMs, happened, faults } satisfies Played)
})
