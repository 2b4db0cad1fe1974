/** Bookings looked up and put in order, held against the plainest way to do the same. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Booking, BookingInput } from '../../../gateway/core/booking/booking.ts'
import { clashOf, decidePut } from '../../../gateway/core/booking/decide.ts'
import { openDiary } from '../../../gateway/core/booking/diary.ts'
import { inPutOrder } from '../../../gateway/core/booking/moves.ts'
import { isBuried, type Tombstone, withTombstone } from '../../../gateway/core/booking/tombstone.ts'

const DAY_MS = 86_400_000

const someInput = fc
  .record({
    n: fc.integer({ min: 0, max: 12 }),
    machine: fc.constantFrom('saw', 'booth'),
    startMs: fc.integer({ min: 0, max: 30 }),
    lengthMs: fc.integer({ min: 1, max: 9 }),
    version: fc.integer({ min: 1, max: 4 }),
    cancelled: fc.boolean(),
  })
  .map(({ n, machine, startMs, lengthMs, version, cancelled }) => ({
    cancelled,
    input: { id: `${machine}-${n}`, machine, tenant: 'acme', startMs, endMs: startMs + lengthMs, version, limits: {} },
  }))

describe('a diary', () => {
  it('finds the same clashes as a look at every booking, after any puts and cancellations', () => {
    fc.assert(
      fc.property(fc.array(someInput, { maxLength: 60 }), (puts) => {
        const diary = openDiary([])
        let all: Booking[] = []
        for (const { input, cancelled } of puts) {
          expect(diary.clash(input)?.id).toBe(
            [...all].sort((a, b) => a.startMs - b.startMs).find((each) => clashOf([each], input))?.id,
          )
          const decision = decidePut(diary, input, { source: 'push', room: true })
          if (decision.kind !== 'put') continue
          const booking: Booking = cancelled ? { ...decision.booking, status: 'cancelled' } : decision.booking
          diary.put(booking)
          all = [...all.filter(({ id }) => id !== booking.id), booking]
          expect(diary.find(booking.id)).toBe(booking)
          expect(diary.holding()).toBe(all.filter(({ status }) => status === 'held').length)
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('the order of puts', () => {
  const held = (id: string, startMs: number): Booking => ({ ...input(id, startMs), status: 'held', source: 'push' })
  const input = (id: string, startMs: number, version = 1): BookingInput => {
    return { id, machine: 'saw', tenant: 'acme', startMs, endMs: startMs + 10, version, limits: {} }
  }
  const order = (known: Booking[], inputs: BookingInput[]) => inPutOrder(known, inputs).map(({ id }) => id)

  it.each([
    ['nothing is in the way: as listed', [], ['b', 'a'], 0, ['b', 'a']],
    ['each goes where the next is: the last one first', ['a', 'b', 'c'], ['a', 'b', 'c'], 10, ['c', 'b', 'a']],
    ['each goes where the one before is: the first one first', ['a', 'b', 'c'], ['c', 'b', 'a'], -10, ['a', 'b', 'c']],
    ['half over the next', ['a', 'b'], ['a', 'b'], 5, ['b', 'a']],
  ] as const)('%s', (_, known, listed, shift, expected) => {
    const at = (id: string) => 100 + 10 * 'abc'.indexOf(id)
    expect(
      order(
        known.map((id) => held(id, at(id))),
        listed.map((id) => input(id, at(id) + shift, 2)),
      ),
    ).toEqual(expected)
  })

  it('holds each once, also when they go round or want one time', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(40), { maxLength: 20 }),
        fc.array(fc.nat(400), { maxLength: 20 }),
        (ids, to) => {
          const known = ids.map((n) => held(`b${n}`, n * 10))
          const inputs = ids.map((n, index) => input(`b${n}`, to[index] ?? 0, 2))
          expect(order(known, inputs).sort()).toEqual(inputs.map(({ id }) => id).sort())
        },
      ),
    )
  })

  it('is found in seconds for 10,000 that hang together, and for 10,000 that want the same month', () => {
    const season = Array.from({ length: 10_000 }, (_, n) => held(`b${n}`, n * 10))
    const moved = season.map(({ id, startMs }) => input(id, startMs + 10, 2))
    const greedy = season.map(({ id }) => ({ ...input(id, 0, 2), endMs: 100_000 }))
    const began = performance.now()
    expect(inPutOrder(season, moved)[0]?.id).toBe('b9999')
    expect(inPutOrder(season, greedy)).toHaveLength(10_000)
    expect(performance.now() - began).toBeLessThan(2_000)
  })
})

describe('a tombstone', () => {
  const stone = (id: string, cancelledAtMs: number): Tombstone => ({ id, cancelledAtMs })

  it.each([
    [undefined, 7, true],
    [3, 2, true],
    [3, 3, true],
    [3, 4, false],
  ])('of version %s holds against %d: %s', (version, arrived, expected) => {
    expect(isBuried({ ...stone('a', 0), ...(version === undefined ? {} : { version }) }, arrived)).toBe(expected)
  })

  it('is one per booking, for 31 days, and of more than 1000 the oldest goes', () => {
    const many = Array.from({ length: 1_000 }, (_, n) => stone(`c${n}`, DAY_MS + n))
    expect(withTombstone(many, stone('c5', 9), DAY_MS)).toHaveLength(1_000)
    expect(withTombstone(many, stone('new', 9), DAY_MS)[0]).toEqual(many[1])
    expect(withTombstone(many, stone('new', 9), 32 * DAY_MS + 500)).toHaveLength(500)
  })
})
