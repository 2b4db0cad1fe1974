/** Revocation lists over the API and pulled: only what an issuer signed reaches the control thread. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../../../support/process.ts'
import { type Bench, createBench } from '../bench.ts'
import { platformToken, revocationList, serviceClaims, sign, strangerKeys } from '../credentials.ts'
import { NOW_S } from '../rows.ts'
import { AUDIENCE, ISSUER } from '../site.ts'

const TYP = 'latchkey-revocations+jwt'
const claims = { iss: ISSUER, aud: AUDIENCE, iat: NOW_S - 60, number: 3, bookings: ['b-1'], jtis: ['j-1'] }

let bench: Bench
beforeAll(async () => {
  bench = await createBench()
})
afterAll(() => bench.close())
beforeEach(() => {
  bench.commands.splice(0)
  bench.answer(() => ({ kind: 'done' }))
})
const put = async (list: unknown) =>
  bench.app.inject({
    method: 'PUT',
    url: '/v1/revocations',
    headers: { authorization: `Bearer ${await platformToken()}` },
    payload: { list },
  })

test('a list is handed on as it was signed, and what is in force can be read', async () => {
  const response = await put(await sign(claims, TYP))
  expect([response.statusCode, response.json()]).toEqual([
    200,
    { issuer: ISSUER, number: 3, issuedAt: '2026-11-23T07:59:00.000Z', bookings: 1, jtis: 1 },
  ])
  const list = { issuer: ISSUER, number: 3, issuedAtMs: (NOW_S - 60) * 1000, bookings: ['b-1'], jtis: ['j-1'] }
  expect(bench.commands).toMatchObject([{ kind: 'put-revocations', list }])
  bench.commit({ kind: 'revocations', list })
  bench.commit({ kind: 'revocations', list: { ...list, number: 4, jtis: [] } })
  const read = await bench.app.inject({
    url: '/v1/revocations',
    headers: { authorization: `Bearer ${await platformToken()}` },
  })
  expect(read.json().lists).toEqual([expect.objectContaining({ number: 4, bookings: 1, jtis: 0 })])
})

describe('a list that must not be taken', () => {
  test.each([
    ['of another key', () => sign(claims, TYP, {}, strangerKeys.privateKey)],
    ['under the type of a service token', () => sign(claims, 'latchkey-service+jwt')],
    ['that is a service token', () => sign(serviceClaims(), 'latchkey-service+jwt')],
    ['without a number', () => revocationList({ number: undefined })],
    ['with a number as text', () => revocationList({ number: '9' })],
    ['with a negative number', () => revocationList({ number: -1 })],
    ['with an unknown claim', () => revocationList({ all: true })],
    ['without its tokens', () => revocationList({ jtis: undefined })],
    ['for another site', () => revocationList({ aud: 'latchkey:other' })],
    ['of another issuer', () => revocationList({ iss: 'https://evil.example' })],
    ['of the future', () => revocationList({ iat: NOW_S + 3600 })],
    ['that has expired', () => revocationList({ exp: NOW_S - 31 })],
    ['with a booking that is no id', () => revocationList({ bookings: ['../x'] })],
  ])('%s', async (_name, make) => {
    const response = await put(await make())
    expect([response.statusCode, response.json().errors[0].path]).toEqual([400, '/body/list'])
    expect(bench.commands).toEqual([])
  })

  test('is no credential either', async () => {
    const response = await bench.app.inject({
      url: '/v1/bookings',
      headers: { authorization: `Bearer ${await revocationList()}` },
    })
    expect([response.statusCode, response.json().code]).toEqual([401, 'token-malformed'])
  })
})

test('what is pulled is verified like what is pushed, and asked for again after a failure', async () => {
  let answer = { status: 500, text: '' }
  const server = createServer((_request, response) => response.writeHead(answer.status).end(answer.text))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/list`
  const pulled = await createBench((config) => ({
    ...config,
    bookings: { ...config.bookings, revocations: { url, everyMs: 20 } },
  }))
  pulled.answer(() => ({ kind: 'done' }))
  await pulled.app.ready()
  const warned = (text: string) => () => pulled.logged.some((line) => line.includes(text))
  await until(async () => warned('answered with 500')(), 5_000, 'the failure is said')
  answer = { status: 200, text: await sign(claims, TYP, {}, strangerKeys.privateKey) }
  await until(async () => warned('token-forged')(), 5_000, 'the forgery is said')
  expect(pulled.commands).toEqual([])
  answer = { status: 200, text: await sign(claims, TYP) }
  await until(async () => pulled.commands.length > 0, 5_000, 'the list is taken')
  await until(async () => warned('pulled again')(), 5_000, 'that it works is said')
  expect(pulled.commands).toHaveLength(1)
  expect(pulled.commands).toMatchObject([{ kind: 'put-revocations', list: { number: 3 } }])
  await pulled.close()
  await new Promise((resolve) => server.close(resolve))
})
