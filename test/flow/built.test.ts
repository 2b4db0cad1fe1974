/** What an image starts finds its threads, its data, and what is loaded when asked. The demo starts the sources. */
import { expect, test } from 'vitest'
import { gatewayFile } from '../support/built.ts'
import { startLatchkey } from '../support/gateway.ts'
import { fileScope, withPlant } from './plant.ts'

const plantOf = withPlant(fileScope('built'), { site: 'built', machines: { 'spray-booth': 1 } })

test('what is started here was built for this run', () => {
  expect(gatewayFile()).toMatch(/\.built-\w+\/latchkey\.js$/)
})

test('a tenant uses a machine', async () => {
  const { api, machines } = plantOf()
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
  const answer = await fetch(`${plantOf().api.url}${path}`)
  expect(answer.status).toBe(200)
  expect(await answer.text()).toContain(word)
})

test('what is wrong with a request is found by its schema', async () => {
  const { id, token } = plantOf().machines[0]!
  const answer = await fetch(`${plantOf().api.url}/v1/machines/${id}/unlock`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ bookings: 1 }),
  })
  expect(answer.status).toBe(400)
  expect(await answer.text()).toContain('/body/bookings')
})

test.each([
  ['check', ['check', () => plantOf().gateway.sitePath], 'machine booth-1'],
  ['profile list', ['profile', 'list', 'ek9000'], 'Beckhoff'],
  ['--version', ['--version'], '0.1.0'],
] as const)('latchkey %s', async (_, args, word) => {
  const command = startLatchkey(args.map((each) => (typeof each === 'string' ? each : each())))
  const { code } = await command.exited
  expect(command.output()).toContain(word)
  expect(code).toBe(0)
})
