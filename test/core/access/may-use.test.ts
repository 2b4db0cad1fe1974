/** Whether a booking may be used now, which version of it counts, and whether a session may go on. */
import { describe, expect, it } from 'vitest'
import { bookingOf, mayGoOn, mayUse } from '../../../gateway/core/access/gates.ts'
import type { Booking } from '../../../gateway/core/booking/booking.ts'
import type { MachineConfig } from '../../../gateway/core/ground/config.ts'
import type { Refusal } from '../../../gateway/core/ground/refusal.ts'
import type { UnlockRequest } from '../../../gateway/core/machine/access-state.ts'
import type { Env } from '../../../gateway/core/machine/state.ts'
import type { Session } from '../../../gateway/core/session/session.ts'
import { machineConfig } from '../../support/world.ts'
import * as given from '../support.ts'
import { envAt, HOUR_MS, machine, NOW, nsAt, request, session } from '../support.ts'

type Code = Refusal['code']

/** What is wrong with a booking, in the order in which it is named. */
type Use = {
  readonly env: Partial<Env>
  readonly m: Parameters<typeof machine>[0]
  readonly over: Partial<UnlockRequest>
}
const use = (over: Partial<Use>): Use => ({ env: {}, m: {}, over: {}, ...over })
const policy = (word: MachineConfig['offline']['policy']): Use['m'] => ({
  config: { ...machineConfig, offline: { policy: word, caps: {} } },
})
const known = (...bookings: readonly Partial<Booking>[]): Use['m'] => ({ bookings: bookings.map(given.booking) })
const taken = { jti: 'j1', newBooking: true, booking: given.booking({ id: 'b9', source: 'token' }) } as const
const block = { id: 'k1', fromMs: NOW.ms + 1, untilMs: NOW.ms + 2, reason: 'own', by: 'huajian' }
const lastUse = {
  session: 's0',
  tenantRef: 't-other',
  endedAtMs: NOW.ms - 1000,
  endedNs: nsAt(-1000).toString(),
  bootId: given.BOOT,
}
const row = { machine: 'booth', fencingCounter: 0 }
const afterUse = (inspection: 'none' | 'required', cleanDownMs: number): Use['m'] => ({
  config: { ...machineConfig, afterUse: { inspection, cleanDownMs } },
  row: { ...row, lastUse, ...(inspection === 'required' ? { inspection: 'due' as const } : {}) },
})
const misuses: readonly (readonly [string, Code | undefined, Use])[] = [
  ['a booking that holds may be used', undefined, use({})],
  ['nobody begins offline under the policy none', 'offline', use({ env: { offline: true }, m: policy('none') })],
  ['on line the policy none means nothing', undefined, use({ m: policy('none') })],
  [
    'known-only takes no booking from a token offline',
    'no-booking',
    use({ env: { offline: true }, m: { ...policy('known-only'), bookings: [] }, over: taken }),
  ],
  ['known-only takes it on line', undefined, use({ m: { ...policy('known-only'), bookings: [] }, over: taken })],
  ['known-only takes a known booking offline', undefined, use({ env: { offline: true }, m: policy('known-only') })],
  [
    'accept-signed takes a booking from a token offline',
    undefined,
    use({ env: { offline: true }, m: known(), over: taken }),
  ],
  ['a booking from a token does not take booked time', 'booking-conflict', use({ over: taken })],
  [
    'nor time that the owner has blocked',
    'booking-conflict',
    use({ m: { ...known(), row: { ...row, blocks: [block] } }, over: taken }),
  ],
  ['a known booking keeps its time against a later block', undefined, use({ m: { row: { ...row, blocks: [block] } } })],
  [
    'a booking that was cancelled since it was asked for is refused',
    'booking-cancelled',
    use({ m: known({ status: 'cancelled' }) }),
  ],
  ['a booking that was released is refused', 'booking-released', use({ m: known({ status: 'released' }) })],
  [
    'a booking that was moved away is refused',
    'wrong-time',
    use({ m: known({ version: 2, startMs: NOW.ms + HOUR_MS, endMs: NOW.ms + 2 * HOUR_MS }) }),
  ],
  [
    'a tenant without the qualification is refused',
    'not-qualified',
    use({ m: { config: { ...machineConfig, requires: ['saw'] } } }),
  ],
  [
    'the booking vouches for a qualification',
    undefined,
    use({ m: { config: { ...machineConfig, requires: ['saw'] }, ...known({ qualifications: ['saw'] }) } }),
  ],
  [
    'the token vouches for a qualification',
    undefined,
    use({ m: { config: { ...machineConfig, requires: ['saw'] } }, over: { qualifications: ['saw'] } }),
  ],
  ['another tenant waits for the clean-down', 'clean-down', use({ m: afterUse('required', 1001) })],
  ['and then for the inspection', 'inspection-due', use({ m: afterUse('required', 1000) })],
  [
    'the tenant who used it last waits for neither',
    undefined,
    use({ m: afterUse('required', 1001), over: { tenantRef: 't-other' } }),
  ],
]

describe('a booking before its use', () => {
  const ask = ({ env, m, over }: Use) => mayUse(envAt(0, env), machine(m), request(over))

  it.each(misuses)('%s', (_name, code, what) => {
    expect(ask(what)?.code).toBe(code)
  })

  it.each(misuses)('%s, though not of an override', (_name, _code, what) => {
    expect(ask({ ...what, over: { ...what.over, override: { reason: 'jam', by: {} } } })).toBeUndefined()
  })
})

describe('the booking that counts', () => {
  it.each<[string, Partial<Booking> | undefined, number]>([
    ['is that of the request when no other is known', undefined, 2],
    ['is the known one of the same version', { version: 2, limits: { minutes: 1 } }, 2],
    ['is the known one of a higher version', { version: 3 }, 3],
    ['is that of the request when it is newer', { version: 1 }, 2],
    ['is a known one that was cancelled, whatever its version', { version: 1, status: 'cancelled' }, 1],
  ])('%s', (_name, other, version) => {
    const bookings = other === undefined ? [] : [given.booking(other)]
    const found = bookingOf(envAt(), { bookings }, request({ booking: given.booking({ version: 2 }) }))
    expect(found.version).toBe(version)
    if (other?.version === 2) expect(found).toBe(bookings[0])
  })

  it('of an override begins now and lasts as long as it was given', () => {
    const asked = request({ override: { reason: 'jam', by: {} } })
    const { startMs, endMs } = bookingOf(envAt(5000), { bookings: [given.booking()] }, asked)
    expect([startMs - NOW.ms, endMs - NOW.ms]).toEqual([5000, 5000 + 2 * HOUR_MS])
  })
})

describe('a session may go on', () => {
  const revoked = { atMs: 0, countedFromMs: 0, use: [], lateMs: 0, learnedMs: 0, learnedNs: '0', bootId: given.BOOT }
  it.each<[string, Code | undefined, Partial<Session>]>([
    ['until its deadline', undefined, { deadlineNs: nsAt(1).toString() }],
    ['not at its deadline', 'wrong-time', { deadlineNs: nsAt(0).toString() }],
    ['not once it was revoked, whatever its deadline', 'booking-cancelled', { revoked, deadlineNs: '0' }],
  ])('%s', (_name, code, over) => {
    expect(mayGoOn(envAt(), session(over))?.code).toBe(code)
  })
})
