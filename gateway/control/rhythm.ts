/**
 * Work at whole multiples of a period on the monotonic clock. An interval of Node is armed anew from when it fired, so
 * each turn comes a little later than the one before; here no error adds up, and no turn comes early. Turns that were
 * missed are not made up for.
 * Read next: ticks.ts (what is done so), loops/polls.ts (why it matters to polls).
 */
import { NS_PER_MS } from '../core/ground/moment.ts'

export function inRhythm(periodNs: bigint, nowNs: () => bigint, work: () => void): { stop(): void } {
  let turn = nowNs() / periodNs
  let timer: NodeJS.Timeout | undefined

  function arm(): void {
    const waitMs = Number((turn + 1n) * periodNs - nowNs()) / Number(NS_PER_MS)
    timer = setTimeout(ring, Math.ceil(waitMs))
  }

  function ring(): void {
    const before = turn
    turn = nowNs() / periodNs
    arm()
    if (turn > before) work()
  }

  arm()
  return { stop: () => clearTimeout(timer) }
}
