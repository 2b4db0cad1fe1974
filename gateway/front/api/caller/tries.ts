/** Failed tries, counted per machine or session within a window of time. Forgotten once their window is over. */
import type { Clock } from './caller.ts'

/** The tries at one thing within the window that has begun; the caller counts `failed` up and down. */
export type Tries = { readonly sinceNs: bigint; failed: number }

export function createTries(windowMs: number, clock: Clock): (of: string) => Tries {
  const tries = new Map<string, Tries>()
  const isOver = ({ sinceNs }: Tries) => clock.nowNs() - sinceNs >= BigInt(windowMs) * 1_000_000n
  return (of) => {
    const known = tries.get(of)
    if (known !== undefined && !isOver(known)) return known
    for (const [each, old] of tries) if (isOver(old)) tries.delete(each)
    const fresh = { sinceNs: clock.nowNs(), failed: 0 }
    tries.set(of, fresh)
    return fresh
  }
}
