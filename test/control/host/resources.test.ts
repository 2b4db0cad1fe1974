/** Whether new work begins, by what the computer has left. */
import { describe, expect, it } from 'vitest'
import type { SiteConfig } from '../../../config/site.ts'
import { createResources, type Seen, shortages } from '../../../gateway/control/host/resources.ts'

const bounds = { memoryReserve: 32 * 1_048_576, handleReserve: 64, loopDelayMs: 2000, wellForMs: 10_000 }
const well: Seen = { residentBytes: 1, availableBytes: 1e9, handles: { open: 50, most: 1024 }, delayMs: 25 }
const MS = 1_000_000n

describe('what is short', () => {
  it.each<[string, Partial<Seen>, string[]]>([
    ['nothing', {}, []],
    ['memory', { availableBytes: 31 * 1_048_576 }, ['memory']],
    ['handles', { handles: { open: 961, most: 1024 } }, ['handles']],
    ['time', { delayMs: 2001 }, ['time']],
    ['all', { availableBytes: 0, handles: { open: 1024, most: 1024 }, delayMs: 9999 }, ['memory', 'handles', 'time']],
  ])('%s', (_, seen, short) => {
    expect([...shortages({ ...well, ...seen }, bounds).keys()]).toEqual(short)
  })

  it('is nothing to count where the handles cannot be counted', () => {
    const { handles: _, ...uncounted } = well
    expect(shortages(uncounted, bounds).size).toBe(0)
  })

  /** Looks at these seconds; what is short after each. */
  const looks = (seconds: readonly number[], host: readonly Partial<Seen>[] = []) => {
    const seen = [...host]
    const resources = createResources({ bounds } as unknown as SiteConfig, () => ({ ...well, ...seen.shift() }))
    return seconds.map((second) => {
      resources.look(BigInt(second * 1000) * MS)
      return resources.short()
    })
  }

  it('is time only where it looked late twice in a row', () => {
    expect(looks([0, 9, 10, 19, 20])).toEqual(Array(5).fill(undefined))
    expect(looks([0, 9, 13])).toEqual([undefined, undefined, 'the gateway was 3000 ms late'])
  })

  it('is so for as long after it was seen last as the site says', () => {
    const text = '0 MiB of memory are left, and 32 MiB are kept free'
    const host = [{}, { availableBytes: 0 }]
    expect(looks([0, 1, 2, 11, 12], host)).toEqual([undefined, text, text, text, undefined])
  })

  it('is told to people', () => {
    const resources = createResources({ bounds } as unknown as SiteConfig, () => ({ ...well, availableBytes: 0 }))
    resources.look(0n)
    expect(resources.notes()).toEqual([expect.stringContaining('kept free: no new session begins')])
    expect(resources.health()).toEqual({ short: ['memory'], residentBytes: 1, openHandles: 50 })
  })
})
