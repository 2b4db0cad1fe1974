/** The booking platform and the broker as processes. */
import { createServer } from 'node:http'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import mqtt from 'mqtt'
import { afterEach, describe, expect, test } from 'vitest'
import { endAll, newStateDir, type Simulator, startSimulator } from './simulator.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) close()
  await endAll()
})

const fields = {
  booking: 'b1',
  tenant: 'huajian',
  machine: 'booth-1',
  start: '2030-01-31T08:00:00Z',
  end: '2030-01-31T09:00:00Z',
}
const endSeconds = Date.parse(fields.end) / 1000

async function keysOf(platform: Simulator): Promise<JSONWebKeySet> {
  return (await (await fetch(platform.text('jwks'))).json()) as JSONWebKeySet
}

/** Verifies as a careful gateway would; the reason when it fails. */
async function verify(platform: Simulator, token: string): Promise<string> {
  const keys = createLocalJWKSet(await keysOf(platform))
  const wanted = {
    issuer: platform.text('issuer'),
    audience: 'latchkey:demo',
    algorithms: ['ES256'],
    typ: 'latchkey-booking+jwt',
  }
  return jwtVerify(token, keys, wanted).then(
    () => 'valid',
    (error: { code: string }) => error.code,
  )
}

/** A gateway which answers with what it was asked. */
async function openGateway(status: number): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const { method, url, headers } = request
      const text = Buffer.concat(chunks).toString()
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ method, url, authorization: headers.authorization, text }))
    })
  })
  closing.push(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return address !== null && typeof address === 'object' ? `http://127.0.0.1:${address.port}` : ''
}

function start(stateDir = newStateDir(), ...args: string[]): Promise<Simulator> {
  return startSimulator('platform', '--state-dir', stateDir, ...args)
}

describe('the platform', () => {
  test('gives a tenant a token that verifies, with every claim', async () => {
    const platform = await start()
    const limits = { maxUnits: 10 }
    const token = String((await platform.post('/tokens', { ...fields, limits, ver: 3, jti: 'j1' })).body.token)
    expect(await verify(platform, token)).toBe('valid')
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'ES256', typ: 'latchkey-booking+jwt' })
    const { booking, machine, start: begin, end } = fields
    const { iat, nbf, ...claims } = decodeJwt(token)
    expect(claims).toEqual({
      ...{ iss: platform.text('issuer'), aud: 'latchkey:demo', sub: 'huajian', jti: 'j1', exp: endSeconds + 3600 },
      ...{ booking, ver: 3, machine, start: begin, end, limits },
    })
    expect([Math.abs((iat ?? 0) - Date.now() / 1000) < 5, nbf]).toEqual([true, iat])
    const other = decodeJwt(
      String((await platform.post('/tokens', { ...fields, aud: 'x', exp: '2030-01-01T00:00:00Z' })).body.token),
    )
    expect(other).toMatchObject({ aud: 'x', exp: 1893456000 })
    expect(other.jti).not.toBe('j1')
    expect(await platform.end('SIGTERM')).toBe(0)
  })

  test('speaks for itself with a service token, which is no booking token', async () => {
    const platform = await start()
    const token = String((await platform.post('/service-token', {})).body.token)
    expect(decodeProtectedHeader(token).typ).toBe('latchkey-service+jwt')
    expect(Object.keys(decodeJwt(token)).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'sub'])
    expect(await verify(platform, token)).toBe('ERR_JWT_CLAIM_VALIDATION_FAILED')
  })

  test('keeps its key, and no more than the public half is shown', async () => {
    const stateDir = newStateDir()
    const first = await start(stateDir)
    const keys = await keysOf(first)
    await first.end('SIGKILL')
    const second = await start(stateDir, '--port', first.text('port'))
    expect(await keysOf(second)).toEqual(keys)
    expect(keys.keys.map((key) => 'd' in key)).toEqual([false])
    expect(second.text('issuer')).toBe(first.text('issuer'))
  })

  const forgeries: [string, string][] = [
    ['none-alg', 'ERR_JOSE_ALG_NOT_ALLOWED'],
    ['other-key', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    ['expired', 'ERR_JWT_EXPIRED'],
    ['wrong-aud', 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['wrong-typ', 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['bad-signature', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    ['hs256-jwks', 'ERR_JOSE_ALG_NOT_ALLOWED'],
    ['embedded-jwk', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
  ]
  test('forges tokens, each wrong in one way', async () => {
    const platform = await start()
    for (const [kind, reason] of forgeries) {
      const answer = await platform.post('/forge', { kind, ...fields })
      expect([kind, await verify(platform, String(answer.body.token))]).toEqual([kind, reason])
    }
    expect((await platform.post('/forge', { kind: 'toString', ...fields })).status).toBe(400)
  })

  test('pushes a booking with a service token and a growing version, and hands back the answer', async () => {
    const gateway = await openGateway(409)
    const stateDir = newStateDir()
    const first = await start(stateDir, '--gateway', gateway)
    const { booking: id, ...rest } = fields
    const answer = await first.post('/bookings', { id, ...rest })
    const body = answer.body.body as { method: string; url: string; authorization: string; text: string }
    expect([answer.status, answer.body.status, body.method, body.url]).toEqual([409, 409, 'PUT', '/v1/bookings/b1'])
    expect(JSON.parse(body.text)).toEqual({ ...rest, version: 1 })
    expect(decodeProtectedHeader(body.authorization.replace('Bearer ', '')).typ).toBe('latchkey-service+jwt')
    await first.end('SIGKILL')
    const second = await start(stateDir)
    expect((await second.post('/bookings', { id, ...rest })).status).toBe(503)
    await fetch(`${second.text('url')}/gateway`, { method: 'PUT', body: JSON.stringify({ url: gateway }) })
    const again = await second.post('/bookings', { id, ...rest, limits: { maxUnits: 1 } })
    const sent = JSON.parse((again.body.body as { text: string }).text)
    expect(sent).toEqual({ ...rest, version: 3, limits: { maxUnits: 1 } })
    expect(decodeJwt(String((await second.post('/tokens', fields)).body.token)).ver).toBe(3)
    const deleted = await fetch(`${second.text('url')}/bookings/a%2Fb`, { method: 'DELETE' })
    expect(await deleted.json()).toMatchObject({ body: { method: 'DELETE', url: '/v1/bookings/a%2Fb', text: '' } })
  })

  test('refuses bodies it does not understand', async () => {
    const platform = await start()
    const bad: [string, unknown][] = [
      ['/tokens', { ...fields, extra: 1 }],
      ['/tokens', { ...fields, start: '2030-01-31' }],
      ['/tokens', { ...fields, machine: '' }],
      ['/tokens', { ...fields, tenant: 5 }],
      ['/tokens', { ...fields, ver: 1.5 }],
      ['/tokens', { ...fields, exp: 'soon' }],
      ['/tokens', 'not json'],
      ['/bookings', fields],
      ['/forge', fields],
    ]
    for (const [path, body] of bad) {
      const answer = await platform.post(path, body)
      expect([body, answer.status, typeof answer.body.error]).toEqual([body, 400, 'string'])
    }
  })
})

describe('the broker', () => {
  test('carries a retained message to who comes later, and ends when told', async () => {
    const broker = await startSimulator('broker')
    const giver = await mqtt.connectAsync(broker.text('url'), { protocolVersion: 4 })
    await giver.publishAsync('a/b', 'hello', { qos: 1, retain: true })
    const taker = await mqtt.connectAsync(broker.text('url'), { protocolVersion: 4 })
    const heard = new Promise<string>((resolve) => taker.on('message', (topic, text) => resolve(`${topic} ${text}`)))
    await taker.subscribeAsync('a/#', { qos: 1 })
    expect(await heard).toBe('a/b hello')
    for (const client of [giver, taker]) client.end(true)
    expect(await broker.end('SIGTERM')).toBe(0)
  })
})
