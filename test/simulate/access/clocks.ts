/**
 * The clocks of a gateway of a generated life: wall time that steps, monotonic time that begins anew with the host, and
 * what the gateway's own rules make of them. Read next: gateway/core/ground/wall.ts.
 */
import type { EntryDraft, Stamp } from '../../../gateway/core/ground/entry.ts'
import { clockEntry, clockOver } from '../../support/clock.ts'

/** Twenty seconds before a full minute, at which maintenance windows begin. */
export const START_MS = Date.UTC(2026, 0, 5, 8, 0, 40)

export function createClocks(name: number, time: { readonly ms: number }, entries: () => readonly EntryDraft[]) {
  let wallStepMs = 0
  let host = 1
  let hostFromMs = 0
  const hosts = new Map<string, number>()
  const now = () => ({ ms: START_MS + time.ms + wallStepMs, ns: BigInt(time.ms - hostFromMs) * 1_000_000n + 1n })
  const bootId = () => `boot-${name}-${host}`
  let clock = clockOver([], bootId(), now)

  return {
    now,
    stamp: () => clock.stamp(now()),
    believed: () => clock.believed(now()),
    state: () => clock.state(now()),
    /** The process begins anew, and with it what it makes of its clocks. */
    start() {
      clock = clockOver(entries(), bootId(), now)
      hosts.set(bootId(), hostFromMs)
    },
    bootHost() {
      host += 1
      hostFromMs = time.ms
    },
    step(byMs: number) {
      wallStepMs += byMs
    },
    setRight() {
      wallStepMs = 0
    },
    /** What it shows is not the time. */
    isWrong: () => wallStepMs !== 0,
    /** What there is to record of it. */
    change: () => clockEntry(clock, now()),
    /** What `latchkey clock --accept` writes. */
    accepted(): EntryDraft {
      const at = { ...clock.stamp(now()), clock: 'synchronised' } as const
      const data = { stepMs: 0, state: at.clock, floor: new Date(at.wallMs).toISOString() }
      return { kind: 'ClockChanged', version: 1, at, data }
    },
    /** When something was, if its host has not begun anew since. */
    timeOf({ bootId: of, monoNs }: Pick<Stamp, 'bootId' | 'monoNs'>): number | undefined {
      return of === bootId() ? hosts.get(of)! + Number(BigInt(monoNs) / 1_000_000n) : undefined
    },
  }
}
