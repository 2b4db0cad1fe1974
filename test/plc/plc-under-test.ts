/** A PLC that is asked, whatever it is: the simulator's rules, the reference program executed, or a device on a wire. */
import { type LeaseEvent, powerUp, step } from '../../simulators/lease.ts'
import { fromPlc, type Lease } from '../../simulators/lease-state.ts'

export type Act =
  | { readonly kind: 'emergency-stop'; readonly pressed: boolean }
  | { readonly kind: 'guard'; readonly open: boolean }
  | { readonly kind: 'fault'; readonly active: boolean }
  | { readonly kind: 'mode'; readonly mode: 'local' | 'remote' | 'maintenance' }
  | { readonly kind: 'cycle'; readonly running: boolean }
  | { readonly kind: 'power-cycle' }

export type PlcUnderTest = {
  nowMs(): number
  wait(ms: number): Promise<void>
  write(words: readonly number[]): Promise<void>
  /** FromPlc. */
  read(): Promise<readonly number[]>
  act(act: Act): Promise<void>
  /** The output itself, not what is said of it. */
  permits(): Promise<boolean>
}

/** The rules of simulators/lease.ts, in virtual time. */
export function simulatedRules(permissionOf: (lease: Lease) => boolean): PlcUnderTest {
  let ms = 1_000_000
  let lease = powerUp({ bootId: 0, highestToken: 0 }, 'remote', ms, 7).lease
  const happen = (event: LeaseEvent) => {
    lease = step(lease, event).lease
  }
  return {
    nowMs: () => ms,
    async wait(forMs) {
      for (const untilMs = ms + forMs; ms < untilMs; ) {
        ms = Math.min(untilMs, ms + 10)
        happen({ kind: 'tick', atMs: ms })
      }
    },
    async write(words) {
      ms += 10
      happen({ kind: 'write', words, atMs: ms })
    },
    read: async () => fromPlc(lease, ms, 0),
    async act(act) {
      ms += 10
      if (act.kind !== 'power-cycle') return happen({ ...act, atMs: ms })
      lease = powerUp({ bootId: lease.bootId, highestToken: lease.highestToken }, lease.mode, ms, ms + 3).lease
    },
    permits: async () => permissionOf(lease),
  }
}
