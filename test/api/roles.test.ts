/**
 * Route × role × whose object, made from the description of the API: who is not named there is refused, by every route
 * there is, and nothing is asked of the control thread.
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decide, scopeOf } from '../../gateway/api/policy.ts'
import { SNAPSHOT } from '../../gateway/api/snapshot.ts'
import type { Role } from '../../gateway/core/command.ts'
import { personOf } from '../../gateway/core/override.ts'
import type { Session } from '../../gateway/core/session.ts'
import {
  AUDIENCE,
  type Bench,
  boardRow,
  createBench,
  ISSUER,
  NOW_MS,
  platformToken,
  revocationList,
  session,
  tenantToken,
} from './support.ts'

type Operation = {
  operationId: string
  security?: unknown[]
  'x-roles'?: Partial<Record<Role, 'any' | 'own'>>
  requestBody?: unknown
}
const description = JSON.parse(readFileSync(SNAPSHOT, 'utf8')) as { paths: Record<string, Record<string, Operation>> }
const roles: Role[] = ['platform', 'tenant', 'owner', 'technician', 'auditor']
const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
)
const versioned = operations.filter((operation) => operation.path.startsWith('/v1/'))
const isPublic = ({ security }: Operation) => security?.length === 0
const guarded = versioned.filter((operation) => !isPublic(operation))

let bench: Bench
let overrideSession: Session
const credentials = new Map<Role, string>()
const ownSession = session()
const foreignSession = session({ machine: 'press-1', owner: 'other-owner', tenant: 'tenant-b', booking: 'b-2' })

beforeAll(async () => {
  bench = await createBench()
  credentials.set('platform', await platformToken())
  credentials.set('tenant', await tenantToken())
  credentials.set('owner', (await bench.addKey('owner', 'Li', 'huajian')).key.text)
  const technician = (await bench.addKey('technician', 'Wang')).key
  credentials.set('technician', technician.text)
  overrideSession = session({ tenant: personOf(technician.id), booking: 'override', override: true, use: [] })
  credentials.set('auditor', (await bench.addKey('auditor', 'Chen')).key.text)
  bench.commit({ kind: 'session', session: ownSession }, { kind: 'session', session: foreignSession })
  bench.commit({ kind: 'session', session: overrideSession })
  for (const { id } of [ownSession, foreignSession]) {
    const entry = {
      version: 1,
      session: id,
      at: { wallMs: 1, monoNs: '1', bootId: 'b', clock: 'synchronised' },
      data: {},
    } as const
    bench.commit({ kind: 'entry', entry: { ...entry, kind: 'SessionEnded' } })
  }
  bench.sign()
  bench.setBoard(boardRow('saw-1'), boardRow('press-1'))
  bench.answer((command) => {
    switch (command.kind) {
      case 'put-booking':
        return { kind: 'booking', created: true, booking: { ...command.booking, status: 'held', source: 'push' } }
      case 'put-bookings':
        return { kind: 'bookings', version: command.version, put: 0, cancelled: 0, refused: [] }
      case 'put-block':
        return { kind: 'block', created: true, block: { ...command.block, by: 'x' } }
      case 'unlock':
      case 'override':
      case 'end':
      case 'resume':
        return { kind: 'session', session: ownSession }
      case 'correct':
      case 'manual-entry':
        return { kind: 'recorded', id: 'r-1' }
      case 'drill':
      case 'drill-view':
        return {
          kind: 'drill',
          drill: { machine: command.machine, state: 'running', by: 'wang', startedAtMs: 1, steps: [] },
        }
      default:
        return { kind: 'done' }
    }
  })
})
afterAll(() => bench.close())

const bodies: Record<string, object> = {
  putBooking: {
    machine: 'saw-1',
    tenant: 'tenant-a',
    start: '2026-11-24T08:00:00Z',
    end: '2026-11-24T09:00:00Z',
    version: 1,
  },
  putBookings: { version: 1, bookings: [] },
  putRevocations: { list: await revocationList() },
  correct: { original: 0, reason: 'accepted', text: 'looked at' },
  enterByHand: {
    meter: 'boards',
    unit: 'pcs',
    quantity: '7',
    from: '2026-11-23T06:00:00Z',
    to: '2026-11-23T07:00:00Z',
    reason: 'not wired',
  },
  putBlock: { start: '2026-11-24T08:00:00Z', end: '2026-11-24T09:00:00Z', reason: 'own order' },
  setMaintenance: { on: true, reason: 'new belt' },
  beginDrill: { reason: 'as every year' },
  inspectMachine: { passed: true, note: 'clean, blade sharp' },
  overrideMachine: { reason: 'try the new belt' },
}

const queries: Record<string, string> = {
  streamEvents: '?from=999999',
  listMeterDays: '?from=2026-11-23&to=2026-11-23',
}

/** Ids of the caller's own things, or of somebody else's. */
function call(operation: (typeof guarded)[number], role: Role | undefined, whose: 'own' | 'foreign') {
  // What a technician resumes is an override of their own.
  const own = role === 'technician' && operation.operationId === 'resumeSession' ? overrideSession : ownSession
  const [machine, id] = whose === 'own' ? ['saw-1', own.id] : ['press-1', foreignSession.id]
  const url = operation.path
    .replace('/machines/{id}', `/machines/${machine}`)
    .replace('{block}', 'k-1')
    .replace('/sessions/{id}', `/sessions/${id}`)
    .replace('/bookings/{id}', '/bookings/b-1')
    .replace('/tenants/{id}', '/tenants/tenant-a')
    .replace('{machine}/{meter}', `${machine}/main.energy`)
    .replace('/bundle/{*}', '/bundle/000.p/1')
  const payload =
    operation.operationId === 'unlockMachine'
      ? role === 'platform'
        ? { booking: 'b-1' }
        : {}
      : bodies[operation.operationId]
  return bench.app.inject({
    method: operation.method as 'GET',
    url: `${url}${queries[operation.operationId] ?? ''}`,
    headers: { ...(role === undefined ? {} : { authorization: `Bearer ${credentials.get(role)}` }) },
    ...(payload === undefined ? {} : { payload }),
  })
}

const matrix = guarded.flatMap((operation) =>
  roles.map((role) => ({
    name: `${role} × ${operation.method} ${operation.path}`,
    role,
    operation,
    scope: operation['x-roles']?.[role],
  })),
)

describe('every route under /v1', () => {
  test('needs a credential, but for what proves that the ledger was not rewritten', () => {
    expect(versioned.filter(isPublic).map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /v1/ledger/checkpoint',
      'GET /v1/ledger/tile/{*}',
      'GET /v1/ledger/proof/{seq}',
    ])
  })

  test('says who may call it', () => {
    expect(guarded.length).toBeGreaterThanOrEqual(18)
    for (const operation of guarded)
      expect([operation.path, Object.keys(operation['x-roles'] ?? {}).length]).not.toEqual([operation.path, 0])
  })

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
      // the booking and the meter are not in this ledger, the stream is asked for beyond the head: past the policy all the same
      const expected =
        {
          getBooking: 404,
          getMeter: 404,
          streamEvents: 400,
          putBooking: 201,
          putBlock: 201,
          removeBlock: 204,
          cancelBooking: 204,
          setMaintenance: 204,
          beginDrill: 202,
          inspectMachine: 204,
          correct: 201,
          enterByHand: 201,
          eraseTenant: 204,
        }[operation.operationId] ?? 200
      expect([statusCode, body]).toEqual([expected, body])
    },
  )

  const lists = new Set(['listMachines', 'getMachine', 'listUsage', 'listMeters', 'listProblems', 'streamEvents'])
  test.each(
    matrix
      .filter(({ scope, operation }) => scope === 'own' && !lists.has(operation.operationId))
      .map((row) => [row.name, row] as const),
  )("%s is refused with somebody else's", async (_name, { operation, role }) => {
    bench.commands.splice(0)
    const response = await call(operation, role, 'foreign')
    expect([403, 404]).toContain(response.statusCode)
    expect(response.body).not.toContain('tenant-b')
    expect(bench.commands).toEqual([])
  })

  test.each(['owner', 'tenant'] as const)("the lists of a(n) %s hold nothing of somebody else's", async (role) => {
    const usage = (
      await bench.app.inject({ url: '/v1/usage', headers: { authorization: `Bearer ${credentials.get(role)}` } })
    ).json()
    expect(usage.usage.map((line: { session: string }) => line.session)).toEqual([ownSession.id])
    const narrowed = await bench.app.inject({
      url: '/v1/usage?machine=press-1',
      headers: { authorization: `Bearer ${credentials.get(role)}` },
    })
    expect(narrowed.json().usage).toEqual([])
  })
})

test('a foreign session is answered exactly like one that does not exist', async () => {
  const headers = { authorization: `Bearer ${credentials.get('tenant')}` }
  const foreign = await bench.app.inject({ url: `/v1/sessions/${foreignSession.id}`, headers })
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
        url: `/v1/sessions/${ownSession.id}`,
        headers: { authorization: `Bearer ${credentials.get(role)}` },
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

describe('a key for some machines only', () => {
  const acting = [
    'setMaintenance',
    'beginDrill',
    'overrideMachine',
    'inspectMachine',
    'endSession',
    'listSignals',
    'enterByHand',
    'putBlock',
  ]

  test.each(acting)('of a technician or owner does nothing elsewhere: %s', async (operationId) => {
    const operation = guarded.find((each) => each.operationId === operationId)!
    const keys = [
      (await bench.addKey('technician', 'Zhao', undefined, ['press-1'])).key.text,
      (await bench.addKey('owner', 'Li', 'huajian', ['press-1'])).key.text,
    ]
    const before = { ...Object.fromEntries(credentials) }
    try {
      for (const [index, role] of (['technician', 'owner'] as const).entries()) {
        bench.commands.splice(0)
        credentials.set(role, keys[index]!)
        expect([403, 404]).toContain((await call(operation, role, 'own')).statusCode)
        expect(bench.commands).toEqual([])
      }
    } finally {
      for (const role of ['technician', 'owner'] as const) credentials.set(role, before[role]!)
    }
  })

  test('of a technician works there', async () => {
    const { key } = await bench.addKey('technician', 'Zhao', undefined, ['saw-1'])
    const { statusCode } = await bench.app.inject({
      method: 'POST',
      url: '/v1/machines/saw-1/maintenance',
      headers: { authorization: `Bearer ${key.text}` },
      payload: bodies.setMaintenance!,
    })
    expect(statusCode).toBe(204)
  })
})
