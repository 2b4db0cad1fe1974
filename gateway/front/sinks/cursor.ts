/**
 * How far a sink has come, in memory and in the ledger. The durable cursor follows: after a crash some entries are
 * delivered twice, none is left out. Each write costs the ledger a transaction, so writes are gathered.
 */
import type { LedgerClient } from '../../ledger/client.ts'

/** An accepted entry is durable in the cursor within this time, ms; a sample, which may be dropped, later. */
const ENTRY_SAVE_MS = 250
const SAMPLE_SAVE_MS = 5_000

type Position = { readonly next: number; readonly nextSample: number }

export type Cursor = {
  /** The first entry and the first sample not accepted yet. */
  readonly next: number
  readonly nextSample: number
  /** All below are accepted or parked. */
  advance(next: number): void
  /** All below are accepted or skipped. */
  advanceSamples(nextSample: number): void
  /** Writes what is not durable yet; resolves when it is. Never rejects: a failing ledger ends the process. */
  save(): Promise<void>
}

export function createCursor(sink: string, start: Position, ledger: Pick<LedgerClient, 'setCursor'>): Cursor {
  let { next, nextSample } = start
  let saved: Position = start
  let saving = Promise.resolve()
  let timer: { readonly handle: NodeJS.Timeout; readonly atMs: number } | undefined

  function saveAfter(ms: number): void {
    const atMs = performance.now() + ms
    if (timer !== undefined && timer.atMs <= atMs) return
    clearTimeout(timer?.handle)
    timer = { handle: setTimeout(save, ms), atMs }
  }

  function save(): Promise<void> {
    clearTimeout(timer?.handle)
    timer = undefined
    if (next === saved.next && nextSample === saved.nextSample) return saving
    const position = { next, nextSample }
    saved = position
    saving = saving.then(() => ledger.setCursor(sink, position.next, position.nextSample)).catch(() => undefined)
    return saving
  }

  return {
    get next() {
      return next
    },
    get nextSample() {
      return nextSample
    },
    advance(to) {
      next = to
      saveAfter(ENTRY_SAVE_MS)
    },
    advanceSamples(to) {
      nextSample = to
      saveAfter(SAMPLE_SAVE_MS)
    },
    save,
  }
}
