import { describe, expect, it } from 'vitest'
import type { Booking } from '../../../gateway/core/booking/booking.ts'
import {
  authoriseBlock,
  authoriseInspection,
  authoriseSession,
  authoriseUnlock,
  type Known,
} from '../../../gateway/core/permission/permission.ts'
import type { BookingClaims, Principal } from '../../../gateway/core/permission/principal.ts'
import type { Session } from '../../../gateway/core/session/session.ts'

const booking: Booking = {
  id: 'b1',
  version: 2,
  machine: 'saw',
  tenant: 'acme',
  startMs: 0,
  endMs: 1000,
  limits: {},
  status: 'held',
  source: 'push',
}
const claims: BookingClaims = {
  issuer: 'p',
  tenant: 'acme',
  jti: 'j1',
  booking: 'b1',
  version: 2,
  machine: 'saw',
  startMs: 0,
  endMs: 1000,
  expMs: 2000,
  limits: {},
}
const known = (over: Partial<Known> = {}): Known => ({
  bookings: [booking],
  spentBy: () => undefined,
  acceptSigned: true,
  room: true,
  ...over,
})
const tenant = (over: Partial<BookingClaims> = {}): Principal => ({
  role: 'tenant',
  id: over.tenant ?? 'acme',
  issuer: 'p',
  claims: { ...claims, ...over },
})
const platform: Principal = { role: 'platform', id: 'platform', issuer: 'p' }

describe('who may unlock', () => {
  it.each([
    ['the tenant of the booking', tenant(), undefined, known(), { booking, newBooking: false, jti: 'j1' }],
    ['a token for another machine', tenant({ machine: 'booth' }), undefined, known(), { code: 'wrong-machine' }],
    [
      'a token that was used',
      tenant(),
      undefined,
      known({ spentBy: () => 's9' }),
      { code: 'token-replayed', extra: { session: 's9' } },
    ],
    [
      'a token of another tenant for the same booking',
      tenant({ tenant: 'evil' }),
      undefined,
      known(),
      { code: 'forbidden' },
    ],
    ['a token naming one booking and a body naming another', tenant(), 'b2', known(), { code: 'forbidden' }],
    [
      'a token whose booking has not arrived',
      tenant(),
      undefined,
      known({ bookings: [] }),
      { newBooking: true, booking: { id: 'b1', source: 'token' } },
    ],
    [
      'the same, where that is not accepted',
      tenant(),
      undefined,
      known({ bookings: [], acceptSigned: false }),
      { code: 'no-booking' },
    ],
    [
      'the same, when no more can be held',
      tenant(),
      undefined,
      known({ bookings: [], room: false }),
      { code: 'too-many-bookings' },
    ],
    [
      'a token of a newer version is the booking',
      tenant({ version: 3, endMs: 1500 }),
      undefined,
      known(),
      { newBooking: true, booking: { endMs: 1500, version: 3 } },
    ],
    [
      'a token of an older version does not bring it back',
      tenant({ version: 1, endMs: 9000 }),
      undefined,
      known(),
      { newBooking: false, booking: { endMs: 1000 } },
    ],
    [
      'a newer version, where only pushes count',
      tenant({ version: 3, endMs: 1500 }),
      undefined,
      known({ acceptSigned: false }),
      { booking: { endMs: 1000 } },
    ],
    [
      'a signed booking over somebody else’s time',
      tenant({ booking: 'b9' }),
      undefined,
      known(),
      { code: 'booking-conflict' },
    ],
    [
      'a cancelled booking stays cancelled under its version',
      tenant(),
      undefined,
      known({ bookings: [{ ...booking, status: 'cancelled' }] }),
      { booking: { status: 'cancelled' } },
    ],
    [
      'a token of a newer version does not bring back what was cancelled: it may have been made before',
      tenant({ version: 3, endMs: 1500 }),
      undefined,
      known({ bookings: [{ ...booking, status: 'cancelled' }] }),
      { booking: { status: 'cancelled', endMs: 1000 }, newBooking: false },
    ],
    ['the platform for a booking it names', platform, 'b1', known(), { booking, newBooking: false }],
    ['the platform without a booking', platform, undefined, known(), { code: 'no-booking' }],
    [
      'the platform with a booking of another machine',
      platform,
      'b1',
      known({ bookings: [{ ...booking, machine: 'booth' }] }),
      { code: 'wrong-machine' },
    ],
    ['a technician', { role: 'technician', id: 't', key: 'k' }, 'b1', known(), { code: 'forbidden' }],
    ['an owner', { role: 'owner', id: 'o', key: 'k' }, 'b1', known(), { code: 'forbidden' }],
    ['an auditor', { role: 'auditor', id: 'a', key: 'k' }, 'b1', known(), { code: 'forbidden' }],
  ] satisfies [string, Principal, string | undefined, Known, object][])(
    '%s',
    (_name, principal, bookingId, what, expected) => {
      expect(authoriseUnlock(principal, 'saw', bookingId, what)).toMatchObject(expected)
    },
  )
})

describe('who may end or resume a session', () => {
  const session = { tenant: 'acme', booking: 'b1', owner: 'huajian' } as Session
  it.each([
    ['its tenant', tenant(), undefined, undefined],
    ['its tenant with a token of another booking', tenant({ booking: 'b2' }), 'not-found', 'not-found'],
    ['another tenant', tenant({ tenant: 'evil' }), 'not-found', 'not-found'],
    ['the platform', platform, undefined, undefined],
    ['a technician', { role: 'technician', id: 't', key: 'k' }, undefined, 'forbidden'],
    ['the owner of the machine', { role: 'owner', id: 'huajian', key: 'k' }, undefined, 'forbidden'],
    ['another owner', { role: 'owner', id: 'else', key: 'k' }, 'forbidden', 'forbidden'],
    ['an auditor', { role: 'auditor', id: 'a', key: 'k' }, 'forbidden', 'forbidden'],
  ] satisfies [string, Principal, string | undefined, string | undefined][])('%s', (_name, principal, end, resume) => {
    expect(authoriseSession(principal, session, 'end')?.code).toBe(end)
    expect(authoriseSession(principal, session, 'resume')?.code).toBe(resume)
  })
})

describe('who may block a machine', () => {
  const key = (role: 'owner' | 'technician' | 'auditor', id: string, machines?: readonly string[]): Principal => ({
    role,
    id,
    key: 'k1',
    ...(machines ? { machines } : {}),
  })
  it.each<[string, Principal, string | undefined]>([
    ['the platform', { role: 'platform', id: 'p', issuer: 'p' }, undefined],
    ['a technician', key('technician', 'wang'), undefined],
    ['a technician of this machine', key('technician', 'wang', ['saw']), undefined],
    ['a technician of another machine', key('technician', 'wang', ['booth']), 'the key is not for this machine'],
    ['its owner', key('owner', 'huajian'), undefined],
    ['another owner', key('owner', 'bolt'), 'forbidden'],
    ['an auditor', key('auditor', 'huajian'), 'forbidden'],
    ['a tenant', tenant(), 'forbidden'],
  ])('%s', (_name, principal, refused) => {
    const refusal = authoriseBlock(principal, 'saw', 'huajian')
    expect(refusal && (refusal.detail ?? refusal.code)).toBe(refused)
  })
})

describe('a tenant after the end of a booking', () => {
  const ground = { machine: 'saw', owner: 'huajian', earlyStartMs: 0, acceptSigned: true }
  it.each<[Booking['status'], number, number | undefined, string | undefined]>([
    ['used', 999, undefined, undefined],
    ['used', 1000, undefined, 'wrong-time'],
    ['used', 1000, 500, undefined],
    ['ended', 1499, 500, undefined],
    ['ended', 1500, 500, 'session-ended'],
    ['ended', 1200, 0, 'session-ended'],
    ['held', 1200, 500, 'wrong-time'],
    ['cancelled', 1200, 500, 'booking-cancelled'],
    ['released', 1200, 500, 'booking-released'],
  ])('%s, at %i, heard for %s: %s', (status, nowMs, afterMs, code) => {
    const bookings = [{ ...booking, status }]
    const heard = afterMs === undefined ? {} : { afterMs }
    expect(authoriseInspection(tenant(), { ...ground, bookings, nowMs, ...heard })?.code).toBe(code)
    expect(authoriseInspection(tenant({ tenant: 'bolt' }), { ...ground, bookings, nowMs: 1200, ...heard })?.code).toBe(
      'wrong-time',
    )
  })
})
