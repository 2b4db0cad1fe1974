/**
 * How a drill asks a PLC with a lease block: read it, enable it properly, keep it enabled, write what it has to refuse.
 * Whether an answer is right is decided by the rule. Pure. Read next: lease-rules.ts (the rules), interlock/lease.ts.
 */

import { GatewayError } from '../ground/failure.ts'
import type * as interlock from '../interlock/interlock.ts'
import {
  CHALLENGE_LIFE_MS,
  encodeToPlc,
  type FromPlc,
  nextWord,
  rejectReasons,
  type ToPlc,
} from '../interlock/lease.ts'
import {
  type Found,
  failed,
  isLocked,
  mayStart,
  nextToken,
  passed,
  type Run,
  read,
  type Script,
  until,
  wait,
  write,
} from './drill.ts'

/** A PLC acknowledges a block within this time, ms: a few scans of its program and our reads. */
export const ACKNOWLEDGED_MS = 2000
const WATCH_EVERY_MS = 100
type Plc = Extract<interlock.Shown, { readonly class: 'lease' }>

export function asPlc(shown: interlock.Shown): Plc {
  if (shown.class !== 'lease') throw new GatewayError('invariant', 'drill', 'not a lease block')
  return shown
}

export function* readPlc(run: Run): Script<Plc> {
  return asPlc(yield* read(run))
}

export const isOurs = (plc: Plc, { token, tag }: ToPlc) =>
  mayStart(plc) && plc.ownerToken === token && plc.ownerTag === tag

export const reasonOf = ({ rejectReason }: FromPlc) =>
  rejectReason === 0 ? 'accepted' : (rejectReasons[rejectReason] ?? `reason ${rejectReason}`)

export function enableBlock(run: Run, plc: FromPlc, over: Partial<ToPlc>): ToPlc {
  return {
    seq: nextWord(plc.acknowledgedSeq),
    command: 'enable',
    leaseMs: run.config.leaseMs,
    tag: 1 + ((run.reserve.first + run.used) % 0xffff),
    challenge: plc.challenge,
    heartbeat: 0,
    ...over,
    token: over.token ?? nextToken(run),
  }
}

/** Writes a proper enable and reads it back. Its lease runs from `sinceMs`. */
export function* enable(run: Run): Script<{ readonly found: Found; readonly block: ToPlc; readonly sinceMs: number }> {
  const plc = yield* readPlc(run)
  const block = enableBlock(run, plc, {})
  run.held = asHeld(block, plc)
  const sinceMs = run.nowMs
  yield* write(run, encodeToPlc(block))
  const { shown, is } = yield* until(run, (each) => asPlc(each).acknowledgedSeq === block.seq, ACKNOWLEDGED_MS)
  const after = asPlc(shown)
  const found = !is
    ? failed('an enable was not acknowledged')
    : isOurs(after, block)
      ? passed('enabled')
      : failed(`an enable as it must be was answered: ${reasonOf(after)}`)
  return { found, block, sinceMs }
}

/** Sends three heartbeats; returns when the last one was sent. */
export function* beat(run: Run, block: ToPlc): Script<number> {
  let sentMs = run.nowMs
  for (const heartbeat of [1, 2, 3]) {
    yield* wait(run, run.config.heartbeatMs)
    sentMs = run.nowMs
    yield* write(run, encodeToPlc({ ...block, heartbeat }))
  }
  return sentMs
}

/** Passes if the block is refused for one of these reasons and the machine is still locked. */
export function* expectRefusal(run: Run, block: ToPlc, reasons: readonly number[]): Script<Found> {
  const found = yield* expectReason(run, block, reasons)
  if (!found.passed) return found
  const plc = yield* readPlc(run)
  return isLocked(plc) ? found : failed(`refused, and yet it is ${plc.state}`)
}

export function* expectReason(run: Run, block: ToPlc, reasons: readonly number[]): Script<Found> {
  const plc = yield* readPlc(run)
  run.held = asHeld(block, plc)
  yield* write(run, encodeToPlc(block))
  const { shown, is } = yield* until(run, (each) => asPlc(each).acknowledgedSeq === block.seq, ACKNOWLEDGED_MS)
  const after = asPlc(shown)
  if (mayStart(shown) && isOurs(after, block)) return failed('it was accepted')
  run.held = undefined
  if (!is) return failed('the block was not acknowledged')
  if (!reasons.includes(after.rejectReason)) return failed(`answered: ${reasonOf(after)}`)
  return passed(`refused: ${reasonOf(after)}`)
}

/**
 * Watches until `count` challenges were seen, or as long as that many may live. Returns each with the time it was first
 * seen.
 */
export function* watchChallenges(
  run: Run,
  count: number,
): Script<{ readonly challenge: number; readonly sinceMs: number }[]> {
  const seen: { challenge: number; sinceMs: number }[] = []
  const sinceMs = run.nowMs
  while (seen.length < count && run.nowMs - sinceMs < count * CHALLENGE_LIFE_MS) {
    const { challenge } = yield* readPlc(run)
    if (seen.at(-1)?.challenge !== challenge) seen.push({ challenge, sinceMs: run.nowMs })
    if (seen.length < count) yield* wait(run, WATCH_EVERY_MS)
  }
  return seen
}

export const asHeld = (block: ToPlc, plc: FromPlc): interlock.Block => ({
  ...block,
  command: 'enable',
  plcBootId: plc.bootId,
})
