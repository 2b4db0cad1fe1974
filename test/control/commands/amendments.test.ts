/** Bookings that are changed without a put: extended, handed over, cancelled with a word. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { BookingInput } from '../../../gateway/core/booking/booking.ts'
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
const codeOf = (outcome: Outcome) => (outcome.kind === 'refused' ? outcome.refusal.code : outcome.kind)
const put = (id: string, fromH: number, toH: number, more: Partial<BookingInput> = {}) => {
  const times = { startMs: NOW_MS + fromH * HOUR, endMs: NOW_MS + toH * HOUR }
  const booking = { id, version: 1, machine: 'saw-1', tenant: 'acme', ...times, limits: {}, ...more }
  return take({ kind: 'put-booking', principal: platform, booking })
}

beforeEach(async () => {
  bench = await createBench()
})
afterEach(() => bench.close())

describe('a booking that is changed without a put', () => {
  const tenant = (id: string): Principal => {
    const claims = { issuer: 'p', tenant: id, jti: 'j', booking: 'b', version: 1, machine: 'saw-1', limits: {} }
    const times = { startMs: NOW_MS - HOUR, endMs: NOW_MS + HOUR, expMs: NOW_MS + HOUR }
    return { role: 'tenant', id, issuer: 'p', claims: { ...claims, ...times } }
  }
  const recorded = () =>
    bench.deps.reader
      .entries(0, 100)
      .map(({ body }) => body.data)
      .filter((data) => data.because !== undefined)
  const open = session({ machine: 'saw-1', booking: 'b', tenant: 'acme', status: 'open' })
  const extend = (hours: number, principal: Principal) =>
    take({ kind: 'extend', principal, session: open.id, untilMs: NOW_MS + hours * HOUR })

  beforeEach(async () => {
    control = await startCommands(bench, { session: open })
    await put('b', -1, 1, { terms: { lateStopMinutes: 60 } })
    await put('next', 3, 4, { tenant: 'other' })
  })

  test('is extended by its tenant within its terms, by the platform up to the next', async () => {
    expect(codeOf(await extend(2, tenant('stranger')))).toBe('not-found')
    expect(await extend(2.5, tenant('acme'))).toMatchObject({
      refusal: { code: 'booking-conflict', extra: { latest: new Date(NOW_MS + 2 * HOUR).toISOString() } },
    })
    expect(codeOf(await extend(2, tenant('acme')))).toBe('session')
    expect(codeOf(await extend(2, tenant('acme')))).toBe('session')
    expect(bench.deps.reader.booking('b')).toMatchObject({ endMs: NOW_MS + 2 * HOUR, putEndMs: NOW_MS + HOUR })
    expect(codeOf(await extend(1.5, platform))).toBe('bad-request')
    expect(codeOf(await extend(3.5, platform))).toBe('booking-conflict')
    expect(codeOf(await extend(3, platform))).toBe('session')
    expect(recorded()).toMatchObject([
      { because: 'extended', by: 'tenant' },
      { because: 'extended', by: 'platform' },
    ])
  })

  test('is handed over once its session is over, and then opens for the new tenant alone', async () => {
    const give = (id: string, version: number) =>
      take({ kind: 'hand-over', principal: platform, handOver: { id, version, tenant: 'colleague' } })
    expect(codeOf(await give('b', 2))).toBe('booking-in-use')
    expect(codeOf(await give('next', 2))).toBe('booking')
    expect(codeOf(await give('next', 2))).toBe('booking')
    expect(recorded()).toMatchObject([{ booking: 'next', because: 'handed-over', by: 'platform' }])
    const taken = take({ kind: 'hand-over', principal: tenant('acme'), handOver: { id: 'b', version: 2, tenant: 'x' } })
    expect(codeOf(await taken)).toBe('forbidden')
  })

  test('is cancelled with the word of who wanted it', async () => {
    const cancellation = { by: 'tenant', reason: 'no glue left' } as const
    await take({ kind: 'cancel-booking', principal: platform, id: 'next', cancellation })
    expect(bench.deps.reader.booking('next')).toMatchObject({ status: 'cancelled', cancellation })
    expect(recorded()).toMatchObject([{ booking: 'next', reason: 'cancelled', because: 'no glue left', by: 'tenant' }])
  })
})
