/**
 * How recent the gating meters are: no metering, no permission. Readings of an earlier boot never count, since their
 * times are of another clock. Queries only; nothing is counted here. Read next: metering.ts.
 */
import type { MachineConfig, RegisterMeterConfig } from '../ground/config.ts'
import { NS_PER_MS } from '../ground/moment.ts'
import type { Env, MachineState } from '../machine/state.ts'
import type { MeterState } from '../meter/meter.ts'
import { intervalOf } from '../reading/condition.ts'
import { silentAfterMs } from '../reading/reading.ts'

type Metered = Pick<MachineState, 'config' | 'meters'>

/** Readings of a counter that are at most this far apart are consecutive, ms. */
export const gapMs = (config: MachineConfig, { signal }: RegisterMeterConfig): number =>
  silentAfterMs(intervalOf(config, signal))

/** Whether all gating meters were read at or after this moment, and none holds a value back. */
export function settledSince(env: Env, m: Metered, ns: bigint): boolean {
  return everyGating(m, (state) => isOfThisBoot(state, env) && state.held === undefined && state.atNs >= ns)
}

/** Whether all gating meters were read within two polls and 2 s. */
export function gatingFresh(env: Env, m: Metered): boolean {
  return everyGating(m, (state, config) => {
    if (!isOfThisBoot(state, env)) return false
    return env.now.ns - state.atNs <= BigInt(gapMs(m.config, config)) * NS_PER_MS
  })
}

function everyGating(
  { config, meters }: Metered,
  judge: (state: MeterState | undefined, config: RegisterMeterConfig) => boolean,
): boolean {
  return config.meters.every(
    (meter) => meter.kind !== 'register' || !meter.gating || judge(meters.get(meter.id), meter),
  )
}

/** Whether the meter was read since the host booted. */
function isOfThisBoot(state: MeterState | undefined, { stamp }: Env): state is MeterState {
  return state?.bootId === stamp.bootId
}
