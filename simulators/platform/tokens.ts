/**
 * The tokens of the booking platform: good ones, and forged ones to attack a gateway with. The key is made once and
 * kept in the state directory. Claims and types are those of the published token description; times in the claims
 * `iat nbf exp` are whole seconds, `start` and `end` are RFC 3339.
 */
import { createHmac, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose'
import { replaceFile } from '../machine/retentive.ts'

/** What a tenant's token says about a booking. `limits` is passed on as it is, and left out when not given. */
export type BookingClaims = Readonly<{
  booking: string
  tenant: string
  machine: string
  start: string
  end: string
  limits?: unknown
  ver?: number
  /** Seconds since 1970; default one hour after the end of the booking. */
  exp?: number
  jti?: string
  aud?: string
}>

/** A revocation list, whole each time. */
export type Revocations = Readonly<{
  number: number
  bookings: readonly string[]
  jtis: readonly string[]
  iat?: number
}>

/** Ways to forge a booking token; what each must be refused for. */
export const forgeries = {
  'none-alg': 'algorithm none, no signature',
  'other-key': 'signed by a key that is not in the key set, under the id of one that is',
  expired: 'expired a minute ago',
  'wrong-aud': 'made for another gateway',
  'wrong-typ': 'typ JWT instead of latchkey-booking+jwt',
  'bad-signature': 'one bit of the signature flipped',
  'hs256-jwks': 'HS256 with the public key set as the secret',
  'embedded-jwk': 'brings the key it is signed with in its own header',
} as const
export type Forgery = keyof typeof forgeries

export type TokenMaker = Readonly<{
  /** The public key set. */
  jwks: { keys: JWK[] }
  booking(claims: BookingClaims): Promise<string>
  /** A token of the platform itself, valid for `ttlSeconds`. */
  service(ttlSeconds: number): Promise<string>
  revocations(list: Revocations): Promise<string>
  forge(kind: Forgery, claims: BookingClaims): Promise<string>
}>

const bookingType = 'latchkey-booking+jwt'
const serviceType = 'latchkey-service+jwt'
const revocationsType = 'latchkey-revocations+jwt'
const hourSeconds = 3600

/** `issuer` and `audience` go into every token; the key is `platform-key.json` in `stateDir`. */
export async function createTokenMaker(stateDir: string, issuer: string, audience: string): Promise<TokenMaker> {
  const { privateJwk, publicJwk, kid } = await loadKey(stateDir)
  const key = await importJWK(privateJwk, 'ES256')
  const stranger = await generateKeyPair('ES256', { extractable: true })
  const jwks = { keys: [{ ...publicJwk, kid, alg: 'ES256', use: 'sig' }] }

  function payload(claims: BookingClaims): JWTPayload {
    const nowSeconds = Math.floor(Date.now() / 1000)
    const endSeconds = Math.floor(Date.parse(claims.end) / 1000)
    const { booking, machine, start, end, limits } = claims
    return {
      iss: issuer,
      aud: claims.aud ?? audience,
      sub: claims.tenant,
      jti: claims.jti ?? randomUUID(),
      iat: nowSeconds,
      nbf: nowSeconds,
      exp: claims.exp ?? Math.max(endSeconds, nowSeconds) + hourSeconds,
      booking,
      ver: claims.ver ?? 1,
      machine,
      start,
      end,
      ...(limits === undefined ? {} : { limits }),
    }
  }

  const sign = (claims: JWTPayload, header: { typ: string }) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid, ...header }).sign(key)

  async function forge(kind: Forgery, claims: BookingClaims): Promise<string> {
    const good = payload(claims)
    const nowSeconds = Math.floor(Date.now() / 1000)
    switch (kind) {
      case 'none-alg':
        return `${unsigned({ alg: 'none', typ: bookingType }, good)}.`
      case 'other-key':
        return new SignJWT(good).setProtectedHeader({ alg: 'ES256', kid, typ: bookingType }).sign(stranger.privateKey)
      case 'expired': {
        const iat = nowSeconds - hourSeconds
        return sign({ ...good, iat, nbf: iat, exp: nowSeconds - 60 }, { typ: bookingType })
      }
      case 'wrong-aud':
        return sign({ ...good, aud: `${audience}-elsewhere` }, { typ: bookingType })
      case 'wrong-typ':
        return sign(good, { typ: 'JWT' })
      case 'bad-signature':
        return flipOneBit(await sign(good, { typ: bookingType }))
      case 'hs256-jwks': {
        const text = unsigned({ alg: 'HS256', kid, typ: bookingType }, good)
        return `${text}.${createHmac('sha256', JSON.stringify(jwks)).update(text).digest('base64url')}`
      }
      case 'embedded-jwk': {
        const jwk = await exportJWK(stranger.publicKey)
        return new SignJWT(good).setProtectedHeader({ alg: 'ES256', typ: bookingType, jwk }).sign(stranger.privateKey)
      }
    }
  }

  return {
    jwks,
    booking: (claims) => sign(payload(claims), { typ: bookingType }),
    service(ttlSeconds) {
      const iat = Math.floor(Date.now() / 1000)
      const claims = { iss: issuer, aud: audience, sub: 'platform', iat, exp: iat + ttlSeconds, jti: randomUUID() }
      return sign(claims, { typ: serviceType })
    },
    revocations: (list) =>
      sign({ iss: issuer, aud: audience, iat: Math.floor(Date.now() / 1000), ...list }, { typ: revocationsType }),
    forge,
  }
}

async function loadKey(stateDir: string): Promise<{ privateJwk: JWK; publicJwk: JWK; kid: string }> {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  const path = join(stateDir, 'platform-key.json')
  if (!existsSync(path)) {
    const pair = await generateKeyPair('ES256', { extractable: true })
    replaceFile(path, `${JSON.stringify(await exportJWK(pair.privateKey))}\n`)
  }
  const privateJwk: JWK = JSON.parse(readFileSync(path, 'utf8'))
  const { d: _secret, ...publicJwk } = privateJwk
  return { privateJwk, publicJwk, kid: await calculateJwkThumbprint(publicJwk) }
}

/** Header and claims as they would be signed. */
function unsigned(header: Record<string, unknown>, claims: JWTPayload): string {
  return [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
}

function flipOneBit(token: string): string {
  const [header, claims, signature = ''] = token.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0)
  return `${header}.${claims}.${bytes.toString('base64url')}`
}
