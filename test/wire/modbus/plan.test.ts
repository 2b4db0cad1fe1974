/** Which requests read which points: a row is a test. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Point } from '../../../adapters/adapter.ts'
import type { ModbusAddress } from '../../../adapters/modbus/options.ts'
import { cutsFor, MAX_BITS, plan, sizeOf } from '../../../adapters/modbus/plan.ts'

const limits = { maxGap: 8, maxRegisters: 125 }
const none = new Set<string>()

/** `unit/table/address:type`, a `words` type with its count: `1/holding/100:words18`. */
function point(text: string): Point {
  const [, unit, table, address, type, count] =
    /^(\d+)\/(\w+)\/(\d+):([a-z]+\d*?)(?:(?<=words)(\d+))?$/.exec(text) ?? []
  return {
    id: text,
    address: { table, address: Number(address), type, ...(count ? { count: Number(count) } : {}) },
    device: { unit: Number(unit) },
    intervalMs: 1000,
  }
}
const spans = (points: readonly string[], over: Partial<typeof limits> = {}, cuts: Set<string> = none) =>
  plan(points.map(point), { ...limits, ...over }, cuts).requests.map(
    ({ unit, table, start, count }) => `${unit}/${table}/${start}+${count}`,
  )

describe('a plan', () => {
  it.each<[string, string[], string[], Partial<typeof limits>?]>([
    ['of nothing is nothing', [], []],
    ['reads a point with its width', ['1/holding/7:f64'], ['1/holding/7+4']],
    ['puts neighbours together', ['1/holding/0:u32', '1/holding/2:u16'], ['1/holding/0+3']],
    ['sorts first', ['1/holding/9:u16', '1/holding/0:u16'], ['1/holding/0+10']],
    ['reads a gap of maxGap', ['1/holding/0:u16', '1/holding/9:u16'], ['1/holding/0+10']],
    ['reads no wider gap', ['1/holding/0:u16', '1/holding/10:u16'], ['1/holding/0+1', '1/holding/10+1']],
    [
      'reads no gap when there may be none',
      ['1/holding/0:u16', '1/holding/2:u16'],
      ['1/holding/0+1', '1/holding/2+1'],
      { maxGap: 0 },
    ],
    ['does not confuse tables', ['1/holding/0:u16', '1/input/1:u16'], ['1/holding/0+1', '1/input/1+1']],
    ['does not confuse units', ['1/holding/0:u16', '2/holding/1:u16'], ['1/holding/0+1', '2/holding/1+1']],
    ['reads overlapping points once', ['1/holding/0:u32', '1/holding/1:u32', '1/holding/0:u64'], ['1/holding/0+4']],
    ['fills a request to its limit', ['1/holding/0:u32', '1/holding/2:u32'], ['1/holding/0+4'], { maxRegisters: 4 }],
    ['and no further', ['1/holding/0:u32', '1/holding/2:u32'], ['1/holding/0+2', '1/holding/2+2'], { maxRegisters: 3 }],
    ['never splits a point', ['1/holding/0:words18'], ['1/holding/0+18'], { maxRegisters: 10 }],
    ['counts bits by the limit of bits', ['1/coil/0:bool', '1/coil/8:bool'], ['1/coil/0+9'], { maxRegisters: 2 }],
    ['reaches the last address', ['1/holding/65534:u32'], ['1/holding/65534+2']],
  ])('%s', (_, points, expected, over) => {
    expect(spans(points, over)).toEqual(expected)
  })

  it('reads 2000 bits at once and not 2001', () => {
    const bits = (count: number) => Array.from({ length: count }, (_, address) => `1/discrete/${address}:bool`)
    expect(spans(bits(2000))).toEqual(['1/discrete/0+2000'])
    expect(spans(bits(2001))).toEqual(['1/discrete/0+2000', '1/discrete/2000+1'])
  })

  it.each<[string, Partial<Record<number, unknown>>, number[], string[]]>([
    [
      'as few registers as the device allows',
      { 0: { maxRegisters: 2 }, 1: { maxRegisters: 2 }, 2: { maxRegisters: 2 } },
      [0, 1, 2],
      ['0+2', '2+1'],
    ],
    ['no wider gap than the device allows', { 4: { maxGap: 2 } }, [0, 4], ['0+1', '4+1']],
    ['no wider gap than the link allows', { 10: { maxGap: 120 } }, [0, 10], ['0+1', '10+1']],
    ['what is to be alone', { 1: { alone: true } }, [0, 1, 2], ['0+1', '1+1', '2+1']],
    [
      'nothing across a range that is avoided',
      { 4: { avoid: [{ table: 'holding', from: 2, to: 2 }] } },
      [0, 4],
      ['0+1', '4+1'],
    ],
    ['across a range of another table', { 4: { avoid: [{ table: 'input', from: 2, to: 2 }] } }, [0, 4], ['0+5']],
    ['across what is avoided elsewhere', { 4: { avoid: [{ table: 'holding', from: 5, to: 9 }] } }, [0, 4], ['0+5']],
  ])('reads %s', (_, own, addresses, expected) => {
    const points = addresses.map((at) => ({ ...point(`1/holding/${at}:u16`), ...(own[at] ? { limits: own[at] } : {}) }))
    expect(plan(points, limits, none).requests.map(({ start, count }) => `${start}+${count}`)).toEqual(expected)
  })

  it.each<[string, string[], Partial<typeof limits>, string[]]>([
    ['a gap', ['0:u16', '30:u16'], {}, ['1/holding/0+31']],
    ['the room that a request has left', ['3:u32', '5:u32'], { maxRegisters: 5 }, ['1/holding/0+3', '1/holding/3+4']],
    ['more than a request may hold', ['0:u16', '90:u16'], { maxRegisters: 50 }, ['1/holding/0+1', '1/holding/90+1']],
  ])('keeps the parts of one value in one request over %s, where that can be', (why, parts, over, expected) => {
    const part = (text: string) => ({ ...point(`1/holding/${text}`), limits: { together: 'total' } })
    const before = why.startsWith('the room') ? [point('1/holding/0:words3')] : []
    const requests = plan([...before, ...parts.map(part)], { ...limits, ...over }, none).requests
    expect(requests.map(({ unit, table, start, count }) => `${unit}/${table}/${start}+${count}`)).toEqual(expected)
  })

  it('reads what is to be alone once for all that stands there, also where values overlap', () => {
    const alone = (text: string) => ({ ...point(text), limits: { alone: true } })
    const points = ['17:s32', '18:s32', '18:s32', '19:u16'].map((at) => alone(`1/holding/${at}`))
    const { requests } = plan(points, limits, none)
    expect(requests.map(({ start, count }) => `${start}+${count}`)).toEqual(['17+2', '18+2', '19+1'])
  })

  it('asks for the longest pause that a device in the request wants', () => {
    const points = [10, 60, 0].map((pauseMs, at) => ({ ...point(`1/holding/${at}:u16`), limits: { pauseMs } }))
    expect(plan(points, limits, none).requests).toMatchObject([{ start: 0, count: 3, pauseMs: 60 }])
    expect(plan([point('1/holding/0:u16')], limits, none).requests[0]).not.toHaveProperty('pauseMs')
  })

  it('never crosses a boundary that it is told of', () => {
    const points = ['1/holding/0:u16', '1/holding/1:u16', '1/holding/4:u16']
    expect(spans(points, {}, new Set(['1/holding/1']))).toEqual(['1/holding/0+1', '1/holding/1+4'])
    expect(spans(points, {}, new Set(['1/holding/4']))).toEqual(['1/holding/0+2', '1/holding/4+1'])
    expect(spans(points, {}, new Set(['2/holding/1', '1/input/4']))).toEqual(['1/holding/0+5'])
  })

  const address = fc.record({
    unit: fc.integer({ min: 1, max: 2 }),
    table: fc.constantFrom('holding', 'input', 'coil'),
    start: fc.integer({ min: 0, max: 300 }),
    type: fc.constantFrom('u16', 'u32', 'u64', 'words12'),
  })
  const somePoints = fc
    .array(address, { maxLength: 60 })
    .map((list) =>
      list.map(({ unit, table, start, type }) =>
        point(`${unit}/${table}/${start}:${table === 'coil' ? 'bool' : type}`),
      ),
    )

  it('holds every point once, in a request that covers it and keeps to the limits', () => {
    fc.assert(
      fc.property(
        somePoints,
        fc.integer({ min: 0, max: 20 }),
        fc.integer({ min: 1, max: 125 }),
        (points, maxGap, maxRegisters) => {
          const { requests, invalid } = plan(points, { maxGap, maxRegisters }, none)
          expect(invalid).toEqual([])
          expect(requests.flatMap((request) => request.points).length).toBe(points.length)
          for (const { start, count, table, points: inside } of requests) {
            const widest = Math.max(...inside.map(({ address }) => sizeOf(address as ModbusAddress)))
            expect(count).toBeLessThanOrEqual(table === 'coil' ? MAX_BITS : Math.max(maxRegisters, widest))
            for (const { address } of inside) {
              const { address: at } = address as ModbusAddress
              expect(at).toBeGreaterThanOrEqual(start)
              expect(at + sizeOf(address as ModbusAddress)).toBeLessThanOrEqual(start + count)
            }
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('finds every register that does not exist in a bounded number of rounds, and reads all others', () => {
    fc.assert(
      fc.property(somePoints, fc.uniqueArray(fc.integer({ min: 0, max: 310 }), { maxLength: 5 }), (points, holes) => {
        const cuts = new Set<string>()
        const refused = new Set<Point>()
        let open: readonly Point[] = points
        let rounds = 0
        while (open.length > 0) {
          expect(++rounds).toBeLessThan(20)
          open = plan(open, limits, cuts).requests.flatMap((request) => {
            if (!holes.some((hole) => hole >= request.start && hole < request.start + request.count)) return []
            const found = cutsFor(request)
            for (const cut of found) cuts.add(cut)
            if (found.length > 0) return request.points
            for (const each of request.points) refused.add(each)
            return []
          })
        }
        for (const each of points) {
          const { address: at } = each.address as ModbusAddress
          const end = at + sizeOf(each.address as ModbusAddress)
          if (holes.some((hole) => hole >= at && hole < end)) expect(refused.has(each)).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('the boundaries learnt from a refusal', () => {
  const cuts = (points: string[]) => plan(points.map(point), limits, none).requests.flatMap(cutsFor)
  it.each<[string, string[], string[]]>([
    ['are at every gap', ['1/holding/0:u16', '1/holding/3:u16', '1/holding/9:u16'], ['1/holding/3', '1/holding/9']],
    [
      'are in the middle where there is no gap',
      ['1/holding/0:u16', '1/holding/1:u16', '1/holding/2:u16'],
      ['1/holding/2'],
    ],
    ['are none for one point', ['1/holding/0:u32'], []],
    ['are none within what overlaps', ['1/holding/0:u32', '1/holding/1:u32'], []],
  ])('%s', (_, points, expected) => {
    expect(cuts(points)).toEqual(expected)
  })
})
