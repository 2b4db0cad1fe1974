/** Keys of an issuer: from its URL once, then from disk, so that an unlock needs no network. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, type JSONWebKeySet } from 'jose'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createKeySet } from '../../../../gateway/front/api/caller/key-set.ts'
import { createVerifiers } from '../../../../gateway/front/api/caller/token.ts'
import { bookingClaims, platformKeys, sign, strangerKeys } from '../credentials.ts'
import { NOW_MS } from '../rows.ts'
import { AUDIENCE, ISSUER } from '../site.ts'

let dir: string
let server: Server
let url: string
let asked: number
let served: (path: string) => { status: number; body: string; location?: string }
const clock = { ns: 0n }
const jwk = async (pair: typeof platformKeys, kid: string) => ({
  ...(await exportJWK(pair.publicKey)),
  kid,
  use: 'sig',
})
const set = (...keys: object[]) => JSON.stringify({ keys })

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'latchkey-keys-'))
  asked = 0
  clock.ns = 1_000_000_000_000n
  const known = set(await jwk(platformKeys, 'k1'))
  served = () => ({ status: 200, body: known })
  server = createServer((request, response) => {
    asked++
    const { status, body, location } = served(request.url ?? '')
    response
      .writeHead(status, { 'content-type': 'application/json', ...(location === undefined ? {} : { location }) })
      .end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(dir, { recursive: true, force: true })
})

const later = (ms: number) => {
  clock.ns += BigInt(ms) * 1_000_000n
}
/** A gateway that has just started. */
const start = () => {
  const time = { nowMs: () => NOW_MS, nowNs: () => clock.ns }
  return createVerifiers(
    [{ issuer: ISSUER, audience: AUDIENCE, jwks: { kind: 'url', url } }],
    (issuer) => createKeySet(issuer, { dataDir: dir, clock: time, log: pino({ level: 'silent' }), fetch }),
    time,
  ).verifyToken
}
const token = (kid = 'k1', pair = platformKeys) =>
  sign(bookingClaims(), 'latchkey-booking+jwt', { kid }, pair.privateKey)
const codeOf = async (result: ReturnType<ReturnType<typeof start>>) => {
  const settled = await result
  return settled.kind === 'caller' ? 'verified' : settled.refusal.code
}

test('fetched once, kept on disk for its user only, and good with the issuer down and after a restart', async () => {
  const first = start()
  expect(await codeOf(first(await token()))).toBe('verified')
  expect(asked).toBe(1)
  const [name] = readdirSync(join(dir, 'jwks'))
  const path = join(dir, 'jwks', name!)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect((JSON.parse(readFileSync(path, 'utf8')) as JSONWebKeySet).keys.map((key) => key.kid)).toEqual(['k1'])

  served = () => ({ status: 500, body: 'down' })
  later(86_400_000 * 400)
  expect(await codeOf(first(await token()))).toBe('verified')
  expect(await codeOf(start()(await token()))).toBe('verified')
})

test('a known key does not wait for an issuer that never answers', async () => {
  expect(await codeOf(start()(await token()))).toBe('verified')
  server.removeAllListeners('request')
  server.on('request', () => undefined)
  expect(await codeOf(start()(await token()))).toBe('verified')
})

test('with no keys at all the answer is that they are not known, and the next try comes soon', async () => {
  served = () => ({ status: 503, body: '' })
  const verify = start()
  expect(await codeOf(verify(await token()))).toBe('keys-unavailable')
  expect(await codeOf(verify(await token()))).toBe('keys-unavailable')
  expect(asked).toBe(1)
  const body = set(await jwk(platformKeys, 'k1'))
  served = () => ({ status: 200, body })
  later(2_000)
  expect(await codeOf(verify(await token()))).toBe('verified')
})

test('an unknown key is asked for, once in 30 s however many tokens name one', async () => {
  const verify = start()
  await verify(await token())
  const body = set(await jwk(platformKeys, 'k1'), await jwk(strangerKeys, 'k2'))
  served = () => ({ status: 200, body })
  expect(await codeOf(verify(await token('k2', strangerKeys)))).toBe('token-forged')
  expect(asked).toBe(1)
  later(30_000)
  expect(await codeOf(verify(await token('k2', strangerKeys)))).toBe('verified')
  for (let index = 0; index < 20; index++) await verify(await token(`x${index}`, strangerKeys))
  expect(asked).toBe(2)
})

test('a redirect is not followed', async () => {
  served = (path) =>
    path === '/jwks.json' ? { status: 302, body: '', location: '/elsewhere' } : { status: 200, body: 'never' }
  expect(await codeOf(start()(await token()))).toBe('keys-unavailable')
  expect(asked).toBe(1)
})

test.each([
  ['too large', () => ' '.repeat(70_000)],
  ['not JSON', () => '<html>'],
  ['without keys', () => '{}'],
  ['with a key given twice', () => '{"keys":[],"keys":[]}'],
  ['with nothing but secrets', () => set({ kty: 'oct', k: 'AAAA', kid: 'k1' })],
  ['with an RSA key', () => set({ kty: 'RSA', n: 'AAAA', e: 'AQAB', kid: 'k1' })],
])('a key set that is %s is refused, and what was known stays', async (_name, body) => {
  const verify = start()
  await verify(await token())
  served = () => ({ status: 200, body: body() })
  later(600_001)
  expect(await codeOf(verify(await token()))).toBe('verified')
  later(30_000)
  expect(await codeOf(verify(await token('other')))).toBe('token-forged')
  expect(await codeOf(start()(await token()))).toBe('verified')
})

test('a private key in a set is not used', async () => {
  const body = set({ ...(await exportJWK(platformKeys.privateKey)), kid: 'k1' })
  served = () => ({ status: 200, body })
  expect(await codeOf(start()(await token()))).toBe('keys-unavailable')
})

test('a spoiled file is fetched again', async () => {
  await start()(await token())
  const path = join(dir, 'jwks', readdirSync(join(dir, 'jwks'))[0]!)
  writeFileSync(path, '{"keys":')
  expect(await codeOf(start()(await token()))).toBe('verified')
  expect(asked).toBe(2)
})
