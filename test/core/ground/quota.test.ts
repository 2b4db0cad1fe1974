/** Something that flaps is recorded so often and no more. */
import { describe, expect, it } from 'vitest'
import { fullQuota, type Quota, spend } from '../../../gateway/core/ground/quota.ts'

const SECOND = 1_000_000_000n
const HOUR = 3600n * SECOND

/** How many of as many tries are granted. */
function granted(perHour: number, tries: number, everyNs: bigint): number {
  let quota: Quota = fullQuota(perHour, 0n)
  let count = 0
  for (let index = 0; index < tries; index++) {
    const next = spend(quota, BigInt(index) * everyNs)
    if (next) count += 1
    quota = next ?? quota
  }
  return count
}

describe('a quota', () => {
  it('grants what is asked seldom, always', () => {
    expect(granted(20, 1000, HOUR / 10n)).toBe(1000)
  })
  it('grants so many at once', () => {
    expect(granted(20, 100, 0n)).toBe(20)
  })
  it('grants as many again in each hour, spread evenly', () => {
    expect(granted(20, 3600, SECOND)).toBe(39)
    expect(granted(20, 24 * 3600, SECOND)).toBe(20 + 24 * 20 - 1)
  })
})
