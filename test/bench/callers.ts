/** A booking platform that only signs: the key set of a site, and tokens of as many callers as are wanted. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SITE } from './site.ts'

export type Callers = {
  /** Of the site file. */
  readonly trust: object
  /** A service token of the caller with this number, good for an hour. Each caller is limited on its own. */
  token(caller: number): string
}

const ISSUER = 'https://platform.example'
const AUDIENCE = `latchkey:${SITE}`
const KEY = 'bench'
const GOOD_S = 3600

/** The key set is a file in `folder`. */
export function createCallers(folder: string): Callers {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwks = join(folder, 'jwks.json')
  writeFileSync(jwks, JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: KEY, alg: 'ES256' }] }))
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return {
    trust: { issuers: [{ issuer: ISSUER, audience: AUDIENCE, jwks }] },
    token(caller) {
      const iat = Math.floor(Date.now() / 1000)
      const claims = { iss: ISSUER, aud: AUDIENCE, sub: `caller-${caller}`, iat, exp: iat + GOOD_S }
      const text = `${part({ alg: 'ES256', typ: 'latchkey-service+jwt', kid: KEY })}.${part(claims)}`
      const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' })
      return `${text}.${signature.toString('base64url')}`
    },
  }
}
