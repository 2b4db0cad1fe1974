/**
 * Failed tries, counted per machine or session within a window of time, and forgotten once that is over. A count is
 * kept on disk before its try is judged, so that a restart gives nobody who guesses a fresh window.
 * Read next: pin.ts (what is counted).
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Logger } from 'pino'
import { MAX_MEMBERS, parseStrictJson } from '../http/strict-json.ts'
import type { Clock } from './caller.ts'

/** Things that are counted at once, no more than can be read back; more, and the oldest count gives way. */
const MOST_COUNTS = MAX_MEMBERS

/** Begun in a window, as UTC ms, which survives a restart, and on the monotonic clock, which decides. */
type Count = { readonly sinceMs: number; readonly sinceNs: bigint; readonly failed: number }
type KeptCount = Pick<Count, 'sinceMs' | 'failed'>

export type Tries = {
  /** Counts a try; false when there were too many already. */
  begin(of: string): boolean
  /** The try was good, or was never judged. */
  undo(of: string): void
}

/** Where counts stay over a restart; nowhere for what attackers can name without end. */
export type Keep = { read(): Readonly<Record<string, KeptCount>>; write(counts: Record<string, KeptCount>): void }

export const nowhere: Keep = { read: () => ({}), write: () => undefined }

export function createTries(most: number, windowMs: number, clock: Clock, keep: Keep): Tries {
  const counts = new Map<string, Count>()
  for (const [of, { sinceMs, failed }] of Object.entries(keep.read())) {
    // A clock that went back makes the window longer, never shorter.
    const ageMs = Math.max(0, clock.nowMs() - sinceMs)
    counts.set(of, { sinceMs, sinceNs: clock.nowNs() - BigInt(ageMs) * NS_PER_MS, failed })
  }
  const isOver = ({ sinceNs }: Count) => clock.nowNs() - sinceNs >= BigInt(windowMs) * NS_PER_MS

  function put(of: string, count: Count): void {
    for (const [each, old] of counts) if (isOver(old)) counts.delete(each)
    if (!counts.has(of) && counts.size >= MOST_COUNTS) counts.delete(counts.keys().next().value!)
    counts.set(of, count)
    keep.write(Object.fromEntries([...counts].map(([each, { sinceMs, failed }]) => [each, { sinceMs, failed }])))
  }

  return {
    begin(of) {
      const known = counts.get(of)
      const count = known !== undefined && !isOver(known) ? known : fresh(clock)
      if (count.failed >= most) return false
      put(of, { ...count, failed: count.failed + 1 })
      return true
    },
    undo(of) {
      const known = counts.get(of)
      if (known !== undefined && known.failed > 0) put(of, { ...known, failed: known.failed - 1 })
    },
  }
}

const NS_PER_MS = 1_000_000n
const fresh = ({ nowMs, nowNs }: Clock): Count => ({ sinceMs: nowMs(), sinceNs: nowNs(), failed: 0 })

/**
 * A small file, written whole. It survives the end of the process; the last seconds before a power cut it may not. A
 * fault of the disk is logged: the counts in memory hold.
 */
export function keepAt(path: string, log: Logger): Keep {
  return {
    read() {
      try {
        const parsed = parseStrictJson(readFileSync(path))
        return parsed.ok ? countsIn(parsed.value) : {}
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== 'ENOENT')
          log.warn({ err: cause }, 'the kept counts of wrong PINs cannot be read')
        return {}
      }
    },
    write(counts) {
      try {
        writeFileSync(`${path}.new`, JSON.stringify(counts), { mode: 0o600 })
        renameSync(`${path}.new`, path)
      } catch (cause) {
        log.warn({ err: cause }, 'the counts of wrong PINs could not be kept')
      }
    },
  }
}

function countsIn(value: unknown): Record<string, KeptCount> {
  const kept = Object.entries((value ?? {}) as Record<string, Partial<KeptCount> | null>)
  const isCount = (count: unknown) => Number.isSafeInteger(count) && (count as number) >= 0
  return Object.fromEntries(
    kept
      .filter(([, count]) => isCount(count?.sinceMs) && isCount(count?.failed))
      .slice(0, MOST_COUNTS)
      .map(([of, count]) => [of, count as KeptCount]),
  )
}
