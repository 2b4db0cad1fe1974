/** Requests that must be refused, and the code each is refused with. Read by bad-requests.ts. */
import type { Call } from '../../support/gateway-api.ts'
import type { Plant } from '../../support/gateway-plant.ts'
import { bookingNow } from '../../support/simulators.ts'

export type BadRequest = Call & {
  readonly what: string
  readonly method: string
  readonly path: string
  readonly status: number
  readonly code: string
}

const unlock = { method: 'POST', path: '/machines/booth-1/unlock', body: {} } as const

/** What is wrong with each forgery of the platform, as the gateway names it. */
const forgeries = {
  'none-alg': 'token-malformed',
  'other-key': 'token-forged',
  expired: 'token-expired',
  'wrong-aud': 'unauthenticated',
  'wrong-typ': 'token-malformed',
  'bad-signature': 'token-forged',
  'hs256-jwks': 'token-forged',
  'embedded-jwk': 'token-malformed',
} as const

/** `spent`: a token that has unlocked before; `session`: one of another tenant. */
export async function badTokens(
  { platform, machine }: Plant,
  { spent, session }: { spent: string; session: string },
): Promise<BadRequest[]> {
  const { booking } = machine('booth-1')
  const forged = await Promise.all(
    Object.entries(forgeries).map(async ([kind, code]) => ({
      ...unlock,
      what: `forged (${kind})`,
      token: await platform.forge(kind, booking),
      status: 401,
      code,
    })),
  )
  const rival = await platform.token(bookingNow('rivals', 'booth-1', 'rival'))
  const soon = Date.now() + 2 * 3_600_000
  const later = {
    ...bookingNow('later', 'booth-1'),
    start: new Date(soon).toISOString(),
    end: new Date(soon + 3_600_000).toISOString(),
  }
  const foreign = (method: string, path: string): BadRequest => ({
    what: `${method} ${path.replace(session, 'of another tenant')}`,
    method,
    path,
    token: rival,
    ...(method === 'GET' ? {} : { body: {} }),
    status: 404,
    code: 'not-found',
  })
  return [
    ...forged,
    { ...unlock, what: 'no token', status: 401, code: 'unauthenticated' },
    { ...unlock, what: 'no token at all', token: 'letters', status: 401, code: 'token-malformed' },
    { ...unlock, what: 'an unknown key', token: 'lk_0000000000', status: 401, code: 'unauthenticated' },
    { ...unlock, what: 'a token that was used', token: spent, status: 409, code: 'token-replayed' },
    {
      ...unlock,
      what: 'of another machine',
      token: await machine('booth-2').token(),
      status: 403,
      code: 'wrong-machine',
    },
    { ...unlock, what: 'a second booking of the time', token: rival, status: 409, code: 'booking-conflict' },
    { ...unlock, what: 'before its time', token: await platform.token(later), status: 403, code: 'wrong-time' },
    foreign('POST', `/sessions/${session}/end`),
    foreign('POST', `/sessions/${session}/resume`),
    foreign('GET', `/sessions/${session}`),
    {
      what: 'a booking put by a tenant',
      method: 'PUT',
      path: '/bookings/put',
      body: { machine: 'booth-1', tenant: 'rival', start: later.start, end: later.end, version: 1 },
      token: rival,
      status: 403,
      code: 'forbidden',
    },
  ]
}

/** Bodies that are not as described, with a good credential. */
export async function badBodies({ platform, machine }: Plant): Promise<BadRequest[]> {
  const token = await machine('booth-1').token()
  const service = await platform.serviceToken()
  const { machine: id, tenant, start, end } = bookingNow('put', 'booth-1')
  const good = { machine: id, tenant, start, end, version: 1 }
  const bad = { status: 400, code: 'bad-request' } as const
  const ofTenant = (what: string, body: unknown): BadRequest => ({ ...unlock, what, body, token, ...bad })
  const booking = (what: string, change: object): BadRequest => ({
    what,
    method: 'PUT',
    path: '/bookings/put',
    body: { ...good, ...change },
    token: service,
    ...bad,
  })
  const asText = (what: string, text: string): BadRequest => ({ ...unlock, what, text, token, ...bad })
  return [
    ofTenant('an unknown field', { force: true }),
    ofTenant('null for a text', { booking: null }),
    ofTenant('a number for a text', { booking: 5 }),
    ofTenant('a list', []),
    ofTenant('null', null),
    asText('no JSON', '{"booking":'),
    asText('a key twice', '{"booking":"a","booking":"b"}'),
    asText('a prototype', '{"__proto__":{"booking":"a"}}'),
    { ...unlock, what: 'null for the booking of the platform', body: { booking: null }, token: service, ...bad },
    { ...unlock, what: 'no booking of the platform', token: service, ...bad },
    booking('null for a number', { version: null }),
    booking('text for a number', { version: '1' }),
    booking('a fraction', { version: 1.5 }),
    booking('null in the limits', { limits: { minutes: null } }),
    booking('an unknown limit', { limits: { hours: 1 } }),
    booking('an unknown field of a booking', { priority: 1 }),
    booking('a time without a zone', { start: '2030-01-31T08:00:00' }),
    booking('an end before the start', { end: start, start: end }),
    { ...unlock, what: 'an unknown machine', path: '/machines/booth-9/unlock', token, status: 404, code: 'not-found' },
    { ...unlock, what: 'a path that climbs', path: '/machines/..%2f..%2fkeys/unlock', token, ...bad },
  ]
}
