/**
 * Who is denied at a machine or a session is reported to the control thread, which records it: by every route that
 * names one, once, with the route and the machine, and nothing of the credential.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createMatrixBench, guarded, type MatrixBench, type Operation, type Place, sessions } from './matrix.ts'
import { rowOf } from './role-table.ts'

const elsewhere: Place = { machine: 'mill-1', session: sessions.sister.id }

let bench: MatrixBench
/** Each reaches `saw-1`, and not `mill-1`. */
const credentials = new Map<string, string>()
beforeAll(async () => {
  bench = await createMatrixBench()
  const technician = await bench.addKey('technician', 'Zhao', undefined, ['saw-1'])
  const owner = await bench.addKey('owner', 'Li', 'huajian', ['saw-1'])
  credentials.set('technician', `Bearer ${technician.key.text}`)
  credentials.set('owner', `Bearer ${owner.key.text}`)
  credentials.set('tenant', bench.credentials.get('tenant')!)
})
afterAll(() => bench.close())
beforeEach(() => {
  bench.denials.splice(0)
  bench.commands.splice(0)
})

const rows = (about: 'machine' | 'session') =>
  guarded
    .filter((operation) => rowOf(operation).about === about)
    .flatMap((operation) =>
      (['technician', 'owner', 'tenant'] as const)
        .filter((role) => rowOf(operation).roles[role] !== undefined)
        .map((role) => [`${role} × ${operation.method} ${operation.path}`, operation, role] as const),
    )
const routeOf = ({ method, path }: Operation) => `${method} ${path.replace(/\{(\w+)\}/g, ':$1')}`

describe('a denial', () => {
  test.each(rows('machine'))('at a machine is reported with the machine: %s', async (_name, operation, role) => {
    const response = await bench.ask(operation, elsewhere, credentials.get(role))
    expect(response.statusCode).toBe(403)
    const { code } = response.json()
    expect(bench.denials).toEqual([{ kind: 'denied', code, what: routeOf(operation), machine: 'mill-1' }])
    expect(bench.commands).toEqual([])
  })

  test.each(rows('session'))('at a session is reported, and answered like none: %s', async (_name, operation, role) => {
    const response = await bench.ask(operation, elsewhere, credentials.get(role))
    expect([response.statusCode, response.json().code]).toEqual([404, 'not-found'])
    expect(bench.denials).toEqual([{ kind: 'denied', code: 'forbidden', what: routeOf(operation) }])
    expect(bench.commands).toEqual([])
  })

  test('is not made of a machine that is not there', async () => {
    for (const [, operation, role] of rows('machine')) {
      const response = await bench.ask(operation, { ...elsewhere, machine: 'lathe-7' }, credentials.get(role))
      expect([operation.operationId, response.statusCode]).toEqual([operation.operationId, 404])
    }
    expect(bench.denials).toEqual([])
  })
})
