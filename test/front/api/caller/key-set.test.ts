/** Keys of an issuer: from its URL once, then from disk, so that an unlock needs no network. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, type JSONWebKeySet } from 'jose'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createKeySet } from '../../../../gateway/front/api/caller/key-set.ts'
import { createVerifiers } from '../../../../gateway/front/api/caller/token.ts'
import { createBench } from '../bench.ts'
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
const issuer = () => ({ issuer: ISSUER, audience: AUDIENCE, toleranceMs: 30_000, jwks: { kind: 'url', url } }) as const
const time = { nowMs: () => NOW_MS, nowNs: () => clock.ns }
const keySet = () => createKeySet(issuer(), { dataDir: dir, clock: time, log: pino({ level: 'silent' }), fetch })
/** A gateway that has just started. */
const start = (keys = keySet()) => createVerifiers([issuer()], () => keys, time).verifyToken
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
  ['too large', () => `${set()}${' '.repeat(600_000)}`],
  ['of too many keys', () => set(...Array.from({ length: 257 }, () => ({ kty: 'RSA' })))],
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

describe('a key that was withdrawn', () => {
  test('is refused within a minute and a bit, whether tokens come or not', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const keys = keySet()
    const verify = start(keys)
    keys.start()
    onTestFinished(keys.stop)
    expect(await codeOf(verify(await token()))).toBe('verified')
    const body = set(await jwk(strangerKeys, 'k2'))
    served = () => ({ status: 200, body })
    later(60_000)
    const before = asked
    const minute = () => {
      vi.advanceTimersByTime(60_000)
      return asked
    }
    await expect.poll(minute).toBeGreaterThan(before)
    await expect.poll(async () => codeOf(verify(await token()))).toBe('token-forged')
    expect(keys.note()).toBeUndefined()
  })

  test('with all the others: an empty set refuses every token, is kept over a restart, and health says so', async () => {
    const keys = keySet()
    const verify = start(keys)
    expect(await codeOf(verify(await token()))).toBe('verified')
    served = () => ({ status: 200, body: set() })
    later(60_001)
    await verify(await token())
    await expect.poll(() => keys.note()).toMatch(/has withdrawn all its keys: its tokens are refused$/)
    expect(await codeOf(verify(await token()))).toBe('token-forged')
    served = () => ({ status: 500, body: 'down' })
    expect(await codeOf(start()(await token()))).toBe('token-forged')
  })
})

describe('keys are tried in turn', () => {
  const claims = bookingClaims()
  const signed = (header: object, pair = platformKeys) =>
    sign(claims, 'latchkey-booking+jwt', { kid: undefined, ...header }, pair.privateKey)

  test.each([
    ['a token without kid, once the set has two keys', {}, ['k1', 'k2']],
    ['a token whose kid two keys have', { kid: 'k' }, ['k', 'k']],
    ['a token with a kid that no key has, for keys that have none', { kid: 'k9' }, [undefined, undefined]],
  ] as const)('%s', async (_, header, kids) => {
    const [first, second] = await Promise.all([jwk(strangerKeys, kids[0]!), jwk(platformKeys, kids[1]!)])
    const body = set(first, second)
    served = () => ({ status: 200, body })
    const verify = start()
    expect(await codeOf(verify(await signed(header)))).toBe('verified')
    expect(await codeOf(verify(await signed(header, strangerKeys)))).toBe('verified')
    const forger = await generateKeyPair('ES256', { extractable: true })
    expect(await codeOf(verify(await signed(header, forger as typeof platformKeys)))).toBe('token-forged')
  })

  test('a token of a key that came under a known kid: the set is asked for once more', async () => {
    const verify = start()
    expect(await codeOf(verify(await token()))).toBe('verified')
    const body = set(await jwk(strangerKeys, 'k1'))
    served = () => ({ status: 200, body })
    later(30_000)
    expect(await codeOf(verify(await token('k1', strangerKeys)))).toBe('verified')
    expect(await codeOf(verify(await token('k1', platformKeys)))).toBe('token-forged')
  })
})

describe('a key set as others publish it', () => {
  test.each([
    [
      '33 keys, most of them RSA',
      async () =>
        set(...Array.from({ length: 32 }, () => ({ kty: 'RSA', n: 'AA', e: 'AQAB' })), await jwk(platformKeys, 'k1')),
    ],
    [
      '70 KiB of certificates',
      async () => set({ ...(await jwk(platformKeys, 'k1')), x5c: ['A'.repeat(70_000)], x5t: 'AA' }),
    ],
    ['a byte order mark', async () => `\uFEFF${set(await jwk(platformKeys, 'k1'))}`],
    [
      'a key that is not for signatures beside it',
      async () => set({ ...(await jwk(strangerKeys, 'k1')), alg: 'ECDH-ES' }, await jwk(platformKeys, 'k1')),
    ],
    [
      'a key whose point is on no curve beside it',
      async () => set({ kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA', kid: 'k1' }, await jwk(platformKeys, 'k1')),
    ],
  ])('with %s is taken', async (_, body) => {
    const text = await body()
    served = () => ({ status: 200, body: text })
    expect(await codeOf(start()(await token()))).toBe('verified')
  })

  test.each([
    ['EdDSA', 'Ed25519'],
    ['Ed25519', 'EdDSA'],
    [undefined, 'Ed25519'],
  ])('that says %s is good for tokens that say %s', async (inSet, inToken) => {
    const pair = await generateKeyPair('Ed25519', { extractable: true })
    const body = set({ ...(await exportJWK(pair.publicKey)), kid: 'ed', alg: inSet })
    served = () => ({ status: 200, body })
    const ed = sign(bookingClaims(), 'latchkey-booking+jwt', { alg: inToken, kid: 'ed' }, pair.privateKey)
    expect(await codeOf(start()(await ed))).toBe('verified')
  })

  test.each([
    [
      'a redirect',
      () => ({ status: 302, body: '', location: '/x' }),
      'it was answered with 302, a redirect: give the address that it leads to',
    ],
    ['a member twice', () => ({ status: 200, body: '{"keys":[],"keys":[]}' }), 'the key set is a key is given twice'],
    [
      'keys of no use',
      () => ({ status: 200, body: set({ kty: 'RSA' }) }),
      'the key set has no public ES256 or EdDSA key',
    ],
    ['a failure', () => ({ status: 500, body: '' }), 'it was answered with 500'],
  ])('with %s cannot be used: health and the refusal say why, once each', async (_, answer, why) => {
    served = answer
    const keys = keySet()
    const refused = await start(keys)(await token())
    expect(refused).toMatchObject({ refusal: { code: 'keys-unavailable', detail: why } })
    expect(keys.note()).toBe(`the keys of ${ISSUER} could not be fetched: ${why}; its tokens are refused`)
  })
})

test.each([
  [30_000, 45, 'token-not-yet'],
  [120_000, 45, 'verified'],
  [120_000, 130, 'token-not-yet'],
])('with a tolerance of %d ms a token from a clock %d s ahead is %s', async (toleranceMs, aheadS, code) => {
  const { verifyToken } = createVerifiers([{ ...issuer(), toleranceMs }], keySet, time)
  const iat = NOW_MS / 1000 + aheadS
  const early = sign(bookingClaims({ iat, nbf: iat }), 'latchkey-booking+jwt', {}, platformKeys.privateKey)
  expect(await codeOf(verifyToken(await early))).toBe(code)
})

test('a token may be made a season ahead, and may bear the thumbprint of a certificate', async () => {
  const exp = NOW_MS / 1000 + 60 * 86_400
  const ahead = sign(
    bookingClaims({ exp }),
    'latchkey-booking+jwt',
    { x5t: 'AA', 'x5t#S256': 'AA' },
    platformKeys.privateKey,
  )
  expect(await codeOf(start()(await ahead))).toBe('verified')
})

test('health says which keys cannot be used', async () => {
  const bench = await createBench((config) => ({
    ...config,
    issuers: [{ ...issuer(), jwks: { kind: 'file', path: join(config.dataDir, 'missing.json') } }],
  }))
  onTestFinished(() => bench.close())
  const notes = async () => ((await bench.app.inject({ url: '/health/ready' })).json() as { notes: string[] }).notes
  await expect.poll(notes).toContain(`the keys of ${ISSUER} could not be fetched: ENOENT; its tokens are refused`)
})
