/** Tokens that must not be taken, each with the one fault it has, and what is no credential at all. */
import { createHmac } from 'node:crypto'
import { exportJWK, exportSPKI } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, createBench } from '../bench.ts'
import { bookingClaims, platformKeys, serviceClaims, sign, strangerKeys, tenantToken } from '../credentials.ts'
import { NOW_S, session } from '../rows.ts'
import { AUDIENCE, ISSUER } from '../site.ts'

const BOOKING = 'latchkey-booking+jwt'
const SERVICE = 'latchkey-service+jwt'

let bench: Bench
beforeAll(async () => {
  bench = await createBench()
})
afterAll(() => bench.close())
beforeEach(() => {
  bench.commands.splice(0)
  bench.denials.splice(0)
  bench.logged.splice(0)
  bench.answer(() => ({ kind: 'session', session: session() }))
})

const unlock = (token: string) => bench.unlock(token)

const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const good = { alg: 'ES256', typ: BOOKING, kid: 'k1' }

/** Signed by the platform, but header and payload as given, byte for byte. */
async function signRaw(header: string, payload: string): Promise<string> {
  const input = `${part(header)}.${part(payload)}`
  const signature = await crypto.subtle.sign(
    { name: 'ECDSA', hash: 'SHA-256' },
    platformKeys.privateKey as never,
    Buffer.from(input),
  )
  return `${input}.${Buffer.from(signature).toString('base64url')}`
}
const withHeader = (more: object) => signRaw(JSON.stringify({ ...good, ...more }), JSON.stringify(bookingClaims()))
const withClaims = (more: Record<string, unknown>) => sign(bookingClaims(more), BOOKING)
const claimsText = (from: string, to: string) => JSON.stringify(bookingClaims()).replace(from, to)

const corpus: [string, string, () => Promise<string>][] = [
  ['alg none', 'token-forged', async () => `${part({ ...good, alg: 'none' })}.${part(bookingClaims())}.AA`],
  [
    'alg none without a signature',
    'token-malformed',
    async () => `${part({ ...good, alg: 'none' })}.${part(bookingClaims())}.`,
  ],
  ['alg None', 'token-forged', async () => withHeader({ alg: 'None' })],
  ['alg es256', 'token-forged', async () => withHeader({ alg: 'es256' })],
  ['alg ES384', 'token-forged', async () => withHeader({ alg: 'ES384' })],
  ['alg RS256', 'token-forged', async () => withHeader({ alg: 'RS256' })],
  ['no alg', 'token-forged', async () => withHeader({ alg: undefined })],
  ['alg as a list', 'token-forged', async () => withHeader({ alg: ['ES256'] })],
  [
    'HS256 with the public key as the secret',
    'token-forged',
    async () => {
      const input = `${part({ ...good, alg: 'HS256' })}.${part(bookingClaims())}`
      return `${input}.${createHmac('sha256', await exportSPKI(platformKeys.publicKey))
        .update(input)
        .digest('base64url')}`
    },
  ],
  ['EdDSA claimed for the ES256 key', 'token-forged', async () => withHeader({ alg: 'EdDSA' })],
  [
    'another key under the known kid',
    'token-forged',
    () => sign(bookingClaims(), BOOKING, {}, strangerKeys.privateKey),
  ],
  [
    'another key under its own kid',
    'token-forged',
    () => sign(bookingClaims(), BOOKING, { kid: 'stranger' }, strangerKeys.privateKey),
  ],
  [
    'a key in the header',
    'token-malformed',
    async () =>
      sign(bookingClaims(), BOOKING, { jwk: await exportJWK(strangerKeys.publicKey) }, strangerKeys.privateKey),
  ],
  [
    'a key address in the header',
    'token-malformed',
    () => sign(bookingClaims(), BOOKING, { jku: 'https://evil.example/jwks.json' }, strangerKeys.privateKey),
  ],
  [
    'a certificate address in the header',
    'token-malformed',
    () => sign(bookingClaims(), BOOKING, { x5u: 'https://evil.example/c.pem' }),
  ],
  ['a certificate in the header', 'token-malformed', () => sign(bookingClaims(), BOOKING, { x5c: ['AAAA'] })],
  ['a critical extension', 'token-malformed', async () => withHeader({ crit: ['b64'], b64: true })],
  ['a content type', 'token-malformed', async () => withHeader({ cty: 'JWT' })],
  ['a compressed payload', 'token-malformed', async () => withHeader({ zip: 'DEF' })],
  ['kid as a path', 'token-forged', async () => withHeader({ kid: '../../etc/passwd' })],
  ['kid as SQL', 'token-forged', async () => withHeader({ kid: "k1' OR '1'='1" })],
  ['kid as a number', 'token-malformed', async () => withHeader({ kid: 1 })],
  ['kid of a prototype', 'token-forged', async () => withHeader({ kid: '__proto__' })],
  ['no typ', 'token-malformed', async () => withHeader({ typ: undefined })],
  ['typ JWT', 'token-malformed', async () => withHeader({ typ: 'JWT' })],
  ['typ in capitals', 'token-malformed', async () => withHeader({ typ: 'LATCHKEY-BOOKING+JWT' })],
  ['an access token of the same issuer', 'token-malformed', async () => withHeader({ typ: 'at+jwt' })],
  ['expired', 'token-expired', () => withClaims({ iat: NOW_S - 7200, nbf: NOW_S - 7200, exp: NOW_S - 31 })],
  ['not valid yet', 'token-not-yet', () => withClaims({ nbf: NOW_S + 31 })],
  ['issued in the future', 'token-not-yet', () => withClaims({ iat: NOW_S + 3600, nbf: undefined, exp: NOW_S + 7200 })],
  ['exp before iat', 'token-malformed', () => withClaims({ iat: NOW_S + 20, exp: NOW_S + 10 })],
  ['valid for a year', 'token-malformed', () => withClaims({ exp: NOW_S + 365 * 86_400 })],
  ['exp beyond all time', 'token-malformed', () => withClaims({ exp: 1e30 })],
  ['exp as text', 'token-malformed', () => withClaims({ exp: String(NOW_S + 60) })],
  ['another audience', 'unauthenticated', () => withClaims({ aud: 'latchkey:other-site' })],
  ['several audiences, none ours', 'unauthenticated', () => withClaims({ aud: ['a', 'b'] })],
  ['an audience given twice', 'token-malformed', () => withClaims({ aud: [AUDIENCE, AUDIENCE] })],
  ['no audience', 'token-malformed', () => withClaims({ aud: undefined })],
  ['another issuer', 'token-forged', () => withClaims({ iss: 'https://evil.example' })],
  ['an issuer with a slash more', 'token-forged', () => withClaims({ iss: `${ISSUER}/` })],
  ['an issuer as a list', 'token-malformed', () => withClaims({ iss: [ISSUER] })],
  ...['iss', 'sub', 'jti', 'iat', 'exp', 'booking', 'ver', 'machine', 'start', 'end'].map(
    (name): [string, string, () => Promise<string>] => [
      `no ${name}`,
      'token-malformed',
      () => withClaims({ [name]: undefined }),
    ],
  ),
  ['an unknown claim', 'token-malformed', () => withClaims({ admin: true })],
  ['a role claim', 'token-malformed', () => withClaims({ role: 'platform' })],
  ['an empty sub', 'token-malformed', () => withClaims({ sub: '' })],
  ['a sub with control characters', 'token-malformed', () => withClaims({ sub: 'a\u0000b' })],
  ['a machine as a list', 'token-malformed', () => withClaims({ machine: ['saw-1', 'press-1'] })],
  ['ver as text', 'token-malformed', () => withClaims({ ver: '1' })],
  ['limits with an unknown member', 'token-malformed', () => withClaims({ limits: { hours: 3 } })],
  ['null limits', 'token-malformed', () => withClaims({ limits: null })],
  ['start without a zone', 'token-malformed', () => withClaims({ start: '2026-11-23T15:00:00' })],
  ['end before start', 'token-malformed', () => withClaims({ end: '2026-11-23T14:00:00+08:00' })],
  [
    'the audience claim twice',
    'token-malformed',
    () => signRaw(JSON.stringify(good), claimsText('"aud":', '"aud":"latchkey:other-site","aud":')),
  ],
  [
    'exp twice',
    'token-malformed',
    () => signRaw(JSON.stringify(good), claimsText('"exp":', `"exp":${NOW_S - 9999},"exp":`)),
  ],
  [
    'alg twice',
    'token-malformed',
    () =>
      signRaw('{"alg":"none","alg":"ES256","typ":"latchkey-booking+jwt","kid":"k1"}', JSON.stringify(bookingClaims())),
  ],
  [
    'a __proto__ claim',
    'token-malformed',
    () => signRaw(JSON.stringify(good), claimsText('"aud":', '"__proto__":{"role":"platform"},"aud":')),
  ],
  [
    'a byte order mark',
    'token-malformed',
    () => signRaw(JSON.stringify(good), `\uFEFF${JSON.stringify(bookingClaims())}`),
  ],
  ['a payload that is a list', 'token-malformed', () => signRaw(JSON.stringify(good), '[]')],
  ['a payload that is not JSON', 'token-malformed', () => signRaw(JSON.stringify(good), 'hello')],
  [
    'a token within a token',
    'token-malformed',
    async () => signRaw(JSON.stringify(good), JSON.stringify(await withClaims({}))),
  ],
  ['a huge token', 'token-malformed', () => withClaims({ jti: 'x'.repeat(9000) })],
  ['a truncated signature', 'token-forged', async () => (await withClaims({})).slice(0, -6)],
  [
    'a truncated payload',
    'token-malformed',
    async () =>
      (await withClaims({}))
        .split('.')
        .map((each, index) => (index === 1 ? each.slice(0, -7) : each))
        .join('.'),
  ],
  ['two parts', 'token-malformed', async () => (await withClaims({})).split('.').slice(0, 2).join('.')],
  ['five parts', 'token-malformed', async () => `${await withClaims({})}.AA.AA`],
  ['padding', 'token-malformed', async () => `${await withClaims({})}=`],
  [
    'a changed machine',
    'token-forged',
    async () =>
      (await withClaims({ machine: 'press-1' }))
        .split('.')
        .map((each, index) => (index === 1 ? part(bookingClaims()) : each))
        .join('.'),
  ],
  ['a service token that lives too long', 'token-malformed', () => sign(serviceClaims({ exp: NOW_S + 7200 }), SERVICE)],
  ['a service token of another key', 'token-forged', () => sign(serviceClaims(), SERVICE, {}, strangerKeys.privateKey)],
  ['service claims under the booking type', 'token-malformed', () => sign(serviceClaims(), BOOKING)],
]

describe('a token that must not be taken', () => {
  test.each(corpus)('%s is %s', async (_name, code, make) => {
    const response = await unlock(await make())
    expect([response.statusCode, response.json().code]).toEqual([401, code])
    expect(response.headers['www-authenticate']).toContain('Bearer')
    expect(bench.commands).toEqual([])
    expect(bench.denials).toEqual([{ kind: 'denied', code, what: 'POST /v1/machines/:id/unlock', machine: 'saw-1' }])
  })

  test.each(['', 'Basic dXNlcjpwYXNz', 'Bearer', 'Bearer a b', 'Token abc'])(
    'the header "%s" is no credential',
    async (authorization) => {
      const response = await bench.app.inject({ url: '/v1/machines', headers: { authorization } })
      expect([response.statusCode, response.json().code]).toEqual([401, 'unauthenticated'])
    },
  )

  test('a credential in the query is no credential', async () => {
    const response = await bench.app.inject({ url: `/v1/machines?access_token=${await tenantToken()}` })
    expect(response.statusCode).toBe(401)
  })
})
