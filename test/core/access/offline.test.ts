/** What holds while the platform is out of contact, and what a late word of it costs. */

import { describe, expect, it } from 'vitest'
import type { MachineConfig } from '../../../gateway/core/ground/config.ts'
import { contactAgeMs } from '../../../gateway/core/ground/contact.ts'
import type { Json } from '../../../gateway/core/ground/entry.ts'
import { createWorld, machineConfig, type World } from '../../support/world.ts'

const MINUTE = 60_000
const offline = (policy: MachineConfig['offline']['policy'], caps: MachineConfig['offline']['caps'] = {}) =>
  createWorld({ ...machineConfig, offline: { policy, caps } })

/** The code of a refusal, or what kind of answer an unlock gets. */
function answerTo(world: World, over: Parameters<World['unlock']>[0] = {}): string {
  world.run(1000)
  const command = world.unlock(over)
  world.until(() => world.outcome(command) !== undefined, 3000)
  const outcome = world.outcome(command)
  return outcome?.kind === 'refused' ? outcome.refusal.code : (outcome?.kind ?? 'silent')
}
const lastOf = (world: World, kind: string) => world.durable.entries.findLast((entry) => entry.kind === kind)?.data

describe('who may unlock', () => {
  it.each([
    ['accept-signed', false, true, 'session'],
    ['accept-signed', true, true, 'session'],
    ['accept-signed', false, false, 'session'],
    ['known-only', true, true, 'no-booking'],
    ['known-only', false, true, 'session'],
    ['known-only', true, false, 'session'],
    ['none', true, true, 'offline'],
    ['none', false, true, 'offline'],
    ['none', false, false, 'session'],
  ] as const)(
    'policy %s, booking new with the token: %s, offline: %s → %s',
    (policy, newBooking, isOffline, expected) => {
      const world = offline(policy)
      world.gates.offline = isOffline
      if (!newBooking) world.putBookings([world.booking()])
      expect(answerTo(world, { booking: world.booking(), newBooking, jti: 'j1' })).toBe(expected)
      if (expected !== 'session') expect(world.writes).toEqual([])
    },
  )

  it('a booking that arrived days ago holds after days offline and a restart', () => {
    const world = offline('known-only')
    const day = 86_400_000
    const { startMs } = world.booking()
    world.putBookings([world.booking('b1', { startMs: startMs + 4 * day, endMs: startMs + 4 * day + 120 * MINUTE })])
    world.run(1000)
    world.gates.offline = true
    world.stepClock(4 * day + 2 * MINUTE)
    world.kill()
    world.start()
    expect(answerTo(world)).toBe('session')
    expect(world.state.session).toMatchObject({ offline: true, booking: 'b1' })
  })

  it('contact lost between the request and the intent counts', () => {
    const world = offline('none')
    world.putBookings([world.booking()])
    world.run(1000)
    const command = world.unlock()
    world.gates.offline = true
    world.until(() => world.outcome(command) !== undefined, 3000)
    expect(world.outcome(command)).toMatchObject({ kind: 'refused', refusal: { code: 'offline' } })
    expect(world.writes).toEqual([])
  })

  it('a session that was suspended may be taken up again', () => {
    const world = offline('none')
    world.putBookings([world.booking()])
    expect(answerTo(world)).toBe('session')
    world.link.up = false
    world.run(12_000)
    world.gates.offline = true
    world.link.up = true
    world.run(1000)
    const command = world.resume()
    world.until(() => world.outcome(command) !== undefined, 3000)
    expect(world.outcome(command)).toMatchObject({ kind: 'session' })
  })
})

describe('the caps of a session begun offline', () => {
  it('end it after so many minutes, on a clock that cannot be stepped', () => {
    const world = offline('accept-signed', { minutes: 10 })
    world.gates.offline = true
    world.putBookings([world.booking()])
    answerTo(world)
    expect(world.state.session).toMatchObject({ offline: true, limits: { minutes: 10 } })
    expect(lastOf(world, 'UnlockIntended')).toMatchObject({ offline: true, limits: { minutes: 10 } })
    world.gates.offline = false
    world.run(5 * MINUTE)
    world.stepClock(-3 * 60 * MINUTE)
    world.run(4 * MINUTE)
    expect(world.enabledNow).toBe(true)
    world.run(MINUTE + 5000)
    expect(world.enabledNow).toBe(false)
    expect(lastOf(world, 'SessionEnded')).toMatchObject({ stoppedReason: 'TimeLimitReached', offline: true })
  })

  it('end it after so many pieces', () => {
    const world = offline('accept-signed', { minutes: 100, pieces: 4 })
    world.gates.offline = true
    world.putBookings([world.booking()])
    answerTo(world)
    world.operator(true)
    world.run(60_000)
    expect(world.enabledNow).toBe(false)
    const use = world.durable.sessions.get('session-1')!.use.find(({ unit }) => unit === 'pcs')
    expect(Number(use!.quantity)).toBeGreaterThanOrEqual(4)
    expect(Number(use!.quantity)).toBeLessThanOrEqual(5)
  })

  it('do not touch a session begun online', () => {
    const world = offline('accept-signed', { minutes: 10 })
    world.putBookings([world.booking()])
    answerTo(world)
    world.gates.offline = true
    world.run(11 * MINUTE)
    expect(world.enabledNow).toBe(true)
    expect(world.state.session).not.toHaveProperty('offline')
  })

  it('stand below an extension, which moves the end by as much as it was moved', () => {
    const world = offline('accept-signed', { minutes: 10 })
    world.gates.offline = true
    const booking = world.booking('b1', { endMs: world.booking().startMs + 3 * MINUTE })
    world.putBookings([booking])
    answerTo(world)
    world.putBookings([{ ...world.state.bookings[0]!, version: 2, endMs: booking.endMs + 60 * MINUTE }])
    world.run(9 * MINUTE)
    expect(world.enabledNow).toBe(true)
    world.run(MINUTE + 5000)
    expect(world.enabledNow).toBe(false)
  })
})

describe('a revocation that comes late', () => {
  it('ends the session, and says what was used since', () => {
    const world = offline('accept-signed')
    world.putBookings([world.booking()])
    answerTo(world)
    world.operator(true)
    world.run(10 * MINUTE)
    const before = world.machine.producedUnits
    const revokedAtMs = world.state.seen.lock!.reading.readAtMs
    world.run(5 * MINUTE)
    const [booking] = world.state.bookings
    world.putBookings([{ ...booking!, status: 'cancelled', cancelledAtMs: revokedAtMs }])
    world.run(30_000)
    expect(world.enabledNow).toBe(false)
    const { lateRevocation, stoppedReason } = lastOf(world, 'SessionEnded') as {
      lateRevocation: {
        ms: number
        units: { unit: string; quantity: string }[]
        countedFrom: string
        revokedAt: string
      }
      stoppedReason: string
    }
    expect(stoppedReason).toBe('DeAuthorized')
    expect(lateRevocation.revokedAt).toBe(new Date(revokedAtMs).toISOString())
    expect(lateRevocation.ms).toBeGreaterThanOrEqual(5 * MINUTE)
    expect(lateRevocation.ms).toBeLessThan(5 * MINUTE + 30_000)
    const units = Number(lateRevocation.units.find(({ unit }) => unit === 'pcs')!.quantity)
    const since = world.machine.producedUnits - before
    // Not a unit too few; too many by what a minute makes at most.
    expect(units).toBeGreaterThanOrEqual(since)
    expect(units).toBeLessThanOrEqual(since + 21)
    expect(world.durable.sessions.get('session-1')!.lateRevocation).toBeDefined()
  })

  it('of before the session counts from its begin', () => {
    const world = offline('accept-signed')
    world.putBookings([world.booking()])
    answerTo(world, { jti: 'j1' })
    world.operator(true)
    world.run(2 * MINUTE)
    world.dispatch({ kind: 'revoked', jtis: ['other', 'j1'], issuedAtMs: 0 })
    world.run(30_000)
    const { lateRevocation } = lastOf(world, 'SessionEnded') as {
      lateRevocation: { ms: number; units: { unit: string; quantity: string }[] }
    }
    const made = lateRevocation.units.find(({ unit }) => unit === 'pcs')!.quantity
    expect(Number(made)).toBe(world.machine.producedUnits)
    expect(lateRevocation.ms).toBeLessThan(3 * MINUTE)
  })

  it('counts from the begin after a restart: rather too much than too little', () => {
    const world = offline('accept-signed')
    world.putBookings([world.booking()])
    answerTo(world, { jti: 'j1' })
    world.operator(true)
    world.run(5 * MINUTE)
    world.kill()
    world.start()
    world.run(2000)
    const atMs = world.state.seen.lock!.reading.readAtMs
    world.run(MINUTE)
    world.dispatch({ kind: 'revoked', jtis: ['j1'], issuedAtMs: atMs - 100_000 })
    world.run(30_000)
    const { lateRevocation } = lastOf(world, 'SessionEnded') as { lateRevocation: { [key: string]: Json } }
    expect(lateRevocation.countedFrom).toBe(lastOf(world, 'SessionEnded')!.startedAt)
  })

  it('of another token changes nothing', () => {
    const world = offline('accept-signed')
    world.putBookings([world.booking()])
    answerTo(world, { jti: 'j1' })
    world.dispatch({ kind: 'revoked', jtis: ['j2'], issuedAtMs: 0 })
    world.run(5000)
    expect(world.enabledNow).toBe(true)
  })

  it('while the unlock is on its way never leaves the machine unlocked', () => {
    for (let afterMs = 0; afterMs <= 400; afterMs += 10) {
      const world = offline('accept-signed')
      world.putBookings([world.booking()])
      world.run(1000)
      world.unlock({ jti: 'j1' })
      world.run(afterMs)
      world.putBookings([{ ...world.state.bookings[0]!, status: 'cancelled' }])
      world.run(5000)
      expect(world.enabledNow, `cancelled after ${afterMs} ms`).toBe(false)
      expect(world.state.bookings[0]!.status, `cancelled after ${afterMs} ms`).toBe('cancelled')
    }
  })

  it('just before a restart is not forgotten by it', () => {
    const world = offline('accept-signed')
    world.putBookings([world.booking()])
    answerTo(world)
    world.link.up = false
    world.putBookings([{ ...world.state.bookings[0]!, status: 'cancelled' }])
    world.run(500)
    world.kill()
    world.link.up = true
    world.start()
    world.run(5000)
    expect(world.enabledNow).toBe(false)
    expect(lastOf(world, 'SessionEnded')).toMatchObject({ stoppedReason: 'DeAuthorized' })
  })
})

describe('the age of the last contact', () => {
  const contact = { atMs: 1_000_000, monoNs: '5000000000', bootId: 'a' }
  it.each([
    ['none ever', undefined, { ms: 0, ns: 0n }, 'a', Number.POSITIVE_INFINITY],
    ['within a boot goes by the monotonic clock', contact, { ms: 99_000_000, ns: 65_000_000_000n }, 'a', 60_000],
    ['over a reboot by the wall clock', contact, { ms: 1_060_000, ns: 1n }, 'b', 60_000],
    ['never below nothing', contact, { ms: 5, ns: 1n }, 'b', 0],
  ] as const)('%s', (_, known, now, boot, expected) => {
    expect(contactAgeMs(known, now, boot)).toBe(expected)
  })
})
