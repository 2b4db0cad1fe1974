/** Plays slices of seeds for test/simulate/access.ts in a thread of its own. */
import { parentPort } from 'node:worker_threads'
import { hasWrongClock } from './clock-kinds.ts'
import { playLife } from './life.ts'
import { lifeOf } from './seeds.ts'
import { twinFault } from './twins.ts'

/** `clocks`: only the lives in which a clock is wrong, each with its twin. */
export type Slice = { readonly from: number; readonly to: number; readonly clocks?: boolean }
export type Played = {
  readonly from: number
  /** How many were played. */
  readonly runs: number
  readonly virtualMs: number
  readonly happened: Record<string, number>
  readonly faults: { seed: number; fault: string }[]
}

parentPort!.on('message', ({ from, to, clocks = false }: Slice) => {
  const happened: Record<string, number> = {}
  const faults: Played['faults'] = []
  let runs = 0
  let virtualMs = 0
  for (let seed = from; seed < to; seed += 1) {
    const life = lifeOf(seed)
    if (clocks && !hasWrongClock(life)) continue
    const verdict = playLife(life)
    runs += 1
    virtualMs += verdict.ms
    for (const [name, times] of Object.entries(verdict.happened)) happened[name] = (happened[name] ?? 0) + times
    const fault = verdict.fault ?? (clocks ? twinFault(life) : undefined)
    if (fault !== undefined) faults.push({ seed, fault })
  }
  parentPort!.postMessage({ from, runs, virtualMs, happened, faults } satisfies Played)
})
