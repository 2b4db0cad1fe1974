/**
 * The drill: does the machine lock itself? It is a script that asks its runner to read, write, wait or cut the link,
 * and judges only by what the interlock itself shows. The same script tests a machine in the gateway, and a PLC without
 * a gateway. Pure: each answer carries the time. It never starts a machine, and leaves it locked. Read next:
 * lease-rules.ts, output-rules.ts (the steps of each class), commissioning.ts (what a drill is worth).
 */
import type { InterlockConfig } from '../ground/config.ts'
import { GatewayError } from '../ground/failure.ts'
import * as interlock from '../interlock/interlock.ts'
import { fencingToken, MAX_FENCING_COUNTER, RELOCK_SLACK_MS } from '../interlock/lease.ts'

/** What the script asks its runner to do. Each request is answered by a `Told`. */
export type Ask =
  | { readonly kind: 'read' }
  | { readonly kind: 'write'; readonly words: readonly number[] }
  | { readonly kind: 'wait'; readonly ms: number }
  /** Drop the connection, stay away this long, connect again; answered when it is back. */
  | { readonly kind: 'cut'; readonly ms: number }
  /** Something that only a person at the machine can do; answered when they confirm that it is done. */
  | { readonly kind: 'person'; readonly text: string }
  | { readonly kind: 'begun'; readonly step: string }
  | { readonly kind: 'ended'; readonly step: DrillStep }

export type Told = {
  /** Monotonic ms, after it was done. */
  readonly nowMs: number
  /** What the interlock shows; undefined when it could not be read. */
  readonly shown?: interlock.Shown | undefined
  readonly result?: 'accepted' | 'refused' | 'unsent' | 'unknown'
}

export type Found = { readonly passed: boolean; readonly detail: string; readonly measuredMs?: number }
export type DrillStep = Found & { readonly step: string; readonly tookMs: number }

export type DrillReport = {
  readonly class: InterlockConfig['class']
  /** True when every step passed and none was left out. */
  readonly passed: boolean
  /** Whether losing the gateway locks the machine; false for a coil, whatever its steps have shown. */
  readonly failSafe: boolean
  readonly steps: readonly DrillStep[]
  /**
   * The longest time from the last renewal until the machine could not be started any more, as the interlock showed it.
   */
  readonly relockMs?: number
  readonly plcBootId?: number
}

/** Fencing counters that are recorded as used before the drill begins: `DRILL_COUNTERS` of them, from `first` on. */
export type Reserve = { readonly first: number; readonly fencingId: number }
/** The most counters that a drill takes. */
export const DRILL_COUNTERS = 32

export const reserveAfter = (ownCounter: number, plcCounter: number, fencingId: number): Reserve | undefined => {
  const first = Math.max(ownCounter, plcCounter) + 1
  return first + DRILL_COUNTERS > MAX_FENCING_COUNTER ? undefined : { first, fencingId }
}

/** One drill under way. */
export type Run = {
  readonly config: InterlockConfig
  readonly reserve: Reserve
  used: number
  nowMs: number
  /** A permission that was given and has not been seen to be over. */
  held: interlock.Block | undefined
  /** The longest time so far from the last renewal until the machine could not be started. */
  relockMs: number | undefined
  plcBootId: number | undefined
}

export type Script<T> = Generator<Ask, T, Told>
export type Step = {
  readonly step: string
  /** Present when a person has to act; the step is left out where no person takes part. */
  readonly person?: true
  run(run: Run): Script<Found>
}

export function newRun(config: InterlockConfig, reserve: Reserve): Run {
  return { config, reserve, used: 0, nowMs: 0, held: undefined, relockMs: undefined, plcBootId: undefined }
}

/** Runs all steps. After a failed step the next one follows, as long as the machine can be locked again. */
export function* drill(run: Run, steps: readonly Step[]): Script<DrillReport> {
  const done: DrillStep[] = []
  for (const { step, run: tryStep } of steps) {
    const sinceMs = (yield* ask(run, { kind: 'begun', step })).nowMs
    const found = yield* guarded(tryStep(run))
    const locked = yield* guarded(backToLocked(run))
    const ended = { step, ...(found.passed && !locked.passed ? locked : found), tookMs: run.nowMs - sinceMs }
    done.push(ended)
    yield* ask(run, { kind: 'ended', step: ended })
    if (!locked.passed || (done.length === 1 && !found.passed)) break
  }
  const { relockMs, plcBootId } = run
  return {
    class: run.config.class,
    passed: done.length === steps.length && done.every(({ passed }) => passed),
    failSafe: interlock.isFailSafe(run.config),
    steps: done,
    ...(relockMs === undefined ? {} : { relockMs }),
    ...(plcBootId === undefined ? {} : { plcBootId }),
  }
}

/**
 * What is written when a drill is broken off, to give back the permission that it holds; undefined when it holds none.
 */
export function releaseWords({ config, held }: Run): number[] | undefined {
  return held && interlock.revokeWords(config, { ...held, seq: (held.seq + 1) % 0x10000 })
}

/* ── building blocks of steps ── */

/** An interlock that does not answer fails the step that asked; the drill goes on. */
function* guarded(script: Script<Found>): Script<Found> {
  try {
    return yield* script
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'link') throw error
    return failed(error.message)
  }
}

export function* ask(run: Run, what: Ask): Script<Told> {
  const told = yield what
  run.nowMs = told.nowMs
  return told
}

const READ_EVERY_MS = 100
/** An interlock that cannot be read for this long fails the step, ms. */
const SILENT_MS = 5000

/** What the interlock shows now. A failed read is repeated for a while. */
export function* read(run: Run): Script<interlock.Shown> {
  const sinceMs = run.nowMs
  for (;;) {
    const { shown } = yield* ask(run, { kind: 'read' })
    if (shown !== undefined) {
      run.plcBootId = shown.bootId
      const state = interlock.stateOf(shown)
      if (state === 'emergency-stop') throw new GatewayError('link', 'drill', 'the emergency stop is pressed')
      return shown
    }
    if (run.nowMs - sinceMs > SILENT_MS) throw new GatewayError('link', 'drill', 'the interlock did not answer')
    yield* wait(run, READ_EVERY_MS)
  }
}

export function* wait(run: Run, ms: number): Script<void> {
  yield* ask(run, { kind: 'wait', ms })
}

export function* write(run: Run, words: readonly number[] | undefined): Script<void> {
  if (words === undefined) return
  const { result } = yield* ask(run, { kind: 'write', words })
  if (result === 'unsent') throw new GatewayError('link', 'drill', 'the link was lost')
}

/** Reads until `is` holds or the time is over. Returns what was shown last, and whether `is` holds for it. */
export function* until(
  run: Run,
  is: (shown: interlock.Shown) => boolean,
  withinMs: number,
): Script<{ readonly shown: interlock.Shown; readonly is: boolean }> {
  const sinceMs = run.nowMs
  for (;;) {
    const shown = yield* read(run)
    if (is(shown)) return { shown, is: true }
    if (run.nowMs - sinceMs >= withinMs) return { shown, is: false }
    yield* wait(run, READ_EVERY_MS)
  }
}

/** A fencing token that was never used. */
export function nextToken(run: Run): number {
  if (run.used >= DRILL_COUNTERS) throw new GatewayError('invariant', 'drill', 'a drill takes no more fencing tokens')
  run.used += 1
  return fencingToken(run.reserve.first + run.used - 1, run.reserve.fencingId)
}

/** Whether the machine could be started, or an output is on. */
export function mayStart(shown: interlock.Shown): boolean {
  if (shown.class !== 'lease') return shown.on || shown.feedback === true
  return shown.state === 'enabled' || shown.state === 'running'
}

export const isLocked = (shown: interlock.Shown) =>
  interlock.stateOf(shown) === 'locked' && (shown.class !== 'lease' || shown.leaseLeftMs === 0)

/**
 * The longest allowed time from the last renewal until the machine cannot be started any more, ms: 7 s with a lease of
 * 5 s.
 */
export const relockLimitMs = ({ config }: Run) => config.leaseMs + RELOCK_SLACK_MS

/** Measures the time from the last renewal until the machine cannot be started. The longest of a drill is kept. */
export function* measureDrop(run: Run, sinceMs: number, by: string): Script<Found> {
  const { is } = yield* until(run, (shown) => !mayStart(shown), relockLimitMs(run) + run.config.leaseMs)
  const measuredMs = Math.round(run.nowMs - sinceMs)
  if (!is) return failed(`it may still start ${measuredMs} ms after ${by}`)
  run.held = undefined
  run.relockMs = Math.max(run.relockMs ?? 0, measuredMs)
  const inTime = measuredMs <= relockLimitMs(run)
  return { passed: inTime, detail: `locked ${measuredMs} ms after ${by}`, measuredMs }
}

export const passed = (detail: string, measuredMs?: number): Found => ({
  passed: true,
  detail,
  ...(measuredMs === undefined ? {} : { measuredMs }),
})
export const failed = (detail: string): Found => ({ passed: false, detail })

/** Locks the machine after each step, whatever its result. */
function* backToLocked(run: Run): Script<Found> {
  let shown = yield* read(run)
  if (run.held !== undefined && mayStart(shown)) {
    const seq = interlock.seqAfter(shown, run.held.seq)
    yield* write(run, interlock.revokeWords(run.config, { ...run.held, seq }))
  }
  const last = yield* until(run, isLocked, run.config.leaseMs + relockLimitMs(run))
  shown = last.shown
  if (!last.is) return failed(`the machine does not go back to locked: it is ${interlock.stateOf(shown)}`)
  run.held = undefined
  return passed('locked')
}
