/** Who is due when: a heap of due times with one timer. Time is the test's. */
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createAgenda } from '../../gateway/control/agenda.ts'

const MS = 1_000_000n

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** An agenda by the clock of the test, and who was run when, in ms. */
function bench() {
  const startMs = Date.now()
  const nowMs = () => Date.now() - startMs
  const ran: string[] = []
  const agenda = createAgenda(() => BigInt(nowMs()) * MS)
  return {
    agenda,
    ran,
    put: (name: string, ms: number) => agenda.put(name, BigInt(ms) * MS),
    start: () => agenda.start((name) => void ran.push(`${name} ${nowMs()}`)),
  }
}

describe('an agenda', () => {
  it('runs each when it is due, in that order, and once', () => {
    const { put, start, ran } = bench()
    start()
    put('late', 300)
    put('soon', 100)
    put('middle', 200)
    vi.advanceTimersByTime(1000)
    expect(ran).toEqual(['soon 101', 'middle 201', 'late 301'])
  })

  it('replaces what was set before, sooner or later', () => {
    const { put, start, ran } = bench()
    start()
    put('a', 300)
    put('b', 300)
    put('a', 50)
    put('b', 400)
    vi.advanceTimersByTime(1000)
    expect(ran).toEqual(['a 51', 'b 401'])
  })

  it('does together what is due at nearly the same time', () => {
    const { put, start, ran } = bench()
    start()
    for (const [index, name] of ['a', 'b', 'c'].entries()) put(name, 100 + index)
    vi.advanceTimersByTime(1000)
    expect(new Set(ran.map((line) => line.split(' ')[1])).size).toBe(1)
  })

  it('begins with what was put before it was started, and ends when it is stopped', () => {
    const { agenda, put, start, ran } = bench()
    put('a', 0)
    vi.advanceTimersByTime(10)
    expect(ran).toEqual([])
    start()
    vi.advanceTimersByTime(10)
    put('b', 100)
    agenda.stop()
    vi.advanceTimersByTime(1000)
    expect(ran).toEqual(['a 10'])
  })

  it('takes one that puts itself again while it runs, and waits for one that is far', () => {
    const { agenda, put } = bench()
    const at: number[] = []
    const startMs = Date.now()
    agenda.start((name) => {
      at.push(Date.now() - startMs)
      if (at.length < 3) put(name, Date.now() - startMs + 100_000)
    })
    put('a', 10)
    vi.advanceTimersByTime(300_000)
    expect(at.map((ms) => Math.round(ms / 1000))).toEqual([0, 100, 200])
  })

  it('keeps the order of any due times, however often they are put', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20), fc.nat(5000))), (puts) => {
        const { put, start, ran } = bench()
        const last = new Map<string, number>()
        for (const [name, ms] of puts) {
          put(String(name), ms)
          last.set(String(name), ms)
        }
        start()
        vi.advanceTimersByTime(6000)
        const due = ran.map((line) => last.get(line.split(' ')[0]!)!)
        expect(due).toEqual(due.toSorted((a, b) => a - b))
        expect(due.length).toBe(last.size)
      }),
      { numRuns: 200 },
    )
  })
})
