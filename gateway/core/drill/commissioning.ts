/**
 * Whether a machine is commissioned: tenants are let in only where a drill has shown that the machine locks itself,
 * with the interlock as it is configured now, and not too long ago. Pure. Read next: drill.ts (what a drill shows),
 * people/drilling.ts (how it is recorded).
 */
import type { MachineConfig } from '../ground/config.ts'

/** The last drill that was completed. One that was broken off proves nothing and is not kept. */
export type Drilled = {
  readonly atMs: number
  readonly passed: boolean
  readonly failSafe: boolean
  /** Identity of the interlock as it was configured during the drill. */
  readonly interlockId: string
  readonly by: string
  readonly relockMs?: number
}

export type Commissioning =
  /** The drill has to be repeated by `dueMs`; absent for a simulator, which needs none. */
  | { readonly kind: 'commissioned'; readonly dueMs?: number }
  | { readonly kind: 'never' }
  | { readonly kind: 'failed'; readonly atMs: number }
  | { readonly kind: 'expired'; readonly atMs: number }
  | { readonly kind: 'changed'; readonly atMs: number }

/** A drill that is due within this time is announced, ms. */
export const DUE_SOON_MS = 30 * 86_400_000

export function commissioningOf(config: MachineConfig, drill: Drilled | undefined, nowMs: number): Commissioning {
  if (config.simulated || config.interlock === undefined) return { kind: 'commissioned' }
  if (drill === undefined) return { kind: 'never' }
  const { atMs } = drill
  if (!drill.passed) return { kind: 'failed', atMs }
  if (drill.interlockId !== config.commissioning.interlockId) return { kind: 'changed', atMs }
  const dueMs = atMs + config.commissioning.retestMs
  return nowMs >= dueMs ? { kind: 'expired', atMs } : { kind: 'commissioned', dueMs }
}

/** What is missing, in words for people; undefined when nothing is. */
export function whyNot(state: Commissioning): string | undefined {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  switch (state.kind) {
    case 'commissioned':
      return undefined
    case 'never':
      return 'it has never passed a drill'
    case 'failed':
      return `the drill of ${day(state.atMs)} failed`
    case 'expired':
      return `the drill of ${day(state.atMs)} is too old`
    case 'changed':
      return `the interlock has been configured differently since the drill of ${day(state.atMs)}`
  }
}
