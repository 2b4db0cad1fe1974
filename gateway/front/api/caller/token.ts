/**
 * Tokens of a booking platform: JWT, ES256 or EdDSA, from a pinned issuer. By `typ`, a booking token makes a tenant and
 * a service token the platform; a revocation list is verified in the same way and makes nobody.
 * Read next: claims.ts (what is read before a signature is looked at), key-set.ts (whose keys count).
 */
import { errors, jwtVerify } from 'jose'
import type { SiteConfig } from '../../../../config/site.ts'
import { type Refusal, refuse } from '../../../core/ground/refusal.ts'
import { readInstants } from '../http/instant.ts'
import { toLimits, toQualifications } from '../http/schema.ts'
import type { Authentication, Clock, ListVerifier } from './caller.ts'
import { ALGORITHMS, type ClaimsOf, readToken } from './claims.ts'
import { type KeySet, KeysUnavailable } from './key-set.ts'

const MAX_TOKEN_BYTES = 8_192
/** A revocation list with some ten thousand ids. */
export const MAX_LIST_BYTES = 1_048_576
/** How far the clocks of platform and gateway may differ. */
const TOLERANCE_S = 30
/** From `iat` to `exp`. */
const LONGEST_S = { 'latchkey-booking+jwt': 31 * 86_400, 'latchkey-service+jwt': 3_600 } as const
const CALLERS = ['latchkey-booking+jwt', 'latchkey-service+jwt'] as const
const LISTS = ['latchkey-revocations+jwt'] as const

type Issuer = SiteConfig['issuers'][number]
type Trusted = Issuer & { readonly keys: KeySet }
type Signed = { readonly iss: string; readonly aud: string | readonly string[]; readonly iat: number }

export function createVerifiers(
  issuers: readonly Issuer[],
  keySetOf: (issuer: Issuer) => KeySet,
  clock: Clock,
): { readonly verifyToken: (token: string) => Promise<Authentication>; readonly readList: ListVerifier } {
  const trusted = issuers.map((issuer) => ({ ...issuer, keys: keySetOf(issuer) }))

  return {
    async verifyToken(token) {
      const read = readToken(token, CALLERS, MAX_TOKEN_BYTES)
      if (read.kind === 'refused') return read
      const { typ, claims } = read
      const refusal =
        (await verify(token, typ, claims, ['iss', 'aud', 'sub', 'iat', 'exp'], trusted, clock.nowMs())) ??
        refuseLife(claims, LONGEST_S[typ])
      if (refusal) return { kind: 'refused', refusal }
      const untilMs = (claims.exp + TOLERANCE_S) * 1000
      if (read.typ === 'latchkey-booking+jwt') return toTenant(read.claims, untilMs)
      return {
        kind: 'caller',
        caller: { principal: { role: 'platform', id: claims.sub, issuer: claims.iss }, untilMs },
      }
    },

    async readList(token) {
      const read = readToken(token, LISTS, MAX_LIST_BYTES)
      if (read.kind === 'refused') return read
      const { typ, claims } = read
      const refusal = await verify(token, typ, claims, ['iss', 'aud', 'iat'], trusted, clock.nowMs())
      if (refusal) return { kind: 'refused', refusal }
      const { iss: issuer, number, iat, bookings, jtis } = claims
      return { kind: 'verified', list: { issuer, number, issuedAtMs: Math.floor(iat * 1000), bookings, jtis } }
    },
  }
}

/** Issuer, signature and times; undefined when they hold. */
async function verify(
  token: string,
  typ: string,
  claims: Signed,
  requiredClaims: string[],
  trusted: readonly Trusted[],
  nowMs: number,
): Promise<Refusal | undefined> {
  const known = trusted.filter(({ issuer }) => issuer === claims.iss)
  const issuer = known.find(({ audience }) => [claims.aud].flat().includes(audience)) ?? known[0]
  if (issuer === undefined) return refuse('token-forged', 'the issuer is not trusted here')
  try {
    await jwtVerify(token, (header, input) => issuer.keys(header, input), {
      algorithms: ALGORITHMS,
      issuer: issuer.issuer,
      audience: issuer.audience,
      typ,
      clockTolerance: TOLERANCE_S,
      currentDate: new Date(nowMs),
      requiredClaims,
    })
  } catch (error) {
    return refusalOf(error)
  }
  return claims.iat > nowMs / 1000 + TOLERANCE_S ? refuse('token-not-yet', 'it was issued in the future') : undefined
}

function refuseLife({ iat, exp }: { readonly iat: number; readonly exp: number }, longestS: number) {
  if (exp <= iat) return refuse('token-malformed', 'exp must be after iat')
  return exp - iat > longestS ? refuse('token-malformed', `it is valid for longer than ${longestS} s`) : undefined
}

function toTenant(claims: ClaimsOf['latchkey-booking+jwt'], untilMs: number): Authentication {
  const read = readInstants('', { start: claims.start, end: claims.end })
  if (read.errors) return malformed('start and end must be RFC 3339 with a zone')
  const { start: startMs, end: endMs } = read.times
  if (endMs <= startMs) return malformed('end must be after start')
  const { iss: issuer, sub: tenant, jti, booking, ver: version, machine } = claims
  const expMs = Math.floor(claims.exp * 1000)
  const more = { limits: toLimits(claims.limits), ...toQualifications(claims.qualifications) }
  const verified = { issuer, tenant, jti, booking, version, machine, startMs, endMs, expMs, ...more }
  return { kind: 'caller', caller: { principal: { role: 'tenant', id: tenant, issuer, claims: verified }, untilMs } }
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof KeysUnavailable) return refuse('keys-unavailable')
  if (error instanceof errors.JWTExpired) return refuse('token-expired')
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'nbf') return refuse('token-not-yet')
    if (error.claim === 'aud') return refuse('unauthenticated', 'the token is for another audience')
    return refuse('token-malformed', 'a claim does not hold')
  }
  if (error instanceof errors.JOSEError) return refuse('token-forged')
  throw error
}

const malformed = (detail: string): Authentication => ({ kind: 'refused', refusal: refuse('token-malformed', detail) })
