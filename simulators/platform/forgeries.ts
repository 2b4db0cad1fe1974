/** Forged tokens of the booking platform, to attack a gateway with. Next: tokens.ts (the good ones). */
import { createHmac } from 'node:crypto'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { type BookingClaims, bookingType, hourSeconds, nowSeconds, type SigningKey, type TokenMaker } from './tokens.ts'

/** Ways to forge a booking token, and the reason for which a gateway must refuse each. */
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

export type Forge = (kind: Forgery, claims: BookingClaims) => Promise<string>

/** A forgery starts from the claims of a good token. `stranger` is a key that nobody has published. */
export async function createForger({ kid, jwks }: SigningKey, tokens: TokenMaker): Promise<Forge> {
  const stranger = await generateKeyPair('ES256', { extractable: true })
  const strangers = (claims: JWTPayload, header: object) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ: bookingType, ...header }).sign(stranger.privateKey)

  return async (kind, claims) => {
    const good = tokens.payload(claims)
    switch (kind) {
      case 'none-alg':
        return `${unsigned({ alg: 'none', typ: bookingType }, good)}.`
      case 'other-key':
        return strangers(good, { kid })
      case 'expired': {
        const iat = nowSeconds() - hourSeconds
        return tokens.sign({ ...good, iat, nbf: iat, exp: nowSeconds() - 60 }, bookingType)
      }
      case 'wrong-aud':
        return tokens.sign({ ...good, aud: `${String(good.aud)}-elsewhere` }, bookingType)
      case 'wrong-typ':
        return tokens.sign(good, 'JWT')
      case 'bad-signature':
        return flipOneBit(await tokens.sign(good, bookingType))
      case 'hs256-jwks': {
        const text = unsigned({ alg: 'HS256', kid, typ: bookingType }, good)
        return `${text}.${createHmac('sha256', JSON.stringify(jwks)).update(text).digest('base64url')}`
      }
      case 'embedded-jwk':
        return strangers(good, { jwk: await exportJWK(stranger.publicKey) })
    }
  }
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
