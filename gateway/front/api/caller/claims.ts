/**
 * What a token of a booking platform says, read strictly before its signature is looked at: the compact form, the
 * header, and the claims by `typ`. RFC 8725 is the checklist. It believes none of it yet.
 * Read next: token.ts (what makes it believed).
 */
import Type, { type Static, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { type Refusal, refuse } from '../../../core/ground/refusal.ts'
import { foreignId, id, limits, qualifications, version } from '../http/schema.ts'
import { parseStrictJson } from '../http/strict-json.ts'

/** `Ed25519` is the name that RFC 9864 gives to EdDSA with that curve. */
export const ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519']
/** The thumbprints of a certificate say nothing that a key set does not; they are not looked at. */
const HEADER_MEMBERS = new Set(['alg', 'typ', 'kid', 'x5t', 'x5t#S256'])
const MAX_KID = 256
const MAX_REVOKED = 10_000

/** NumericDate: seconds, whole or with a fraction, up to the year 2100. */
const date = Type.Number({ minimum: 0, maximum: 4_102_444_800 })
const jti = Type.String({ pattern: '^[\\x21-\\x7e]{1,128}$' })
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
    jti,
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

const listClaims = Type.Object(
  {
    iss: registered.iss,
    aud: registered.aud,
    iat: date,
    exp: Type.Optional(date),
    number: version,
    bookings: Type.Array(foreignId('Booking.'), { maxItems: MAX_REVOKED }),
    jtis: Type.Array(jti, { maxItems: MAX_REVOKED }),
  },
  { additionalProperties: false },
)

export type ClaimsOf = {
  readonly 'latchkey-booking+jwt': Static<typeof bookingClaims>
  readonly 'latchkey-service+jwt': Static<typeof serviceClaims>
  readonly 'latchkey-revocations+jwt': Static<typeof listClaims>
}
type Typ = keyof ClaimsOf

type Check = {
  Check(value: unknown): boolean
  Errors(value: unknown): { instancePath: string; params: object }[]
}
const checks: Readonly<Record<Typ, Check>> = {
  'latchkey-booking+jwt': Compile(bookingClaims),
  'latchkey-service+jwt': Compile(serviceClaims),
  'latchkey-revocations+jwt': Compile(listClaims),
}

/** What of the header is needed to find the key. */
export type Header = { readonly alg: string; readonly kid?: string }

type Read<Known extends Typ> =
  | {
      [Each in Known]: {
        readonly kind: 'read'
        readonly header: Header
        readonly typ: Each
        readonly claims: ClaimsOf[Each]
      }
    }[Known]
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** Everything that can be said about a token without a key. Tokens of another `typ` than `known` are refused. */
export function readToken<Known extends Typ>(token: string, known: readonly Known[]): Read<Known> {
  const parts = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/.exec(token)
  if (parts === null) return malformed('it is not three parts of base64url')
  if (!parts.slice(1).every(isCanonical)) return malformed('a part is not canonical base64url')
  const header = readPart(parts[1]!)
  const claims = readPart(parts[2]!)
  if (header === undefined || claims === undefined) return malformed('a part is not plain JSON')
  const refusal = refuseHeader(header)
  if (refusal) return { kind: 'refused', refusal }
  const typ = known.find((each) => each === header.typ)
  if (typ === undefined) return malformed(whyTyp(header.typ, known))
  if (!checks[typ].Check(claims))
    return malformed(`a claim is missing, unknown or not as described${whichClaim(checks[typ].Errors(claims)[0])}`)
  return { kind: 'read', header, typ, claims } as unknown as Read<Known>
}

const whyTyp = (typ: unknown, known: readonly string[]) =>
  known.some((each) => typ === `application/${each}`)
    ? 'its typ is written without `application/` here'
    : `its typ is not accepted here; it is ${known.join(' or ')}`

function refuseHeader(header: Record<string, unknown>): Refusal | undefined {
  if (Object.keys(header).some((name) => !HEADER_MEMBERS.has(name)))
    return refuse('token-malformed', 'the header holds more than alg, typ, kid and x5t')
  if (typeof header.alg !== 'string' || !ALGORITHMS.includes(header.alg))
    return refuse('token-forged', `its alg is not one of ${ALGORITHMS.join(', ')}`)
  if (header.kid !== undefined && (typeof header.kid !== 'string' || header.kid.length > MAX_KID))
    return refuse('token-malformed', 'kid must be text')
  return undefined
}

/** Names a claim only when the name is one of the table, never one the caller made up. */
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

const malformed = (detail: string) => ({ kind: 'refused', refusal: refuse('token-malformed', detail) }) as const
