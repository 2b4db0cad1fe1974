/** What a repeat with the same Idempotency-Key is given: the session as it is, or a new unlock, and nobody else's. */
import { describe, expect, test } from 'vitest'
import { createIdempotency } from '../../../gateway/control/commands/idempotency.ts'
import type { Command } from '../../../gateway/core/command/command.ts'
import type { Outcome } from '../../../gateway/core/command/outcome.ts'
import { refuse } from '../../../gateway/core/ground/refusal.ts'
import type { Principal } from '../../../gateway/core/permission/principal.ts'
import type { Session, SessionStatus } from '../../../gateway/core/session/session.ts'
import { createBench } from '../../front/api/bench.ts'
import { NOW_MS, session } from '../../front/api/rows.ts'
import { startCommands } from './bench.ts'

type Unlock = Extract<Command, { kind: 'unlock' }>

function tenant(id: string, booking: string, pin = true): Principal {
  const times = { startMs: NOW_MS - 1, endMs: NOW_MS + 1, expMs: NOW_MS + 1 }
  const claims = { issuer: 'i', tenant: id, jti: 'j', booking, version: 1, machine: 'saw-1', limits: {}, ...times }
  return { role: 'tenant', id, issuer: pin ? 'pin' : 'i', claims, ...(pin ? { pin: true as const } : {}) }
}
const unlock = (principal: Principal, idempotencyKey: string, machine = 'saw-1'): Unlock => ({
  kind: 'unlock',
  principal,
  machine,
  idempotencyKey,
})

/** Machines by hand: `open` puts a session where `once` looks for it. */
function start() {
  const held = new Map<string, Session>()
  const { once, forget } = createIdempotency((machine) => held.get(machine))
  let unlocks = 0
  const work = (outcome?: Outcome) => async (): Promise<Outcome> => {
    unlocks++
    await new Promise((resolve) => setImmediate(resolve))
    if (outcome) return outcome
    const opened = session()
    held.set('saw-1', opened)
    return { kind: 'session', session: opened }
  }
  return {
    held,
    once,
    forget,
    work,
    unlocks: () => unlocks,
    become: (status: SessionStatus) => held.set('saw-1', { ...held.get('saw-1')!, status }),
  }
}
const idOf = (outcome: Outcome) => (outcome.kind === 'session' ? outcome.session.id : outcome)
const a = tenant('a', 'b-1')

describe('the same request again', () => {
  test('is the same session while it is open, as it is now, and also when many come at once', async () => {
    const { once, work, unlocks, become } = start()
    const many = await Promise.all(Array.from({ length: 10 }, () => once(unlock(a, 'k'), work())))
    expect(new Set(many.map(idOf)).size).toBe(1)
    become('suspended')
    expect(await once(unlock(a, 'k'), work())).toMatchObject({ kind: 'session', session: { status: 'suspended' } })
    expect(unlocks()).toBe(1)
  })

  test.each(['ended', 'lapsed', 'refused'] as const)('unlocks anew when the session has %s', async (status) => {
    const { once, work, unlocks, become } = start()
    const first = await once(unlock(a, 'k'), work())
    become(status)
    const again = await Promise.all([once(unlock(a, 'k'), work()), once(unlock(a, 'k'), work())])
    expect([idOf(again[0]!) === idOf(again[1]!), idOf(again[0]!) === idOf(first), unlocks()]).toEqual([true, false, 2])
  })

  test('unlocks anew when another session is open at the machine', async () => {
    const { once, work, held, unlocks } = start()
    await once(unlock(a, 'k'), work())
    held.set('saw-1', session({ tenant: 'somebody' }))
    await once(unlock(a, 'k'), work())
    expect(unlocks()).toBe(2)
  })

  test('is tried again after a refusal, and gives an unconfirmed unlock while that may still come true', async () => {
    const { once, work, held, unlocks, become } = start()
    await once(unlock(a, 'k'), work({ kind: 'refused', refusal: refuse('not-fresh') }))
    const pending = session({ status: 'unconfirmed' })
    held.set('saw-1', pending)
    const unsure: Outcome = { kind: 'refused', refusal: refuse('unconfirmed', undefined, { session: pending.id }) }
    await once(unlock(a, 'k'), work(unsure))
    expect(await once(unlock(a, 'k'), work())).toEqual(unsure)
    expect(unlocks()).toBe(2)
    become('lapsed')
    await once(unlock(a, 'k'), work())
    expect(unlocks()).toBe(3)
  })
})

describe('nobody is given the session of somebody else', () => {
  test.each([
    ['another booking of the same tenant, by PIN', tenant('a', 'b-2'), 'k', 'key-reused'],
    ['another machine', tenant('a', 'b-1'), 'k', 'key-reused'],
    ['a tenant and a key that read alike when joined', tenant('a:x', 'b-1'), 'y', 'own'],
    ['the same key of another tenant', tenant('b', 'b-1'), 'k', 'own'],
    ['the same key with a token', tenant('a', 'b-1', false), 'k', 'own'],
    ['the same id of another issuer', { role: 'platform', id: 'a', issuer: 'j' } as const, 'k', 'own'],
  ] as const)('%s', async (name, principal, key, expected) => {
    const { once, work } = start()
    const first = await once(unlock(a, key === 'k' ? 'k' : 'x:y'), work())
    const machine = name === 'another machine' ? 'press-1' : 'saw-1'
    const outcome = await once(unlock(principal, key, machine), work())
    if (expected === 'own') expect(idOf(outcome)).not.toEqual(idOf(first))
    else expect(outcome).toMatchObject({ kind: 'refused', refusal: { code: expected } })
  })

  test('and what was kept for a tenant who is erased is gone', async () => {
    const { once, work, forget, unlocks } = start()
    await once(unlock(tenant('a"', 'b-1'), 'k'), work())
    forget('a"')
    await once(unlock(tenant('a"', 'b-1'), 'k'), work())
    expect(unlocks()).toBe(2)
  })
})

test('after a restart the same request is the session that is still open, and no other is', async () => {
  const bench = await createBench()
  const booking = {
    id: 'b-1',
    version: 1,
    machine: 'saw-1',
    tenant: 'a',
    startMs: NOW_MS - 60_000,
    endMs: NOW_MS + 3_600_000,
    limits: {},
    pin: 'x',
  }
  const open = session({ tenant: 'a', idempotencyKey: 'k' })
  const { take } = await startCommands(bench, { session: open })
  await take({ kind: 'put-booking', principal: { role: 'platform', id: 'p', issuer: 'i' }, booking })
  expect(await take(unlock(a, 'k'))).toMatchObject({ kind: 'session', session: { id: open.id, status: 'open' } })
  expect(await take(unlock(a, 'other'))).toMatchObject({ kind: 'refused' })
  await bench.close()
})
