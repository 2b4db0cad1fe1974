/**
 * Every route, asked with a credential that reaches less than its role: a key for some machines only, the PIN of a
 * booking, a key that was revoked, a token that is over. What has to come of it is made from role-table.ts.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Role } from '../../../../gateway/core/permission/principal.ts'
import { hashKey } from '../../../../gateway/front/api/caller/key.ts'
import { platformToken, tenantToken } from '../credentials.ts'
import { NOW_MS, NOW_S } from '../rows.ts'
import {
  createMatrixBench,
  guarded,
  type MatrixBench,
  type Operation,
  type Place,
  sessions,
  statusOf,
} from './matrix.ts'
import { rowOf } from './role-table.ts'

const HOUR = 3_600_000
const here: Place = { machine: 'saw-1', session: sessions.own.id }
const sister: Place = { machine: 'mill-1', session: sessions.sister.id }
const foreign: Place = { machine: 'press-1', session: sessions.foreign.id }
const neighbour: Place = { machine: 'saw-1', session: sessions.neighbour.id }
const PIN = 'Pin saw-1:4711'

let bench: MatrixBench
const keys = new Map<string, string>()
beforeAll(async () => {
  bench = await createMatrixBench()
  const add = async (name: string, ...args: Parameters<MatrixBench['addKey']>) => {
    const { key, row } = await bench.addKey(...args)
    keys.set(name, `Bearer ${key.text}`)
    return row
  }
  await add('technician', 'technician', 'Zhao', undefined, ['saw-1'])
  await add('owner', 'owner', 'Li', 'huajian', ['saw-1'])
  for (const [role, owner] of [['technician'], ['auditor'], ['owner', 'huajian']] as const) {
    const row = await add(`revoked ${role}`, role, 'Wu', owner)
    bench.commit({ kind: 'key', row: { ...row, revokedAtMs: NOW_MS - 1 } })
  }
  keys.set('expired tenant', `Bearer ${await tenantToken({ exp: NOW_S - 120 })}`)
  keys.set('expired platform', `Bearer ${await platformToken({ exp: NOW_S - 120 })}`)
  const held = { version: 1, startMs: NOW_MS - HOUR, endMs: NOW_MS + HOUR, limits: {}, source: 'push' } as const
  const pin = await hashKey('4711')
  for (const booking of [
    { ...held, id: 'b-1', machine: 'saw-1', tenant: 'tenant-a', status: 'used' as const, pin },
    { ...held, id: 'b-5', machine: 'mill-1', tenant: 'tenant-b', status: 'ended' as const, pin },
  ])
    bench.commit({ kind: 'booking', booking })
})
afterAll(() => bench.close())

const named = guarded.map((operation) => [`${operation.method} ${operation.path}`, operation] as const)

async function isRefused(operation: Operation, place: Place, credential: string): Promise<void> {
  bench.commands.splice(0)
  const response = await bench.ask(operation, place, credential)
  expect([403, 404]).toContain(response.statusCode)
  expect(['forbidden', 'not-found', 'wrong-machine']).toContain(response.json().code)
  expect(response.body).not.toContain('tenant-b')
  expect(bench.commands).toEqual([])
}

async function passes(operation: Operation, place: Place, credential: string): Promise<string> {
  const { statusCode, body } = await bench.ask(operation, place, credential)
  expect([statusCode, body]).toEqual([statusOf(operation), body])
  return body
}

describe.each([
  ['technician', [sister, foreign]],
  ['owner', [sister, foreign]],
] as const)('a key of a(n) %s for one machine', (role: Role, others) => {
  test.each(named)('%s', async (_name, operation) => {
    const { about, roles } = rowOf(operation)
    const key = keys.get(role)!
    // An override is resumed, and its receipt read, by the one who began it.
    if (roles[role] === undefined || (role === 'technician' && roles[role] === 'own'))
      return isRefused(operation, here, key)
    // What changes the whole site is not for a key of one machine.
    if (about === 'whole') return isRefused(operation, here, key)
    const seen = await passes(operation, here, key)
    if (about === 'list')
      for (const place of others) expect(seen).not.toMatch(new RegExp(`${place.machine}|${place.session}`))
    for (const place of about === 'list' || about === 'site' ? [] : others)
      if (about === 'board') expect(await passes(operation, place, key)).not.toContain(place.session)
      else await isRefused(operation, place, key)
  })
})

describe('the PIN of a booking', () => {
  test.each(named)('%s: at its machine, for its own, and nothing else', async (_name, operation) => {
    const { about, pin } = rowOf(operation)
    if (pin !== true) return isRefused(operation, here, PIN)
    await passes(operation, here, PIN)
    await isRefused(operation, foreign, PIN)
    if (about === 'session') await isRefused(operation, neighbour, PIN)
  })

  const wrong = [
    [foreign, 'Pin press-1:4711'],
    [sister, 'Pin mill-1:4711'],
    [here, 'Pin mill-1:4711'],
  ] as const
  // The hash of a PIN is slow on purpose: where no PIN gets in, one of the wrong ones is tried.
  const tried = named.map(([name, operation], i) => {
    return [name, operation, rowOf(operation).pin === true ? wrong : [wrong[i % wrong.length]!]] as const
  })
  test.each(tried)('%s: not at another machine, and not when it is over', async (_name, operation, wrongOnes) => {
    bench.commands.splice(0)
    for (const [place, credential] of wrongOnes)
      expect([401, 429]).toContain((await bench.ask(operation, place, credential)).statusCode)
    expect(bench.commands).toEqual([])
  })
})

describe.each(['revoked technician', 'revoked owner', 'revoked auditor', 'expired tenant', 'expired platform'])(
  'the credential of a(n) %s',
  (who) => {
    test('is refused by every route', async () => {
      bench.commands.splice(0)
      for (const operation of guarded) {
        const response = await bench.ask(operation, here, keys.get(who), who.endsWith('platform'))
        expect([operation.operationId, response.statusCode]).toEqual([operation.operationId, 401])
      }
      expect(bench.commands).toEqual([])
    })
  },
)
