/** A register is found through the gateway that runs on the same data folder, over its one connection to the device. */
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { matchCommand } from '../../gateway/cli/bench/match.ts'
import { runBench } from '../../gateway/cli/bench/run.ts'
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
