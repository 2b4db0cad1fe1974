/**
 * Whether the device is set up as its profile needs it: word order, measurement mode, tariff mode. The registers of a
 * device that is set up otherwise hold something else, so its meters do not count until the setting has been read and
 * is right. Queries only; nobody is told here. Read next: silence.ts (which says why), metering.ts (which asks).
 */
import type { MachineConfig, MeterConfig, NeededSetting } from '../ground/config.ts'
import type { Moment } from '../ground/moment.ts'
import type { Seen } from '../machine/state.ts'
import { fresh } from '../reading/condition.ts'
import type { Value } from '../reading/reading.ts'

type Unmet = { readonly reason: 'setting' | 'setting-unread'; readonly detail: string }

/** The first setting that keeps the meter from counting. */
export function unmetSetting(
  machine: MachineConfig,
  meter: MeterConfig,
  { readings, lostNs }: Pick<Seen, 'readings' | 'lostNs'>,
  now: Moment,
): Unmet | undefined {
  for (const needed of meter.needs ?? []) {
    const { value, readAtNs } = fresh(machine, readings, needed.signal, now) ?? {}
    // While the counter was not read the device may have been exchanged or set up anew.
    const lost = meter.kind === 'duration' ? undefined : lostNs.get(meter.signal)
    if (value === undefined || readAtNs === undefined || (lost !== undefined && lost > readAtNs))
      return { reason: 'setting-unread', detail: `${needed.what} has not been read` }
    if (isMet(needed, value)) continue
    const todo = needed.todo === undefined ? 'set the device as its profile says' : needed.todo
    return {
      reason: 'setting',
      detail: `${needed.what} must be ${mustBe(needed)}, and the device shows ${String(value)}: ${todo}`,
    }
  }
  return undefined
}

function isMet({ oneOf, atLeast, atMost }: NeededSetting, value: Value): boolean {
  if (oneOf !== undefined) return oneOf.some((wanted) => String(wanted) === String(value))
  const number = Number(value)
  return number >= (atLeast ?? Number.NEGATIVE_INFINITY) && number <= (atMost ?? Number.POSITIVE_INFINITY)
}

function mustBe({ oneOf, atLeast, atMost }: NeededSetting): string {
  if (oneOf !== undefined) return oneOf.join(' or ')
  if (atMost === undefined) return `at least ${atLeast}`
  return atLeast === undefined ? `at most ${atMost}` : `${atLeast} to ${atMost}`
}
