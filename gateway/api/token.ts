/**
 * Tokens of a booking platform: JWT, ES256 or EdDSA, from a pinned issuer. Two kinds by `typ`: a booking token makes a
 * tenant, a service token the platform. Read strictly before a signature is looked at; RFC 8725 is the checklist.
 */
import { type CompactJWSHeaderParameters, errors, type FlattenedJWSInput, jwtVerify } from 'jose'
import Type, { type Static, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { SiteConfig } from '../../config/site.ts'
import type { Principal } from '../core/command.ts'
import { type Refusal, refuse } from '../core/error.ts'
import type { Clock } from './deps.ts'
import { parseInstant } from './instant.ts'
import { type KeySet, KeysUnavailable } from './key-set.ts'
import { foreignId, id, limits, qualifications, toLimits, toQualifications, version } from './schema.ts'
import { parseStrictJson } from './strict-json.ts'

export const MAX_TOKEN_BYTES = 8_192
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
const bookingClaims = Type.Object(
  {
    ...registered,
    jti: Type.String({ pattern: '^[\\x21-\\x7e]{1,128}$' }),
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

const kinds = {
  'latchkey-booking+jwt': { check: Compile(bookingClaims), longestS: 31 * 86_400 },
  'latchkey-service+jwt': { check: Compile(serviceClaims), longestS: 3_600 },
} as const

export type TokenResult =
  | { readonly kind: 'verified'; readonly principal: Principal; readonly untilMs: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
export type TokenVerifier = (token: string) => Promise<TokenResult>

export function createTokenVerifier(
  issuers: SiteConfig['issuers'],
  keySetOf: (issuer: SiteConfig['issuers'][number]) => KeySet,
  clock: Clock,
): TokenVerifier {
  const trusted = issuers.map((issuer) => ({ ...issuer, keys: keySetOf(issuer) }))

  return async (token) => {
    const read = readToken(token)
    if (read.kind === 'refused') return read
    const { typ, claims } = read
    const issuer =
      trusted.find(
        (candidate) => candidate.issuer === claims.iss && [claims.aud].flat().includes(candidate.audience),
      ) ?? trusted.find((candidate) => candidate.issuer === claims.iss)
    if (issuer === undefined) return refused('token-forged', 'the issuer is not trusted here')
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
          requiredClaims: ['iss', 'aud', 'sub', 'iat', 'exp'],
        },
      )
    } catch (error) {
      return { kind: 'refused', refusal: refusalOf(error) }
    }
    if (claims.iat > nowMs / 1000 + TOLERANCE_S) return refused('token-not-yet', 'it was issued in the future')
    if (claims.exp <= claims.iat) return refused('token-malformed', 'exp must be after iat')
    if (claims.exp - claims.iat > kinds[typ].longestS)
      return refused('token-malformed', `it is valid for longer than ${kinds[typ].longestS} s`)
    const untilMs = (claims.exp + TOLERANCE_S) * 1000
    if (typ === 'latchkey-service+jwt')
      return { kind: 'verified', principal: { role: 'platform', id: claims.sub, issuer: claims.iss }, untilMs }
    return toTenant(claims as Static<typeof bookingClaims>, untilMs)
  }
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
type Read =
  | { readonly kind: 'read'; readonly typ: keyof typeof kinds; readonly claims: Claims }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** Everything that can be said about a token without a key. */
function readToken(token: string): Read {
  if (token.length > MAX_TOKEN_BYTES) return refused('token-malformed', 'it is too large')
  const parts = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/.exec(token)
  if (parts === null) return refused('token-malformed', 'it is not three parts of base64url')
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
  if (typ !== 'latchkey-booking+jwt' && typ !== 'latchkey-service+jwt')
    return refused('token-malformed', 'typ is not one of ours')
  const check: { Check(value: unknown): boolean; Errors(value: unknown): { instancePath: string; params: object }[] } =
    kinds[typ].check
  if (!check.Check(payload))
    return refused(
      'token-malformed',
      `a claim is missing, unknown or not as described${whichClaim(check.Errors(payload)[0])}`,
    )
  return { kind: 'read', typ, claims: payload as unknown as Claims }
}

/** Names a claim only when the name is ours. */
function whichClaim(fault: { instancePath: string; params: object } | undefined): string {
  const missing = (fault?.params as { requiredProperties?: string[] } | undefined)?.requiredProperties?.[0]
  const name = missing ?? fault?.instancePath.split('/')[1]
  return name !== undefined && Object.hasOwn((bookingClaims as TSchema & { properties: object }).properties, name)
    ? `: ${name}`
    : ''
}

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
