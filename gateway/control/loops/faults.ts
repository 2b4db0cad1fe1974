/**
 * Points that a link answers for, but that cannot be read: a node that is not there, a type that differs, an address
 * that the device refuses. Somebody has to correct something, so it is logged and stands in health, not beside the
 * value alone. Pure; time is an argument. Read next: link-loop.ts.
 */
import type { Reading, ReadingCause } from '../../core/reading/reading.ts'

/** A fault that is there no longer than one reading is none. */
const READINGS = 2
/** The same point is logged again after this, ms, if it was well meanwhile. */
const LOG_AGAIN_MS = 600_000

const BY_CONFIGURATION: ReadonlySet<ReadingCause | undefined> = new Set(['refused', 'malformed'] as const)

type Fault = { detail: string; readings: number; loggedMs: number }
export type Faults = Map<string, Fault>

/** Takes readings; those faults that are to be logged now. */
export function takeFaults(
  faults: Faults,
  readings: readonly Reading[],
  nowMs: number,
): { point: string; detail: string }[] {
  const toLog: { point: string; detail: string }[] = []
  for (const { point, quality, cause, detail = cause ?? quality } of readings) {
    if (quality !== 'bad') {
      if (faults.size > 0) recovered(faults, point)
      continue
    }
    // A link that is down, or busy, says nothing about the point.
    if (!BY_CONFIGURATION.has(cause)) continue
    const fault = faults.get(point) ?? { detail, readings: 0, loggedMs: Number.NEGATIVE_INFINITY }
    faults.set(point, fault)
    fault.readings = fault.detail === detail ? fault.readings + 1 : 1
    fault.detail = detail
    if (fault.readings !== READINGS || nowMs - fault.loggedMs < LOG_AGAIN_MS) continue
    fault.loggedMs = nowMs
    toLog.push({ point, detail })
  }
  return toLog
}

/** The point was read. */
export function recovered(faults: Faults, point: string): void {
  const known = faults.get(point)
  if (known) known.readings = 0
}

/** The points that cannot be read now, and why. */
export function standing(faults: Faults): { readonly point: string; readonly detail: string }[] {
  return [...faults].flatMap(([point, { detail, readings }]) => (readings >= READINGS ? [{ point, detail }] : []))
}
