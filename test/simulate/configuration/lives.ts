/** Many lives, one after the other, each with its seed. */
import { CHANGES, playLife } from './life.ts'

export type Changes = {
  /** Changes of a configuration. */
  runs: number
  readonly faults: { readonly seed: number; readonly fault: string }[]
  readonly happened: Record<string, number>
  nextSeed: number
  ms: number
}

/** `runs` changes at least; `said` hears of each life that is over. */
export async function playChanges(
  runs: number,
  from: number,
  said: (so: Changes) => void = () => {},
): Promise<Changes> {
  const so: Changes = { runs: 0, faults: [], happened: {}, nextSeed: from, ms: 0 }
  const began = performance.now()
  while (so.runs < runs) {
    const { fault, happened } = await playLife(so.nextSeed)
    if (fault !== undefined) so.faults.push({ seed: so.nextSeed, fault })
    for (const [name, times] of Object.entries(happened)) so.happened[name] = (so.happened[name] ?? 0) + times
    so.runs += CHANGES
    so.nextSeed += 1
    so.ms = Math.round(performance.now() - began)
    said(so)
  }
  return so
}
