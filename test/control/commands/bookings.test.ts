/** Bookings where they meet: the command loop over real machines of the core and a real ledger. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Booking, BookingInput } from '../../../gateway/core/booking/booking.ts'
import type { Command } from '../../../gateway/core/command/command.ts'
import type { Outcome } from '../../../gateway/core/command/outcome.ts'
import type { Principal } from '../../../gateway/core/permission/principal.ts'
import { type Bench, createBench } from '../../front/api/bench.ts'
import { NOW_MS, session } from '../../front/api/rows.ts'
import { type CommandBench, startCommands } from './bench.ts'

const HOUR = 3_600_000
const platform: Principal = { role: 'platform', id: 'p', issuer: 'i' }

let bench: Bench
let control: CommandBench
const take = (command: Command) => control.take(command)
const saw = () => control.machines.get('saw-1')!

beforeEach(async () => {
  bench = await createBench()
  control = await startCommands(bench)
})
afterEach(() => bench.close())

const input = (id: string, fromH: number, toH: number, over: Partial<BookingInput> = {}): BookingInput => ({
  id,
  version: 1,
  machine: 'saw-1',
  tenant: 'acme',
  startMs: NOW_MS + fromH * HOUR,
  endMs: NOW_MS + toH * HOUR,
  limits: {},
  ...over,
})
const put = (booking: BookingInput) => take({ kind: 'put-booking', principal: platform, booking })
const putAll = (version: number, ...bookings: BookingInput[]) =>
  take({ kind: 'put-bookings', principal: platform, version, bookings })
const held = () =>
  saw()
    .state.bookings.filter(({ status }) => status === 'held' || status === 'used')
    .map(({ id, startMs, endMs }) => [id, (startMs - NOW_MS) / HOUR, (endMs - NOW_MS) / HOUR])
    .sort()
const codeOf = (outcome: Outcome) => (outcome.kind === 'refused' ? outcome.refusal.code : outcome.kind)
/** Two that hold part of the same time. */
function overlaps(bookings: readonly Booking[]): [string, string][] {
  const open = bookings.filter(({ status }) => status === 'held' || status === 'used')
  return open.flatMap((a) =>
    open
      .filter((b) => a.id < b.id && a.startMs < b.endMs && b.startMs < a.endMs)
      .map((b): [string, string] => [a.id, b.id]),
  )
}

describe('putting one by one', () => {
  test('of 100 at once that all want part of the same time exactly one is taken', async () => {
    const outcomes = await Promise.all(Array.from({ length: 100 }, (_, n) => put(input(`b${n}`, 5 + n / 200, 7))))
    expect(outcomes.filter(({ kind }) => kind === 'booking')).toHaveLength(1)
    expect(outcomes.filter((outcome) => codeOf(outcome) === 'booking-conflict')).toHaveLength(99)
    expect(overlaps(bench.deps.reader.bookings(0, 1000))).toEqual([])
  })

  test('the same put 100 times at once is one booking and one entry', async () => {
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => put(input('b', 5, 7))))
    expect(outcomes.filter((outcome) => outcome.kind === 'booking' && outcome.created)).toHaveLength(1)
    expect(outcomes.every(({ kind }) => kind === 'booking')).toBe(true)
    expect(bench.deps.reader.entries(0, 1000).filter(({ kind }) => kind === 'BookingPut')).toHaveLength(1)
  })

  test('a cancellation stands against the same version, and gives way to a newer one', async () => {
    await put(input('b', 5, 7))
    const cancel = () => take({ kind: 'cancel-booking', principal: platform, id: 'b', issuedAtMs: NOW_MS - HOUR })
    expect(await cancel()).toEqual({ kind: 'done' })
    expect(await cancel()).toEqual({ kind: 'done' })
    expect(await put(input('b', 5, 7))).toMatchObject({
      booking: { status: 'cancelled', cancelledAtMs: NOW_MS - HOUR },
    })
    expect(await put(input('b', 5, 7, { version: 2 }))).toMatchObject({ booking: { status: 'held' } })
    const cancelled = bench.deps.reader.entries(0, 100).filter(({ kind }) => kind === 'BookingCancelled')
    expect(cancelled.map(({ body }) => body.data.issuedAt)).toEqual([new Date(NOW_MS - HOUR).toISOString()])
  })
})

describe('a full snapshot', () => {
  test('is the whole truth: what is not in it is gone, but for what came with a token', async () => {
    await put(input('gone', 1, 2))
    const machine = saw()
    const more = { status: 'used', source: 'push' } as const
    machine.dispatch({
      kind: 'bookings',
      bookings: [
        ...machine.state.bookings,
        { ...input('in-use', -1, 1), ...more },
        { ...input('by-token', 8, 9), status: 'held', source: 'token' },
      ],
    })
    expect(await putAll(1, input('new', 1, 2))).toMatchObject({ kind: 'bookings', put: 1, cancelled: 2, refused: [] })
    expect(held()).toEqual([
      ['by-token', 8, 9],
      ['new', 1, 2],
    ])
  })

  test('what came with a token and is then in a snapshot is gone with the next one', async () => {
    const machine = saw()
    machine.dispatch({ kind: 'bookings', bookings: [{ ...input('by-token', 8, 9), status: 'held', source: 'token' }] })
    await putAll(1, input('by-token', 8, 9))
    expect(held()).toEqual([['by-token', 8, 9]])
    await putAll(2)
    expect(held()).toEqual([])
  })

  test.each([
    [
      'each moves to where the one before was',
      [
        ['a', 2, 3],
        ['b', 3, 4],
        ['c', 4, 5],
      ],
    ],
    [
      'each moves to where the next was',
      [
        ['a', 0, 1],
        ['b', 1, 2],
        ['c', 2, 3],
      ],
    ],
    [
      'two exchange their times',
      [
        ['a', 2, 3],
        ['b', 1, 2],
        ['c', 3, 4],
      ],
    ],
    [
      'all move round',
      [
        ['a', 2, 3],
        ['b', 3, 4],
        ['c', 1, 2],
      ],
    ],
    ['one grows over another that goes', [['a', 1, 3]]],
  ] as const)('its order does not matter: %s', async (_, moves) => {
    for (const reversed of [false, true]) {
      const base = reversed ? 10 : 0
      const before = [input('a', 1, 2), input('b', 2, 3), input('c', 3, 4)]
      await putAll(base + 1, ...before.map((row) => ({ ...row, version: base + 1 })))
      const rows = moves.map(([id, from, to]) => input(id, from, to, { version: base + 2 }))
      const outcome = await putAll(base + 2, ...(reversed ? rows.reverse() : rows))
      expect(outcome).toMatchObject({ kind: 'bookings', put: moves.length, refused: [] })
      expect(held()).toEqual(moves.map((move) => [...move]))
      expect(overlaps(bench.deps.reader.bookings(0, 1000))).toEqual([])
    }
  })

  test('of two that hold the same time the first is taken, the other named', async () => {
    expect(await putAll(1, input('a', 1, 3), input('b', 2, 4))).toMatchObject({
      put: 1,
      refused: [{ id: 'b', code: 'booking-conflict' }],
    })
  })

  test('an older one, and one while another is taken, are refused', async () => {
    await putAll(5, input('a', 1, 2))
    expect(codeOf(await putAll(5))).toBe('booking-version')
    const both = await Promise.all([putAll(6, input('a', 1, 2)), putAll(7)])
    expect(both.map(codeOf)).toEqual(['bookings', 'busy'])
    expect(held()).toEqual([['a', 1, 2]])
  })
})

describe('what the owner blocks', () => {
  const owner: Principal = { role: 'owner', id: 'huajian', key: 'k' }
  const block = (principal: Principal, machine = 'saw-1') =>
    take({
      kind: 'put-block',
      principal,
      machine,
      block: { id: 'k1', fromMs: NOW_MS + 5 * HOUR, untilMs: NOW_MS + 6 * HOUR, reason: 'own order' },
    })

  test('cannot be booked, nor an extension reach into it', async () => {
    await put(input('a', 3, 5))
    expect(codeOf(await block(owner))).toBe('block')
    expect(codeOf(await put(input('b', 5.5, 7)))).toBe('booking-conflict')
    expect(codeOf(await put(input('a', 3, 5.1, { version: 2 })))).toBe('booking-conflict')
    expect(codeOf(await put(input('c', 6, 7)))).toBe('booking')
    await take({ kind: 'remove-block', principal: owner, machine: 'saw-1', id: 'k1' })
    expect(codeOf(await put(input('a', 3, 5.1, { version: 2 })))).toBe('booking')
  })

  test('is his own machine only; tenants and auditors block nothing', async () => {
    expect(codeOf(await block(owner, 'press-1'))).toBe('forbidden')
    expect(codeOf(await block({ role: 'auditor', id: 'c', key: 'k' }))).toBe('forbidden')
    expect(codeOf(await block({ role: 'technician', id: 'w', key: 'k' }))).toBe('block')
    expect(codeOf(await block(owner, 'elsewhere'))).toBe('not-found')
  })
})

test('a list that was kept is in force at the start: a restart may have cut short what it began', async () => {
  const open = session({ machine: 'saw-1', jti: 'j', status: 'open' })
  const list = { issuer: 'p', number: 5, issuedAtMs: NOW_MS - HOUR, bookings: [], jtis: ['j'] }
  control = await startCommands(bench, { session: open })
  expect(saw().state.session?.revoked).toBeUndefined()
  control = await startCommands(bench, { revocations: [list], session: open })
  expect(saw().state.session?.revoked).toMatchObject({ atMs: NOW_MS - HOUR })
})

test('a revocation list cancels what is known, refuses what is not, and is a contact', async () => {
  await put(input('a', 1, 2))
  const list = { issuer: 'p', number: 5, issuedAtMs: NOW_MS - HOUR, bookings: ['a', 'carried'], jtis: ['j'] }
  const revoke = (more: object = {}, principal: Principal = platform) =>
    take({ kind: 'put-revocations', principal, list: { ...list, ...more } })
  expect(codeOf(await revoke({}, { role: 'technician', id: 'w', key: 'k' }))).toBe('forbidden')
  expect(codeOf(await revoke())).toBe('done')
  expect(saw().state.bookings).toMatchObject([{ status: 'cancelled', cancelledAtMs: NOW_MS - HOUR }])
  expect(control.contacts()).toBe(1)
  const unlock = (booking: string, jti: string) => {
    const claims = { issuer: 'p', tenant: 'x', jti, booking, version: 1, machine: 'saw-1', limits: {} }
    const times = { startMs: NOW_MS - HOUR, endMs: NOW_MS + HOUR / 2, expMs: NOW_MS + HOUR }
    const tenant: Principal = { role: 'tenant', id: 'x', issuer: 'p', claims: { ...claims, ...times } }
    return take({ kind: 'unlock', principal: tenant, machine: 'saw-1' })
  }
  expect(codeOf(await unlock('carried', 'k'))).toBe('booking-cancelled')
  expect(codeOf(await unlock('fresh', 'j'))).toBe('token-revoked')
  expect(codeOf(await revoke())).toBe('done')
  expect(codeOf(await revoke({ number: 4, bookings: [] }))).toBe('revocations-number')
  expect(codeOf(await unlock('carried', 'k'))).toBe('booking-cancelled')
  expect(codeOf(await revoke({ number: 6, bookings: [], jtis: [] }))).toBe('done')
  expect(['token-revoked', 'booking-cancelled']).not.toContain(codeOf(await unlock('carried', 'k')))
})
