import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createBatches } from '../../../gateway/front/sinks/inlet.ts'
import { SinkError } from '../../../gateway/front/sinks/sink.ts'
import { until } from '../../support/process.ts'

/** A receiver of numbers that refuses some, and what came of it. */
function scenario(
  count: number,
  most: number,
  refuse: (items: readonly number[]) => SinkError | undefined | Promise<undefined>,
  ahead = false,
) {
  const delivered: number[] = []
  const setAside: number[] = []
  const sizes: number[] = []
  let next = 0
  const from = (first: number, limit: number) =>
    Array.from({ length: Math.max(0, Math.min(limit, count - first)) }, (_, index) => first + index)
  const {
    next: step,
    finish,
    forget,
  } = createBatches<number>(
    {
      read: (limit) => from(next, limit),
      ...(ahead ? { readAfter: (item: number, limit: number) => from(item + 1, limit) } : {}),
      async deliver(items) {
        sizes.push(items.length)
        const error = await refuse(items)
        if (error !== undefined) throw error
      },
      accept(items) {
        expect(items[0]).toBe(next)
        next = items.at(-1)! + 1
        delivered.push(...items)
      },
      async setAside(item) {
        expect(item).toBe(next)
        setAside.push(item)
        next = item + 1
      },
    },
    most,
  )
  return { step, finish, forget, delivered, setAside, sizes, next: () => next }
}

describe('an inlet', () => {
  test('sets aside exactly what is refused, whatever is refused and wherever, and delivers all else in order', async () => {
    const shape = fc.record({
      count: fc.integer({ min: 1, max: 200 }),
      most: fc.integer({ min: 1, max: 64 }),
      bad: fc.uniqueArray(fc.integer({ min: 0, max: 199 }), { maxLength: 40 }),
      tellsAccepted: fc.boolean(),
      ahead: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(shape, async ({ count, most, bad, tellsAccepted, ahead }) => {
        const refused = new Set(bad)
        const refuse = (items: readonly number[]) => {
          const first = items.findIndex((item) => refused.has(item))
          return first < 0 ? undefined : new SinkError('bad', 'no', { accepted: tellsAccepted ? first : 0 })
        }
        const made = scenario(count, most, refuse, ahead)
        let steps = 0
        while (await made.step()) expect(++steps).toBeLessThan(2_000)
        const all = Array.from({ length: count }, (_, index) => index)
        expect(made.setAside).toEqual(all.filter((item) => refused.has(item)))
        expect(made.delivered).toEqual(all.filter((item) => !refused.has(item)))
      }),
    )
  })

  test('a receiver that works on a full batch has the next one already, and no more', async () => {
    const taken = [1, 2, 3].map(() => Promise.withResolvers<undefined>())
    let calls = 0
    const made = scenario(25, 10, () => taken[calls++]!.promise, true)
    const first = made.step()
    await until(() => made.sizes.length === 2, 1_000, 'nothing is sent behind it')
    expect(made.next()).toBe(0)
    taken[0]!.resolve(undefined)
    await first
    expect([made.next(), made.sizes]).toEqual([10, [10, 10]])
    const finished = made.finish()
    taken[1]!.resolve(undefined)
    await finished
    expect([made.next(), made.sizes]).toEqual([20, [10, 10]])
  })

  test('what was sent on a connection that is over is sent again, and its failure is no failure of the next', async () => {
    const lost = Promise.withResolvers<undefined>()
    let calls = 0
    const made = scenario(30, 10, () => (calls++ === 1 ? lost.promise : undefined), true)
    await made.step()
    made.forget()
    lost.reject(new SinkError('wait', 'lost'))
    while (await made.step());
    expect(made.sizes).toEqual([10, 10, 10, 10])
    expect(made.delivered).toHaveLength(30)
  })

  test('what was sent behind a failure is sent again after it', async () => {
    let failing = true
    const made = scenario(30, 10, () => (failing ? new SinkError('wait', 'down') : undefined), true)
    await expect(made.step()).rejects.toThrow('down')
    failing = false
    await made.finish()
    expect(made.next()).toBe(0)
    while (await made.step());
    expect(made.delivered).toHaveLength(30)
  })

  test('finds one bad item among a thousand with few deliveries, and goes back to full batches', async () => {
    const made = scenario(5_000, 1_000, (items) => (items.includes(777) ? new SinkError('bad', 'no') : undefined))
    while (await made.step());
    expect(made.setAside).toEqual([777])
    expect(made.sizes.length).toBeLessThan(60)
    expect(Math.max(...made.sizes.slice(-2))).toBe(1_000)
  })

  test.each(['wait', 'stop'] as const)(
    'leaves everything where it is after %s, but for what was accepted',
    async (action) => {
      const made = scenario(10, 10, () => new SinkError(action, 'later', { accepted: 3 }))
      await expect(made.step()).rejects.toMatchObject({ action })
      expect(made.next()).toBe(3)
      expect(made.setAside).toEqual([])
    },
  )

  test('asks a slow receiver for less and less, never for nothing', async () => {
    const made = scenario(100, 64, (items) => (items.length > 1 ? new SinkError('wait', 'slow') : undefined))
    for (let tries = 0; tries < 6; tries += 1) await expect(made.step()).rejects.toThrow('slow')
    expect(await made.step()).toBe(true)
    expect(made.sizes).toEqual([64, 32, 16, 8, 4, 2, 1])
  })

  test('sets aside the one item at which the connection is lost time after time, and no innocent one', async () => {
    const made = scenario(50, 16, (items) =>
      items.includes(20) ? new SinkError('wait', 'lost', { lost: true }) : undefined,
    )
    for (let steps = 0; steps < 100; steps += 1) await made.step().catch(() => true)
    expect(made.setAside).toEqual([20])
    expect(made.delivered).toEqual(Array.from({ length: 50 }, (_, index) => index).filter((item) => item !== 20))
  })

  test('sets aside nothing for a connection that is not lost, however often the receiver refuses', async () => {
    const made = scenario(5, 1, () => new SinkError('wait', 'busy'))
    for (let steps = 0; steps < 100; steps += 1) await made.step().catch(() => true)
    expect(made.setAside).toEqual([])
  })

  test('sets aside a few at most when the connection is lost at every item: then it is the receiver', async () => {
    const made = scenario(50, 1, () => new SinkError('wait', 'lost', { lost: true }))
    for (let steps = 0; steps < 200; steps += 1) await made.step().catch(() => true)
    expect(made.setAside).toEqual([0, 1, 2])
  })

  test('rests after a full batch for its rate, and after another one so that the next fills', async () => {
    let left = 250
    const pace = { perSecond: 1000, fillMs: 40, nowMs: () => 5_000 }
    const batches = createBatches<number>(
      {
        read: (limit) => Array.from({ length: Math.min(limit, left) }, (_, index) => index),
        deliver: async () => undefined,
        accept({ length }) {
          left -= length
        },
        setAside: async () => undefined,
      },
      100,
      pace,
    )
    const rests = []
    for (let step = 0; step < 4; step += 1) rests.push([await batches.next(), batches.restsUntilMs()])
    expect(rests).toEqual([
      [true, 5_100],
      [true, 5_100],
      [true, 5_040],
      [false, 5_040],
    ])
  })

  test('takes no more at once than its rate allows in a quarter of a second', async () => {
    const taken: number[] = []
    const batches = createBatches<number>(
      {
        read: (limit) => Array.from({ length: limit }, (_, index) => index),
        deliver: async ({ length }) => void taken.push(length),
        accept: () => undefined,
        setAside: async () => undefined,
      },
      1000,
      { perSecond: 500, fillMs: 40, nowMs: () => 5_000 },
    )
    await batches.next()
    expect([taken, batches.restsUntilMs()]).toEqual([[125], 5_250])
  })

  test('an error of no kind is tried again', async () => {
    const { next: step } = createBatches(
      {
        read: () => [1],
        deliver: () => Promise.reject('odd'),
        accept: () => undefined,
        setAside: async () => undefined,
      },
      1,
    )
    await expect(step()).rejects.toMatchObject({ action: 'wait', message: 'odd' })
  })
})
