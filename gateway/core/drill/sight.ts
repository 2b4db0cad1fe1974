/**
 * What a drill sees and does, as a picture of its last half minute: the lock as it was read back, what was written to
 * it, and when the link was cut. For somebody who watches; nothing is judged by it, and nothing of it is recorded.
 * Pure. Read next: drill.ts (what judges), control/commands/drills.ts (who keeps it).
 */
import type { InterlockConfig } from '../ground/config.ts'
import { type Shown, stateOf } from '../interlock/interlock.ts'
import { commandIn, type PlcState } from '../interlock/lease.ts'
import type { Told } from './drill.ts'

export type DrillSight = {
  /** Since the drill began. */
  readonly atMs: number
} & (
  | { readonly kind: 'read'; readonly state: PlcState; readonly leaseLeftMs?: number; readonly token?: number }
  /** The interlock did not answer. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'write'; readonly command: string; readonly heartbeat?: number; readonly result: string }
  | { readonly kind: 'cut' }
  | { readonly kind: 'back' }
)

/** Half a minute of reads, writes and what happened to the link. */
export const MOST_SIGHTS = 200
/** Between two reads that show the same state. */
const THIN_MS = 200

export function readSight(atMs: number, shown: Shown | undefined): DrillSight {
  if (shown === undefined) return { kind: 'silent', atMs }
  const lease = shown.class === 'lease' ? { leaseLeftMs: shown.leaseLeftMs, token: shown.ownerToken } : {}
  return { kind: 'read', atMs, state: stateOf(shown), ...lease }
}

export function writeSight(
  atMs: number,
  { class: kind }: Pick<InterlockConfig, 'class'>,
  words: readonly number[],
  result: NonNullable<Told['result']>,
): DrillSight {
  if (kind !== 'lease') return { kind: 'write', atMs, command: words[0] === 0 ? 'off' : 'on', result }
  return { kind: 'write', atMs, ...commandIn(words), result }
}

/** The oldest give way; of reads that show the same, only some are kept. */
export function withSight(sights: readonly DrillSight[], sight: DrillSight): readonly DrillSight[] {
  return isNews(sights, sight) ? [...sights.slice(1 - MOST_SIGHTS), sight] : sights
}

function isNews(sights: readonly DrillSight[], sight: DrillSight): boolean {
  const last = sights.at(-1)
  if (last?.kind !== sight.kind || (sight.kind !== 'read' && sight.kind !== 'silent')) return true
  const isSame = last.kind !== 'read' || sight.kind !== 'read' || last.state === sight.state
  return !isSame || sight.atMs - last.atMs >= THIN_MS
}
