/** When points are read: together by device and interval, each device on its own, in rhythm. */
import { describe, expect, it } from 'vitest'
import type { Point } from '../../../adapters/adapter.ts'
import { beginPolls, nextDueNs, planPolls, readEveryMs, takeDue } from '../../../gateway/control/loops/polls.ts'

const MS = 1_000_000n
const point = (id: string, device: string, intervalMs: number): Point => ({ id, address: {}, device, intervalMs })
const gating = [point('a', 'saw', 500), point('b', 'saw', 500), point('c', 'saw', 3000), point('d', 'press', 500)]
const display = [point('e', 'saw', 1000), point('f', 'saw', 30_000)]

const nobody = () => false
const ids = (due: ReadonlyMap<string, readonly Point[]>) =>
  Object.fromEntries([...due].map(([device, points]) => [device, points.map(({ id }) => id).join('')]))

describe('a plan', () => {
  const intervals = (groups: ReturnType<typeof planPolls>['all']) =>
    groups.map(({ points, intervalNs }) => `${points.map(({ id }) => id).join('')} ${intervalNs / MS}`)

  it('groups points by device and interval, and polls subscribed ones seldom', () => {
    const { all, subscribed } = planPolls(gating, display)
    expect(intervals(all)).toEqual(['ab 500', 'c 3000', 'd 500', 'e 1000', 'f 30000'])
    expect(intervals(subscribed)).toEqual(['ab 500', 'c 3000', 'd 500', 'e 10000', 'f 30000'])
  })

  it('knows how often what is subscribed is read in fact', () => {
    const polls = planPolls(gating, display)
    expect([...gating, ...display].map((one) => readEveryMs(polls, one))).toEqual([500, 500, 3000, 500, 10_000, 30_000])
  })

  it.each<[string, Point[], Point[], bigint]>([
    ['five of the longest interval of what gates', gating, display, 15_000n],
    ['five of 2 s at least', [point('a', 'saw', 100)], display, 10_000n],
    ['by what is shown, where nothing gates', [], display, 150_000n],
  ])('calls a link silent after %s', (_, gates, shown, ms) => {
    expect(planPolls(gates, shown).silentNs).toBe(ms * MS)
  })
})

describe('what is due', () => {
  const at = (groups: ReturnType<typeof planPolls>['all'], ms: number, isPolling = nobody as (id: string) => boolean) =>
    ids(takeDue(groups, BigInt(ms) * MS, isPolling))

  it('is everything at first, per device, and then what its interval says', () => {
    const { all } = planPolls(gating, [])
    expect(at(all, 0)).toEqual({ '"saw"': 'abc', '"press"': 'd' })
    expect(at(all, 499)).toEqual({})
    expect(at(all, 500)).toEqual({ '"saw"': 'ab', '"press"': 'd' })
    expect(at(all, 3000)).toEqual({ '"saw"': 'abc', '"press"': 'd' })
  })

  it('is the same list each time, so that its requests are planned once', () => {
    const { all } = planPolls(gating, [])
    const listAt = (ms: number) => takeDue(all, BigInt(ms) * MS, nobody).get('"saw"')
    const [both, alone] = [listAt(0), listAt(500)]
    for (let ms = 1000; ms < 3000; ms += 500) expect(listAt(ms)).toBe(alone)
    expect(listAt(3000)).toBe(both)
  })

  it('waits for a device that is still being polled, and delays no other', () => {
    const { all } = planPolls(gating, [])
    expect(at(all, 0, (device) => device === '"saw"')).toEqual({ '"press"': 'd' })
    expect(at(all, 10)).toEqual({ '"saw"': 'abc' })
  })

  it('keeps its rhythm when a tick is late, also by more than an interval', () => {
    const { all } = planPolls([point('a', 'saw', 500)], [])
    expect(at(all, 0)).toEqual({ '"saw"': 'a' })
    expect(at(all, 700)).toEqual({ '"saw"': 'a' })
    expect(at(all, 999)).toEqual({})
    expect(at(all, 1000)).toEqual({ '"saw"': 'a' })
    expect(at(all, 9100)).toEqual({ '"saw"': 'a' })
    expect(at(all, 9499)).toEqual({})
    expect(at(all, 9500)).toEqual({ '"saw"': 'a' })
  })
})

describe('the polls of a new connection', () => {
  const tickNs = 50n * MS
  const begun = (share: number, nowMs: number, intervalMs = 500) => {
    const { all } = planPolls([point('a', 'saw', intervalMs)], [])
    beginPolls(all, BigInt(nowMs) * MS, { share, tickNs })
    return { all, dueMs: () => Number(nextDueNs(all) / MS) }
  }

  it.each([
    ['the first link', 0, [1500, 2000]],
    ['one in the middle', 0.5, [1250, 1750]],
    ['one between two ticks, which takes the earlier', 0.29, [1600, 2100]],
    ['the last', 0.99, [1450, 1950]],
  ])('are due at once, and then at the place of the link: %s', (_, share, times) => {
    const { all, dueMs } = begun(share, 1234)
    expect([...takeDue(all, 1234n * MS, nobody).keys()]).toEqual(['"saw"'])
    expect(dueMs()).toBe(times[0])
    takeDue(all, BigInt(dueMs() + 3) * MS, nobody)
    expect(dueMs()).toBe(times[1])
  })

  it('are due never, where nothing is polled', () => {
    expect(nextDueNs([]) > 1_000_000_000n * 86_400n * 36_500n).toBe(true)
  })
})
