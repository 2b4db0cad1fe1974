/**
 * A permission that is one output of an I/O module: it is on or off, and the module does not know an owner. What it
 * shows, and what makes it safe. Classes: `watchdog` (the module drops the output by itself when it is not written for
 * a time) and `coil` (it does not: no fail-safe). Pure. Read next: interlock.ts, access/hold/withdraw.ts (turning it
 * off).
 */
import type { OutputInterlock } from '../ground/config.ts'
import type { Reading } from '../reading/reading.ts'

export type Output = {
  readonly class: 'watchdog' | 'coil'
  /** The output, read back. */
  readonly on: boolean
  /** The state of what it switches, where the module or the machine reports it. */
  readonly feedback: boolean | undefined
  /** Changes with each restart of the module; 0 when the module does not report it. */
  readonly bootId: number
  /** The watchdog time set in the module; 0 when it has none. */
  readonly watchdogMs: number
  /** Why the module might not drop the output in time; undefined when everything that can be read is as it must be. */
  readonly unsafe: string | undefined
}

const OUTPUT_ON = 1
export const OUTPUT_OFF = 0

/** What turns it on: 1, or the time after which it goes off by itself, which is the lease. */
export const onWord = ({ timeUnitMs, leaseMs }: OutputInterlock): number =>
  timeUnitMs === undefined ? OUTPUT_ON : Math.floor(leaseMs / timeUnitMs)

type Values = (part: string) => Reading['value']

/** The parts that are read, under the names that `decodeOutput` uses. */
export function outputParts(config: OutputInterlock): { readonly part: string; readonly address: unknown }[] {
  const { readBack, feedback, bootId, upTime, watchdog } = config
  const one = (part: string, address: unknown) => (address === undefined ? [] : [{ part, address }])
  return [
    { part: '', address: readBack },
    ...one('feedback', feedback),
    ...one('boot', bootId),
    ...one('up', upTime),
    ...one('watchdog', watchdog?.time),
    ...one('armed', watchdog?.armed?.address),
    ...(watchdog?.settings ?? []).map(({ address }, index) => ({ part: `setting-${index}`, address })),
  ]
}

/** `known`: boots that were seen before, for a module that shows its up time; `atMs`: when it was read. */
export function decodeOutput(
  config: OutputInterlock,
  value: Values,
  { atMs, known }: { readonly atMs: number; readonly known: readonly number[] },
): Output {
  const { feedback, bootId, upTime, watchdog } = config
  const watchdogMs = watchdog === undefined ? 0 : timeOf(config, watchdog, value)
  return {
    class: config.class,
    on: isOn(value('')),
    feedback: feedback === undefined ? undefined : isOn(value('feedback')),
    bootId:
      bootId === undefined
        ? upTime === undefined
          ? 0
          : bootOf(Number(value('up')), atMs, known)
        : Number(value('boot')),
    watchdogMs,
    unsafe: config.class === 'watchdog' ? unsafe(config, watchdogMs, value) : undefined,
  }
}

/** Written with each refresh, stated, or read; ms. */
function timeOf(
  config: OutputInterlock,
  { statedMs, unitMs }: NonNullable<OutputInterlock['watchdog']>,
  value: Values,
): number {
  if (config.timeUnitMs !== undefined) return onWord(config) * config.timeUnitMs
  return statedMs ?? Number(value('watchdog')) * unitMs
}

/** Two clocks, and a module that counts whole seconds, place one start this far apart, s. */
const SAME_START_S = 5

/**
 * The start of the module, in seconds of our clock, stands in for a count: the one that is known, or another where the
 * up time does not lead back to it.
 */
function bootOf(upTimeS: number, atMs: number, known: readonly number[]): number {
  const startS = Math.round(atMs / 1000 - upTimeS)
  return known.find((one) => Math.abs(one - startS) <= SAME_START_S) ?? startS
}

const isOn = (value: Reading['value']) => Number(value) !== 0

function unsafe(
  { leaseMs, heartbeatMs, requestTimeoutMs, watchdog }: OutputInterlock,
  watchdogMs: number,
  value: Values,
): string | undefined {
  const notArmed = watchdog?.armed && whyNotArmed(watchdog.armed, Number(value('armed')))
  if (notArmed !== undefined) return notArmed
  if (watchdogMs === 0) return 'the watchdog of the module is off'
  if (watchdogMs > leaseMs) return `the watchdog of the module is ${watchdogMs} ms, and the site allows ${leaseMs} ms`
  const leastMs = 3 * heartbeatMs + requestTimeoutMs
  if (watchdogMs < leastMs) return `the watchdog of the module is ${watchdogMs} ms, and heartbeats need ${leastMs} ms`
  const wrong = watchdog?.settings.find(({ equals }, index) => Number(value(`setting-${index}`)) !== equals)
  return wrong === undefined ? undefined : `the module is not set as it must be: ${wrong.what}`
}

type Armed = NonNullable<NonNullable<OutputInterlock['watchdog']>['armed']>

/** Why the watchdog does not run, and what somebody does about it; undefined while it runs. */
export function whyNotArmed({ equals, expired, arm, clear }: Armed, shown: number): string | undefined {
  if (shown === equals) return undefined
  if (shown === expired) return `the watchdog of the module has run out; ${clear ?? 'clear it as its manual says'}`
  return `the watchdog of the module is not armed; ${arm ?? 'arm it as its manual says'}`
}

/** Whether the machine can be started: the output is on, or what it switches is. */
export const lets = ({ on, feedback }: Output) => on || feedback === true

/**
 * Whether a permission is kept: the output is on, what it switches is not off, and the module would still drop it in
 * time.
 */
export const keeps = ({ on, feedback, unsafe: why }: Output) => on && feedback !== false && why === undefined

/** Its state in the words of the lease block, for entries and refusals. */
export function outputState(shown: Output): 'locked' | 'enabled' | 'fault' {
  if (shown.unsafe !== undefined || (!shown.on && shown.feedback === true)) return 'fault'
  return shown.on ? 'enabled' : 'locked'
}
