/** The corpus of forged tokens that the proof of access sends to a gateway, and headers that nobody thought of. */
import { writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { corpusClaims, corpusKeySet, corpusKeys, esToken, tokenCorpus } from '../../../support/token-corpus.ts'
import { type Bench, createBench } from '../bench.ts'
import { tenantToken } from '../credentials.ts'
import { NOW_S, session } from '../rows.ts'
import { AUDIENCE, ISSUER } from '../site.ts'

const BOOKING = 'latchkey-booking+jwt'

const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const good = { alg: 'ES256', typ: BOOKING, kid: 'k1' }

describe('the corpus of the proof', () => {
  const keys = corpusKeys()
  let bench: Bench
  beforeAll(async () => {
    bench = await createBench((config) => ({
      ...config,
      issuers: [{ ...config.issuers[0]!, jwks: { kind: 'file', path: `${config.dataDir}/corpus.json` } }],
    }))
    writeFileSync(`${bench.dir}/corpus.json`, JSON.stringify(corpusKeySet(keys)))
  })
  afterAll(() => bench.close())
  const claims = corpusClaims(ISSUER, AUDIENCE, 'saw-1', NOW_S)
  const corpus = tokenCorpus(keys, claims, 'press-1')

  test('is large, and each of it once', () => {
    expect(corpus.length).toBeGreaterThan(100)
    expect(new Set(corpus.map(({ what }) => what)).size).toBe(corpus.length)
    expect(new Set(corpus.map(({ token }) => token)).size).toBe(corpus.length)
  })

  test.each(corpus.map((row) => [row.what, row] as const))('%s is refused', async (_what, { token, status }) => {
    bench.denials.splice(0)
    const response = await bench.unlock(token)
    expect([response.statusCode, response.json().code]).toEqual([status, expect.any(String)])
    expect(bench.commands).toEqual([])
    expect(bench.denials).toHaveLength(1)
  })

  test('differs from tokens that are taken by its faults only', async () => {
    bench.answer(() => ({ kind: 'session', session: session() }))
    const es = esToken({ alg: 'ES256', typ: BOOKING, kid: 'es' }, claims, keys.es)
    expect((await bench.unlock(es)).statusCode).toBe(200)
    expect(bench.commands).toHaveLength(1)
  })
})

test('whatever stands in the header, it is refused in order: never a failure, never taken', async () => {
  const words = fc.oneof(
    fc.string({ unit: 'grapheme-ascii', maxLength: 200 }),
    fc.stringMatching(/^(Bearer|bearer|Pin|Basic|lk_)[ :.A-Za-z0-9_=~+/-]{0,120}$/),
    fc
      .tuple(fc.json(), fc.json(), fc.base64String())
      .map((parts) => `Bearer ${parts.map((each) => part(each)).join('.')}`),
    fc
      .tuple(fc.jsonValue(), fc.jsonValue())
      .map(([head, claims]) => `Bearer ${part({ ...good, x: head })}.${part({ x: claims })}.AAAA`),
    fc.tuple(fc.nat(5000), fc.integer({ min: 0x80, max: 0xff })).map(([at, to]) => ({ at, to })),
  )
  const bench = await createBench()
  onTestFinished(() => bench.close())
  const token = await tenantToken()
  await bench.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = bench.app.server.address() as AddressInfo
  const agent = new Agent({ keepAlive: true })
  await fc.assert(
    fc.asyncProperty(words, async (word) => {
      const bytes = Buffer.from(token)
      if (typeof word !== 'string') {
        const at = word.at % bytes.length
        if (bytes[at] === word.to) return
        bytes[at] = word.to
      }
      const authorization = typeof word === 'string' ? word : `Bearer ${bytes.toString('latin1')}`
      const status = await new Promise((resolve, reject) =>
        request({ port, host: '127.0.0.1', path: '/v1/machines', agent, headers: { authorization } }, (response) =>
          resolve(response.resume().statusCode),
        )
          .once('error', reject)
          .end(),
      )
      expect([authorization, status]).toEqual([authorization, 401])
    }),
    { numRuns: 500 },
  )
  agent.destroy()
  expect(bench.commands).toEqual([])
})
