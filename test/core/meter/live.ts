/** Lives of a register from rows of readings, for the tables of what has gone wrong with meters elsewhere. */
import type { RegisterMeterConfig } from '../../../gateway/core/ground/config.ts'
import { type Account, type MeterState, newMeter } from '../../../gateway/core/meter/meter.ts'
import { type RegisterReading, stepRegister } from '../../../gateway/core/meter/register.ts'

export const energy: RegisterMeterConfig = {
  kind: 'register',
  id: 'm/e.total',
  machine: 'm',
  signal: 'm/e.total',
  unit: 'Wh',
  perCount: 1n,
  wrapAt: 4_294_967_296n,
  maxRate: 10n,
  resets: 'never',
  gating: true,
}
export const booted: RegisterMeterConfig = { ...energy, resets: 'to-zero' }
export const perUse: RegisterMeterConfig = { ...energy, resets: 'per-session' }
export const small: RegisterMeterConfig = { ...energy, wrapAt: 65_536n }
export const known: RegisterMeterConfig = { ...booted, identity: 'm/e.serial' }

export type Row = readonly [
  ms: number,
  raw: RegisterReading['raw'],
  account?: Account,
  more?: { readonly boot?: string; readonly wallMs?: number; readonly serial?: string },
]
const WALL_MS = Date.UTC(2026, 0, 5)

export function live(
  config: RegisterMeterConfig,
  rows: readonly Row[],
): { state: MeterState; names: string[]; used: bigint } {
  let state = newMeter(config, 'boot')
  let used = 0n
  const names: string[] = []
  for (const [ms, raw, account = 'session', more = {}] of rows) {
    const { boot = 'boot', wallMs = WALL_MS + ms, serial } = more
    const reading: RegisterReading = {
      raw,
      at: { ms: wallMs, ns: BigInt(ms) * 1_000_000n },
      bootId: boot,
      ...(serial === undefined ? {} : { identity: serial }),
    }
    const step = stepRegister(state, reading, config, account, 3000)
    state = step.state
    if (step.account === 'session') used += step.delta
    names.push(...step.changes.map(({ name }) => name))
  }
  return { state, names, used }
}
