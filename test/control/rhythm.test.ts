/** Work in rhythm: on the period, never early, and without an error that adds up. Time is the test's. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { inRhythm } from '../../gateway/control/rhythm.ts'

const MS = 1_000_000n

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Begins at `beginMs` of a monotonic clock; `work` is told the time. */
function begun(beginMs: number, work: (ms: number) => void = () => undefined) {
  const zeroMs = Date.now() - beginMs
  const nowMs = () => Date.now() - zeroMs
  const turns: number[] = []
  const rhythm = inRhythm(
    50n * MS,
    () => BigInt(Math.round(nowMs() * 1000)) * 1000n,
    () => {
      turns.push(nowMs())
      work(nowMs())
    },
  )
  return { rhythm, turns }
}

it('comes at whole multiples of its period, whenever it began', () => {
  const { turns } = begun(1017)
  vi.advanceTimersByTime(200)
  expect(turns).toEqual([1050, 1100, 1150, 1200])
})

it('lets no delay add up, and makes up for no turn that it missed', () => {
  // The clock runs on while a turn works: 7 ms, and once 130 ms.
  let count = 0
  const { turns } = begun(1017, () => vi.setSystemTime(Date.now() + (++count === 2 ? 130 : 7)))
  vi.advanceTimersByTime(300)
  expect(turns).toEqual([1050, 1107, 1280, 1307, 1357, 1407, 1457])
})

it('does nothing when its timer is early, and comes when it is due', () => {
  const { turns } = begun(1017)
  vi.setSystemTime(Date.now() - 5) // the timer fires at 1045 of this clock
  vi.advanceTimersByTime(33)
  expect(turns).toEqual([])
  vi.advanceTimersByTime(5)
  expect(turns).toEqual([1050])
})

it('ends', () => {
  const { rhythm, turns } = begun(1000)
  rhythm.stop()
  vi.advanceTimersByTime(200)
  expect(turns).toEqual([])
})
