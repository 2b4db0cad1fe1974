/**
 * Route × role × whose object: who is not named in the table is refused, by every route there is, and nothing is asked
 * of the control thread.
 * Read next: principals.test.ts (keys for some machines, PINs, credentials that are over).
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Role } from '../../../../gateway/core/permission/principal.ts'
import { decide, scopeOf } from '../../../../gateway/front/api/caller/policy.ts'
import { NOW_MS, session } from '../rows.ts'
import { AUDIENCE, ISSUER } from '../site.ts'
import {
  createMatrixBench,
  guarded,
  isPublic,
  type MatrixBench,
  type Operation,
  operations,
  roles,
  sessions,
  statusOf,
  versioned,
} from './matrix.ts'
import { rowOf, table } from './role-table.ts'

let bench: MatrixBench
beforeAll(async () => {
  bench = await createMatrixBench()
})
afterAll(() => bench.close())

/** Ids of the caller's own things, or of somebody else's. */
function call(operation: Operation, role: Role | undefined, whose: 'own' | 'foreign') {
  // What is a technician's own is an override.
  const { about, roles: reach } = rowOf(operation)
  const isOverride = role === 'technician' && about === 'session' && reach.technician === 'own'
  const own = { machine: 'saw-1', session: isOverride ? bench.overrideSession : sessions.own.id }
  const place = whose === 'own' ? own : { machine: 'press-1', session: sessions.foreign.id }
  return bench.ask(operation, place, role && bench.credentials.get(role), role === 'platform')
}

function scopeIn({ operationId }: Operation, role: Role) {
  const row = table[operationId]
  return row === undefined || row === 'open' ? undefined : row.roles[role]
}

const matrix = guarded.flatMap((operation) =>
  roles.map((role) => ({
    name: `${role} × ${operation.method} ${operation.path}`,
    role,
    operation,
    scope: scopeIn(operation, role),
  })),
)

describe('every route under /v1', () => {
  test('needs a credential, but for a calendar address and what proves that the ledger was not rewritten', () => {
    expect(versioned.filter(isPublic).map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /v1/ledger/checkpoint',
      'GET /v1/ledger/tile/{path}',
      'GET /v1/ledger/proof/{seq}',
      'GET /v1/subscriptions/{id}/{file}',
    ])
  })

  test('has a row in the table, and no row is left over', () => {
    expect(Object.keys(table).toSorted()).toEqual(operations.map(({ operationId }) => operationId).toSorted())
    const open = operations.filter(({ path, ...each }) => isPublic({ path, ...each })).map((each) => each.operationId)
    expect(
      Object.keys(table)
        .filter((id) => table[id] === 'open')
        .toSorted(),
    ).toEqual(open.toSorted())
  })

  test.each(guarded.map((operation) => [operation.operationId, operation] as const))(
    '%s is described as the table says',
    (_id, operation) => {
      expect(operation['x-roles']).toEqual(rowOf(operation).roles)
      const withPin = operation.security?.some((each) => Object.hasOwn(each as object, 'pin'))
      expect(withPin).toBe(rowOf(operation).pin === true)
    },
  )

  test.each(guarded.map((operation) => [`${operation.method} ${operation.path}`, operation] as const))(
    '%s refuses a caller without a credential',
    async (_name, operation) => {
      bench.commands.splice(0)
      const response = await call(operation, undefined, 'own')
      expect([response.statusCode, response.json().code]).toEqual([401, 'unauthenticated'])
      expect(bench.commands).toEqual([])
    },
  )

  test.each(matrix.filter(({ scope }) => scope === undefined).map((row) => [row.name, row] as const))(
    '%s is refused',
    async (_name, { operation, role }) => {
      bench.commands.splice(0)
      const response = await call(operation, role, 'own')
      expect([response.statusCode, response.json().code]).toEqual([403, 'forbidden'])
      expect(bench.commands).toEqual([])
    },
  )

  test.each(matrix.filter(({ scope }) => scope !== undefined).map((row) => [row.name, row] as const))(
    '%s passes with its own',
    async (_name, { operation, role }) => {
      const { statusCode, body } = await call(operation, role, 'own')
      expect([statusCode, body]).toEqual([statusOf(operation), body])
    },
  )

  test.each(
    matrix
      .filter(({ scope, operation }) => scope === 'own' && rowOf(operation).about !== 'list')
      .map((row) => [row.name, row] as const),
  )("%s is refused with somebody else's", async (_name, { operation, role }) => {
    bench.commands.splice(0)
    const response = await call(operation, role, 'foreign')
    expect([403, 404]).toContain(response.statusCode)
    expect(response.body).not.toContain('tenant-b')
    expect(bench.commands).toEqual([])
  })

  test.each([
    ['owner', [sessions.own.id, sessions.sister.id]],
    ['tenant', [sessions.own.id]],
  ] as const)("the lists of a(n) %s hold nothing of somebody else's", async (role, seen) => {
    const headers = { authorization: bench.credentials.get(role)! }
    const usage = (await bench.app.inject({ url: '/v1/usage', headers })).json()
    expect(usage.usage.map((line: { session: string }) => line.session).toSorted()).toEqual(seen.toSorted())
    const narrowed = await bench.app.inject({ url: '/v1/usage?machine=press-1', headers })
    expect(narrowed.json().usage).toEqual([])
  })
})

test('a foreign session is answered exactly like one that does not exist', async () => {
  const headers = { authorization: bench.credentials.get('tenant')! }
  const foreign = await bench.app.inject({ url: `/v1/sessions/${sessions.foreign.id}`, headers })
  const none = await bench.app.inject({ url: `/v1/sessions/${session().id}`, headers })
  const { instance: _, ...left } = foreign.json()
  const { instance: __, ...right } = none.json()
  expect([foreign.statusCode, left]).toEqual([none.statusCode, right])
})

test('who the tenant is, only the platform, auditors and the tenant see; the pseudonym not technicians', async () => {
  const seen: Record<string, unknown> = {}
  for (const role of roles) {
    const view = (
      await bench.app.inject({
        url: `/v1/sessions/${sessions.own.id}`,
        headers: { authorization: bench.credentials.get(role)! },
      })
    ).json()
    seen[role] = [view.tenant, view.tenantRef]
  }
  expect(seen).toEqual({
    platform: ['tenant-a', 't-pseudonym'],
    tenant: ['tenant-a', 't-pseudonym'],
    owner: [undefined, 't-pseudonym'],
    technician: [undefined, undefined],
    auditor: ['tenant-a', 't-pseudonym'],
  })
})

describe('the policy itself', () => {
  test('denies what is not in its table, prototypes included', () => {
    for (const role of ['__proto__', 'constructor', 'toString', 'admin'] as unknown as Role[]) {
      expect(scopeOf(role, 'machine.read')).toBeUndefined()
      expect(decide({ role, id: 'x', key: 'k' } as never, 'machine.read', undefined)?.code).toBe('forbidden')
    }
  })

  test('is not changed by a polluted prototype', () => {
    const proto = Object.prototype as unknown as Record<string, unknown>
    proto.auditor = 'any'
    proto.owner = 'any'
    try {
      expect(scopeOf('auditor', 'machine.unlock')).toBeUndefined()
      expect(decide({ role: 'owner', id: 'x', key: 'k' }, 'machine.maintain', { machine: 'm', owner: 'x' })?.code).toBe(
        'forbidden',
      )
    } finally {
      delete proto.auditor
      delete proto.owner
    }
  })

  test("a tenant's own machine is the one in the token, its own session the one with its id", () => {
    const claims = {
      issuer: ISSUER,
      tenant: 'a',
      jti: 'j',
      booking: 'b',
      version: 1,
      machine: 'saw-1',
      startMs: 0,
      endMs: 1,
      expMs: NOW_MS,
      limits: {},
    }
    const tenant = { role: 'tenant', id: 'a', issuer: AUDIENCE, claims } as const
    expect(decide(tenant, 'machine.unlock', { machine: 'saw-1', owner: 'o' })).toBeUndefined()
    expect(decide(tenant, 'machine.unlock', { machine: 'press-1', owner: 'o' })?.code).toBe('wrong-machine')
    expect(decide(tenant, 'session.end', { machine: 'press-1', owner: 'o', tenant: 'a' })).toBeUndefined()
    expect(decide(tenant, 'session.end', { machine: 'saw-1', owner: 'o', tenant: 'b' })?.code).toBe('forbidden')
  })
})
