/**
 * Tokens of a booking platform: JWT, ES256 or EdDSA, from a pinned issuer. By `typ`: a booking token makes a tenant, a
 * service token the platform; a revocation list is read in the same way and makes nobody. Read strictly before a signature is looked at; RFC 8725 is the checklist.
 */

import { type CompactJWSHeaderParameters, errors, type FlattenedJWSInput, jwtVerify } from 'jose'
import Type, { type Static, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { SiteConfig } from '../../../../config/site.ts'
import { type Refusal, refuse } from '../../../core/ground/refusal.ts'
import type { Principal } from '../../../core/permission/principal.ts'
import type { RevocationList } from '../../../core/permission/revocation-list.ts'
import type { Clock } from '../api.ts'
import { parseInstant } from '../http/instant.ts'
import { foreignId, id, limits, qualifications, toLimits, toQualifications, version } from '../http/schema.ts'
import { parseStrictJson } from '../http/strict-json.ts'
import { type KeySet, KeysUnavailable } from './key-set.ts'

export const MAX_TOKEN_BYTES = 8_192
/** Of a revocation list: some ten thousand ids. */
export const MAX_LIST_BYTES = 1_048_576
const MAX_REVOKED = 10_000
const ALGORITHMS = ['ES256', 'EdDSA']
const TOLERANCE_S = 30
const HEADER_MEMBERS = new Set(['alg', 'typ', 'kid'])

/** NumericDate, whole or broken seconds, up to 2100. */
const date = Type.Number({ minimum: 0, maximum: 4_102_444_800 })
const registered = {
  iss: Type.String({ maxLength: 256 }),
  aud: Type.Union([
    Type.String({ maxLength: 256 }),
    Type.Array(Type.String({ maxLength: 256 }), { minItems: 1, maxItems: 8, uniqueItems: true }),
  ]),
  sub: foreignId('Tenant, or service.'),
  iat: date,
  exp: date,
  nbf: Type.Optional(date),
}
const jtiSchema = Type.String({ pattern: '^[\\x21-\\x7e]{1,128}$' })
const bookingClaims = Type.Object(
  {
    ...registered,
    jti: jtiSchema,
    booking: foreignId('Booking.'),
    ver: version,
    machine: id('Machine.'),
    start: Type.String({ maxLength: 35 }),
    end: Type.String({ maxLength: 35 }),
    limits: Type.Optional(limits),
    qualifications: Type.Optional(qualifications),
  },
  { additionalProperties: false },
)
const serviceClaims = Type.Object({ ...registered, jti: Type.Optional(Type.String({ maxLength: 128 })) })

const { iss, aud, iat, exp } = registered
const listClaims = Type.Object(
  {
    iss,
    aud,
    iat,
    exp: Type.Optional(exp),
    number: version,
    bookings: Type.Array(foreignId('Booking.'), { maxItems: MAX_REVOKED }),
    jtis: Type.Array(jtiSchema, { maxItems: MAX_REVOKED }),
  },
  { additionalProperties: false },
)

const kinds = {
  'latchkey-booking+jwt': { check: Compile(bookingClaims), longestS: 31 * 86_400 },
  'latchkey-service+jwt': { check: Compile(serviceClaims), longestS: 3_600 },
} as const
const lists = { 'latchkey-revocations+jwt': { check: Compile(listClaims) } } as const

export type TokenResult =
  | { readonly kind: 'verified'; readonly principal: Principal; readonly untilMs: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
export type TokenVerifier = (token: string) => Promise<TokenResult>

export type ListResult =
  | { readonly kind: 'verified'; readonly list: RevocationList }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
export type ListVerifier = (token: string) => Promise<ListResult>

export function createVerifiers(
  issuers: SiteConfig['issuers'],
  keySetOf: (issuer: SiteConfig['issuers'][number]) => KeySet,
  clock: Clock,
): { readonly verifyToken: TokenVerifier; readonly readList: ListVerifier } {
  const trusted = issuers.map((issuer) => ({ ...issuer, keys: keySetOf(issuer) }))

  /** Issuer, signature and times; undefined when they hold. */
  async function verify(
    token: string,
    typ: string,
    claims: { readonly iss: string; readonly aud: string | string[]; readonly iat: number },
    requiredClaims: string[],
  ): Promise<Refusal | undefined> {
    const issuer =
      trusted.find(
        (candidate) => candidate.issuer === claims.iss && [claims.aud].flat().includes(candidate.audience),
      ) ?? trusted.find((candidate) => candidate.issuer === claims.iss)
    if (issuer === undefined) return refuse('token-forged', 'the issuer is not trusted here')
    const nowMs = clock.nowMs()
    try {
      await jwtVerify(
        token,
        (header: CompactJWSHeaderParameters, input: FlattenedJWSInput) => issuer.keys(header, input),
        {
          algorithms: ALGORITHMS,
          issuer: issuer.issuer,
          audience: issuer.audience,
          typ,
          clockTolerance: TOLERANCE_S,
          currentDate: new Date(nowMs),
          requiredClaims,
        },
      )
    } catch (error) {
      return refusalOf(error)
    }
    return claims.iat > nowMs / 1000 + TOLERANCE_S ? refuse('token-not-yet', 'it was issued in the future') : undefined
  }

  async function verifyToken(token: string): Promise<TokenResult> {
    const read = readToken(token, kinds, MAX_TOKEN_BYTES)
    if (read.kind === 'refused') return read
    const { typ } = read
    const claims = read.claims as Claims
    const refusal = await verify(token, typ, claims, ['iss', 'aud', 'sub', 'iat', 'exp'])
    if (refusal) return { kind: 'refused', refusal }
    if (claims.exp <= claims.iat) return refused('token-malformed', 'exp must be after iat')
    if (claims.exp - claims.iat > kinds[typ].longestS)
      return refused('token-malformed', `it is valid for longer than ${kinds[typ].longestS} s`)
    const untilMs = (claims.exp + TOLERANCE_S) * 1000
    if (typ === 'latchkey-service+jwt')
      return { kind: 'verified', principal: { role: 'platform', id: claims.sub, issuer: claims.iss }, untilMs }
    return toTenant(claims as Static<typeof bookingClaims>, untilMs)
  }

  async function readList(token: string): Promise<ListResult> {
    const read = readToken(token, lists, MAX_LIST_BYTES)
    if (read.kind === 'refused') return read
    const claims = read.claims as Static<typeof listClaims>
    const refusal = await verify(token, read.typ, claims, ['iss', 'aud', 'iat'])
    if (refusal) return { kind: 'refused', refusal }
    const { iss: by, number, iat: atS, bookings, jtis } = claims
    return { kind: 'verified', list: { issuer: by, number, issuedAtMs: Math.floor(atS * 1000), bookings, jtis } }
  }

  return { verifyToken, readList }
}

function toTenant(claims: Static<typeof bookingClaims>, untilMs: number): TokenResult {
  const startMs = parseInstant(claims.start)
  const endMs = parseInstant(claims.end)
  if (startMs === undefined || endMs === undefined)
    return refused('token-malformed', 'start and end must be RFC 3339 with a zone')
  if (endMs <= startMs) return refused('token-malformed', 'end must be after start')
  const { iss: issuer, sub: tenant, jti, booking, ver, machine } = claims
  const expMs = Math.floor(claims.exp * 1000)
  const more = {
    jti,
    booking,
    version: ver,
    machine,
    startMs,
    endMs,
    expMs,
    limits: toLimits(claims.limits),
    ...toQualifications(claims.qualifications),
  }
  return {
    kind: 'verified',
    principal: { role: 'tenant', id: tenant, issuer, claims: { issuer, tenant, ...more } },
    untilMs,
  }
}

type Claims = Static<typeof serviceClaims>
type Check = {
  readonly check: {
    Check(value: unknown): boolean
    Errors(value: unknown): { instancePath: string; params: object }[]
  }
}
type Read<Typ> =
  | { readonly kind: 'read'; readonly typ: Typ; readonly claims: unknown }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** Everything that can be said about a token without a key. */
function readToken<Typ extends string>(
  token: string,
  known: Readonly<Record<Typ, Check>>,
  mostBytes: number,
): Read<Typ> {
  if (token.length > mostBytes) return refused('token-malformed', 'it is too large')
  const parts = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/.exec(token)
  if (parts === null) return refused('token-malformed', 'it is not three parts of base64url')
  if (!parts.slice(1).every(isCanonical)) return refused('token-malformed', 'a part is not canonical base64url')
  const header = readPart(parts[1]!)
  const payload = readPart(parts[2]!)
  if (header === undefined || payload === undefined) return refused('token-malformed', 'a part is not plain JSON')
  for (const name of Object.keys(header))
    if (!HEADER_MEMBERS.has(name)) return refused('token-malformed', 'the header holds more than alg, typ and kid')
  if (typeof header.alg !== 'string' || !ALGORITHMS.includes(header.alg))
    return refused('token-forged', 'only ES256 and EdDSA are taken')
  if (header.kid !== undefined && (typeof header.kid !== 'string' || header.kid.length > 256))
    return refused('token-malformed', 'kid must be text')
  const { typ } = header
  if (typeof typ !== 'string' || !Object.hasOwn(known, typ)) return refused('token-malformed', 'typ is not one of ours')
  const { check } = known[typ as Typ]
  if (!check.Check(payload))
    return refused(
      'token-malformed',
      `a claim is missing, unknown or not as described${whichClaim(check.Errors(payload)[0])}`,
    )
  return { kind: 'read', typ: typ as Typ, claims: payload }
}

/** Names a claim only when the name is ours. */
function whichClaim(fault: { instancePath: string; params: object } | undefined): string {
  const missing = (fault?.params as { requiredProperties?: string[] } | undefined)?.requiredProperties?.[0]
  const name = missing ?? fault?.instancePath.split('/')[1]
  return name !== undefined && Object.hasOwn((bookingClaims as TSchema & { properties: object }).properties, name)
    ? `: ${name}`
    : ''
}

/** One text for one value: no bits beyond the last byte (RFC 4648, 3.5). */
const isCanonical = (part: string) => Buffer.from(part, 'base64url').toString('base64url') === part

function readPart(part: string): Record<string, unknown> | undefined {
  const parsed = parseStrictJson(Buffer.from(part, 'base64url'))
  if (!parsed.ok || parsed.value === null || typeof parsed.value !== 'object' || Array.isArray(parsed.value))
    return undefined
  return parsed.value as Record<string, unknown>
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

function refused(code: Refusal['code'], detail: string): { kind: 'refused'; refusal: Refusal } {
  return { kind: 'refused', refusal: refuse(code, detail) }
}
