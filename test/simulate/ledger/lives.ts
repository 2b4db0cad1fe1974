/** Many lives of a ledger, one after the other; timers are those of the thread, so there is one life at a time. */
import { stepsOf } from './command.ts'
import { playLedger } from './life.ts'

/** A run of this many lives comes to all of it. */
const ENOUGH_LIVES = 500

const cases = [
  ...['commit', 'broken', 'checkpoint', 'tamper', 'stop', 'lose', 'pass', 'receiver', 'kill'].map(
    (kind) => `did ${kind}`,
  ),
  'I7 a cursor saved',
  'I7 parked',
  'I7 delivered twice',
  'I7 killed with a cursor on its way',
  'I8 a checkpoint',
  'I8 a commit that failed',
  'I8 a change refused',
]

export type LedgerLives = {
  readonly runs: number
  readonly ms: number
  readonly faults: readonly { readonly seed: number; readonly fault: string }[]
  readonly happened: Readonly<Record<string, number>>
  /** What a large run never came to. */
  readonly never: readonly string[]
}

export async function playLives(asked: {
  readonly runs: number
  readonly from: number
  readonly first?: boolean
}): Promise<LedgerLives> {
  const began = performance.now()
  const happened: Record<string, number> = {}
  const faults: { seed: number; fault: string }[] = []
  let runs = 0
  for (let seed = asked.from; seed < asked.from + asked.runs; seed += 1) {
    const verdict = await playLedger(stepsOf(seed))
    runs += 1
    for (const [name, times] of Object.entries(verdict.happened)) happened[name] = (happened[name] ?? 0) + times
    if (verdict.fault !== undefined) faults.push({ seed, fault: verdict.fault })
    if (asked.first && faults.length > 0) break
  }
  const never = runs < ENOUGH_LIVES ? [] : cases.filter((name) => happened[name] === undefined)
  return { runs, ms: Math.round(performance.now() - began), faults, happened, never }
}
