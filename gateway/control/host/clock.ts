/**
 * The clocks of this host: UTC wall time, which may step, and monotonic time, which survives a restart of the process.
 * A step is recorded (ClockChanged). One that goes back below the newest entry takes the trust away until it is undone.
 * Read next: decisions/008-steps-of-the-clock.md.
 */

import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ClockState, Stamp } from '../../core/ground/entry.ts'
import { type Moment, NS_PER_MS } from '../../core/ground/moment.ts'

/** A wall clock that moved this far from the monotonic one has stepped, ms. */
const STEP_MS = 1000
/** A wall clock that is below the newest entry by more than this is wrong, ms. */
const FLOOR_SLACK_MS = 2000
/** 2025-01-01: no gateway existed before, so a clock below it has not been set. */
const EPOCH_FLOOR_MS = 1_735_689_600_000

export type Clock = {
  readonly bootId: string
  now(): Moment
  stamp(now: Moment): Stamp
  state(now: Moment): ClockState
  /** How far the wall clock has stepped since the last call, ms; 0 if it has not. */
  takeStep(now: Moment): number
  /** No trusted time is below that of the newest entry. */
  raiseFloor(wallMs: number): void
}

export function createClock(floorMs: number | undefined): Clock {
  const bootId = hostBootId()
  const now = (): Moment => ({ ms: Date.now(), ns: process.hrtime.bigint() })
  const offset = (moment: Moment) => moment.ms - Number(moment.ns / NS_PER_MS)
  let expected = offset(now())
  let floor = Math.max(floorMs ?? 0, EPOCH_FLOOR_MS)

  const state = (moment: Moment): ClockState => (moment.ms + FLOOR_SLACK_MS < floor ? 'relative' : 'synchronised')
  return {
    bootId,
    now,
    state,
    stamp: (moment) => ({ wallMs: moment.ms, monoNs: moment.ns.toString(), bootId, clock: state(moment) }),
    takeStep(moment) {
      const actual = offset(moment)
      const step = actual - expected
      if (Math.abs(step) < STEP_MS) {
        expected += Math.sign(step) // follows a clock that is slewed
        return 0
      }
      expected = actual
      return step
    },
    raiseFloor(wallMs) {
      if (wallMs > floor) floor = wallMs
    },
  }
}

function hostBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return randomUUID() // not Linux: each start counts as a boot, so nothing is carried over by monotonic time
  }
}
