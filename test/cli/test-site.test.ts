/** `latchkey test`: what is there, and what is not, of all that a site file names. */

import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runBench } from '../../gateway/cli/bench/run.ts'
import { testCommand } from '../../gateway/cli/bench/test-site.ts'
import { createScope } from '../support/proof.ts'

const scope = createScope('test-site')
let url: string
/** What the store answers. */
let stored = '{"results":[{}]}'
beforeAll(async () => {
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/bookings'))
      response.statusCode = request.headers.authorization === 'Bearer t' ? 200 : 401
    response.end(request.url?.startsWith('/query') ? stored : '{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  scope.defer(() => server.close())
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => scope.close())

async function test() {
  const links = { bus: { protocol: 'modbus', transport: 'tcp', host: '127.0.0.1', port: 1, connectTimeoutMs: 500 } }
  const state = { kind: 'threshold', signal: 'it.power', above: 1, below: 0, on: 'Executing', off: 'NotExecuting' }
  const devices = { it: { profile: 'abb-b23', link: 'bus', unit: 1 } }
  const site = { site: 'tested', timezone: 'UTC', dataDir: join(scope.folder, 'data'), api: { listen: '127.0.0.1:1' } }
  const path = join(scope.folder, 'site.yaml')
  const source = { pull: `${url}/bookings`, token: '$' + '{env:FEED}' }
  const machines = { saw: { name: { en: 'Saw' }, owner: 'o', devices, state } }
  const beside = { mqtt: { url: 'mqtt://127.0.0.1:1' }, influx: { url, database: 'd' }, bookings: { source } }
  writeFileSync(path, JSON.stringify({ ...site, ...beside, links, machines }))
  const out: string[] = []
  const write = (text: string) => void out.push(text)
  const io = { stdout: { write }, stderr: { write }, env: { FEED: 't' } }
  const { signal } = new AbortController()
  const options = { rate: 100, timeoutMs: 200, json: true }
  const code = await runBench(true, io, signal, () => testCommand(path, options, io, signal))
  const { findings } = JSON.parse(out.join('')) as { findings: { what: string; ok: boolean; detail: string }[] }
  return { code, of: (what: string) => findings.find((finding) => finding.what === what) }
}

it('tells each apart, with its cause', async () => {
  const { code, of } = await test()
  expect(code).toBe(1)
  expect(of('clock')).toMatchObject({ ok: true })
  expect(of('store')).toMatchObject({ ok: true })
  expect(of('feed')).toMatchObject({ ok: true })
  expect(of('broker')).toMatchObject({ ok: false, detail: expect.stringContaining('ECONNREFUSED') })
  expect(of('machine saw')).toMatchObject({ ok: false, detail: expect.stringContaining('link-down') })
})

it('hears a store that says in a success that it has no such database', async () => {
  stored = '{"results":[{"error":"database not found: d"}]}'
  expect((await test()).of('store')).toMatchObject({ ok: false, detail: expect.stringContaining('not found: d') })
})
