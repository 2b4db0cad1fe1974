/** Calls to the API of a gateway with one machine, as platforms, tenants and strangers make them. */
import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type Plant, startPlant } from '../../support/gateway-plant.ts'
import { pause, type Scope } from '../../support/proof.ts'
import { corpusClaims, corpusKeys, esToken } from '../../support/token-corpus.ts'
import { lookAt, type Probe, type Seen } from './probe.ts'

const SITE = 'before'
const ISSUER = 'https://two-keys.example'
const DAY_MS = 86_400_000
const BAD_CALLS = 20
const HALF_A_PAIR = '{"passed":true,"note":"\\udfff\\udfff\\udfff"}'

type Body = { readonly id?: string; readonly status?: string; readonly code?: string; readonly detail?: string }

export async function calls(scope: Scope): Promise<Seen[]> {
  const jwks = join(scope.folder, 'two-keys.json')
  const pairs = [corpusKeys().es, corpusKeys().es] as const
  const keys = pairs.map(({ publicKey }, index) => ({
    ...publicKey.export({ format: 'jwk' }),
    kid: `k${index}`,
    use: 'sig',
  }))
  writeFileSync(jwks, JSON.stringify({ keys }))
  const plant = await startPlant(scope, {
    site: SITE,
    machines: { 'spray-booth': 1 },
    issuers: [{ issuer: ISSUER, audience: `latchkey:${SITE}`, jwks }],
    people: { technician: { role: 'technician', name: 'Wang' } },
  })
  const claims = corpusClaims(ISSUER, `latchkey:${SITE}`, 'booth-1', Math.floor(Date.now() / 1000))
  const keyless = esToken({ alg: 'ES256', typ: 'latchkey-booking+jwt' }, claims, pairs[1])
  return lookAt([
    ...bookings(plant),
    ...sessions(plant, keyless),
    ...answers(plant),
    ...strangers(plant),
    lastOf(plant),
  ])
}

async function call(plant: Plant, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const token = await plant.platform.serviceToken()
  return plant.api.call<Body>(method, path, { token, headers, ...(body === undefined ? {} : { body }) })
}

const booking = (more: object = {}) => ({
  ...{ machine: 'booth-1', tenant: 'acme', version: 1 },
  start: new Date(Date.now() + 30 * DAY_MS).toISOString(),
  end: new Date(Date.now() + 30 * DAY_MS + 60_000).toISOString(),
  ...more,
})
const told = ({ status, body }: { status: number; body: Body }) => `${status} ${body.code ?? body.status ?? ''}`

function bookings(plant: Plant): Probe[] {
  return [
    {
      row: 'platform B4',
      input: 'a cancellation, and then its booking',
      async look() {
        await call(plant, 'DELETE', '/bookings/overtaken')
        const put = await call(plant, 'PUT', '/bookings/overtaken', booking())
        return [told(put), put.body.status !== 'held']
      },
    },
    {
      row: 'platform B8',
      input: 'the same snapshot again',
      async look() {
        const snapshot = { version: 7, bookings: [{ id: 'whole', ...booking() }] }
        const first = await call(plant, 'PUT', '/bookings', snapshot)
        const again = await call(plant, 'PUT', '/bookings', snapshot)
        return [`${told(first)}, then ${told(again)}`, again.status === 200]
      },
    },
    {
      row: 'platform B10',
      input: 'a booking of 2020',
      async look() {
        const of2020 = { start: '2020-01-01T08:00:00Z', end: '2020-01-01T09:00:00Z' }
        const put = await call(plant, 'PUT', '/bookings/of-2020', booking(of2020))
        return [told(put), put.status >= 400]
      },
    },
    {
      row: 'platform H4',
      input: 'instants with seven digits',
      async look() {
        const digits = { start: '2027-03-01T08:00:00.0000000Z', end: '2027-03-01T09:00:00.0000000Z' }
        const put = await call(plant, 'PUT', '/bookings/digits', booking(digits))
        return [told(put), put.status === 201]
      },
    },
    {
      row: 'platform H5',
      input: 'a tenant such as a@b.c',
      async look() {
        const later = { start: '2027-03-02T08:00:00Z', end: '2027-03-02T09:00:00Z' }
        const put = await call(plant, 'PUT', '/bookings/address', booking({ tenant: 'a@b.c', ...later }))
        return [told(put), put.status === 201]
      },
    },
  ]
}

function sessions(plant: Plant, keyless: string): Probe[] {
  const unlock = async (key: string) =>
    plant.api.unlock('booth-1', await plant.machine('booth-1').token(), { 'idempotency-key': key })
  return [
    {
      row: 'platform B5',
      input: 'the same idempotency key after the end',
      async look() {
        const credential = await plant.machine('booth-1').token()
        const key = { 'idempotency-key': 'door-1' }
        const first = await plant.api.unlock('booth-1', credential, key)
        await plant.api.ended(first.body.id)
        const again = await plant.api.unlock('booth-1', credential, key)
        const { access } = await plant.api.machine('booth-1')
        if (again.status === 200 && again.body.id !== first.body.id) await plant.api.ended(again.body.id)
        const isStale = again.status === 200 && again.body.id === first.body.id
        return [`${told(again)}${isStale ? ', the old session' : ''}; the machine is ${access}`, !isStale]
      },
    },
    {
      row: 'platform H1',
      input: 'the end of a session with an empty form',
      async look() {
        const { body } = await unlock('form')
        const form = { 'content-type': 'application/x-www-form-urlencoded' }
        const token = await plant.platform.serviceToken()
        const end = await plant.api.call<Body>('POST', `/sessions/${body.id}/end`, { token, text: '', headers: form })
        await plant.api.ended(body.id)
        return [told(end), end.status < 300]
      },
    },
    {
      row: 'platform T3',
      input: 'a token without kid, of an issuer with two keys',
      async look() {
        const opened = await plant.api.unlock('booth-1', keyless)
        if (opened.status === 200) await plant.api.ended(opened.body.id)
        return [told(opened), opened.body.code !== 'token-forged']
      },
    },
  ]
}

type OpenApi = {
  readonly paths: Readonly<Record<string, { get?: { responses: Record<string, { content?: object }> } }>>
}

function answers(plant: Plant): Probe[] {
  const description = async () => (await (await fetch(`${plant.api.url}/openapi.json`)).json()) as OpenApi
  return [
    {
      row: 'platform H2',
      input: 'GET of a machine with a slash at the end',
      async look() {
        const got = await call(plant, 'GET', '/machines/booth-1/')
        return [told(got), got.status === 404]
      },
    },
    {
      row: 'platform H8',
      input: 'names of path parameters in openapi.json',
      async look() {
        const odd = Object.keys((await description()).paths).filter((path) => /\{[^}\w]+\}/.test(path))
        return [odd.length === 0 ? 'all are names' : odd.join(' '), odd.length === 0]
      },
    },
    {
      row: 'platform H9',
      input: 'what openapi.json says of GET /v1/usage',
      async look() {
        const types = Object.keys((await description()).paths['/v1/usage']?.get?.responses['200']?.content ?? {})
        return [types.join(' '), types.includes('text/csv')]
      },
    },
    {
      row: 'security M4',
      input: 'what caches are told of an answer to one caller',
      async look() {
        const headers = { authorization: `Bearer ${await plant.platform.serviceToken()}` }
        const told = (await fetch(`${plant.api.url}/v1/meters`, { headers })).headers.get('cache-control')
        return [`${told}`, /private|no-store/.test(`${told}`)]
      },
    },
    {
      row: 'security L6',
      input: 'what a page may use of the device it is shown on',
      async look() {
        const told = (await fetch(`${plant.api.url}/v1/machines`)).headers.get('permissions-policy')
        return [`${told}`.slice(0, 40), told !== null]
      },
    },
  ]
}

function strangers(plant: Plant): Probe[] {
  return [
    {
      row: 'security L1',
      input: 'GET /health/ready for the host evil.example',
      async look() {
        const status = await new Promise<number>((resolve, reject) => {
          const headers = { host: 'evil.example' }
          request(`${plant.api.url}/health/ready`, { headers }, (got) => resolve(got.resume().statusCode ?? 0))
            .on('error', reject)
            .end()
        })
        return [`${status}`, status >= 400 && status < 500]
      },
    },
    {
      row: 'security L14',
      input: 'a request that names two hosts',
      async look() {
        const line = await raw(plant, 'GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n')
        return [line, line.includes('400')]
      },
    },
    {
      row: 'security M2',
      input: `${BAD_CALLS} calls without a credential, half a second apart`,
      async look() {
        const from = await plant.api.head()
        for (let time = 0; time < BAD_CALLS; time += 1) {
          await plant.api.call('GET', '/meters', { token: 'x' })
          await pause(500)
        }
        const denied = (await plant.api.entries(from)).filter(({ kind }) => kind === 'AccessDenied')
        return [`${denied.length} entries`, denied.length <= 2]
      },
    },
  ]
}

/** It may end the gateway. */
const lastOf = (plant: Plant): Probe => ({
  row: 'security H1',
  input: 'half a surrogate pair in the note of an inspection',
  async look() {
    const token = plant.key('technician')
    const note = await plant.api
      .call<Body>('POST', '/machines/booth-1/inspection', { token, text: HALF_A_PAIR })
      .then(told, () => 'the connection is dropped')
    await pause(2000)
    const alive = await fetch(`${plant.api.url}/health/live`).then(
      () => true,
      () => false,
    )
    return [`${note}; the gateway ${alive ? 'goes on' : 'has ended'}`, alive && note.startsWith('4')]
  },
})

function raw(plant: Plant, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(plant.api.url).port), '127.0.0.1', () => socket.write(text))
    socket.on('error', reject).once('data', (bytes) => {
      socket.destroy()
      resolve(bytes.toString().split('\r\n')[0]!)
    })
  })
}
