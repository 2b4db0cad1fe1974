/** The readings of a session at each change of prices, from an unlock to its bill. */
import { describe, expect, it } from 'vitest'
import { billOf } from '../../../gateway/core/billing/bill.ts'
import { useOf } from '../../../gateway/core/billing/entry.ts'
import type { Tariff } from '../../../gateway/core/billing/tariff.ts'
import type { EntryBody } from '../../../gateway/core/ground/entry.ts'
import { newTurn } from '../../../gateway/core/machine/turn.ts'
import { traceBand } from '../../../gateway/core/metering/bands.ts'
import { clockTimes, stepClocks } from '../../../gateway/core/session/clocks.ts'
import { useSoFar } from '../../../gateway/core/session/cost.ts'
import { createWorld, MACHINE, machineConfig } from '../../support/world.ts'
import { envAt, machine, session } from '../support.ts'

const MINUTE_MS = 60_000
/** The world begins at 08:00 UTC; another price holds from 08:10 on. */
const tariff: Tariff = {
  id: 'booth',
  version: 1,
  currency: 'CNY',
  digits: 2,
  zone: 'UTC',
  approvedBy: 'owners',
  freeCancellationMs: 0,
  basis: 'use',
  elements: [
    { id: 'late', of: 'occupied', when: 'use', price: '2', per: '60000', hours: { from: 490, to: 1080 }, tax: 't' },
    { id: 'early', of: 'occupied', when: 'use', price: '1', per: '60000', tax: 't' },
    { id: 'pieces', of: 'pieces', when: 'use', price: '0.1', per: '1', tax: 't' },
    { id: 'over', of: 'occupied', when: 'overrun', price: '9', per: '60000', tax: 't' },
  ],
  taxIncluded: false,
  taxes: { t: '0' },
  split: { parts: [], remainder: 'owners' },
}

function worldWith(config = {}) {
  const tariffs = new Map([['booth@1', tariff]])
  const world = createWorld({ ...machineConfig, tariff: 'booth@1', ...config }, 3000, 0, undefined, tariffs)
  world.run(1000)
  world.operator(true)
  return world
}

function ended(world: ReturnType<typeof worldWith>) {
  const entry = world.durable.entries.find(({ kind }) => kind === 'SessionEnded')!
  const use = useOf(entry as unknown as EntryBody)
  return { use, bill: billOf(tariff, use) }
}

describe('a session under a tariff', () => {
  it('is read when other prices begin to hold, and its bill has a line for each', () => {
    const world = worldWith()
    world.putBookings([world.booking('b1')])
    world.unlock()
    world.run(15 * MINUTE_MS)
    world.end()
    world.run(30_000)
    const { use, bill } = ended(world)
    expect(use.tariff).toBe('booth@1')
    expect(use.trace.map(({ atMs }) => new Date(atMs).toISOString().slice(11, 16))).toEqual(['08:00', '08:10', '08:15'])
    expect(bill.lines.map(({ element }) => element)).toEqual(['early', 'late', 'pieces'])
    const [early, late, pieces] = bill.lines
    expect(Number(early!.quantity)).toBeGreaterThan(9.9 * MINUTE_MS)
    expect(late!.begin).toBe(early!.end)
    expect(BigInt(late!.end)).toBe(BigInt(use.trace.at(-1)!.clocks.occupiedMs))
    expect(pieces!.quantity).toBe(use.trace.at(-1)!.meters.find(({ unit }) => unit === 'pcs')!.quantity)
  })

  it('costs while it runs what the readings so far cost, never more than in the end', () => {
    const world = worldWith()
    world.putBookings([world.booking('b1')])
    world.unlock()
    const shown: number[] = []
    for (let minute = 0; minute < 15; minute++) {
      world.run(MINUTE_MS)
      const { session } = world.state
      const clocks = { occupiedMs: 0, poweredMs: 0, executingMs: 0 }
      const bill = billOf(tariff, useSoFar(session!, { atMs: session!.intendedAtMs + minute * MINUTE_MS, clocks }))
      shown.push(Number(bill.total))
    }
    const { session } = world.state
    const last = useSoFar(session!, { atMs: 0, clocks: clockTimes(session!) })
    expect(shown).toEqual([...shown].sort((a, b) => a - b))
    expect(shown[0]).toBeGreaterThan(0)
    world.end()
    world.run(30_000)
    const { use, bill } = ended(world)
    expect(shown.at(-1)).toBeLessThanOrEqual(Number(bill.total))
    // With the readings of the end it is the bill.
    const end = {
      ...session!,
      use: use.trace.at(-1)!.meters.map(({ meter, unit, quantity }) => ({ meter, unit, quantity })),
    }
    const atEnd = useSoFar(end, { atMs: use.endedAtMs, clocks: use.trace.at(-1)!.clocks })
    expect(billOf(tariff, atEnd)).toEqual({ ...bill, lines: billOf(tariff, atEnd).lines })
    expect(last.trace).toHaveLength(use.trace.length)
  })

  it('is read as soon as the gateway is back, when prices changed while it was down', () => {
    const world = worldWith()
    world.putBookings([world.booking('b1')])
    world.unlock()
    world.run(9.97 * MINUTE_MS)
    world.kill()
    world.run(3000)
    world.start()
    world.run(2 * MINUTE_MS)
    world.end()
    world.run(30_000)
    const { use, bill } = ended(world)
    expect(use.trace).toHaveLength(3)
    expect(bill.lines.map(({ element }) => element)).toEqual(['early', 'late', 'pieces'])
  })

  it('is read no more often than its entry can hold, and at the begin of its overrun all the same', () => {
    const tariffs = new Map([['booth@1', tariff]])
    const meters = [{ meter: 'booth/energy.energy', unit: 'Wh', quantity: '1', total: '1' }]
    const clocks = { occupiedMs: 1, poweredMs: 1, executingMs: 1 }
    const look = { known: true, atNs: '1', bootId: 'boot', occupied: true, powered: false, executing: false }
    const read = (points: number, meter = meters, more = {}) => {
      const trace = Array.from({ length: points }, () => ({ at: 1, when: 'use' as const, clocks, meters: meter }))
      const open = session({
        tariff: 'booth@1',
        clocks: stepClocks(undefined, look, 0),
        band: 'use 0000',
        trace,
        ...more,
      })
      const turn = newTurn({ ...machine(), session: open }, envAt(0, { tariffs }))
      traceBand(turn)
      return turn.m.session!.trace!.length
    }
    expect([read(123), read(124), read(124, meters, { overrun: { sinceMs: 1, use: [] } })]).toEqual([124, 124, 125])
    const many = Array.from({ length: 300 }, () => meters[0]!)
    expect([read(1, many), read(2, many)]).toEqual([2, 2])
  })

  it('is the tariff and the class that its booking names', () => {
    const world = worldWith({ tariff: 'other@1' })
    world.putBookings([{ ...world.booking('b1'), tariff: 'booth@1', class: 'inside' }])
    world.unlock()
    world.run(MINUTE_MS)
    world.end()
    world.run(30_000)
    expect(ended(world).use).toMatchObject({ tariff: 'booth@1', class: 'inside' })
  })

  it('has no bill under a tariff that is not known', () => {
    const world = worldWith({ tariff: 'other@1' })
    world.putBookings([world.booking('b1')])
    world.unlock()
    world.run(MINUTE_MS)
    world.end()
    world.run(30_000)
    const { use } = { use: world.durable.entries.find(({ kind }) => kind === 'SessionEnded')! }
    expect(use.machine).toBe(MACHINE)
    expect(use.data).not.toHaveProperty('billing')
  })
})
