/** Tokens that must be taken, and that nothing of a credential is ever repeated. */
import { writeFileSync } from 'node:fs'
import { exportJWK, generateKeyPair } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, createBench } from '../bench.ts'
import { bookingClaims, platformToken, sign, tenantToken } from '../credentials.ts'
import { NOW_S, session } from '../rows.ts'
import { AUDIENCE, ISSUER } from '../site.ts'

const BOOKING = 'latchkey-booking+jwt'

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

describe('a token that must be taken', () => {
  test('a booking token makes a tenant, with its booking to the millisecond', async () => {
    const claims = bookingClaims({ limits: { pieces: 5, minutes: 90 }, aud: ['someone-else', AUDIENCE] })
    expect((await unlock(await sign(claims, BOOKING))).statusCode).toBe(200)
    expect(bench.commands).toEqual([
      {
        kind: 'unlock',
        machine: 'saw-1',
        principal: {
          role: 'tenant',
          id: 'tenant-a',
          issuer: ISSUER,
          claims: {
            issuer: ISSUER,
            tenant: 'tenant-a',
            jti: claims.jti,
            booking: 'b-1',
            version: 1,
            machine: 'saw-1',
            startMs: Date.UTC(2026, 10, 23, 7),
            endMs: Date.UTC(2026, 10, 23, 10),
            expMs: (NOW_S + 3600) * 1000,
            issuedAtMs: Number(claims.iat) * 1000,
            limits: { minutes: 90, pieces: 5 },
          },
        },
      },
    ])
  })

  test('the clocks may differ by 30 s, either way', async () => {
    expect((await unlock(await tenantToken({ iat: NOW_S - 600, nbf: NOW_S - 600, exp: NOW_S - 29 }))).statusCode).toBe(
      200,
    )
    expect((await unlock(await tenantToken({ iat: NOW_S + 29, nbf: NOW_S + 29 }))).statusCode).toBe(200)
  })

  test('a service token makes the platform, and may carry claims of its issuer', async () => {
    const response = await bench.app.inject({
      url: '/v1/bookings',
      headers: { authorization: `bearer ${await platformToken({ scope: 'bookings', client_id: 'x' })}` },
    })
    expect(response.statusCode).toBe(200)
  })

  test('an Ed25519 key of the issuer is as good', async () => {
    const pair = await generateKeyPair('EdDSA', { extractable: true })
    const other = await createBench((config) => ({
      ...config,
      issuers: [{ ...config.issuers[0]!, jwks: { kind: 'file', path: `${config.dataDir}/ed.json` } }],
    }))
    writeFileSync(`${other.dir}/ed.json`, JSON.stringify({ keys: [await exportJWK(pair.publicKey)] }))
    const response = await other.app.inject({
      url: '/v1/machines',
      headers: {
        authorization: `Bearer ${await sign(bookingClaims(), BOOKING, { alg: 'EdDSA', kid: undefined }, pair.privateKey)}`,
      },
    })
    await other.close()
    expect(response.statusCode).toBe(200)
  })
})

test('nothing of a credential is ever repeated: not in an answer, not in a log, not in what the control thread is told', async () => {
  const canary = 'canary-7f3a9c'
  const credentials = [
    await tenantToken({ jti: canary }),
    await tenantToken({ jti: canary, aud: canary }),
    await tenantToken({ jti: canary, [canary]: canary }),
    `lk_${'a'.repeat(10)}_${canary.padEnd(43, 'x')}`,
    `${canary}.${canary}.${canary}`,
  ]
  const answers = []
  bench.answer((command) => {
    if (command.kind === 'unlock') throw new Error('deliberate')
    return { kind: 'done' }
  })
  for (const credential of credentials) {
    answers.push(await unlock(credential))
    answers.push(
      await bench.app.inject({
        url: `/v1/bookings/b-1?token=${credential}`,
        headers: { authorization: `Bearer ${credential}` },
      }),
    )
  }
  const seen = JSON.stringify([answers.map(({ headers, body }) => [headers, body]), bench.logged, bench.denials])
  for (const credential of credentials)
    for (const piece of [credential, ...credential.split('.')]) expect(seen).not.toContain(piece)
  expect(seen).not.toContain(canary)
})
