/**
 * Tokens of a booking platform: JWT, ES256 or EdDSA, from a pinned issuer. By `typ`, a booking token makes a tenant and
 * a service token the platform; a revocation list is verified in the same way and makes nobody.
 * Read next: claims.ts (what is read before a signature is looked at), key-set.ts (whose keys count).
 */
import { type CryptoKey, errors, type JWTVerifyOptions, jwtVerify } from 'jose'
import type { SiteConfig } from '../../../../config/site.ts'
import { type Refusal, refuse } from '../../../core/ground/refusal.ts'
import { readInstants } from '../http/instant.ts'
import { toLimits, toQualifications } from '../http/schema.ts'
import type { Authentication, Caller, Clock, ListVerifier } from './caller.ts'
import { ALGORITHMS, type ClaimsOf, type Header, readToken } from './claims.ts'
import { type KeySet, KeysUnavailable } from './key-set.ts'
import { createVerified, digestOf } from './verified.ts'

const MAX_TOKEN_BYTES = 8_192
/** A revocation list with some ten thousand ids. */
export const MAX_LIST_BYTES = 1_048_576
/** From `iat` to `exp`; a booking may be made a season ahead. */
const LONGEST_S = { 'latchkey-booking+jwt': 100 * 86_400, 'latchkey-service+jwt': 3_600 } as const
const CALLERS = ['latchkey-booking+jwt', 'latchkey-service+jwt'] as const
const LISTS = ['latchkey-revocations+jwt'] as const

type Verifiers = {
  /** Whom exactly this token was found to be good for, if that still holds. */
  known(token: string): Caller | undefined
  verifyToken(token: string): Promise<Authentication>
  readonly readList: ListVerifier
}

type ReadCaller = ReturnType<typeof readToken<(typeof CALLERS)[number]>>
type Issuer = SiteConfig['issuers'][number]
type Trusted = Issuer & { readonly keys: KeySet }
type Signed = { readonly iss: string; readonly aud: string | readonly string[]; readonly iat: number }

export function createVerifiers(
  issuers: readonly Issuer[],
  keySetOf: (issuer: Issuer) => KeySet,
  clock: Clock,
): Verifiers {
  const trusted = issuers.map((issuer) => ({ ...issuer, keys: keySetOf(issuer) }))
  const verified = createVerified()

  return {
    known: (token) => (token.length > MAX_TOKEN_BYTES ? undefined : verified.find(digestOf(token), clock.nowMs())),
    async verifyToken(token) {
      if (token.length > MAX_TOKEN_BYTES) return malformed('it is too large')
      const digest = digestOf(token)
      const known = verified.find(digest, clock.nowMs())
      if (known !== undefined) return { kind: 'caller', caller: known }
      const read = readToken(token, CALLERS)
      if (read.kind === 'refused') return read
      const { typ, claims } = read
      const issuer = issuerOf(trusted, claims)
      if (issuer === undefined) return untrusted
      const edition = issuer.keys.edition()
      const refusal =
        (await verify(token, read, ['iss', 'aud', 'sub', 'iat', 'exp'], issuer, clock.nowMs())) ??
        refuseLife(claims, LONGEST_S[typ])
      if (refusal) return { kind: 'refused', refusal }
      const authentication = toCaller(read, issuer)
      if (authentication.kind === 'caller') verified.keep(digest, authentication.caller, issuer.keys, edition, claims)
      return authentication
    },

    async readList(token) {
      if (token.length > MAX_LIST_BYTES) return malformed('it is too large')
      const read = readToken(token, LISTS)
      if (read.kind === 'refused') return read
      const issuer = issuerOf(trusted, read.claims)
      if (issuer === undefined) return untrusted
      const refusal = await verify(token, read, ['iss', 'aud', 'iat'], issuer, clock.nowMs())
      if (refusal) return { kind: 'refused', refusal }
      const { iss, number, iat, bookings, jtis } = read.claims
      return { kind: 'verified', list: { issuer: iss, number, issuedAtMs: Math.floor(iat * 1000), bookings, jtis } }
    },
  }
}

function issuerOf(trusted: readonly Trusted[], { iss, aud }: Signed): Trusted | undefined {
  const known = trusted.filter(({ issuer }) => issuer === iss)
  return known.find(({ audience }) => [aud].flat().includes(audience)) ?? known[0]
}

type Read = { readonly header: Header; readonly typ: string; readonly claims: Signed }

/** Signature and times; undefined when they hold. */
async function verify(
  token: string,
  { header, typ, claims }: Read,
  requiredClaims: string[],
  { issuer, audience, toleranceMs, keys }: Trusted,
  nowMs: number,
): Promise<Refusal | undefined> {
  const options = {
    algorithms: ALGORITHMS,
    issuer,
    audience,
    typ,
    clockTolerance: toleranceMs / 1000,
    currentDate: new Date(nowMs),
    requiredClaims,
  }
  try {
    const isSigned = async () => verifyWithAny(token, await keys.keysFor(header.alg, header.kid), options)
    // The key may be younger than what is known here.
    if (!(await isSigned()) && !((await keys.renew()) && (await isSigned())))
      return refuse('token-forged', 'no key of the issuer verifies it')
  } catch (error) {
    return refusalOf(error)
  }
  return claims.iat * 1000 > nowMs + toleranceMs ? refuse('token-not-yet', 'it was issued in the future') : undefined
}

/**
 * Keys are tried in turn: several may have the same `kid`, and a token may name none. Throws when a token that a key
 * verifies does not hold.
 */
async function verifyWithAny(token: string, keys: readonly CryptoKey[], options: JWTVerifyOptions): Promise<boolean> {
  for (const key of keys)
    try {
      await jwtVerify(token, key, options)
      return true
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error
    }
  return false
}

function refuseLife({ iat, exp }: { readonly iat: number; readonly exp: number }, longestS: number) {
  if (exp <= iat) return refuse('token-malformed', 'exp must be after iat')
  return exp - iat > longestS ? refuse('token-malformed', `it is valid for longer than ${longestS} s`) : undefined
}

function toCaller(read: Extract<ReadCaller, { kind: 'read' }>, { toleranceMs }: Trusted): Authentication {
  const { typ, claims } = read
  const untilMs = claims.exp * 1000 + toleranceMs
  if (typ === 'latchkey-booking+jwt') return toTenant(claims, untilMs)
  return { kind: 'caller', caller: { principal: { role: 'platform', id: claims.sub, issuer: claims.iss }, untilMs } }
}

function toTenant(claims: ClaimsOf['latchkey-booking+jwt'], untilMs: number): Authentication {
  const read = readInstants('', { start: claims.start, end: claims.end })
  if (read.errors) return malformed('start and end must be RFC 3339 with a zone')
  const { start: startMs, end: endMs } = read.times
  if (endMs <= startMs) return malformed('end must be after start')
  const { iss: issuer, sub: tenant, jti, booking, ver: version, machine } = claims
  const expMs = Math.floor(claims.exp * 1000)
  const issuedAtMs = Math.floor(claims.iat * 1000)
  const more = { issuedAtMs, limits: toLimits(claims.limits), ...toQualifications(claims.qualifications) }
  const verified = { issuer, tenant, jti, booking, version, machine, startMs, endMs, expMs, ...more }
  return { kind: 'caller', caller: { principal: { role: 'tenant', id: tenant, issuer, claims: verified }, untilMs } }
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof KeysUnavailable)
    return refuse('keys-unavailable', error.message === '' ? undefined : error.message)
  if (error instanceof errors.JWTExpired) return refuse('token-expired')
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'nbf') return refuse('token-not-yet')
    if (error.claim === 'aud') return refuse('unauthenticated', 'the token is for another audience')
    return refuse('token-malformed', 'a claim does not hold')
  }
  if (error instanceof errors.JOSEError) return refuse('token-forged')
  throw error
}

const untrusted = { kind: 'refused', refusal: refuse('token-forged', 'the issuer is not trusted here') } as const

const malformed = (detail: string) => ({ kind: 'refused', refusal: refuse('token-malformed', detail) }) as const
