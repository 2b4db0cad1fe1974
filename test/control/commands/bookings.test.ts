/** Bookings where they meet: the command loop over real machines of the core and a real ledger. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Tariff } from '../../../gateway/core/billing/tariff.ts'
import type { Booking, BookingInput } from '../../../gateway/core/booking/booking.ts'
import type { Command } from '../../../gateway/core/command/command.ts'
import type { Outcome } from '../../../gateway/core/command/outcome.ts'
import type { Principal } from '../../../gateway/core/permission/principal.ts'
import { type Bench, createBench } from '../../front/api/bench.ts'
import { NOW_MS, session } from '../../front/api/rows.ts'
import { random } from '../../ledger/verify/shop/random.ts'
import { anyTariff, chooseBy } from '../../simulate/money/any-tariff.ts'
import { type CommandBench, startCommands } from './bench.ts'

const HOUR = 3_600_000
const platform: Principal = { role: 'platform', id: 'p', issuer: 'i' }

let bench: Bench
let control: CommandBench
const take = (command: Command) => control.take(command)
const saw = () => control.machines.get('saw-1')!

beforeEach(async () => {
  bench = await createBench((config) => ({ ...config, bounds: { ...config.bounds, maxBookings: 2_000 } }))
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

describe('the tariff of a booking', () => {
  const tariffs = [1, 2, 3].map((version) => ({ ...anyTariff(chooseBy(random(1)), 'saw'), version }))
  const [old, next, later] = tariffs.map((tariff, index) =>
    index === 2 ? { ...tariff, validFrom: '2999-01-01' } : { ...tariff, validFrom: '2020-01-01' },
  ) as [Tariff, Tariff, Tariff]
  const machineAt = (tariff: string) =>
    saw().dispatch({ kind: 'configured', config: { ...saw().state.config, tariff } })

  test('is that of the machine when it is put, and stays when the machine has another', async () => {
    control = await startCommands(bench, { tariffs: [old, next, later] })
    machineAt('saw@1')
    const tariffIn = async (booking: BookingInput) => {
      const outcome = await put(booking)
      return outcome.kind === 'booking' ? outcome.booking.tariff : codeOf(outcome)
    }
    expect(await tariffIn(input('b1', 5, 6))).toBe('saw@1')
    machineAt('saw@2')
    expect(await tariffIn(input('b1', 5, 6))).toBe('saw@1')
    expect(await tariffIn(input('b1', 5, 7, { version: 2 }))).toBe('saw@1')
    expect(await tariffIn(input('b1', 5, 7, { version: 3, tariff: 'saw@2' }))).toBe('saw@2')
    expect(await tariffIn(input('b2', 8, 9))).toBe('saw@2')
    machineAt('saw@3')
    expect(await tariffIn(input('b3', 10, 11))).toBeUndefined()
  })
})

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

describe('a cancellation that comes before its booking', () => {
  const cancel = (version?: number) =>
    take({ kind: 'cancel-booking', principal: platform, id: 'late', ...(version === undefined ? {} : { version }) })
  const statusOf = async (version: number) => {
    const outcome = await put(input('late', 5, 7, { version }))
    return outcome.kind === 'booking' ? outcome.booking.status : codeOf(outcome)
  }

  test.each([
    [
      'without a version holds against the first that arrives, and not against a newer one',
      undefined,
      [1, 1, 2],
      ['cancelled', 'cancelled', 'held'],
    ],
    [
      'of version 2 holds against 1 and 2, in any order, and not against 3',
      2,
      [1, 2, 1, 3],
      ['cancelled', 'cancelled', 'booking-version', 'held'],
    ],
    ['of version 2 does not hold against 3', 2, [3, 2], ['held', 'booking-version']],
  ] as const)('%s', async (_, version, arrivals, statuses) => {
    expect(await cancel(version)).toEqual({ kind: 'done' })
    const seen: string[] = []
    for (const arrival of arrivals) seen.push(await statusOf(arrival))
    expect(seen).toEqual(statuses)
  })

  test('holds in a snapshot, and over a restart', async () => {
    await cancel()
    control = await startCommands(bench)
    await putAll(1, input('late', 5, 7), input('other', 7, 8))
    expect(held()).toEqual([['other', 7, 8]])
    const kinds = bench.deps.reader.entries(0, 100).filter(({ body }) => body.data.booking === 'late')
    expect(kinds.map(({ kind }) => kind)).toEqual(['BookingPut', 'BookingCancelled'])
  })

  test('holds against a token of the same booking', async () => {
    await cancel(1)
    const claims = { issuer: 'p', tenant: 'x', jti: 'j', booking: 'late', version: 1, machine: 'saw-1', limits: {} }
    const times = { startMs: NOW_MS - HOUR, endMs: NOW_MS + HOUR / 2, expMs: NOW_MS + HOUR }
    const unlock = (version: number) => {
      const tenant: Principal = { role: 'tenant', id: 'x', issuer: 'p', claims: { ...claims, version, ...times } }
      return take({ kind: 'unlock', principal: tenant, machine: 'saw-1' })
    }
    expect(codeOf(await unlock(1))).toBe('booking-cancelled')
    expect(codeOf(await unlock(2))).not.toBe('booking-cancelled')
  })

  test('of an older version than the known one is refused, and of a newer one leaves nothing to come', async () => {
    expect(await statusOf(3)).toBe('held')
    expect(codeOf(await cancel(2))).toBe('booking-version')
    expect(codeOf(await cancel(4))).toBe('done')
    expect(await statusOf(4)).toBe('cancelled')
    expect(held()).toEqual([])
  })
})

describe('a booking that is wholly over', () => {
  const over = {
    code: 'bad-request',
    detail: expect.stringMatching(/^the booking is over: it ends 202[56]-.*; check the year and the zone$/),
  }

  test('is refused with a sentence, alone and in a snapshot, whose others are taken', async () => {
    expect(await put(input('slip', -5, -4))).toMatchObject({ kind: 'refused', refusal: over })
    expect(await putAll(1, input('slip', -5, -4), input('good', 1, 2))).toMatchObject({
      put: 1,
      refused: [{ id: 'slip', ...over }],
    })
  })

  test('may be the new end of one that has begun: it ends; moved there as a whole it is refused', async () => {
    await put(input('early', -2, 2))
    expect(await put(input('early', -2, -0.1, { version: 2 }))).toMatchObject({ kind: 'booking' })
    await put(input('moved', 3, 4))
    expect(await put(input('moved', -8765, -8764, { version: 2 }))).toMatchObject({ kind: 'refused', refusal: over })
  })
})

test('a conflict says when the other booking holds, and who has blocked what', async () => {
  await put(input('a', 1, 3))
  const at = (hours: number) => new Date(NOW_MS + hours * HOUR).toISOString()
  expect(await put(input('b', 2, 4))).toMatchObject({
    refusal: { code: 'booking-conflict', detail: `another booking holds ${at(1)} to ${at(3)}` },
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

  test.each([1, -1])(
    'a season of 1200 slots, back to back, moves by an hour in one pass, listed %d',
    async (way) => {
      const season = (version: number, shift: number) =>
        Array.from({ length: 1200 }, (_, n) => input(`s${n}`, n + 1 + shift, n + 2 + shift, { version }))
      await putAll(1, ...season(1, 0))
      const before = bench.deps.reader.entries(0, 10_000).length
      const moved = season(2, 1)
      const outcome = await putAll(2, ...(way > 0 ? moved : moved.reverse()))
      expect(outcome).toMatchObject({ kind: 'bookings', put: 1200, cancelled: 0, refused: [] })
      expect(held()).toHaveLength(1200)
      // One entry per booking: none had to leave its time first.
      expect(bench.deps.reader.entries(before, 10_000)).toHaveLength(1200)
    },
    60_000,
  )

  test('the same again is answered in the same way, with other content it is refused', async () => {
    const rows = [input('a', 1, 2), input('b', 1.5, 2.5), input('c', 3, 4)]
    const first = await putAll(5, ...rows)
    const entries = bench.deps.reader.entries(0, 100).length
    expect(first).toMatchObject({ put: 2, refused: [{ id: 'b', code: 'booking-conflict' }] })
    expect(await putAll(5, ...rows)).toEqual(first)
    expect(bench.deps.reader.entries(0, 100)).toHaveLength(entries)
    expect(codeOf(await putAll(5, rows[0]!))).toBe('booking-version')
    expect(codeOf(await putAll(5, rows[0]!, rows[2]!, input('d', 5, 6)))).toBe('booking-version')
    expect(codeOf(await putAll(4, ...rows))).toBe('booking-version')
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
