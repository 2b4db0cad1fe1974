/** What people find at a machine: told with the session it looks back on, and never who was there next. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Bench, createBench } from '../bench.ts'
import { tenantToken } from '../credentials.ts'
import { session } from '../rows.ts'

let bench: Bench
let tenant: string
let technician: string
const used = session({ status: 'ended' })
const at = { wallMs: 1, monoNs: '1', bootId: 'b', clock: 'synchronised' } as const
const found = (passed: boolean, by: { [key: string]: string }) =>
  ({
    kind: 'entry',
    entry: {
      kind: 'InspectionRecorded',
      version: 1,
      machine: 'saw-1',
      session: used.id,
      at,
      data: { passed, note: passed ? 'clean' : 'blade broken', by, tenant: 't-pseudonym' },
    },
  }) as const

beforeAll(async () => {
  bench = await createBench()
  tenant = await tenantToken()
  technician = (await bench.addKey('technician', 'Wang')).key.text
  bench.commit(
    { kind: 'session', session: used },
    found(false, { role: 'tenant', tenant: 't-next' }),
    found(true, { role: 'technician', name: 'Wang', key: 'k1' }),
  )
})
afterAll(() => bench.close())

const get = (url: string, token: string) => bench.app.inject({ url, headers: { authorization: `Bearer ${token}` } })

test('the condition note is shown with the session before, by role only', async () => {
  const response = await get(`/v1/sessions/${used.id}`, tenant)
  expect(response.json().inspections).toEqual([
    { at: '1970-01-01T00:00:00.001Z', passed: false, note: 'blade broken', by: 'tenant' },
    { at: '1970-01-01T00:00:00.001Z', passed: true, note: 'clean', by: 'technician' },
  ])
  expect(response.body).not.toContain('t-next')
})

test('a failed inspection is a problem until it is corrected', async () => {
  const { problems } = (await get('/v1/problems', technician)).json()
  expect(problems).toMatchObject([{ kind: 'inspection', machine: 'saw-1', session: used.id }])
})

test('the machine says that maintenance is no lockout', async () => {
  const description = await get('/openapi.json', technician)
  const machine = (await get('/v1/machines/saw-1', technician)).json()
  expect(machine.safetyRelevant).toBe(false)
  expect(description.json().paths['/v1/machines/{id}/maintenance'].post.description).toMatch(/no lockout/)
})
