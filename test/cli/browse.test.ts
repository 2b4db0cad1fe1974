/** `browse` of an OPC UA server, and the profile that is made of what it shows. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readBrowsed } from '../../config/browsed.ts'
import { type BrowseOptions, browseCommand } from '../../gateway/cli/bench/browse.ts'
import { type ModelsOptions, modelsCommand } from '../../gateway/cli/bench/models.ts'
import { probeCommand } from '../../gateway/cli/bench/probe.ts'
import { profileNewCommand } from '../../gateway/cli/bench/profile-new.ts'
import { runBench } from '../../gateway/cli/bench/run.ts'
import { unitFault } from '../../gateway/cli/bench/units.ts'
import { type ChildServer, startChild } from '../support/child-server.ts'
import type { OpcuaAsk } from '../support/opcua-device.ts'
import { freePort } from '../support/ports.ts'
import { createScope } from '../support/proof.ts'

const scope = createScope('browse')
let server: ChildServer<OpcuaAsk>
let sitePath: string
beforeAll(async () => {
  const port = await freePort()
  server = await startChild('opcua-server.ts', port, [JSON.stringify({ pkiDir: join(scope.folder, 'pki') })])
  scope.defer(() => server.kill())
  const values = [
    { node: 'Saw.PowerW', type: 'Double', value: 12.5, unit: 'W' },
    { node: 'Saw.EnergyWh', type: 'UInt64', value: '1234', unit: 'Wh' },
  ] as const
  await server.ask({ kind: 'load', values: [...values] })
  const links = { opc: { protocol: 'opcua', endpoint: `opc.tcp://127.0.0.1:${port}`, security: 'None' } }
  const machine = {
    name: { en: 'Saw' },
    owner: 'o',
    devices: { it: { profile: 'machinetool-opcua', link: 'opc', root: 'nsu=urn:latchkey:test-device;s=Saw' } },
    state: 'it',
  }
  const site = { site: 'browse', timezone: 'UTC', dataDir: join(scope.folder, 'data'), api: { listen: '127.0.0.1:1' } }
  sitePath = join(scope.folder, 'site.yaml')
  writeFileSync(sitePath, JSON.stringify({ ...site, links, machines: { saw: machine } }))
}, 60_000)
afterAll(() => scope.close())

async function browse(more: Partial<BrowseOptions>) {
  const out: string[] = []
  const write = (text: string) => void out.push(text)
  const io = { stdout: { write }, stderr: { write }, env: {} }
  const { signal } = new AbortController()
  const options = { depth: 4, limit: 5000, rate: 100, timeoutMs: 1000, json: true, ...more }
  const code = await runBench(true, io, signal, () => browseCommand(sitePath, 'opc', undefined, options, io, signal))
  return { code, text: out.join('') }
}

it('shows the tree with types, and a profile is made of it', async () => {
  const { code, text } = await browse({})
  expect(code).toBe(0)
  const file = join(scope.folder, 'browsed.json')
  writeFileSync(file, text)
  const written: string[] = []
  const io = { stdout: { write: (line: string) => void written.push(line) }, stderr: { write() {} } }
  const only = ['sawPowerW', 'sawEnergyWh']
  const about = { from: file, folder: scope.folder, maker: 'M', model: 'X', meter: ['sawEnergyWh'], only, base: 0 }
  mkdirSync(join(scope.folder, 'profiles'), { recursive: true })
  expect(profileNewCommand('mine', { ...about, force: false, json: false }, io)).toBe(0)
  expect(parse(readFileSync(join(scope.folder, 'profiles', 'mine.yaml'), 'utf8'))).toMatchObject({
    protocol: 'opcua',
    signals: {
      sawPowerW: { address: { node: 'nsu=urn:latchkey:test-device;s=Saw.PowerW', type: 'f64' } },
      sawEnergyWh: { address: { node: 'nsu=urn:latchkey:test-device;s=Saw.EnergyWh', type: 'u64' } },
    },
    meters: { sawEnergyWh: { kind: 'register', signal: 'sawEnergyWh' } },
  })
})

describe('companion models', () => {
  const models = async (more: Partial<ModelsOptions>) => {
    const out: string[] = []
    const write = (text: string) => void out.push(text)
    const io = { stdout: { write }, stderr: { write }, env: {} }
    const { signal } = new AbortController()
    const options = { limit: 5000, rate: 100, timeoutMs: 1000, json: false, ...more }
    const work = () => modelsCommand(sitePath, 'opc', undefined, options, io, signal)
    return { code: await runBench(options.json, io, signal, work), text: out.join('') }
  }

  it('are not made up where a server has none, and no profile is written', async () => {
    const { code, text } = await models({ profile: 'of-a-model' })
    expect([code, existsSync(join(scope.folder, 'profiles', 'of-a-model.yaml'))]).toEqual([1, false])
    expect(text).toContain('no companion model was recognised')
    expect(await models({ json: true })).toEqual({ code: 1, text: '{"models":[]}\n' })
  })

  it.each([
    ['a name that is none', '../up', 'is no name of a profile'],
    ['a profile that is there', 'there', 'is there already'],
  ])('%s is refused before anybody is asked', async (_, profile, why) => {
    mkdirSync(join(scope.folder, 'profiles'), { recursive: true })
    writeFileSync(join(scope.folder, 'profiles', 'there.yaml'), 'mine')
    const { code, text } = await models({ profile })
    expect([code, text]).toEqual([1, expect.stringContaining(why)])
    expect(readFileSync(join(scope.folder, 'profiles', 'there.yaml'), 'utf8')).toBe('mine')
  })
})

it('a unit that the server says otherwise is said by probe, and no other', async () => {
  const signals = {
    power: { address: { node: 'PowerW', type: 'f64' }, unit: 'kW' },
    energy: {
      address: { node: 'nsu=urn:latchkey:test-device;s=Saw.EnergyWh', type: 'u64' },
      unit: 'kWh',
      scale: 0.001,
    },
  }
  const state = { kind: 'threshold', signal: 'power', above: 10, below: 5, on: 'Executing', off: 'NotExecuting' }
  const about = { maker: 'M', model: 'X', source: { document: 'd', page: '1' }, protocol: 'opcua', rung: 'reads' }
  mkdirSync(join(scope.folder, 'profiles'), { recursive: true })
  writeFileSync(
    join(scope.folder, 'profiles', 'units.yaml'),
    JSON.stringify({ profile: 'units', ...about, signals, state }),
  )
  const site = JSON.parse(readFileSync(sitePath, 'utf8'))
  site.machines.saw.devices.it.profile = 'units'
  const path = join(scope.folder, 'units-site.yaml')
  writeFileSync(path, JSON.stringify(site))
  const out: string[] = []
  const io = { stdout: { write: (text: string) => void out.push(text) }, stderr: { write() {} }, env: {} }
  const options = { plan: false, json: true, rate: 100, timeoutMs: 1000 }
  const { signal } = new AbortController()
  expect(await runBench(true, io, signal, () => probeCommand(path, 'saw', options, io, signal))).toBe(0)
  expect(JSON.parse(out.join('')).signals).toMatchObject([
    { signal: 'saw/it.power', unitFault: 'the server says W: its scale in kW is 0.001, and the profile has 1' },
    { signal: 'saw/it.energy' },
  ])
  expect(out.join('').match(/unitFault/g)).toHaveLength(1)
})

describe('a unit of a server', () => {
  it.each<[string, string | undefined, number, number, boolean]>([
    ['kWh', 'kWh', 1, 0, true],
    ['Wh', 'kWh', 0.001, 0, true],
    ['kWh', 'Wh', 1, 0, false],
    ['degC', '°C', 1, 0, true],
    ['bar', 'Pa', 1, 0, false],
    ['°F', '°C', 0.5556, -17.8, true],
    ['rpm', undefined, 1, 0, true],
    ['', 'W', 1, 0, true],
  ])('%s beside %s, scale %d, offset %d: nothing is wrong is %s', (said, unit, scale, offset, isWell) => {
    const signal = { scale, offset, ...(unit === undefined ? {} : { unit }) }
    expect(unitFault(said, signal) === undefined).toBe(isWell)
  })
})

it('ends at the bound, and says so', async () => {
  const { text } = await browse({ limit: 2, json: false })
  expect(text.trim().split('\n')).toHaveLength(3)
  expect(text).toContain('ended after 2 nodes')
})

describe('what was browsed', () => {
  it.each([
    ['no JSON', 'nodes'],
    ['no nodes', '{"nodes":[{"id":1}]}'],
  ])('is refused where it is %s', (_, text) => {
    expect(readBrowsed(text)).toContain('is not what')
  })

  it('gives nodes of one name two names, and leaves out types that no profile knows', () => {
    const node = (path: string[], type: string) => ({ id: path.join('.'), path, kind: 'Variable', type })
    const nodes = [node(['A', 'Power'], 'Double'), node(['B', 'Power'], 'Float'), node(['B', 'Range'], 'Structure')]
    const read = readBrowsed(JSON.stringify({ nodes }))
    expect(typeof read === 'string' || read.signals.map(({ name }) => name)).toEqual(['power', 'bPower'])
    expect(read).toMatchObject({ skipped: [{ line: 3, why: 'B/Range has type Structure' }] })
  })
})
