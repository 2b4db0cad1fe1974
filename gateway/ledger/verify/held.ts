/**
 * Checkpoints that were kept outside: the log must be a continuation of each. A log that ends before one was rolled
 * back; one that has another root at that size was forked.
 * Pure. Read next: ledger/evidence/trust.ts, bundle-check.ts.
 */
import { sameBytes } from '../evidence/canonical.ts'
import type { Tree } from '../evidence/merkle.ts'
import type { SignedCheckpoint } from '../evidence/trust.ts'
import type { Report } from './report.ts'

export type Held = {
  readonly report: Report
  /** Those the log has not reached yet, by size. */
  readonly ahead: SignedCheckpoint[]
  /** Size of the next one. */
  next: number
}

export function newHeld(checkpoints: readonly SignedCheckpoint[], report: Report): Held {
  const ahead = [...checkpoints].sort((a, b) => a.checkpoint.size - b.checkpoint.size)
  return { report, ahead, next: sizeOf(ahead[0]) }
}

export function requireHeldOrigin({ ahead, report }: Held, origin: string): void {
  for (const { checkpoint } of ahead)
    if (checkpoint.origin !== origin) report.fault('origin-differs', `kept outside: ${checkpoint.origin}`)
}

/** Whenever the tree has grown. */
export function passHeld(held: Held, tree: Tree): void {
  while (held.next <= tree.size) {
    const { size, root } = held.ahead.shift()!.checkpoint
    if (!sameBytes(tree.root(), root)) held.report.fault('forked', `at size ${size}`)
    held.next = sizeOf(held.ahead[0])
  }
}

/** After the last entry. */
export function finishHeld({ ahead, report }: Held, entries: number): void {
  for (const { checkpoint } of ahead)
    report.fault('rolled-back', `it has ${entries} entries; ${checkpoint.size} were signed`)
}

const sizeOf = (signed: SignedCheckpoint | undefined) => signed?.checkpoint.size ?? Number.POSITIVE_INFINITY
