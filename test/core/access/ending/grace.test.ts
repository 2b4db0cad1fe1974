/** How long a cycle may go on after the end of its session, when it is cut, and by when the machine should be free. */
import { describe, expect, it } from 'vitest'
import { graceEndNs, heldUntil, lastInstantNs, lockedByMs } from '../../../../gateway/core/access/ending/grace.ts'
import type { Booking } from '../../../../gateway/core/booking/booking.ts'
import type { MachineConfig } from '../../../../gateway/core/ground/config.ts'
import type { Access } from '../../../../gateway/core/machine/access-state.ts'
import type { Env } from '../../../../gateway/core/machine/state.ts'
import type { Session } from '../../../../gateway/core/session/session.ts'
import { machineConfig } from '../../../support/world.ts'
import { booking, envAt, HOUR_MS, hold, machine, NOW, nsAt, session } from '../../support.ts'

type Policy = MachineConfig['endOfBooking']['policy']

/** A grace of a minute, a clean-down of 10 s. */
const config = { ...machineConfig, afterUse: { cleanDownMs: 10_000, inspection: 'none' } } as const
/** The booking of another tenant that begins so many ms after `NOW`. */
const next = (ms: number, over: Partial<Booking> = {}) =>
  booking({ id: 'b2', tenant: 'other', startMs: NOW.ms + ms, endMs: NOW.ms + ms + HOUR_MS, ...over })
const own = booking({ status: 'used' })

describe('a grace of a minute, begun five seconds ago, is over', () => {
  it.each<[string, number, readonly Booking[], Partial<Env>]>([
    ['after its minute, when nobody is next', 55_000, [own], {}],
    ['after its minute, when the next booking is far away', 55_000, [own, next(HOUR_MS)], {}],
    ['in time to clean the machine down for another tenant', 20_000, [own, next(30_000)], {}],
    ['by the first of several next bookings', 20_000, [own, next(40_000, { id: 'b3' }), next(30_000)], {}],
    ['at once, when another tenant is due already', -5000, [own, next(-HOUR_MS / 2)], {}],
    ['after its minute, when the same tenant is next', 55_000, [own, next(30_000, { tenant: 'acme' })], {}],
    ['after its minute, when the next booking was cancelled', 55_000, [own, next(30_000, { status: 'cancelled' })], {}],
    ['after its minute, when the booking of another tenant is over', 55_000, [own, next(-2 * HOUR_MS)], {}],
    // The wall clock stepped 20 s ahead and is not believed yet.
    ['by the time that is believed', 40_000, [own, next(30_000)], { believedMs: NOW.ms - 20_000 }],
  ])('%s', (_name, ms, bookings, over) => {
    const m = machine({ config, session: session(), bookings })
    expect(graceEndNs(envAt(0, over), m, nsAt(-5000)) - NOW.ns).toBe(BigInt(ms) * 1_000_000n)
  })
})

describe('whatever a machine does, an end that began five seconds ago is over', () => {
  const end = (policy: Policy, lastMs = 600_000) => ({
    ...config,
    endOfBooking: { ...config.endOfBooking, policy, lastMs },
  })
  it.each<[string, number, MachineConfig, Partial<Session>, readonly Booking[]]>([
    ['after its last time, when cycles are finished', 595_000, end('finish-cycle'), {}, [own]],
    ['after its last time, when the owner releases it', 595_000, end('owner-release'), {}, [own]],
    ['after its last time, though another tenant is due', 595_000, end('finish-cycle'), {}, [own, next(30_000)]],
    ['after its grace, where the owner chose so', 55_000, end('at-end'), {}, [own]],
    ['before another tenant is due, where the owner chose so', 20_000, end('at-end'), {}, [own, next(30_000)]],
    ['after its last time, when that is shorter than the grace', 35_000, end('at-end', 40_000), {}, [own]],
    ['at once, when a person of the site withdrew it', -5000, end('finish-cycle'), { withdrawn: true }, [own]],
  ])('%s', (_name, ms, config, over, bookings) => {
    const m = machine({ config, session: session(over), bookings })
    expect(lastInstantNs(envAt(), m, nsAt(-5000)) - NOW.ns).toBe(BigInt(ms) * 1_000_000n)
    expect(lockedByMs(envAt(), m, nsAt(-5000)) - NOW.ms).toBe(Math.max(0, ms) + 7000)
  })
})

describe('a machine is held', () => {
  const cycle: Access = {
    kind: 'Finishing',
    phase: 'cycle',
    reason: 'Local',
    sinceNs: nsAt(-5000),
    waiting: [],
    hold: hold(),
    tries: 0,
    alarmed: false,
  }
  const unlocked: Access = { kind: 'Unlocked', hold: hold() }
  it.each<[string, number | undefined, Session | undefined, Access]>([
    ['by nobody without a session', undefined, undefined, { kind: 'Locked' }],
    ['until its booking ends and it is cleaned down', HOUR_MS + 10_000, session(), unlocked],
    ['until its grace is over and it is cleaned down, once it is ending', 65_000, session(), cycle],
    ['for an unknown time once its booking has ended', undefined, session({ bookedUntilMs: NOW.ms }), unlocked],
    ['for an unknown time once its grace is over', undefined, session(), { ...cycle, sinceNs: nsAt(-60_000) }],
  ])('%s', (_name, ms, open, access) => {
    const untilMs = heldUntil(envAt(), machine({ config, session: open, access, bookings: [own] }))
    expect(untilMs && untilMs - NOW.ms).toBe(ms)
  })
})
