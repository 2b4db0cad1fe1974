/**
 * How often something that flaps may be recorded: so many times at once, and as often in each hour, spread evenly. What
 * is over the quota is counted, not recorded. Pure; time is an argument.
 */
import { NS_PER_MS } from './moment.ts'

const HOUR_NS = 3_600_000_000_000n

export type Quota = {
  readonly perHour: number
  /** What is left, in parts of one. */
  readonly left: number
  readonly atNs: bigint
}

export function fullQuota(perHour: number, nowNs: bigint): Quota {
  return { perHour, left: perHour, atNs: nowNs }
}

/** The quota after one more; undefined: there is nothing left now. */
export function spend({ perHour, left, atNs }: Quota, nowNs: bigint): Quota | undefined {
  const grown = Math.min(perHour, left + (Number(nowNs - atNs) / Number(HOUR_NS)) * perHour)
  return grown < 1 ? undefined : { perHour, left: grown - 1, atNs: nowNs }
}

/** When one more may certainly be spent, monotonic ns. */
export function spendableNs({ perHour, left, atNs }: Quota): bigint {
  if (left >= 1) return atNs
  return atNs + BigInt(Math.ceil(((1 - left) / perHour) * Number(HOUR_NS))) + NS_PER_MS
}
