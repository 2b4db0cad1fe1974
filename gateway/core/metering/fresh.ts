/**
 * How recent the gating meters are: no metering, no permission. A moment of an earlier boot says nothing by this boot's
 * clock. Queries; nothing is counted here. Read next: metering.ts.
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

/** All gating meters were read at or after this moment, and none is waiting to be believed. */
export function settledSince(env: Env, m: Metered, ns: bigint): boolean {
  return everyGating(m, (state) => isOfThisBoot(state, env) && state.held === undefined && state.atNs >= ns)
}

/** Gating meters were read within two polls and 2 s. */
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

/** Read since the host came up. */
function isOfThisBoot(state: MeterState | undefined, { stamp }: Env): state is MeterState {
  return state?.bootId === stamp.bootId
}
