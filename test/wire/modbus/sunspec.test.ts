/** Points of SunSpec models: where the chain of a device begins and what it holds differs, and may change. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Link, Point } from '../../../adapters/adapter.ts'
import { modbusAdapter } from '../../../adapters/modbus/link.ts'
import { pointAddress } from '../../../adapters/modbus/sunspec-points.ts'
import { type ChildServer, startChild } from '../../support/child-server.ts'
import { makeLink, open } from '../../support/links.ts'
import type { ModbusAsk, ModbusRange } from '../../support/modbus-server.ts'

let server: ChildServer<ModbusAsk>
let link: Link
/** What was loaded stays: each test has a unit of its own. */
let unit = 0
let power: Point[]
beforeAll(async () => {
  server = await startChild('modbus-server.ts', 0)
})
beforeEach(async () => {
  await server.ask({ kind: 'behave-usually' })
  unit += 1
  power = [point([201, 203], 'W')]
  link = makeLink(modbusAdapter, { transport: 'tcp', host: '127.0.0.1', port: server.port, timeoutMs: 300 })
  await open(link)
})
afterAll(async () => {
  await link?.close()
  server?.kill()
})

const END = 0xffff
/** Models one after the other, behind the mark. */
const chain = (
  start: number,
  models: readonly (readonly [id: number, registers: readonly number[]])[],
): ModbusRange => ({
  unit,
  table: 'holding',
  start,
  values: [0x5375, 0x6e53, ...models.flatMap(([id, registers]) => [id, registers.length, ...registers]), END, 0],
})
const meter = (power: number): readonly [number, readonly number[]] => [203, Array.from({ length: 105 }, () => power)]
const point = (models: number[], name: string): Point => ({
  id: name,
  address: pointAddress({ models, point: name }),
  device: { unit },
  intervalMs: 1000,
})
const load = (ranges: readonly ModbusRange[]) => server.ask({ kind: 'load', ranges })
const requests = async () => ((await server.ask({ kind: 'journal' })) as { start: number }[]).map(({ start }) => start)

it.each([40_000, 50_000, 0])(
  'a chain that begins at %i is walked once, and its points are then read like any other',
  async (base) => {
    await load([chain(base, [[1, [0, 0, 0]], meter(412)])])
    await requests()
    expect(await link.read(power)).toMatchObject([{ point: 'W', quality: 'good', value: 412, raw: 412n }])
    expect((await requests()).at(-1)).toBe(base + 7 + 18)
    expect(await link.read(power)).toMatchObject([{ value: 412 }])
    expect(await requests()).toEqual([base + 7 + 18])
  },
)

it('is walked again on the next connection, since the device may be another', async () => {
  await load([chain(40_000, [meter(1)])])
  expect(await link.read(power)).toMatchObject([{ value: 1 }])
  await load([chain(40_000, [[1, [0]], [64_001, [0, 0]], meter(2)])])
  await open(link)
  expect(await link.read(power)).toMatchObject([{ value: 2 }])
})

it('of a model that a device has twice the first is read', async () => {
  await load([chain(40_000, [meter(1), meter(2)])])
  expect(await link.read(power)).toMatchObject([{ value: 1 }])
})

it('a model that is not there is said with those that are', async () => {
  await load([
    chain(40_000, [
      [1, [0]],
      [103, [0]],
    ]),
  ])
  expect(await link.read(power)).toMatchObject([
    { quality: 'bad', cause: 'malformed', detail: 'the device has no SunSpec model 201 or 203; it has 1, 103' },
  ])
})

it('a device without the mark is asked once a minute, and its other registers are read', async () => {
  await load([{ unit, table: 'holding', start: 0, values: [7, 8, 9] }])
  const plain: Point = { ...power[0]!, id: 'plain', address: { table: 'holding', address: 2, type: 'u16' } }
  const both = [...power, plain]
  await requests()
  const found = [
    { point: 'W', quality: 'bad', cause: 'malformed' },
    { point: 'plain', value: 9 },
  ]
  expect(await link.read(both)).toMatchObject(found)
  expect(await requests()).toEqual([40_000, 50_000, 0, 2])
  expect(await link.read(both)).toMatchObject(found)
  expect(await requests()).toEqual([2])
})

it('a chain without an end is not followed for ever', async () => {
  await load([
    {
      unit,
      table: 'holding',
      start: 40_000,
      values: [0x5375, 0x6e53, ...Array.from({ length: 400 }, (_, index) => (index % 2 === 0 ? 9 : 0))],
    },
  ])
  await requests()
  expect(await link.read(power)).toMatchObject([{ quality: 'bad', cause: 'malformed' }])
  expect(await requests()).toHaveLength(1 + 64)
})

it('a unit that does not answer has no chain for that reason, and its points say so', async () => {
  await load([chain(40_000, [meter(1)])])
  await server.ask({ kind: 'behave', behaviour: { silent: [unit] } })
  expect(await link.read(power)).toMatchObject([{ quality: 'bad', cause: 'timeout' }])
})

it('names of points are those of their models', () => {
  expect(pointAddress({ models: [203], point: 'TotWhImp' })).toMatchObject({ address: 46, type: 'u32' })
  expect(pointAddress({ models: [203], point: 'TotWh_SF' })).toMatchObject({ address: 54, type: 's16' })
  expect(pointAddress({ models: [213], point: 'TotWhImp' })).toMatchObject({ address: 68, type: 'f32' })
  expect(pointAddress({ models: [213], point: 'PF' })).toMatchObject({ address: 52, type: 'f32' })
  expect(pointAddress({ models: [103], point: 'WH_SF' })).toMatchObject({ address: 26, type: 's16' })
  expect(pointAddress({ models: [103], point: 'St' })).toMatchObject({ address: 38, type: 'u16' })
  expect(pointAddress({ models: [1], point: 'SN' })).toMatchObject({ address: 50, type: 'text', count: 16 })
  expect(pointAddress({ models: [203], point: 'TotWh' })).toContain('TotWhImp')
  expect(pointAddress({ models: [1, 203], point: 'W' })).toEqual([])
})
