/** Tokens of an issuer whose keys the tests make. */
import { type CryptoKey, generateKeyPair, SignJWT } from 'jose'
import { v7 as uuidv7 } from 'uuid'
import { NOW_S } from './rows.ts'
import { AUDIENCE, ISSUER } from './site.ts'

/** Keys are made once: a pair is slow. */
export const platformKeys = await generateKeyPair('ES256', { extractable: true })
export const strangerKeys = await generateKeyPair('ES256', { extractable: true })

type Claims = Record<string, unknown>

export const bookingClaims = (more: Claims = {}): Claims => ({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'tenant-a',
  jti: uuidv7(),
  iat: NOW_S - 60,
  nbf: NOW_S - 60,
  exp: NOW_S + 3600,
  booking: 'b-1',
  ver: 1,
  machine: 'saw-1',
  start: '2026-11-23T15:00:00+08:00',
  end: '2026-11-23T18:00:00+08:00',
  ...more,
})

export const serviceClaims = (more: Claims = {}): Claims => ({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'booking-service',
  iat: NOW_S - 60,
  exp: NOW_S + 600,
  ...more,
})

export function sign(
  claims: Claims,
  typ: string,
  header: Record<string, unknown> = {},
  key: CryptoKey = platformKeys.privateKey,
): Promise<string> {
  return new SignJWT(Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined)))
    .setProtectedHeader({ alg: 'ES256', typ, kid: 'k1', ...header })
    .sign(key)
}

export const tenantToken = (more: Claims = {}) => sign(bookingClaims(more), 'latchkey-booking+jwt')
export const platformToken = (more: Claims = {}) => sign(serviceClaims(more), 'latchkey-service+jwt')

export const revocationList = (more: Claims = {}) =>
  sign(
    { iss: ISSUER, aud: AUDIENCE, iat: NOW_S - 60, number: 1, bookings: [], jtis: [], ...more },
    'latchkey-revocations+jwt',
  )
