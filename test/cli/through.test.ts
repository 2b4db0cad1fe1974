/** The bench through a gateway that runs on the same data folder, over its one connection to the device; and alone. */
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { matchCommand } from '../../gateway/cli/bench/match.ts'
import { type ProbeOptions, probeCommand } from '../../gateway/cli/bench/probe.ts'
import { runBench } from '../../gateway/cli/bench/run.ts'
import { scanCommand } from '../../gateway/cli/bench/scan.ts'
import { addKey } from '../../gateway/cli/keys.ts'
import { type ChildServer, startChild } from '../support/child-server.ts'
import { createGateway, type Gateway } from '../support/gateway.ts'
import type { ModbusAsk } from '../support/modbus-server.ts'
import { freePort } from '../support/ports.ts'
import { createScope } from '../support/proof.ts'

/** Something else on the same bus. */
const METERED = {
  name: { en: 'Other' },
  owner: 'huajian',
  devices: { it: { profile: 'abb-b23', link: 'bus', unit: 9 } },
  state: { kind: 'threshold', signal: 'it.power', above: 1, below: 0, on: 'Executing', off: 'NotExecuting' },
}
const scope = createScope('through')
let device: ChildServer<ModbusAsk>
let gateway: Gateway
let key: string
beforeAll(async () => {
  device = await startChild('modbus-server.ts', 0)
  scope.defer(() => device.kill())
  const dataDir = join(scope.folder, 'data')
  key = (await addKey(dataDir, { role: 'technician', name: 'Wang' }, [], Date.now())).text
  const links = { bus: { protocol: 'modbus', transport: 'tcp', host: '127.0.0.1', port: device.port } }
  const site = { site: 'through', timezone: 'UTC', dataDir, api: { listen: `127.0.0.1:${await freePort()}` }, links }
  gateway = createGateway(scope, 'through', JSON.stringify({ ...site, machines: { other: METERED } }))
  await gateway.start()
}, 60_000)
afterAll(() => scope.close())

const options = () => ({
  ...{ site: gateway.sitePath, rate: 100, timeoutMs: 500, unit: 1, registers: 'holding:0-50', block: 20, samples: 5 },
  ...{ name: 'pieces', counter: false, json: false },
})

async function match(values: readonly number[], given?: string) {
  const out: string[] = []
  const stdin = new PassThrough()
  const write = (text: string) => void out.push(text)
  const io = { stdout: { write }, stderr: { write }, env: {}, stdin }
  const { signal } = new AbortController()
  const asked = { ...options(), key: given }
  const ended = runBench(false, io, signal, () => matchCommand('bus', asked, io, signal))
  for (const value of values) {
    const words = Array.from({ length: 30 }, (_, at) => 40_000 + at)
    words.splice(7, 2, value >>> 16, value & 0xffff)
    await device.ask({ kind: 'load', ranges: [{ unit: 1, table: 'holding', start: 0, values: words }] })
    const before = out.length
    stdin.write(`${value}\n`)
    await expect.poll(() => out.length, { timeout: 10_000 }).toBeGreaterThan(before)
    await expect.poll(() => /displays? show|0x7/.test(out.slice(before).join('')), { timeout: 10_000 }).toBe(true)
  }
  stdin.end()
  return { code: await ended, text: out.join('') }
}

it('and the device sees no second connection', async () => {
  const { code, text } = await match([1_234_567, 1_234_599, 1_240_000], key)
  expect(text).toContain('holding 7 (0x7) u32 ABCD, scale 1')
  expect(code).toBe(0)
  expect(await device.ask({ kind: 'connections-so-far' })).toBe(1)
})

it('but not without the key of a technician', async () => {
  expect(await match([])).toMatchObject({ code: 1, text: expect.stringContaining('LATCHKEY_KEY') })
})

it('and a host that the gateway is connected to is not scanned', async () => {
  const err: string[] = []
  const io = { stdout: { write() {} }, stderr: { write: (text: string) => void err.push(text) }, env: {} }
  const { signal } = new AbortController()
  const asked = {
    ...{ units: '1', rate: 100, timeoutMs: 100, map: false, stride: 32, block: 64, most: 10 },
    folder: '.',
  }
  const hosts = [`127.0.0.1:${device.port}`]
  const scan = () => scanCommand(hosts, { ...asked, site: gateway.sitePath, json: false }, io, signal)
  expect(await runBench(false, io, signal, scan)).toBe(1)
  expect(err.join('')).toContain(`holds the connection to ${hosts[0]}`)
})

describe('probe', () => {
  async function probe(more: Partial<ProbeOptions>) {
    const out: string[] = []
    const write = (text: string) => void out.push(text)
    const io = { stdout: { write }, stderr: { write }, env: {} }
    const { signal } = new AbortController()
    const asked = { rate: 100, timeoutMs: 500, plan: false, json: true, key, ...more }
    const code = await runBench(true, io, signal, () => probeCommand(gateway.sitePath, 'other', asked, io, signal))
    return { code, text: out.join('') }
  }
  const energy = (text: string) =>
    (JSON.parse(text) as { signals: { signal: string }[] }).signals.find(
      ({ signal }) => signal === 'other/it.activeImport',
    )

  it('explains each request without asking anybody', async () => {
    const { code, text } = await probe({ plan: true, json: false })
    expect(code).toBe(0)
    expect(text).toMatch(
      /bus, every 500 ms: 1 request\n {2}unit 9, function 3: 4 of holding from 20480: other\/it.activeImport/,
    )
  })

  it('shows value, unit, registers and age, through the gateway and without it', async () => {
    const ranges = [0x5000, 0x5b00, 0x8900].map((start) => ({
      ...{ unit: 9, table: 'holding' as const, start },
      values: Array.from({ length: 120 }, (_, at) => (at === 3 ? 1234 : 0)),
    }))
    await device.ask({ kind: 'load', ranges })
    await expect
      .poll(async () => energy((await probe({})).text), { timeout: 20_000, interval: 500 })
      .toMatchObject({
        ...{ quality: 'good', unit: 'kWh', words: [0, 0, 0, 1234] },
      })
    await gateway.stop()
    expect(energy((await probe({})).text)).toMatchObject({
      ...{ quality: 'good', value: expect.closeTo(12.34, 6), words: [0, 0, 0, 1234], ageMs: expect.any(Number) },
    })
    await device.kill()
    const { code, text } = await probe({ timeoutMs: 100 })
    expect(code).toBe(1)
    expect(energy(text)).toMatchObject({ quality: 'bad', cause: 'link-down' })
  })
})
