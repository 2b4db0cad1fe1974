/**
 * The signed list of bookings and tokens that an issuer has revoked, with a number that only rises. It applies also to
 * bookings that are not known here, so that a token which reaches a gateway without contact cannot outlive its booking.
 * Pure.
 * Read next: permission.ts (who asks), gateway/front/api/bookings/revocations.ts (how a list comes),
 * access/ending/revocation.ts (a session under way).
 */
import { type Refusal, refuse } from '../ground/refusal.ts'

export type RevocationList = {
  readonly issuer: string
  readonly number: number
  readonly issuedAtMs: number
  readonly bookings: readonly string[]
  readonly jtis: readonly string[]
}

/** The lists of all issuers at one moment. */
export type Revocations = {
  readonly lists: readonly RevocationList[]
  /** A tenant is refused when the list of their issuer is older than this; absent when no list is required. */
  readonly maxAgeMs?: number
  readonly nowMs: number
}

/** The same list again changes nothing. Another list must have a higher number and must not be issued earlier. */
export function decideList(
  known: RevocationList | undefined,
  given: RevocationList,
): { readonly kind: 'taken' | 'unchanged' } | { readonly kind: 'refused'; readonly refusal: Refusal } {
  if (known === undefined) return { kind: 'taken' }
  if (given.number === known.number && JSON.stringify(given) === JSON.stringify(known)) return { kind: 'unchanged' }
  if (given.number > known.number && given.issuedAtMs >= known.issuedAtMs) return { kind: 'taken' }
  return {
    kind: 'refused',
    refusal: refuse('revocations-number', `the newest known list has the number ${known.number}`),
  }
}

export function refuseRevoked(
  { lists }: Pick<Revocations, 'lists'>,
  { booking, jti }: { readonly booking: string; readonly jti: string | undefined },
): Refusal | undefined {
  for (const list of lists) {
    if (jti !== undefined && list.jtis.includes(jti)) return refuse('token-revoked')
    if (list.bookings.includes(booking)) return refuse('booking-cancelled', 'the platform revoked the booking')
  }
  return undefined
}

/** `issuer` is undefined for a caller without a token: then the newest list of any issuer counts. */
export function refuseStale({ lists, maxAgeMs, nowMs }: Revocations, issuer: string | undefined): Refusal | undefined {
  if (maxAgeMs === undefined) return undefined
  const of = lists.filter((list) => issuer === undefined || list.issuer === issuer)
  const newestMs = Math.max(...of.map(({ issuedAtMs }) => issuedAtMs))
  if (nowMs - newestMs <= maxAgeMs) return undefined
  return refuse(
    'revocations-stale',
    of.length === 0 ? 'no list is known yet' : `the newest list was issued at ${new Date(newestMs).toISOString()}`,
  )
}
