/**
 * Carries out what a drill asks for, one thing after the other, over the link it is given: that of a gateway, or one of
 * its own. It decides nothing. Broken off, it releases once what the drill holds; if even that fails, the machine locks
 * by itself. Read next: core/drill/drill.ts.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Ask,
  type DrillReport,
  type DrillStep,
  drill,
  type Run,
  releaseWords,
  type Step,
  type Told,
} from '../../core/drill/drill.ts'
import { leaseSteps } from '../../core/drill/lease-rules.ts'
import { coilSteps, watchdogSteps } from '../../core/drill/output-rules.ts'
import type { Moment } from '../../core/ground/moment.ts'
import type { Shown } from '../../core/interlock/interlock.ts'

export type DrillIo = {
  read(): Promise<Shown | undefined>
  write(words: readonly number[]): Promise<NonNullable<Told['result']>>
  /** Ends early when the drill is broken off. */
  wait?(ms: number): Promise<void>
  /** Drops the connection, stays away, connects again. */
  cut(awayMs: number): Promise<void>
  /** Resolves when the person says that it is done. */
  person?(text: string): Promise<void>
  /** `monotonicMs`. */
  nowMs(): number
  begun(step: string): void
  ended(step: DrillStep): void
}

/** The steps that need nobody at the machine. */
export function stepsOf(run: Run): readonly Step[] {
  const steps = { lease: leaseSteps, watchdog: watchdogSteps, coil: coilSteps } as const
  return steps[run.config.class]
}

/** Undefined when it was broken off. */
export async function runDrill(
  run: Run,
  steps: readonly Step[],
  io: DrillIo,
  signal: AbortSignal,
): Promise<DrillReport | undefined> {
  const script = drill(run, steps)
  let told: Told = { nowMs: io.nowMs() }
  for (;;) {
    const next = script.next(told)
    if (next.done) return next.value
    if (signal.aborted) {
      const words = releaseWords(run)
      if (words !== undefined) await io.write(words).catch(() => undefined)
      return undefined
    }
    told = await carryOut(next.value, io, signal)
  }
}

async function carryOut(ask: Ask, io: DrillIo, signal: AbortSignal): Promise<Told> {
  const more = await answer(ask, io, signal)
  return { nowMs: io.nowMs(), ...more }
}

async function answer(ask: Ask, io: DrillIo, signal: AbortSignal): Promise<Partial<Told>> {
  switch (ask.kind) {
    case 'read':
      return { shown: await io.read() }
    case 'write':
      return { result: await io.write(ask.words) }
    case 'wait':
      if (io.wait) await io.wait(ask.ms)
      else await sleep(ask.ms, undefined, { signal }).catch(() => undefined)
      return {}
    case 'cut':
      await io.cut(ask.ms)
      return {}
    case 'person':
      await io.person?.(ask.text)
      return {}
    case 'begun':
      io.begun(ask.step)
      return {}
    case 'ended':
      io.ended(ask.step)
      return {}
  }
}

/** To the microsecond: a drill measures. */
export const monotonicMs = ({ ns }: Moment) => Number(ns / 1000n) / 1000
