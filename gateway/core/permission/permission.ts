/**
 * Whether this principal may use this machine under this booking. It judges single objects, and denies by default.
 * Pure: the caller passes what is known. Read next: access/gates.ts (what the machine itself must show),
 * gateway/front/api/caller/policy.ts (what a role may read).
 */

import type { Booking, BookingInput } from '../booking/booking.ts'
import { decidePut, decideUse } from '../booking/decide.ts'
import { openDiary } from '../booking/diary.ts'
import { personOf } from '../booking/override.ts'
import type { Block } from '../booking/plan.ts'
import { isBuried, type Tombstone } from '../booking/tombstone.ts'
import { type Refusal, refuse } from '../ground/refusal.ts'
import type { Session } from '../session/session.ts'
import type { BookingClaims, Principal } from './principal.ts'
import { type Revocations, refuseRevoked, refuseStale } from './revocation-list.ts'

export type UnlockAuthority = {
  readonly booking: Booking
  readonly newBooking: boolean
  readonly jti?: string
  readonly jtiExpMs?: number
  /** Qualifications that the token states, if the token is not older than the booking. */
  readonly qualifications?: readonly string[]
}

export type Known = {
  readonly bookings: readonly Booking[]
  /** The session that spent a token. */
  spentBy(jti: string): string | undefined
  readonly acceptSigned: boolean
  /** Tokens that were issued up to then may have been spent before the ledger was restored, UTC ms. */
  readonly tokensFromMs?: number | undefined
  /** There is room for one more booking. */
  readonly room: boolean
  /** Times that the owner of the machine has blocked. */
  readonly blocks?: readonly Block[]
  readonly revocations?: Revocations
  /** Bookings that were cancelled before they arrived. */
  readonly tombstones?: readonly Tombstone[]
}

export function authoriseUnlock(
  principal: Principal,
  machine: string,
  bookingId: string | undefined,
  known: Known,
): UnlockAuthority | Refusal {
  const authority = authorise(principal, machine, bookingId, known)
  if ('code' in authority || known.revocations === undefined) return authority
  const { booking, jti } = authority
  return (
    (principal.role === 'tenant' ? refuseStale(known.revocations, issuerOf(principal)) : undefined) ??
    refuseRevoked(known.revocations, { booking: booking.id, jti }) ??
    authority
  )
}

function authorise(
  principal: Principal,
  machine: string,
  bookingId: string | undefined,
  known: Known,
): UnlockAuthority | Refusal {
  if (principal.role === 'tenant') {
    const { claims, pin } = principal
    if (bookingId !== undefined && bookingId !== claims.booking)
      return refuse('forbidden', `the ${pin ? 'PIN' : 'token'} is for another booking`)
    if (claims.machine !== machine) return refuse('wrong-machine')
    return pin ? byPin(claims, known) : byToken(claims, known)
  }
  if (principal.role !== 'platform') return refuse('forbidden', 'only the booking platform or a tenant can unlock')
  const booking = known.bookings.find((item) => item.id === bookingId)
  if (booking === undefined) return refuse('no-booking')
  if (booking.machine !== machine) return refuse('wrong-machine')
  return { booking, newBooking: false }
}

/** The issuer whose revocation list counts for a tenant; undefined when any issuer's does. */
export const issuerOf = ({ claims, pin }: Extract<Principal, { role: 'tenant' }>) => (pin ? undefined : claims.issuer)

/** A PIN is good only for a booking that the platform has put, as it is now. */
function byPin(claims: BookingClaims, known: Known): UnlockAuthority | Refusal {
  const booking = known.bookings.find((item) => item.id === claims.booking)
  if (booking === undefined || booking.pin === undefined || booking.tenant !== claims.tenant)
    return refuse('no-booking')
  return booking.machine === claims.machine ? { booking, newBooking: false } : refuse('wrong-machine')
}

/** A valid token stands for the booking when the platform has not put it yet, or only an older version of it. */
function byToken(claims: BookingClaims, known: Known): UnlockAuthority | Refusal {
  const spent = known.spentBy(claims.jti)
  if (spent !== undefined) return refuse('token-replayed', undefined, { session: spent })
  if (known.tokensFromMs !== undefined && (claims.issuedAtMs ?? 0) <= known.tokensFromMs)
    return refuse('token-replayed', 'it was issued before this gateway was restored from a backup: ask for a new one')
  const token = { jti: claims.jti, jtiExpMs: claims.expMs }
  const booking = known.bookings.find((item) => item.id === claims.booking)
  if (booking !== undefined && booking.tenant !== claims.tenant)
    return refuse('forbidden', 'the booking is of another tenant')
  if (booking !== undefined && booking.machine !== claims.machine) return refuse('wrong-machine')
  // Only the platform can restore a booking that it cancelled: the token may have been issued before.
  if (booking?.status === 'cancelled') return { booking, newBooking: false, ...token }
  if (booking !== undefined && booking.version >= claims.version) {
    const vouched = booking.version === claims.version && claims.qualifications !== undefined
    return {
      booking,
      newBooking: false,
      ...token,
      ...(vouched ? { qualifications: claims.qualifications } : {}),
    }
  }
  const tombstone = booking === undefined && known.tombstones?.find(({ id }) => id === claims.booking)
  if (tombstone && isBuried(tombstone, claims.version))
    return refuse('booking-cancelled', 'the platform cancelled it before it was known here')
  if (!known.acceptSigned)
    return booking === undefined ? refuse('no-booking') : { booking, newBooking: false, ...token }
  const decision = decidePut(openDiary(known.bookings), inputOf(claims), {
    source: 'token',
    room: known.room,
    ...(known.blocks ? { blocked: known.blocks } : {}),
  })
  if (decision.kind === 'refused') return decision.refusal
  return { booking: decision.booking, newBooking: decision.kind === 'put', ...token }
}

function inputOf(claims: BookingClaims): BookingInput {
  const { booking: id, version, machine, tenant, startMs, endMs, limits, qualifications } = claims
  return {
    id,
    version,
    machine,
    tenant,
    startMs,
    endMs,
    limits,
    ...(qualifications === undefined ? {} : { qualifications }),
  }
}

/** Who may end, resume or extend a session, or answer for it. */
export function authoriseSession(
  principal: Principal,
  session: Session,
  what: 'end' | 'resume' | 'extend' | 'answer',
): Refusal | undefined {
  switch (principal.role) {
    case 'tenant':
      return session.tenant === principal.id && session.booking === principal.claims.booking
        ? undefined
        : refuse('not-found')
    case 'platform':
      return undefined
    case 'technician':
      if (!isWithinKey(principal, session.machine)) return outsideKey()
      if (what === 'extend') return refuse('forbidden', 'only the tenant or the platform can extend a session')
      if (what === 'answer') return refuse('forbidden', 'only the tenant or the platform can answer for a session')
      return what === 'end' || session.tenant === personOf(principal.key)
        ? undefined
        : refuse('forbidden', 'only the tenant or the platform can resume a session')
    case 'owner':
      if (!isWithinKey(principal, session.machine)) return outsideKey()
      return what === 'end' && session.owner === principal.id ? undefined : refuse('forbidden')
    case 'auditor':
      return refuse('forbidden')
  }
}

/** Whether the key of a person is valid for this machine. */
export function isWithinKey(principal: Principal, machine: string): boolean {
  return !('machines' in principal) || principal.machines === undefined || principal.machines.includes(machine)
}

export const outsideKey = () => refuse('forbidden', 'the key is not for this machine')

/** Only a technician whose key is valid for the machine. */
export function authoriseTechnician(principal: Principal, machine: string): Refusal | undefined {
  if (principal.role !== 'technician') return refuse('forbidden')
  return isWithinKey(principal, machine) ? undefined : outsideKey()
}

/** The platform, a technician, and the owner of the machine; a key must be valid for it. */
export function authoriseBlock(principal: Principal, machine: string, owner: string): Refusal | undefined {
  const { role, id } = principal
  if (role !== 'platform' && role !== 'technician' && !(role === 'owner' && id === owner)) return refuse('forbidden')
  return isWithinKey(principal, machine) ? undefined : outsideKey()
}

/** A technician, and the owner of the machine. */
export function authoriseReportChange(principal: Principal, machine: string, owner: string): Refusal | undefined {
  const { role, id } = principal
  if (role !== 'technician' && !(role === 'owner' && id === owner)) return refuse('forbidden')
  return isWithinKey(principal, machine) ? undefined : outsideKey()
}

type InspectionGround = {
  readonly machine: string
  readonly owner: string
  readonly bookings: readonly Booking[]
  readonly nowMs: number
  readonly earlyStartMs: number
  readonly acceptSigned: boolean
  /** How long after the end of a booking its tenant is still heard; absent: not at all. */
  readonly afterMs?: number
}

/** Who may record an inspection: a technician, the owner of the machine, and the tenant whose booking holds now. */
export function authoriseInspection(principal: Principal, ground: InspectionGround): Refusal | undefined {
  const { machine, owner, bookings, nowMs, earlyStartMs, acceptSigned } = ground
  if (!isWithinKey(principal, machine)) return outsideKey()
  switch (principal.role) {
    case 'technician':
      return undefined
    case 'owner':
      return owner === principal.id ? undefined : refuse('forbidden', 'the machine belongs to another owner')
    case 'tenant': {
      const { claims } = principal
      if (claims.machine !== machine) return refuse('wrong-machine')
      const known = bookings.find(({ id, tenant }) => id === claims.booking && tenant === claims.tenant)
      const signed: Booking = { ...inputOf(claims), status: 'held', source: 'token' }
      if (known === undefined && !acceptSigned) return refuse('no-booking')
      if (known !== undefined && isJustOver(known, nowMs, ground.afterMs)) return undefined
      return decideUse(bookings, known ?? signed, nowMs, earlyStartMs)
    }
    default:
      return refuse('forbidden')
  }
}

/** One that was cancelled or released is over in another way. */
const isJustOver = ({ status, startMs, endMs }: Booking, nowMs: number, afterMs = 0): boolean =>
  (status === 'used' || status === 'ended') && nowMs >= startMs && nowMs < endMs + afterMs
