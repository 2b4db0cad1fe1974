/**
 * The drill of a lease block: one step per rule that the PLC has to keep. A step does what a stranger, a slow network
 * or a dying gateway would do. Pure. Read next: drill.ts, plc.ts (how the PLC is asked), interlock/lease.ts,
 * gateway/README.md (the rules).
 */

import { encodeToPlc, LEASE_VERSION, nextSeq, nextWord } from '../interlock/lease.ts'
import {
  ask,
  type Found,
  failed,
  isLocked,
  mayStart,
  measureDrop,
  nextToken,
  passed,
  type Run,
  type Script,
  type Step,
  until,
  wait,
  write,
} from './drill.ts'
import {
  ACKNOWLEDGED_MS,
  asHeld,
  asPlc,
  beat,
  enable,
  enableBlock,
  expectReason,
  expectRefusal,
  isOurs,
  readPlc,
  reasonOf,
  watchChallenges,
} from './plc.ts'

/** Long enough to see that a block has no effect, ms. */
const NOTHING_MS = 1000
/** A challenge changes every 3 s; a scan of the PLC and a read may add to or take from that, ms. */
const CHALLENGE_MS = { shortest: 2000, longest: 4000 } as const
const reject = { notLocked: 2, tokenTooLow: 3, challenge: 4, busy: 5, badLease: 8 } as const

export const leaseSteps: readonly Step[] = [
  { step: 'locked-at-start', run: lockedAtStart },
  { step: 'challenge-changes', run: challengeChanges },
  { step: 'wrong-challenge', run: wrongChallenge },
  { step: 'lower-token', run: lowerToken },
  { step: 'lease-of-zero', run: leaseOfZero },
  { step: 'torn-block', run: tornBlock },
  { step: 'kept-by-heartbeats', run: keptByHeartbeats },
  { step: 'busy-to-a-stranger', run: busyToStranger },
  { step: 'stuck-heartbeat', run: stuckHeartbeat },
  { step: 'replayed-enable', run: replayedEnable },
  { step: 'no-heartbeat', run: noHeartbeat },
  { step: 'link-cut', run: linkCut },
  { step: 'finish', run: finish },
  { step: 'revoke', run: revoke },
]

/** Steps that need a person at the machine. */
export const leaseStepsByHand: readonly Step[] = [
  { step: 'emergency-stop', person: true, run: emergencyStop },
  { step: 'key-switch', person: true, run: keySwitch },
]

export const leaseStepsByPowerCycle: readonly Step[] = [{ step: 'power-cycle', person: true, run: powerCycle }]

function* lockedAtStart(run: Run): Script<Found> {
  const plc = yield* readPlc(run)
  const { state, mode, safetyOk, leaseLeftMs, bootId } = plc
  if (plc.version !== LEASE_VERSION) return failed(`the block is of version ${plc.version}`)
  if (mode !== 'remote') return failed(`the key switch is on ${mode}: turn it to remote`)
  if (!safetyOk) return failed('the safety circuit is not closed')
  if (state !== 'locked' || leaseLeftMs !== 0) return failed(`it is ${state}, with ${leaseLeftMs} ms of a lease left`)
  return passed(`locked, block version ${LEASE_VERSION}, boot ${bootId}, highest token ${plc.highestToken}`)
}

function* challengeChanges(run: Run): Script<Found> {
  const seen = yield* watchChallenges(run, 3)
  if (seen.length < 3) return failed('the challenge does not change every 3 s')
  if (seen.some(({ challenge }) => challenge === 0)) return failed('the challenge was 0')
  const stale = seen[0]!
  const livedMs = seen[2]!.sinceMs - seen[1]!.sinceMs
  if (livedMs < CHALLENGE_MS.shortest || livedMs > CHALLENGE_MS.longest)
    return failed(`a challenge lived ${Math.round(livedMs)} ms, not 3 s`)
  // An enable that echoes the challenge from two changes ago is a late one.
  const plc = yield* readPlc(run)
  const block = enableBlock(run, plc, { challenge: stale.challenge })
  const late = yield* expectRefusal(run, block, [reject.challenge])
  return late.passed
    ? passed(`a challenge lives ${Math.round(livedMs)} ms; an enable two changes late is refused`)
    : late
}

function* wrongChallenge(run: Run): Script<Found> {
  const plc = yield* readPlc(run)
  const recent = (yield* watchChallenges(run, 2)).map(({ challenge }) => challenge)
  const wrong = [1, 2, 3, 4].find((each) => !recent.includes(each) && each !== plc.challenge)!
  return yield* expectRefusal(run, enableBlock(run, yield* readPlc(run), { challenge: wrong }), [reject.challenge])
}

function* lowerToken(run: Run): Script<Found> {
  // First make the PLC accept a token.
  const first = yield* enable(run)
  if (!first.found.passed) return first.found
  yield* write(run, encodeToPlc({ ...first.block, seq: nextWord(first.block.seq), command: 'revoke' }))
  const locked = yield* until(run, isLocked, ACKNOWLEDGED_MS)
  if (!locked.is) return failed('revoke did not lock it')
  run.held = undefined
  const plc = yield* readPlc(run)
  if (plc.highestToken !== first.block.token) return failed(`it says that its highest token is ${plc.highestToken}`)
  for (const token of [plc.highestToken, plc.highestToken - 1]) {
    const found = yield* expectRefusal(run, enableBlock(run, yield* readPlc(run), { token }), [reject.tokenTooLow])
    if (!found.passed) return found
  }
  return passed('the highest token, and the one below it, are refused')
}

function* leaseOfZero(run: Run): Script<Found> {
  return yield* expectRefusal(run, enableBlock(run, yield* readPlc(run), { leaseMs: 0 }), [reject.badLease])
}

function* tornBlock(run: Run): Script<Found> {
  const before = yield* readPlc(run)
  const block = enableBlock(run, before, {})
  const words = encodeToPlc(block)
  run.held = asHeld(block, before)
  yield* write(run, words.with(15, nextWord(block.seq)))
  yield* wait(run, NOTHING_MS)
  const after = yield* readPlc(run)
  if (mayStart(after)) return failed('a block whose head and tail differ unlocked it')
  if (after.acknowledgedSeq !== before.acknowledgedSeq)
    return failed('a block whose head and tail differ was acknowledged')
  run.held = undefined
  return passed('a block whose head and tail differ is ignored')
}

function* keptByHeartbeats(run: Run): Script<Found> {
  const enabled = yield* enable(run)
  if (!enabled.found.passed) return enabled.found
  const untilMs = run.nowMs + run.config.leaseMs + 2 * run.config.heartbeatMs
  for (let heartbeat = 1; run.nowMs < untilMs; heartbeat += 1) {
    yield* write(run, encodeToPlc({ ...enabled.block, heartbeat }))
    yield* wait(run, run.config.heartbeatMs)
    const plc = yield* readPlc(run)
    if (!isOurs(plc, enabled.block)) return failed(`it was ${plc.state} after ${heartbeat} heartbeats`)
  }
  return passed(`kept for longer than the lease of ${run.config.leaseMs} ms`)
}

function* busyToStranger(run: Run): Script<Found> {
  const enabled = yield* enable(run)
  if (!enabled.found.passed) return enabled.found
  const { block } = enabled
  const stranger = { token: nextToken(run), tag: nextWord(block.tag % 0x10000), heartbeat: 0 }
  for (const command of ['enable', 'finish', 'revoke'] as const) {
    const plc = yield* readPlc(run)
    const seq = nextSeq(block.seq, plc.acknowledgedSeq)
    yield* write(run, encodeToPlc({ ...block, ...stranger, command, seq, challenge: plc.challenge }))
    const { shown, is } = yield* until(run, (each) => asPlc(each).acknowledgedSeq === seq, ACKNOWLEDGED_MS)
    const after = asPlc(shown)
    if (!is) return failed(`a stranger's ${command} was not acknowledged`)
    if (after.rejectReason !== reject.busy) return failed(`a stranger's ${command}: ${reasonOf(after)}, not busy`)
    if (!isOurs(after, block)) return failed(`a stranger's ${command} took the machine away`)
  }
  return passed('enable, finish and revoke of a stranger are refused: busy')
}

function* stuckHeartbeat(run: Run): Script<Found> {
  const enabled = yield* enable(run)
  if (!enabled.found.passed) return enabled.found
  const { block, sinceMs } = enabled
  const limitMs = run.config.leaseMs + 2 * run.config.heartbeatMs
  while (run.nowMs - sinceMs < limitMs) {
    yield* write(run, encodeToPlc(block))
    const { shown } = yield* until(run, (each) => !mayStart(each), run.config.heartbeatMs / 2)
    if (!mayStart(shown)) break
  }
  return yield* measureDrop(run, sinceMs, 'a heartbeat that stood still')
}

function* replayedEnable(run: Run): Script<Found> {
  const enabled = yield* enable(run)
  if (!enabled.found.passed) return enabled.found
  const { block } = enabled
  yield* write(run, encodeToPlc({ ...block, seq: nextWord(block.seq), command: 'revoke' }))
  const gone = yield* until(run, isLocked, ACKNOWLEDGED_MS)
  if (!gone.is) return failed('revoke did not lock it')
  for (const heartbeat of [block.heartbeat, 1]) {
    yield* write(run, encodeToPlc({ ...block, heartbeat }))
    const again = yield* until(run, mayStart, NOTHING_MS)
    if (again.is) return failed('the same enable, written once more, unlocked it')
  }
  run.held = undefined
  const plc = yield* readPlc(run)
  const renumbered = { ...block, seq: nextSeq(block.seq, plc.acknowledgedSeq) }
  const found = yield* expectRefusal(run, renumbered, [reject.tokenTooLow, reject.challenge])
  return found.passed ? passed('an enable written once more is dead, also under a new sequence') : found
}

function* noHeartbeat(run: Run): Script<Found> {
  const enabled = yield* enable(run)
  if (!enabled.found.passed) return enabled.found
  const sinceMs = yield* beat(run, enabled.block)
  return yield* measureDrop(run, sinceMs, 'the last heartbeat')
}

function* linkCut(run: Run): Script<Found> {
  const enabled = yield* enable(run)
  if (!enabled.found.passed) return enabled.found
  const sinceMs = yield* beat(run, enabled.block)
  yield* ask(run, { kind: 'cut', ms: 0 })
  const found = yield* measureDrop(run, sinceMs, 'the last heartbeat, over a cut')
  if (!found.passed) return found
  const again = yield* until(run, mayStart, 2 * NOTHING_MS)
  return again.is ? failed('it unlocked itself after the link was back') : found
}

function* finish(run: Run): Script<Found> {
  const enabled = yield* enable(run)
  if (!enabled.found.passed) return enabled.found
  const seq = nextWord(enabled.block.seq)
  yield* write(run, encodeToPlc({ ...enabled.block, seq, command: 'finish' }))
  const { shown, is } = yield* until(run, (each) => asPlc(each).acknowledgedSeq === seq, ACKNOWLEDGED_MS)
  if (!is) return failed('finish was not acknowledged')
  if (asPlc(shown).rejectReason !== 0) return failed(`finish: ${reasonOf(asPlc(shown))}`)
  return mayStart(shown) ? failed('it may still be started after finish') : passed('no new start after finish')
}

function* revoke(run: Run): Script<Found> {
  const enabled = yield* enable(run)
  if (!enabled.found.passed) return enabled.found
  const sinceMs = run.nowMs
  yield* write(run, encodeToPlc({ ...enabled.block, seq: nextWord(enabled.block.seq), command: 'revoke' }))
  const { is } = yield* until(run, (each) => !mayStart(each), ACKNOWLEDGED_MS)
  const measuredMs = Math.round(run.nowMs - sinceMs)
  return is
    ? passed(`locked ${measuredMs} ms after revoke`, measuredMs)
    : failed('it may still be started after revoke')
}

function* emergencyStop(run: Run): Script<Found> {
  const enabled = yield* enable(run)
  if (!enabled.found.passed) return enabled.found
  // The lease may lapse while the person acts, so only what the PLC shows of the stop counts.
  yield* ask(run, { kind: 'person', text: 'Press the emergency stop of the machine, then confirm.' })
  const pressed = yield* ask(run, { kind: 'read' })
  run.held = undefined
  const shown = pressed.shown
  if (shown?.class !== 'lease' || (shown.state !== 'emergency-stop' && shown.safetyOk))
    return failed(`it shows ${shown?.class === 'lease' ? shown.state : 'nothing'}, and no emergency stop`)
  yield* ask(run, { kind: 'person', text: 'Release and reset the emergency stop at the machine, then confirm.' })
  const { shown: after, is } = yield* until(run, isLocked, ACKNOWLEDGED_MS)
  return is ? passed('shown, and locked after its reset') : failed(`it is ${asPlc(after).state} after the reset`)
}

function* keySwitch(run: Run): Script<Found> {
  yield* ask(run, { kind: 'person', text: 'Turn the key switch to local, then confirm.' })
  const local = yield* until(run, (shown) => asPlc(shown).state === 'local', ACKNOWLEDGED_MS)
  if (!local.is) return failed(`it shows ${asPlc(local.shown).state}, not local`)
  const notRemote = 6
  const refused = yield* expectReason(run, enableBlock(run, asPlc(local.shown), {}), [notRemote])
  yield* ask(run, { kind: 'person', text: 'Turn the key switch back to remote, then confirm.' })
  const { is } = yield* until(run, isLocked, ACKNOWLEDGED_MS)
  if (!refused.passed) return refused
  return is ? passed('an enable is refused on local; locked when it is back') : failed('it is not locked on remote')
}

function* powerCycle(run: Run): Script<Found> {
  const before = yield* readPlc(run)
  yield* ask(run, { kind: 'person', text: 'Turn the power of the PLC off and on, wait until it runs, then confirm.' })
  yield* ask(run, { kind: 'cut', ms: 0 })
  const plc = yield* readPlc(run)
  if (plc.bootId === before.bootId) return failed(`the boot id is still ${plc.bootId}`)
  if (plc.highestToken !== before.highestToken)
    return failed(`the highest token was ${before.highestToken} and is ${plc.highestToken}: it is not retentive`)
  if (!isLocked(plc)) return failed(`it is ${plc.state} after power came back`)
  return passed(`boot ${plc.bootId}, locked, highest token ${plc.highestToken} kept`)
}
