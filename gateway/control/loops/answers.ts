/**
 * What a link has answered: when, whether anything at all on this connection, and which points cannot be read. Pure.
 * Read next: link-loop.ts, faults.ts.
 */
import type { Moment } from '../../core/ground/moment.ts'
import type { Reading } from '../../core/reading/reading.ts'
import { type Faults, recovered, takeFaults } from './faults.ts'

export type Answers = {
  /** Points that cannot be read. */
  readonly faults: Faults
  lastGoodNs: bigint
  /** When anything was answered last, and whether anything was on this connection. */
  lastNs: bigint
  isAny: boolean
}

export const noAnswers = (): Answers => ({ faults: new Map(), lastGoodNs: 0n, lastNs: 0n, isAny: false })

/** A new connection, on which nothing was answered yet. */
export function beginAnswers(answers: Answers, nowNs: bigint): void {
  answers.lastGoodNs = nowNs
  answers.lastNs = nowNs
  answers.isAny = false
}

/** Takes readings; those faults that are to be logged now. */
export function takeAnswers(
  answers: Answers,
  readings: readonly Reading[],
  nowMs: number,
): ReturnType<typeof takeFaults> {
  for (const reading of readings) {
    if (reading.quality === 'good') answers.lastGoodNs = reading.readAtNs
    if (!isAnswer(reading)) continue
    answers.lastNs = reading.readAtNs
    answers.isAny = true
  }
  return takeFaults(answers.faults, readings, nowMs)
}

/** Takes a good value of which no reading is made. */
export function takeValue(answers: Answers, point: string, { ns }: Moment): void {
  answers.lastGoodNs = ns
  answers.lastNs = ns
  answers.isAny = true
  if (answers.faults.size > 0) recovered(answers.faults, point)
}

/** The device answered, whatever it said. */
function isAnswer({ quality, cause }: Reading): boolean {
  return quality !== 'bad' || cause === 'refused' || cause === 'malformed' || cause === 'out-of-range'
}
