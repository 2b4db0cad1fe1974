/** A tariff from the site file to a signed statement, with a gateway and a machine in processes. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readLogKeys } from '../../gateway/control/host/log-key.ts'
import { verifyStatement } from '../../gateway/ledger/verify/verifier.ts'
import { startLatchkey } from '../support/gateway.ts'
import { until } from '../support/process.ts'
import { fileScope, withPlant } from './plant.ts'

const scope = fileScope('money')
const plantOf = withPlant(scope, {
  site: 'money',
  machines: { 'spray-booth': 1 },
  cycleMs: 300,
  autoStart: true,
  more: { 'booth-1': { tariff: 'booth@1' } },
  tariffs: {
    'booth@1': {
      currency: 'CNY',
      approvedBy: 'owners',
      taxes: { service: '13' },
      elements: [{ id: 'time', of: 'occupied', price: '1.20', per: '1 min', tax: 'service' }],
    },
  },
})

test('a use is quoted, recorded under its tariff, and stated in a file that proves itself', async () => {
  const { api, auditor: token, dataDir, gateway, machine } = plantOf()
  const quote = await api.call<{ total: string; lines: { element: string }[] }>(
    'GET',
    '/machines/booth-1/quote?from=2026-11-24T08:00:00Z&to=2026-11-24T09:00:00Z',
    { token },
  )
  expect(quote.body).toMatchObject({ total: '81.36', net: '72.00', lines: [{ element: 'time', amount: '72' }] })

  const from = new Date(Date.now() - 1000).toISOString()
  const session = await api.unlocked('booth-1', await machine('booth-1').token())
  await api.ended(session.id)
  await until(() => Date.now() > Date.parse(from) + 2000, 5000, 'time stands still')
  const to = new Date().toISOString()
  const issued = await api.call<{ sha256: string; statement: { unbilled: unknown[] } }>('POST', '/statements', {
    token,
    body: { from, to },
  })
  expect(issued.status).toBe(201)
  // What a simulated machine made is listed, and never billed.
  expect(issued.body.statement).toMatchObject({ bills: [], unbilled: [{ id: session.id, reason: 'simulated' }] })

  const file = async () => {
    const answer = await fetch(`${api.url}/v1/statements/${issued.body.sha256}`, {
      headers: { authorization: `Bearer ${token}` },
    })
    return answer.status === 200 ? await answer.text() : undefined
  }
  // A checkpoint is made when a session ends.
  await api.ended((await api.unlocked('booth-1', await machine('booth-1').token())).id)
  await until(async () => (await file()) !== undefined, 10_000, 'the statement is not signed')
  const vkey = readLogKeys(join(dataDir, 'log.key')).find(({ retiring }) => !retiring)!.vkey
  const text = (await file())!
  expect(verifyStatement(text, [vkey]).faults).toEqual([])
  expect(verifyStatement(text.replace('"simulated"}', '"override"}'), [vkey]).ok).toBe(false)

  const written = join(scope.folder, 'statement.json')
  writeFileSync(written, text)
  expect((await startLatchkey(['verify', written, '--key', vkey]).exited).code).toBe(0)
  const said = startLatchkey(['statement', gateway.sitePath, '--from', from, '--to', to, '--csv'])
  expect((await said.exited).code).toBe(0)
  expect(said.output()).toContain('unbilled')
}, 120_000)

test('other prices under a published version stop the start, and say what to do', async () => {
  const { gateway } = plantOf()
  await gateway.stop()
  const site = readFileSync(gateway.sitePath, 'utf8')
  writeFileSync(gateway.sitePath, site.replace('1.20', '1.10'))
  const refused = startLatchkey(['run', gateway.sitePath])
  expect((await refused.exited).code).not.toBe(0)
  expect(refused.output()).toContain('under the next version')
  writeFileSync(gateway.sitePath, site)
  await gateway.start()
}, 120_000)
