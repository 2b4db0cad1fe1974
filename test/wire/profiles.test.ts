/**
 * Each profile of a Modbus device against a server that holds the map of its manual and answers exception 2 to all
 * else: see any file in profiles/. A profile that comes with the gateway has one.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parse } from 'yaml'
import { modbusAdapter } from '../../adapters/modbus/link.ts'
import { listProfiles } from '../../config/catalogue.ts'
import { pointsOf, toCycle } from '../../gateway/control/loops/points.ts'
import { type ChildServer, startChild } from '../support/child-server.ts'
import { linkDeps, makeLink, open } from '../support/links.ts'
import type { ModbusAsk, ModbusBehaviour, ModbusRange } from '../support/modbus-server.ts'
import { profileMachine } from '../support/profile-machine.ts'

type Case = {
  about: string
  profile: string
  unit: number
  /** What else it does. */
  device?: Partial<ModbusBehaviour>
  registers: ModbusRange[]
  /** By the signal, scaled; bad ones by their cause. */
  values: Record<string, unknown>
}

const profiles = join(import.meta.dirname, '..', '..', 'config', 'profiles')
const cases = readdirSync(join(import.meta.dirname, 'profiles'))
const yaml = (...path: string[]) => parse(readFileSync(join(...path), 'utf8')) as Record<string, unknown>

let server: ChildServer<ModbusAsk>
beforeAll(async () => {
  server = await startChild('modbus-server.ts', 0)
})
afterAll(() => server?.kill())

it('every profile of a device that speaks Modbus has a case', () => {
  const needed = listProfiles(profiles, []).filter(
    ({ protocol, profile }) => protocol === 'modbus' && !/^(sim|latchkey)-/.test(profile),
  )
  expect(needed.map(({ profile }) => `${profile}.yaml`).filter((file) => !cases.includes(file))).toEqual([])
})

it.each(cases)('%s', async (file) => {
  const { profile, unit, device = {}, registers, values } = yaml(import.meta.dirname, 'profiles', file) as Case
  await server.ask({ kind: 'load', ranges: registers })
  await server.ask({ kind: 'behave-usually' })
  await server.ask({ kind: 'behave', behaviour: device })
  const machine = profileMachine(profile, unit)
  const options = { transport: 'tcp', host: '127.0.0.1', port: server.port, timeoutMs: 2000 }
  const link = makeLink(modbusAdapter, options, linkDeps())
  await open(link)
  const points = [...pointsOf(machine).values()].flat()
  const readings = toCycle(machine)(await link.read(points))
  const read = Object.fromEntries(
    readings.map(({ point, value, cause }) => [point.slice(point.indexOf('.') + 1), rounded(value) ?? cause]),
  )
  expect(read).toEqual(values)
})

/** A scaled value has the last places of a double; what the manual prints has not. */
const rounded = (value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(12)) : value)
