/**
 * The clocks of this host: UTC wall time, which may step, and monotonic time, which survives a restart of the process.
 * Each look at them says how far the wall clock is to be believed; a step, or another state, is recorded once
 * (ClockChanged). Nothing here sets a clock.
 * Read next: core/ground/wall.ts (what is believed), decisions/008-steps-of-the-clock.md.
 */

import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ClockState, Stamp } from '../../core/ground/entry.ts'
import { type Moment, NS_PER_MS } from '../../core/ground/moment.ts'
import {
  BELIEVE_MS,
  clockState,
  firstWall,
  type KnownTime,
  leastMs,
  observeWall,
  passedMs,
  STEP_MS,
  type WallTime,
} from '../../core/ground/wall.ts'

export type Clock = {
  readonly bootId: string
  now(): Moment
  stamp(now: Moment): Stamp
  state(now: Moment): ClockState
  /** The time as believed, and the earliest that may still turn out to be right, UTC ms. */
  believed(now: Moment): { readonly believedMs: number; readonly leastMs: number }
  /** What has changed since the last call. */
  takeChange(now: Moment): ClockChange | undefined
  /** No trusted time is below it, UTC ms. */
  floorMs(now: Moment): number
  /** What it shows, what that is held against, and what follows; to the minute, so that it seldom changes. */
  text(now: Moment): string
  /** The same, while a technician should know of it. */
  notes(now: Moment): string[]
}

type ClockChange = {
  /** How far the wall clock has stepped, ms; 0: only what is believed of it has changed. */
  readonly stepMs: number
  readonly state: ClockState
  readonly floorMs: number
  /** For the log. */
  readonly text: string
}

export function createClock(known: KnownTime, bootId = hostBootId(), look = lookAtHost): Clock {
  const first = look()
  let wall = firstWall(known, first, bootId)
  let toldOffsetMs = offsetOf(first)
  let toldState: ClockState = 'synchronised'

  let observedAt: Moment | undefined
  const observed = (moment: Moment) => {
    if (moment !== observedAt) wall = observeWall(wall, moment)
    observedAt = moment
    return wall
  }
  const state = (moment: Moment) => clockState(observed(moment), moment)
  return {
    bootId,
    now: look,
    state,
    stamp: (moment) => ({ wallMs: moment.ms, monoNs: moment.ns.toString(), bootId, clock: state(moment) }),
    believed(moment) {
      const at = observed(moment)
      return { believedMs: passedMs(at, moment), leastMs: leastMs(at, moment) }
    },
    takeChange(moment) {
      const now = state(moment)
      const stepMs = offsetOf(moment) - toldOffsetMs
      const isStep = Math.abs(stepMs) >= STEP_MS
      // A clock that is slewed is followed.
      toldOffsetMs = isStep ? offsetOf(moment) : toldOffsetMs + Math.sign(stepMs)
      if (!isStep && now === toldState) return undefined
      toldState = now
      return { stepMs: isStep ? stepMs : 0, state: now, floorMs: wall.floorMs, text: clockText(wall, moment) }
    },
    floorMs: (moment) => observed(moment).floorMs,
    text: (moment) => clockText(observed(moment), moment),
    notes(moment) {
      const at = observed(moment)
      return clockState(at, moment) === 'synchronised' ? [] : [clockText(at, moment)]
    },
  }
}

function clockText(wall: WallTime, now: Moment): string {
  const shows = `the clock shows ${minute(now.ms)}`
  switch (clockState(wall, now)) {
    case 'relative':
      return `${shows}, and ${minute(wall.floorMs)} has been: no new unlock. Set the clock. If it is right, stop the gateway and accept it: latchkey clock <site.yaml> --accept --reason "…"`
    case 'informative':
      return `${shows}, and by what is known it is ${minute(passedMs(wall, now))}: nothing is released, ended or forgotten by it until it has stayed so for ${BELIEVE_MS / 60_000} minutes`
    default:
      return `${shows}, and is believed`
  }
}

const minute = (ms: number) => `${new Date(ms).toISOString().slice(0, 16)}Z`

const lookAtHost = (): Moment => ({ ms: Date.now(), ns: process.hrtime.bigint() })

const offsetOf = ({ ms, ns }: Moment) => ms - Number(ns / NS_PER_MS)

function hostBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return randomUUID() // not Linux: each start counts as a boot, so nothing is carried over by monotonic time
  }
}
