/**
 * The signed list of what an issuer has taken back: bookings and tokens, with a number that only rises. It refuses also
 * what has never been heard of, so that a token carried past a cut line cannot outlive its booking. Pure.
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

/** What is known of all issuers at one moment. */
export type Revocations = {
  readonly lists: readonly RevocationList[]
  /** Tenants are refused when the list of their issuer is older; absent: none is demanded. */
  readonly maxAgeMs?: number
  readonly nowMs: number
}

/** The same list again changes nothing; another one must have a higher number and cannot be issued earlier. */
export function decideList(
  known: RevocationList | undefined,
  given: RevocationList,
): { readonly kind: 'taken' | 'unchanged' } | { readonly kind: 'refused'; readonly refusal: Refusal } {
  if (known === undefined) return { kind: 'taken' }
  if (given.number === known.number && JSON.stringify(given) === JSON.stringify(known)) return { kind: 'unchanged' }
  if (given.number > known.number && given.issuedAtMs >= known.issuedAtMs) return { kind: 'taken' }
  return { kind: 'refused', refusal: refuse('revocations-number', `number ${known.number} is known`) }
}

export function refuseRevoked(
  { lists }: Pick<Revocations, 'lists'>,
  { booking, jti }: { readonly booking: string; readonly jti: string | undefined },
): Refusal | undefined {
  for (const list of lists) {
    if (jti !== undefined && list.jtis.includes(jti)) return refuse('token-revoked')
    if (list.bookings.includes(booking)) return refuse('booking-cancelled', 'the platform revoked it')
  }
  return undefined
}

/** `issuer` undefined, for who shows no token: the newest list of any issuer counts. */
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
