/**
 * The bdSeq of the next session: one more than that of the last, over restarts too, so that a host never takes the
 * death of a former life for one of this. It is written down before the broker hears of it.
 * Read next: session.ts (what it is for), sparkplug.ts (the caller).
 */
import { readFileSync } from 'node:fs'
import { replace } from '../published.ts'
import type { SinkLog } from '../sink.ts'
import { nextInCircle } from './session.ts'

export async function nextBdSeq(path: string, log: Pick<SinkLog, 'warn'>): Promise<number> {
  const next = nextInCircle(lastBdSeq(path) ?? Number.POSITIVE_INFINITY)
  await replace(path, JSON.stringify(next)).catch((cause) => {
    log.warn({ err: cause }, 'bdSeq could not be written down: after a restart a host may mistake one life for another')
  })
  return next
}

/** A file that is missing or spoilt begins the circle anew. */
function lastBdSeq(path: string): number | undefined {
  try {
    const last: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return typeof last === 'number' && Number.isSafeInteger(last) && last >= 0 ? last : undefined
  } catch {
    return undefined
  }
}
