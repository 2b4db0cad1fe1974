/** What closes a machine by plan: windows and blocks; and when it is free, and until when. */

import { describe, expect, it } from 'vitest'
import type { Booking } from '../../../gateway/core/booking/booking.ts'
import type { MachineConfig } from '../../../gateway/core/ground/config.ts'
import { createWorld, machineConfig, type World } from '../../support/world.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** When a world begins: a Monday. */
const START = Date.UTC(2026, 0, 5, 8)
const at = (text: string) => Date.parse(`2026-01-05T${text}Z`)
const windows: MachineConfig['windows'] = {
  zone: 'UTC',
  list: [{ days: [1], fromMinute: 9 * 60, toMinute: 10 * 60, reason: 'oil' }],
}
const block = (from: string, until: string, id = 'k1') => ({
  id,
  fromMs: at(from),
  untilMs: at(until),
  reason: 'own order',
  by: 'huajian',
})

function ask(world: World, event: (command: number) => Parameters<World['dispatch']>[0]) {
  const command = 9000 + Math.floor(world.ms) + world.outcomes.size
  world.dispatch(event(command))
  world.until(() => world.outcome(command) !== undefined, 1000)
  return world.outcome(command)
}
const putBlock = (world: World, given: ReturnType<typeof block>, most = 10) =>
  ask(world, (command) => ({ kind: 'block', command, block: given, most }))

function unlock(world: World, booking: Booking) {
  const command = world.unlock({ booking })
  world.until(() => world.outcome(command) !== undefined, 3000)
  return world.outcome(command)
}

describe('a maintenance window', () => {
  it('refuses new unlocks, says until when, and lets a session go on', () => {
    const world = createWorld({ ...machineConfig, windows })
    const booking = world.booking('b1', { startMs: START + 55 * MINUTE, endMs: START + 3 * HOUR })
    world.putBookings([booking])
    world.run(59 * MINUTE)
    expect(unlock(world, booking)?.kind).toBe('session')
    world.run(2 * MINUTE)
    expect(world.enabledNow).toBe(true)
    world.end()
    world.run(10_000)
    expect(world.state.shown.availability).toMatchObject({ state: 'Blocked', reason: 'maintenance-window' })
    expect(unlock(world, world.state.bookings[0]!)).toMatchObject({
      refusal: { code: 'machine-blocked', detail: 'maintenance window: oil', extra: { reason: 'maintenance-window' } },
    })
    world.run(60 * MINUTE)
    expect(unlock(world, world.state.bookings[0]!)?.kind).toBe('session')
  })

  it('counts in when the machine is free, with the bookings before and after it', () => {
    const world = createWorld({ ...machineConfig, windows })
    world.run(1000)
    expect(world.state.shown.availability).toEqual({ state: 'Available', freeUntilMs: at('09:00') })
    world.putBookings([
      world.booking('a', { startMs: at('08:00'), endMs: at('09:00') }),
      world.booking('b', { startMs: at('10:00'), endMs: at('11:30') }),
    ])
    world.run(1000)
    // booking, window, booking without a gap
    expect(world.state.shown.availability).toMatchObject({ state: 'Reserved', freeAtMs: at('11:30') })
  })

  it('around the clock has no end that is known', () => {
    const list = [{ days: [0, 1, 2, 3, 4, 5, 6], fromMinute: 0, toMinute: 0 }]
    const world = createWorld({ ...machineConfig, windows: { zone: 'UTC', list } })
    world.run(1000)
    expect(world.state.shown.availability).toMatchObject({ state: 'Blocked', reason: 'maintenance-window' })
    expect(world.state.shown.availability).not.toHaveProperty('freeAtMs')
  })
})

describe('a block of the owner', () => {
  it('is recorded, shown, survives a restart, and is gone when removed', () => {
    const world = createWorld()
    world.run(1000)
    expect(putBlock(world, block('08:00', '09:00'))).toMatchObject({ kind: 'block', created: true })
    world.run(500)
    expect(world.state.shown.availability).toMatchObject({
      state: 'Blocked',
      reason: 'owner-block',
      freeAtMs: at('09:00'),
    })
    expect(unlock(world, world.booking())).toMatchObject({
      refusal: {
        code: 'machine-blocked',
        detail: 'blocked by its owner: own order',
        extra: { freeAt: '2026-01-05T09:00:00.000Z' },
      },
    })
    world.kill()
    world.start()
    world.run(1000)
    expect(world.state.shown.availability).toMatchObject({ reason: 'owner-block' })
    expect(ask(world, (command) => ({ kind: 'unblock', command, id: 'k1', by: 'huajian' }))).toEqual({ kind: 'done' })
    world.run(500)
    expect(world.state.shown.availability).toMatchObject({ state: 'Available' })
    expect(world.kinds().filter((kind) => kind.startsWith('Block'))).toEqual(['BlockPut', 'BlockRemoved'])
    expect(ask(world, (command) => ({ kind: 'unblock', command, id: 'k1', by: 'huajian' }))).toMatchObject({
      refusal: { code: 'not-found' },
    })
    expect(world.writes).toEqual([])
  })

  it('put again changes nothing, put otherwise is moved', () => {
    const world = createWorld()
    world.run(1000)
    putBlock(world, block('10:00', '11:00'))
    expect(putBlock(world, block('10:00', '11:00'))).toMatchObject({ kind: 'block', created: false })
    expect(world.kinds().filter((kind) => kind === 'BlockPut')).toHaveLength(1)
    expect(putBlock(world, block('12:00', '13:00'))).toMatchObject({ kind: 'block', created: false })
    world.run(500)
    expect(world.state.shown.availability).toMatchObject({ state: 'Available', freeUntilMs: at('12:00') })
  })

  it.each([
    ['a booking in it', { startMs: at('10:15'), endMs: at('10:30') }, {}, 'booking-conflict'],
    ['a booking around it', { startMs: at('09:00'), endMs: at('12:00') }, {}, 'booking-conflict'],
    ['a booking in use', { startMs: at('07:00'), endMs: at('10:30') }, { status: 'used' }, 'booking-conflict'],
    ['a cancelled booking', { startMs: at('10:15'), endMs: at('10:30') }, { status: 'cancelled' }, undefined],
    ['a booking before it', { startMs: at('09:00'), endMs: at('10:00') }, {}, undefined],
    ['a booking after it', { startMs: at('11:00'), endMs: at('12:00') }, {}, undefined],
  ] as const)('over %s', (_, when, more, code) => {
    const world = createWorld()
    world.putBookings([world.booking('b1', { ...when, ...more })])
    world.run(1000)
    const outcome = putBlock(world, block('10:00', '11:00'))
    expect(outcome?.kind === 'refused' ? outcome.refusal.code : undefined).toBe(code)
    expect(world.state.row.blocks ?? []).toHaveLength(code === undefined ? 1 : 0)
  })

  it.each([
    ['that ends before it begins', block('11:00', '10:00'), 10, 'bad-request'],
    ['that is over', block('06:00', '07:00'), 10, 'bad-request'],
    ['one too many', block('11:00', '12:00'), 0, 'too-many-blocks'],
  ])('%s is refused', (_, given, most, code) => {
    const world = createWorld()
    world.run(1000)
    expect(putBlock(world, given, most)).toMatchObject({ kind: 'refused', refusal: { code } })
  })

  it('keeps its time from a booking that comes with a token while the machine is asked', () => {
    const world = createWorld()
    world.run(1000)
    const booking = world.booking('b1', { startMs: at('07:30'), endMs: at('10:30'), source: 'token' })
    const command = world.unlock({ booking, newBooking: true, jti: 'j1' })
    putBlock(world, block('10:00', '11:00'))
    world.run(1000)
    expect(world.outcome(command)).toMatchObject({ kind: 'refused', refusal: { code: 'booking-conflict' } })
    expect(world.kinds()).not.toContain('UnlockIntended')
  })

  it('is forgotten a day after it is over', () => {
    const world = createWorld()
    world.run(1000)
    putBlock(world, block('08:10', '08:20'))
    world.stepClock(25 * HOUR)
    world.run(20 * MINUTE)
    // The step is believed, and may still be taken back.
    expect(world.state.row.blocks).toHaveLength(1)
    world.kill()
    world.start()
    world.run(1000)
    expect(world.state.row.blocks).toEqual([])
    expect(world.durable.row?.blocks).toEqual([])
  })
})

describe('qualifications', () => {
  const config = { ...machineConfig, requires: ['crane', 'spray'] }
  const outcomeOf = (booking: readonly string[] | undefined, token: readonly string[] | undefined) => {
    const world = createWorld(config)
    const held = world.booking('b1', booking ? { qualifications: booking } : {})
    world.putBookings([held])
    world.run(1000)
    const command = 77
    world.dispatch({
      kind: 'unlock',
      request: {
        command,
        principal: { role: 'platform', id: 'p', issuer: 'test' },
        booking: held,
        newBooking: false,
        ...(token ? { qualifications: token } : {}),
        sessionId: 's',
        tag: 5,
        tenantRef: 't',
      },
    })
    world.until(() => world.outcome(command) !== undefined, 3000)
    return { outcome: world.outcome(command), writes: world.writes.length }
  }

  it.each([
    ['none', undefined, undefined, 'missing: crane, spray'],
    ['one of two', ['crane'], undefined, 'missing: spray'],
    ['others', ['welding'], ['lathe'], 'missing: crane, spray'],
    ['of the booking', ['crane', 'other', 'spray'], undefined, undefined],
    ['of the token', undefined, ['crane', 'spray'], undefined],
    ['of both together', ['crane'], ['spray'], undefined],
  ])('%s', (_, booking, token, missing) => {
    const { outcome, writes } = outcomeOf(booking, token)
    if (missing === undefined) return expect(outcome?.kind).toBe('session')
    expect(outcome).toMatchObject({ kind: 'refused', refusal: { code: 'not-qualified', detail: missing } })
    expect(writes).toBe(0)
  })
})
