/**
 * The tokens of the booking platform. Its key is made once and kept in the state directory. Claims and types are those
 * of the published token description; the claims `iat nbf exp` are whole seconds, `start` and `end` are RFC 3339.
 * Next: forgeries.ts (the bad ones).
 */
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose'
import { replaceFile } from '../machine/retentive.ts'

/** The claims of a tenant's token about a booking. `limits` is passed on unread. */
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

/** A revocation list. Each one is complete. */
export type Revocations = Readonly<{
  number: number
  bookings: readonly string[]
  jtis: readonly string[]
  iat?: number
}>

/** What the platform signs with. */
export type SigningKey = Readonly<{
  kid: string
  key: CryptoKey
  /** The public key set. */
  jwks: { keys: JWK[] }
}>

export type TokenMaker = Readonly<{
  /** The claims of a token for a booking, defaults filled in. */
  payload(claims: BookingClaims): JWTPayload
  sign(payload: JWTPayload, typ: string): Promise<string>
  booking(claims: BookingClaims): Promise<string>
  /** A token of the platform itself, valid for `ttlSeconds`. */
  service(ttlSeconds: number): Promise<string>
  revocations(list: Revocations): Promise<string>
}>

export const bookingType = 'latchkey-booking+jwt'
const serviceType = 'latchkey-service+jwt'
const revocationsType = 'latchkey-revocations+jwt'
export const hourSeconds = 3600

/** `issuer` and `audience` go into every token. */
export function createTokenMaker({ key, kid }: SigningKey, issuer: string, audience: string): TokenMaker {
  function payload(claims: BookingClaims): JWTPayload {
    const { booking, tenant, machine, start, end, limits } = claims
    const iat = nowSeconds()
    const endSeconds = Math.floor(Date.parse(end) / 1000)
    return {
      iss: issuer,
      aud: claims.aud ?? audience,
      sub: tenant,
      jti: claims.jti ?? randomUUID(),
      iat,
      nbf: iat,
      exp: claims.exp ?? Math.max(endSeconds, iat) + hourSeconds,
      booking,
      ver: claims.ver ?? 1,
      machine,
      start,
      end,
      ...(limits === undefined ? {} : { limits }),
    }
  }

  const sign = (claims: JWTPayload, typ: string) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid, typ }).sign(key)

  return {
    payload,
    sign,
    booking: (claims) => sign(payload(claims), bookingType),
    service(ttlSeconds) {
      const iat = nowSeconds()
      const claims = { iss: issuer, aud: audience, sub: 'platform', iat, exp: iat + ttlSeconds, jti: randomUUID() }
      return sign(claims, serviceType)
    },
    revocations: (list) => sign({ iss: issuer, aud: audience, iat: nowSeconds(), ...list }, revocationsType),
  }
}

export const nowSeconds = () => Math.floor(Date.now() / 1000)

/** Reads `platform-key.json` in the folder; the first start makes it. */
export async function loadSigningKey(stateDir: string): Promise<SigningKey> {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  const path = join(stateDir, 'platform-key.json')
  if (!existsSync(path)) {
    const pair = await generateKeyPair('ES256', { extractable: true })
    replaceFile(path, `${JSON.stringify(await exportJWK(pair.privateKey))}\n`)
  }
  const privateJwk: JWK = JSON.parse(readFileSync(path, 'utf8'))
  const { d: _secret, ...publicJwk } = privateJwk
  const kid = await calculateJwkThumbprint(publicJwk)
  const key = (await importJWK(privateJwk, 'ES256')) as CryptoKey
  return { kid, key, jwks: { keys: [{ ...publicJwk, kid, alg: 'ES256', use: 'sig' }] } }
}
