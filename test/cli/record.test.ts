/** `record` of a device becomes a wire case, and `replay` says whether the profile still makes the same of it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parse } from 'yaml'
import { type RecordOptions, recordCommand, replayCommand } from '../../gateway/cli/bench/record.ts'
import { runBench } from '../../gateway/cli/bench/run.ts'
import { type ChildServer, startChild } from '../support/child-server.ts'
import type { ModbusAsk, ModbusRange } from '../support/modbus-server.ts'
import { createScope } from '../support/proof.ts'

type Case = { readonly registers: ModbusRange[]; readonly values: Record<string, unknown> }
const fixture = parse(readFileSync(join(import.meta.dirname, '..', 'wire', 'profiles', 'abb-b23.yaml'), 'utf8')) as Case

const scope = createScope('record')
const sitePath = join(scope.folder, 'site.yaml')
const casePath = join(scope.folder, 'case.yaml')
let server: ChildServer<ModbusAsk>
beforeAll(async () => {
  server = await startChild('modbus-server.ts', 0)
  scope.defer(() => server.kill())
  await server.ask({ kind: 'load', ranges: fixture.registers })
  const links = { bus: { protocol: 'modbus', transport: 'tcp', host: '127.0.0.1', port: server.port } }
  const state = { kind: 'threshold', signal: 'it.power', above: 1, below: 0, on: 'Executing', off: 'NotExecuting' }
  const devices = { it: { profile: 'abb-b23', link: 'bus', unit: 1 } }
  const machines = { saw: { name: { en: 'Saw' }, owner: 'o', devices, state } }
  const site = { site: 'record', timezone: 'UTC', dataDir: join(scope.folder, 'data'), api: { listen: '127.0.0.1:1' } }
  writeFileSync(sitePath, JSON.stringify({ ...site, links, machines }))
}, 60_000)
afterAll(() => scope.close())

async function said(work: (io: Io, signal: AbortSignal) => number | Promise<number>) {
  const out: string[] = []
  const write = (text: string) => void out.push(text)
  const io = { stdout: { write }, stderr: { write }, env: {} }
  const { signal } = new AbortController()
  return { code: await runBench(false, io, signal, () => work(io, signal)), text: out.join('') }
}
type Io = Parameters<typeof recordCommand>[3]
const record = (more: Partial<RecordOptions> = {}, device = 'saw/it') => {
  const options = {
    rate: 1000,
    timeoutMs: 1000,
    out: casePath,
    about: 'A meter.',
    keepSerial: false,
    force: true,
    json: false,
  }
  return said((io, signal) => recordCommand(sitePath, device, { ...options, ...more }, io, signal))
}
const replay = () => said((io) => replayCommand(sitePath, 'saw/it', casePath, { json: false }, io))

it('holds what the device held and what its profile makes of it, without the serial number', async () => {
  expect((await record()).code).toBe(0)
  const recorded = parse(readFileSync(casePath, 'utf8')) as Case
  expect(recorded.values).toEqual({ ...fixture.values, serialNumber: 0 })
  expect(recorded.registers).toContainEqual({ unit: 1, table: 'holding', start: 0x8900, values: [0, 0] })
  await record({ keepSerial: true })
  expect(parse(readFileSync(casePath, 'utf8'))).toMatchObject({ registers: fixture.registers, values: fixture.values })
})

it('is replayed, and a value that came out otherwise is named', async () => {
  await record()
  expect(await replay()).toMatchObject({ code: 0, text: expect.stringContaining('3 of 3 signals as recorded') })
  writeFileSync(casePath, readFileSync(casePath, 'utf8').replace('power: 4120.5', 'power: 412.05'))
  expect(await replay()).toMatchObject({ code: 1, text: expect.stringContaining('power: recorded 412.05, now 4120.5') })
})

it.each<[string, () => ReturnType<typeof record>, string]>([
  ['another file in its place', () => record({ force: false }), 'is there already'],
  ['a device that is not there', () => record({}, 'saw/plc'), 'there are saw/it'],
])('refuses %s', async (_, work, why) => {
  expect(await work()).toMatchObject({ code: 1, text: expect.stringContaining(why) })
})
