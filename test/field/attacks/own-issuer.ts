/**
 * A booking platform that is trusted and means harm: its own key, its key set over HTTP, and tokens whose text fields
 * hold what they should not. Tokens are put together by hand: no library would sign them.
 * Read next: fields.ts, texts.ts.
 */
import { generateKeyPairSync, sign } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { withText } from './fields.ts'
import type { HostileText } from './texts.ts'

export type OwnIssuer = {
  readonly trust: { readonly issuer: string; readonly audience: string; readonly jwks: string }
  readonly fields: readonly { readonly name: string; token(text: HostileText): string }[]
  close(): void
}

const ISSUER = 'urn:trial:hostile'
const HOUR_MS = 3_600_000

/** Its tokens are of bookings of this machine, for this audience. */
export async function startOwnIssuer(audience: string, machine: string): Promise<OwnIssuer> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const set = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', use: 'sig', alg: 'EdDSA' }] })
  const server = createServer((_, response) => response.setHeader('content-type', 'application/json').end(set))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const signed = (head: Buffer, claims: Buffer) => {
    const body = `${head.toString('base64url')}.${claims.toString('base64url')}`
    return `${body}.${sign(null, Buffer.from(body), privateKey).toString('base64url')}`
  }
  const json = (value: object) => Buffer.from(JSON.stringify(value))
  const members = (of: () => object, token: (text: HostileText, put: (place: string) => object) => string) =>
    Object.entries(of()).flatMap(([name, value]) =>
      typeof value === 'number'
        ? []
        : [
            {
              name,
              token: (text: HostileText) =>
                token(text, (place) => ({ ...of(), [name]: Array.isArray(value) ? [place] : place })),
            },
          ],
    )
  return {
    trust: { issuer: ISSUER, audience, jwks: `http://127.0.0.1:${port}/jwks` },
    fields: [
      ...members(header, (text, put) => signed(withText({ put }, text), json(claims(audience, machine)))),
      ...members(
        () => claims(audience, machine),
        (text, put) => signed(json(header()), withText({ put }, text)),
      ),
    ].map(({ name, token }) => ({ name: `token ${name}`, token })),
    close: () => server.close(),
  }
}

const header = () => ({ alg: 'EdDSA', typ: 'latchkey-booking+jwt', kid: 'k' })
let next = 0

function claims(audience: string, machine: string) {
  const now = Date.now()
  const second = Math.floor(now / 1000)
  next += 1
  return {
    ...{
      iss: ISSUER,
      aud: audience,
      sub: 'hostile',
      jti: `hostile-${next}`,
      booking: `hostile-${next}`,
      ver: 1,
      machine,
    },
    ...{ iat: second - 1, exp: second + 3_600, qualifications: ['spraying'] },
    ...{ start: new Date(now - 1_000).toISOString(), end: new Date(now + HOUR_MS).toISOString() },
  }
}
