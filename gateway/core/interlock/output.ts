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

export const OUTPUT_ON = 1
export const OUTPUT_OFF = 0

type Values = (part: string) => Reading['value']

/** The parts that are read, under the names that `decodeOutput` uses. */
export function outputParts(config: OutputInterlock): { readonly part: string; readonly address: unknown }[] {
  const { readBack, feedback, bootId, watchdog } = config
  return [
    { part: '', address: readBack },
    ...(feedback === undefined ? [] : [{ part: 'feedback', address: feedback }]),
    ...(bootId === undefined ? [] : [{ part: 'boot', address: bootId }]),
    ...(watchdog === undefined ? [] : [{ part: 'watchdog', address: watchdog.time }]),
    ...(watchdog?.settings ?? []).map(({ address }, index) => ({ part: `setting-${index}`, address })),
  ]
}

export function decodeOutput(config: OutputInterlock, value: Values): Output {
  const { feedback, bootId, watchdog } = config
  const watchdogMs = watchdog === undefined ? 0 : Number(value('watchdog')) * watchdog.unitMs
  return {
    class: config.class,
    on: isOn(value('')),
    feedback: feedback === undefined ? undefined : isOn(value('feedback')),
    bootId: bootId === undefined ? 0 : Number(value('boot')),
    watchdogMs,
    unsafe: config.class === 'watchdog' ? unsafe(config, watchdogMs, value) : undefined,
  }
}

const isOn = (value: Reading['value']) => Number(value) !== 0

function unsafe(
  { leaseMs, heartbeatMs, requestTimeoutMs, watchdog }: OutputInterlock,
  watchdogMs: number,
  value: Values,
): string | undefined {
  if (watchdogMs === 0) return 'the watchdog of the module is off'
  if (watchdogMs > leaseMs) return `the watchdog of the module is ${watchdogMs} ms, and the site allows ${leaseMs} ms`
  const leastMs = 3 * heartbeatMs + requestTimeoutMs
  if (watchdogMs < leastMs) return `the watchdog of the module is ${watchdogMs} ms, and heartbeats need ${leastMs} ms`
  const wrong = watchdog?.settings.find(({ equals }, index) => Number(value(`setting-${index}`)) !== equals)
  return wrong === undefined ? undefined : `the module is not set as it must be: ${wrong.what}`
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
