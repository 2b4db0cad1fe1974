/** The machines of the gateway as the active box of a pair uses them. Read next: active.ts, loops/machine-loop.ts. */

import { NS_PER_MS } from '../../core/ground/moment.ts'
import { JUDGES_MS } from '../../core/pair/times.ts'
import { ageMs, silentAfterMs } from '../../core/reading/reading.ts'
import type { Clock } from '../host/clock.ts'
import type { MachineLoop } from '../loops/machine-loop.ts'
import type { Ground } from './active.ts'

/** `machines` may change while the gateway runs. */
export function groundOf(machines: ReadonlyMap<string, MachineLoop>, clock: Clock): Ground {
  const seenNs = new Map<string, bigint>()
  const guarded = () => [...machines.values()].filter(({ state }) => state.config.interlock?.class === 'lease')

  function sees(): string[] {
    const now = clock.now()
    const seen = guarded().flatMap(({ state: { config, seen } }) => {
      const isFresh =
        seen.lock !== undefined && ageMs(seen.lock.reading, now) <= silentAfterMs(config.interlock!.pollMs)
      return isFresh ? [config.id] : []
    })
    for (const machine of seen) seenNs.set(machine, now.ns)
    return seen
  }

  return {
    sees,
    judges() {
      const { ns } = clock.now()
      const fresh = new Set(sees())
      return guarded()
        .map(({ state }) => state.config.id)
        .filter((id) => fresh.has(id) || ns - (seenNs.get(id) ?? 0n) < BigInt(JUDGES_MS) * NS_PER_MS)
    },
    mark: async (machine) => (await machines.get(machine)?.mark()) ?? false,
    get machines() {
      return guarded().map(({ state }) => state.config.id)
    },
  }
}
