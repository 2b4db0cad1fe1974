/**
 * What numbers were, for people who look at a machine: the mean of each signal over short steps of the last hour,
 * longer ones of the last day, and still longer ones of the last week. It is kept in memory alone and begins anew with
 * the gateway: what has to last goes to the store of the site. Times are by the monotonic clock, so that a clock that
 * is put right moves no value.
 * Pure. Read next: trend.ts (who puts and who asks), front/sinks/influx.ts (every value).
 */

/** How long a step is, and how many are kept: 864 numbers of 4 bytes for each signal. */
const spans = {
  hour: { stepMs: 15_000, steps: 240 },
  day: { stepMs: 300_000, steps: 288 },
  week: { stepMs: 1_800_000, steps: 336 },
} as const
type Span = keyof typeof spans
const names = Object.keys(spans) as Span[]
/** Of a number of 4 bytes. */
const DIGITS = 7

type Steps = {
  /** A ring; NaN: no good value. */
  readonly means: Float32Array
  /** The step that is under way, counted from the start of the clock. */
  step: number
  sum: number
  count: number
}

type Trend = {
  /** Monotonic ms at which the first step begins. */
  readonly fromMs: number
  readonly stepMs: number
  /** Oldest first; null: no good value. The last step is under way. */
  readonly values: readonly (number | null)[]
}

/** `most`: signals that are kept at once; of those after them nothing is. */
export function createTrends(most: number) {
  const kept = new Map<string, Readonly<Record<Span, Steps>>>()

  return {
    /** A good number of a signal at a monotonic time. */
    put(signal: string, value: number, nowMs: number): void {
      let signalSteps = kept.get(signal)
      if (signalSteps === undefined) {
        if (kept.size >= most) return
        signalSteps = { hour: begin('hour', nowMs), day: begin('day', nowMs), week: begin('week', nowMs) }
        kept.set(signal, signalSteps)
      }
      for (const name of names) {
        const steps = signalSteps[name]
        advance(steps, Math.floor(nowMs / spans[name].stepMs))
        steps.sum += value
        steps.count += 1
      }
    },
    /** Forgets the signals that are not there any more. */
    keep(isThere: (signal: string) => boolean): void {
      for (const signal of kept.keys()) if (!isThere(signal)) kept.delete(signal)
    },
    of(signal: string, span: Span, nowMs: number): Trend {
      const { stepMs } = spans[span]
      const step = Math.floor(nowMs / stepMs)
      const steps = kept.get(signal)?.[span]
      if (steps === undefined) return { fromMs: step * stepMs, stepMs, values: [] }
      advance(steps, step)
      const { means } = steps
      const values = Array.from(means, (_, index) => means[(step + 1 + index) % means.length]!)
      values[values.length - 1] = steps.sum / steps.count
      const first = values.findIndex((value) => !Number.isNaN(value))
      const shown = first < 0 ? [] : values.slice(first)
      return {
        fromMs: (step + 1 - shown.length) * stepMs,
        stepMs,
        values: shown.map((value) => (Number.isNaN(value) ? null : Number(value.toPrecision(DIGITS)))),
      }
    },
  }
}

function begin(span: Span, nowMs: number): Steps {
  const { stepMs, steps } = spans[span]
  return { means: new Float32Array(steps).fill(Number.NaN), step: Math.floor(nowMs / stepMs), sum: 0, count: 0 }
}

/** Closes the steps that are over; those in which nothing was read are gaps. */
function advance(steps: Steps, now: number): void {
  const { means } = steps
  if (now <= steps.step) return
  // No value stands as NaN, which 0 / 0 is.
  means[steps.step % means.length] = steps.sum / steps.count
  for (let step = Math.max(steps.step + 1, now - means.length); step <= now; step++)
    means[step % means.length] = Number.NaN
  steps.step = now
  steps.sum = 0
  steps.count = 0
}
