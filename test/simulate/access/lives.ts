/** Many lives over a few threads, by slices of seeds; what was found is handed on while it goes. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Played, Slice } from './worker.ts'

export type Asked = {
  /** How many seeds, each a life. */
  readonly runs: number
  readonly from: number
  readonly jobs: number
  /** Of these, play only the lives in which a clock is wrong, each beside its twin whose clock is right. */
  readonly clocks?: boolean
  /** Stop once something was found. */
  readonly first?: boolean
}
export type Lives = {
  /** How many were played. */
  runs: number
  failed: number
  virtualMs: number
  ms: number
  perSecond: number
  readonly faults: { seed: number; fault: string }[]
  readonly happened: Record<string, number>
}
export type Progress = Lives & { readonly news: Lives['faults']; readonly nextSeed: number }

const SLICE = 50

export async function playLives(asked: Asked, progress: (so: Progress) => void = () => undefined): Promise<Lives> {
  const began = performance.now()
  const lives: Lives = { runs: 0, failed: 0, virtualMs: 0, ms: 0, perSecond: 0, faults: [], happened: {} }
  const end = asked.from + asked.runs
  /** First seeds of slices that are under way. */
  const open = new Set<number>()
  let next = asked.from
  const take = (): Slice | undefined => {
    if (next >= end || (asked.first && lives.failed > 0)) return undefined
    const slice = { from: next, to: Math.min(end, next + SLICE), clocks: asked.clocks ?? false }
    open.add(slice.from)
    next = slice.to
    return slice
  }

  function add({ from, runs, virtualMs, happened, faults }: Played): void {
    open.delete(from)
    lives.runs += runs
    lives.virtualMs += virtualMs
    lives.failed += faults.length
    lives.faults.push(...faults)
    for (const [name, times] of Object.entries(happened)) lives.happened[name] = (lives.happened[name] ?? 0) + times
    lives.ms = Math.round(performance.now() - began)
    lives.perSecond = Math.round((lives.runs * 1000) / Math.max(1, lives.ms))
    progress({ ...lives, news: faults, nextSeed: Math.min(next, ...open) })
  }

  async function job(): Promise<void> {
    const worker = new Worker(new URL('./worker.ts', import.meta.url))
    try {
      for (let slice = take(); slice !== undefined; slice = take()) {
        worker.postMessage(slice)
        const [played] = (await once(worker, 'message')) as [Played]
        add(played)
      }
    } finally {
      await worker.terminate()
    }
  }

  await Promise.all(Array.from({ length: asked.jobs }, job))
  lives.faults.sort((a, b) => a.seed - b.seed)
  return lives
}
