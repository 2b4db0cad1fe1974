/** What an image starts does what the sources do: it finds its threads, its data, and what is loaded when asked. */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { buildGateway } from '../../gateway/build.ts'
import { startLatchkey } from '../support/gateway.ts'
import { type Plant, startPlant } from '../support/gateway-plant.ts'
import { fileScope } from './plant.ts'

const scope = fileScope('built')
let file: string
let plant: Plant

beforeAll(async () => {
  // Where it finds the packages.
  const folder = mkdtempSync(join(import.meta.dirname, '..', '..', 'node_modules', '.built-'))
  scope.defer(() => rmSync(folder, { recursive: true }))
  file = join(folder, 'latchkey.js')
  await buildGateway(folder)
  plant = await startPlant(scope, { site: 'built', machines: { 'spray-booth': 1 }, file })
}, 120_000)

test('a tenant uses a machine', async () => {
  const { api, machines } = plant
  const { id, token } = machines[0]!
  const session = await api.unlocked(id, await token())
  expect((await api.ended(session.id)).status).toBe('ended')
})

test.each([
  ['/', '<html'],
  ['/docs/', 'swagger-ui'],
  ['/openapi.json', 'operationId'],
  ['/verify', 'Latchkey evidence check'],
  ['/audit', 'auditor'],
  ['/metrics', 'latchkey_info'],
])('%s is there', async (path, word) => {
  const answer = await fetch(`${plant.api.url}${path}`)
  expect(answer.status).toBe(200)
  expect(await answer.text()).toContain(word)
})

test('what is wrong with a request is found by its schema', async () => {
  const { id, token } = plant.machines[0]!
  const answer = await fetch(`${plant.api.url}/v1/machines/${id}/unlock`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ bookings: 1 }),
  })
  expect(answer.status).toBe(400)
  expect(await answer.text()).toContain('/body/bookings')
})

test.each([
  ['check', ['check', () => plant.gateway.sitePath], 'machine booth-1'],
  ['profile list', ['profile', 'list', 'ek9000'], 'Beckhoff'],
  ['--version', ['--version'], '0.1.0'],
] as const)('latchkey %s', async (_, args, word) => {
  const command = startLatchkey(
    args.map((each) => (typeof each === 'string' ? each : each())),
    { file },
  )
  const { code } = await command.exited
  expect(command.output()).toContain(word)
  expect(code).toBe(0)
})
