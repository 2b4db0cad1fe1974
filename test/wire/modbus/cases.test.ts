/** Each folder here is a device with its registers, points, and what a link must make of them: see any case.yaml. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { Show } from '../../../adapters/adapter.ts'
import { modbusAdapter } from '../../../adapters/modbus/link.ts'
import { modbusAddress, modbusDevice } from '../../../adapters/modbus/options.ts'
import type { Reading } from '../../../gateway/core/reading/reading.ts'
import { type ChildServer, startChild } from '../../support/child-server.ts'
import { linkDeps, makeLink, open, withDefaults } from '../../support/links.ts'
import type { ModbusAsk, ModbusBehaviour, ModbusRange, ModbusRequest } from '../../support/modbus-server.ts'

type Case = {
  about: string
  options?: Record<string, unknown>
  device?: Partial<ModbusBehaviour>
  registers: ModbusRange[]
  points: ({ id: string; unit?: number } & Record<string, unknown>)[]
  expect: {
    /** By the point; text of digits and `n` is a bigint. */
    readings: Record<string, Record<string, unknown>>
    /** What the device is asked the first time, and the second. */
    requests?: ModbusRequest[]
    again?: ModbusRequest[]
  }
}

const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory())

describe.each(['tcp', 'udp', 'rtu-over-tcp'])('registers become readings over %s', (transport) => {
  let server: ChildServer<ModbusAsk>
  beforeEach(async () => {
    await server?.kill()
    server = await startChild('modbus-server.ts', 0, [transport])
  })
  afterAll(() => server?.kill())

  it.each(folders.map(({ name }) => name))('%s', async (name) => {
    const text = readFileSync(join(import.meta.dirname, name, 'case.yaml'), 'utf8')
    const wire: Case = parse(text)
    await server.ask({ kind: 'load', ranges: wire.registers })
    await server.ask({ kind: 'behave', behaviour: wire.device ?? {} })
    const points = wire.points.map(({ id, unit, ...address }) => ({
      id,
      address: withDefaults(modbusAddress, address),
      device: withDefaults(modbusDevice, unit === undefined ? {} : { unit }),
      intervalMs: 1000,
    }))
    const options = { transport, host: '127.0.0.1', port: server.port, timeoutMs: 2000, ...wire.options }
    const link = makeLink(modbusAdapter, options, linkDeps())
    await open(link)

    const first = await link.read(points)
    expect(plain(first)).toEqual(expected(wire))
    const requests = await server.ask({ kind: 'journal' })
    if (wire.expect.requests) expect(requests).toEqual(wire.expect.requests)
    expect(plain(await link.read(points))).toEqual(expected(wire))
    const again = await server.ask({ kind: 'journal' })
    if (wire.expect.again) expect(again).toEqual(wire.expect.again)

    const shown: object[] = []
    const show: Show = ({ id }, value) => shown.push({ point: id, quality: 'good', value }) > 0
    const rest = plain(await link.read(points, { show }))
    expect(byPoint([...shown, ...rest])).toEqual(byPoint(expected(wire).map((one) => withoutRaw(one, shown))))
    for (const one of rest as Reading[]) expect(needsReading(one), JSON.stringify(one.point)).toBe(true)
  })
})

/** A value that was shown says nothing of its raw integer. */
function withoutRaw(reading: object, shown: readonly object[]): object {
  const { point, raw, ...rest } = reading as Reading
  const isShown = shown.some((one) => (one as Reading).point === point)
  return { point, ...rest, ...(raw === undefined || isShown ? {} : { raw }) }
}

const byPoint = (list: object[]) => (list as Reading[]).sort((a, b) => (a.point < b.point ? -1 : 1))

/** A text, a block, what is bad, and an integer of a type that does not always fit a double. */
function needsReading({ quality, value, raw }: Reading): boolean {
  return quality !== 'good' || raw !== undefined || typeof value === 'string' || Array.isArray(value)
}

function plain(readings: readonly Reading[]): object[] {
  return readings.map(({ readAtMs: _ms, readAtNs: _ns, ...reading }) => reading)
}

function expected({ points, expect: { readings } }: Case): object[] {
  return points.map(({ id }) => ({ point: id, ...revive(readings[id] ?? {}) }))
}

function revive(reading: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(reading).map(([key, value]) => [
      key,
      typeof value === 'string' && /^-?\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
    ]),
  )
}
