/**
 * The drill of an output: a module with a watchdog has to drop the output while nobody is connected, since some modules
 * count a read as a sign of life. A coil is not dropped, and the drill says so. Pure. Read next: drill.ts,
 * interlock/output.ts.
 */

import { enableWords } from '../interlock/interlock.ts'
import { OUTPUT_OFF } from '../interlock/output.ts'
import {
  ask,
  type Found,
  failed,
  isLocked,
  mayStart,
  passed,
  type Run,
  read,
  relockLimitMs,
  type Script,
  type Step,
  until,
  wait,
  write,
} from './drill.ts'

/** An output has no owner. */
const ON = { token: 0, tag: 0, plcBootId: 0, seq: 0, challenge: 0 } as const

/** A module shows a written value within this time, ms. */
const SHOWN_MS = 2000
/** Added to the time of the watchdog, ms. */
const DROP_SLACK_MS = 500

const common: readonly Step[] = [
  { step: 'off-at-start', run: offAtStart },
  { step: 'on-and-off', run: onAndOff },
]

export const watchdogSteps: readonly Step[] = [
  ...common,
  { step: 'kept-by-refreshes', run: keptByRefreshes },
  { step: 'link-cut', run: linkCut },
]

export const coilSteps: readonly Step[] = [...common, { step: 'no-fail-safe', run: noFailSafe }]

function* offAtStart(run: Run): Script<Found> {
  const shown = yield* read(run)
  if (shown.class !== 'lease' && shown.unsafe !== undefined) return failed(shown.unsafe)
  return isLocked(shown) ? passed('off') : failed('the output, or what it switches, is on')
}

function* turnOn(run: Run): Script<Found> {
  run.held = { ...ON, heartbeat: 0, command: 'enable' }
  yield* write(run, enableWords(run.config, ON))
  let wasOn = false
  const { is } = yield* until(
    run,
    (shown) => {
      const isOn = shown.class !== 'lease' && shown.on
      wasOn ||= isOn
      return isOn && shown.feedback !== false
    },
    SHOWN_MS,
  )
  if (is) return passed('on')
  return failed(
    wasOn
      ? 'the output is on, and its contact (feedback) stays off: look which output and which input are wired to it'
      : 'the output was written, and is not read back as on',
  )
}

function* onAndOff(run: Run): Script<Found> {
  const on = yield* turnOn(run)
  if (!on.passed) return on
  yield* write(run, [OUTPUT_OFF])
  const { is } = yield* until(run, (shown) => !mayStart(shown), SHOWN_MS)
  return is ? passed('written and read back, on and off') : failed('the output does not go off')
}

function* keptByRefreshes(run: Run): Script<Found> {
  const on = yield* turnOn(run)
  if (!on.passed) return on
  const untilMs = run.nowMs + run.config.leaseMs + 2 * run.config.heartbeatMs
  while (run.nowMs < untilMs) {
    yield* write(run, enableWords(run.config, ON))
    yield* wait(run, run.config.heartbeatMs)
    if (!mayStart(yield* read(run))) return failed('it went off although it was refreshed')
  }
  return passed('kept for longer than the watchdog')
}

function* linkCut(run: Run): Script<Found> {
  const on = yield* turnOn(run)
  if (!on.passed) return on
  const shown = yield* read(run)
  const ms = (shown.class === 'lease' ? 0 : shown.watchdogMs) + DROP_SLACK_MS
  const sinceMs = run.nowMs
  yield* write(run, enableWords(run.config, ON))
  yield* ask(run, { kind: 'cut', ms })
  const after = yield* read(run)
  if (mayStart(after)) return failed(`the output was on after ${Math.round(run.nowMs - sinceMs)} ms without a gateway`)
  run.held = undefined
  const measuredMs = Math.round(run.nowMs - sinceMs)
  run.relockMs = measuredMs
  const again = yield* until(run, mayStart, SHOWN_MS)
  if (again.is) return failed('it went on by itself after the link was back')
  const inTime = measuredMs <= relockLimitMs(run)
  const { watchdog } = run.config.class === 'lease' ? {} : run.config
  const words = [
    `off within ${measuredMs} ms, nobody being connected`,
    ...(watchdog?.statedMs === undefined ? [] : [`its time cannot be read and was stated as ${watchdog.statedMs} ms`]),
    ...(watchdog?.isFeedUnknown ? [yield* fedByReads(run)] : []),
  ]
  return { passed: inTime, detail: words.join('; '), measuredMs }
}

/** What becomes of an output that is only read for longer than its watchdog; in words, since both are possible. */
function* fedByReads(run: Run): Script<string> {
  const on = yield* turnOn(run)
  if (!on.passed) return `it could not be found out whether reads keep it on: ${on.detail}`
  const shown = yield* read(run)
  const untilMs = run.nowMs + (shown.class === 'lease' ? 0 : shown.watchdogMs) + DROP_SLACK_MS
  let isKept = true
  while (run.nowMs < untilMs && isKept) {
    yield* wait(run, run.config.heartbeatMs)
    isKept = mayStart(yield* read(run))
  }
  yield* write(run, [OUTPUT_OFF])
  run.held = undefined
  return isKept ? 'READS KEEP IT ON: it stays on when it can no longer be written' : 'reads alone do not keep it on'
}

// biome-ignore lint/correctness/useYield: a step like the others, but it has nothing to ask
function* noFailSafe(): Script<Found> {
  return passed('NO FAIL-SAFE: a coil stays as it is when the gateway is lost')
}
