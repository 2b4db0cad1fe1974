/** A tenant by the PIN of a booking: at one machine, while it holds, and not by guessing. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Booking } from '../../../../gateway/core/booking/booking.ts'
import { authoriseUnlock } from '../../../../gateway/core/permission/permission.ts'
import { hashKey, hashPin, verifyKey } from '../../../../gateway/front/api/caller/key.ts'
import { createPinCheck } from '../../../../gateway/front/api/caller/pin.ts'
import { type Bench, createBench } from '../bench.ts'
import { platformToken } from '../credentials.ts'
import { NOW_MS, session } from '../rows.ts'

const HOUR = 3_600_000
const hash = await hashKey('4711')
const booking = (more: Partial<Booking> = {}): Booking => ({
  id: 'b-1',
  version: 1,
  machine: 'saw-1',
  tenant: 'tenant-a',
  startMs: NOW_MS - HOUR,
  endMs: NOW_MS + HOUR,
  limits: {},
  status: 'held',
  source: 'push',
  pin: hash,
  ...more,
})

let bench: Bench
beforeEach(async () => {
  bench = await createBench()
  bench.commit({ kind: 'booking', booking: booking() })
  bench.answer(() => ({ kind: 'session', session: session() }))
})
afterEach(() => bench.close())

const call = (authorization: string, path = '/v1/machines/saw-1/unlock', method: 'POST' | 'GET' = 'POST') =>
  bench.app.inject({ method, url: path, headers: { authorization }, ...(method === 'POST' ? { payload: {} } : {}) })
const codeOf = async (response: ReturnType<typeof call>) => {
  const { statusCode, body } = await response
  return statusCode === 200 ? 'ok' : (JSON.parse(body) as { code: string }).code
}

test('the PIN makes the tenant of the booking, at its machine, for what a tenant does there', async () => {
  const own = session()
  const elsewhere = session({ machine: 'press-1' })
  bench.commit({ kind: 'session', session: own }, { kind: 'session', session: elsewhere })
  expect(await codeOf(call('Pin saw-1:4711'))).toBe('ok')
  expect(bench.commands).toMatchObject([
    {
      kind: 'unlock',
      machine: 'saw-1',
      principal: { role: 'tenant', id: 'tenant-a', pin: true, claims: { booking: 'b-1' } },
    },
  ])
  expect(await codeOf(call('Pin saw-1:4711', `/v1/sessions/${own.id}`, 'GET'))).toBe('ok')
  for (const what of ['end', 'resume'])
    expect(await codeOf(call('pin saw-1:4711', `/v1/sessions/${own.id}/${what}`))).toBe('ok')
  bench.commands.splice(0)
  expect(await codeOf(call('Pin saw-1:4711', '/v1/machines/press-1/unlock'))).toBe('wrong-machine')
  expect(await codeOf(call('Pin saw-1:4711', `/v1/sessions/${elsewhere.id}`, 'GET'))).toBe('not-found')
  for (const path of ['/v1/machines', '/v1/usage', '/v1/bookings', '/v1/events'])
    expect([path, await codeOf(call('Pin saw-1:4711', path, 'GET'))]).toEqual([path, 'forbidden'])
  expect(bench.commands).toEqual([])
})

describe('is refused alike', () => {
  test.each([
    ['a wrong PIN', 'Pin saw-1:4712', booking()],
    ['a machine without a booking', 'Pin press-1:4711', booking()],
    ['an unknown machine', 'Pin nothing:4711', booking()],
    ['a booking that is over', 'Pin saw-1:4711', booking({ endMs: NOW_MS })],
    ['a booking that begins later', 'Pin saw-1:4711', booking({ startMs: NOW_MS + 1 })],
    ['a cancelled booking', 'Pin saw-1:4711', booking({ status: 'cancelled' })],
    ['a booking of another machine', 'Pin saw-1:4711', booking({ machine: 'press-1' })],
    ['the PIN cut off', 'Pin saw-1:47110000', booking()],
  ])('%s', async (_name, authorization, known) => {
    bench.commit({ kind: 'booking', booking: known })
    const response = await call(authorization)
    const { instance: _, ...body } = response.json()
    expect([response.statusCode, body.code, body.detail]).toEqual([401, 'pin-wrong', undefined])
    expect(bench.commands).toEqual([])
    expect(bench.denials).toHaveLength(1)
    // Of a line of the log without what is a number or an id by itself.
    const said = bench.logged.map((line) => {
      const { time: _time, pid: _pid, reqId: _reqId, ms: _ms, ...rest } = JSON.parse(line)
      return rest
    })
    expect(said.length).toBeGreaterThan(0)
    expect(JSON.stringify([bench.denials, said, body])).not.toMatch(/471/)
  })

  test.each([
    'Pin',
    'Pin saw-1',
    'Pin saw-1:',
    'Pin saw-1:12',
    'Pin saw-1:123456789',
    'Pin SAW_1:4711',
    'Pin saw-1:４７１１',
  ])('%s is no credential', async (authorization) => {
    expect(await codeOf(call(authorization))).toBe('unauthenticated')
  })
})

test('wrong PINs close one machine for a while, also when they come at once, and no other machine', async () => {
  bench.commit({ kind: 'booking', booking: booking({ id: 'b-2', machine: 'press-1' }) })
  const wrong = await Promise.all(Array.from({ length: 8 }, (_, index) => codeOf(call(`Pin saw-1:000${index}`))))
  expect(wrong.filter((code) => code === 'pin-wrong')).toHaveLength(3)
  expect(wrong.filter((code) => code === 'rate-limited')).toHaveLength(5)
  expect(await codeOf(call('Pin saw-1:4711'))).toBe('rate-limited')
  expect(await codeOf(call('Pin press-1:4711', '/v1/machines/press-1/unlock'))).toBe('ok')
  bench.clock.ns += 900_000_000_000n
  expect(await codeOf(call('Pin saw-1:4711'))).toBe('ok')
})

describe('the end of a session', () => {
  const end = (session: string, authorization: string) => codeOf(call(authorization, `/v1/sessions/${session}/end`))
  const shut = async () => {
    await Promise.all(Array.from({ length: 8 }, (_, index) => call(`Pin saw-1:000${index}`)))
    expect(await codeOf(call('Pin saw-1:4711'))).toBe('rate-limited')
  }

  test('is never held back by wrong PINs of others, nor by how many of them come at once', async () => {
    const own = session()
    bench.commit({ kind: 'session', session: own })
    await shut()
    expect(await end(own.id, 'Pin saw-1:4711')).toBe('ok')
    const flood = Array.from({ length: 40 }, (_, index) => call(`Pin nothing-${index}:0000`))
    expect(await end(own.id, 'Pin saw-1:4711')).toBe('ok')
    const codes = await Promise.all(flood.map(codeOf))
    // Of machines that there are not, those at once that any machine has: two are looked at, and sixteen wait.
    expect(codes.filter((code) => code === 'pin-wrong')).toHaveLength(18)
    expect(codes.filter((code) => code === 'busy')).toHaveLength(22)
    // On a busy computer a check, and the wait that looks like one, takes seconds.
  }, 60_000)

  test('is no way to guess: not without its id, and with it no oftener than at the machine', async () => {
    const own = session()
    const [over, elsewhere] = [session({ status: 'ended' }), session({ machine: 'press-1' })]
    bench.commit(...[own, over, elsewhere].map((each) => ({ kind: 'session' as const, session: each })))
    await shut()
    for (const id of [over.id, elsewhere.id, session().id, 'x'])
      expect([id, await end(id, 'Pin saw-1:4711')]).toEqual([id, 'rate-limited'])
    const tried = await Promise.all(Array.from({ length: 8 }, (_, index) => end(own.id, `Pin saw-1:000${index}`)))
    expect(tried.filter((code) => code === 'pin-wrong')).toHaveLength(3)
    expect(tried.filter((code) => code === 'rate-limited')).toHaveLength(5)
    expect(bench.commands).toEqual([])
  })

  test('is for the PIN of its own booking, also when that is over or the next tenant has the same digits', async () => {
    const own = session()
    bench.commit({ kind: 'session', session: own })
    bench.commit({
      kind: 'booking',
      booking: booking({ startMs: NOW_MS - 9 * HOUR, endMs: NOW_MS - 5 * HOUR, status: 'used' }),
    })
    bench.commit({ kind: 'booking', booking: booking({ id: 'b-2', tenant: 'tenant-b' }) })
    bench.commit({ kind: 'booking', booking: booking({ id: 'b-3', tenant: 'tenant-c', pin: await hashKey('2222') }) })
    expect(await end(own.id, 'Pin saw-1:2222')).toBe('pin-wrong')
    expect(await end(own.id, 'Pin saw-1:4711')).toBe('ok')
    expect(bench.commands).toMatchObject([{ kind: 'end', principal: { id: 'tenant-a', claims: { booking: 'b-1' } } }])
  })
})

test('bookings that are over do not stand in the way of the one that holds', async () => {
  await bench.close()
  const graced = { warnMs: 1, graceMs: HOUR, policy: 'finish-cycle', lastMs: HOUR } as const
  bench = await createBench((config) => ({
    ...config,
    machines: config.machines.map((machine) => ({ ...machine, endOfBooking: graced })),
  }))
  bench.answer(() => ({ kind: 'session', session: session() }))
  const used = { startMs: NOW_MS - HOUR, endMs: NOW_MS - 1000, status: 'used' as const }
  for (const known of [booking({ ...used, id: 'o-1' }), booking({ ...used, id: 'o-2', tenant: 'tenant-b' })])
    bench.commit({ kind: 'booking', booking: { ...known, pin: hash.replace(/.$/, 'A') } })
  bench.commit({ kind: 'booking', booking: booking() })
  expect(await codeOf(call('Pin saw-1:4711'))).toBe('ok')
})

describe('guessing', () => {
  const wrong = (machine = 'saw-1') => codeOf(call(`Pin ${machine}:0000`))
  /** The check of a gateway that has just started on this data folder. */
  const started = () => {
    const { config, reader, clock, log } = bench.deps
    const check = createPinCheck({ config, reader, clock, log })
    return async (digits: string, ending?: string) => {
      const answer = await check('saw-1', digits, ending)
      return answer.kind === 'refused' ? answer.refusal.code : 'ok'
    }
  }

  test('costs no look-up and no hash once the tries are used up', async () => {
    const lookUps = vi.spyOn(bench.deps.reader, 'bookingsAt')
    for (let tries = 0; tries < 3; tries++) expect(await wrong()).toBe('pin-wrong')
    expect(lookUps).toHaveBeenCalledTimes(3)
    for (let tries = 0; tries < 50; tries++) expect(await wrong()).toBe('rate-limited')
    expect(lookUps).toHaveBeenCalledTimes(3)
  })

  test('reads the bookings of one machine and one moment, however many there are', async () => {
    const many = Array.from({ length: 5_000 }, (_, index) =>
      booking({
        id: `o-${index}`,
        machine: index % 2 === 0 ? 'saw-1' : 'press-1',
        startMs: NOW_MS + HOUR,
        endMs: NOW_MS + 2 * HOUR,
      }),
    )
    bench.commit(...many.map((each) => ({ kind: 'booking' as const, booking: each })))
    const lookUps = vi.spyOn(bench.deps.reader, 'bookingsAt')
    expect(await codeOf(call('Pin saw-1:4711'))).toBe('ok')
    expect(lookUps.mock.results[0]!.value).toHaveLength(1)
  })

  test('does not tell a machine that is not there from one that is', async () => {
    for (const machine of ['saw-1', 'press-1', 'nothing', 'nowhere']) {
      const codes = []
      for (let tries = 0; tries < 5; tries++) codes.push(await wrong(machine))
      expect([machine, codes]).toEqual([
        machine,
        ['pin-wrong', 'pin-wrong', 'pin-wrong', 'rate-limited', 'rate-limited'],
      ])
    }
  })

  test('gets no fresh window from a restart, nor from a clock that goes back', async () => {
    const first = started()
    expect([await first('0000'), await first('0001')]).toEqual(['pin-wrong', 'pin-wrong'])
    bench.clock.ms -= HOUR
    const second = started()
    expect([await second('0002'), await second('4711')]).toEqual(['pin-wrong', 'rate-limited'])
    bench.clock.ms += HOUR + 900_000
    bench.clock.ns += 900_000_000_000n
    expect(await started()('4711')).toBe('ok')
  })

  test('gets no try out of a gateway that is killed while it looks', async () => {
    const killed = started()
    const late = ['0000', '0001', '0002'].map((digits) => killed(digits))
    expect(await started()('4711')).toBe('rate-limited')
    await Promise.all(late)
  })

  test('with the id of a session is counted over a restart as well, apart from the machine', async () => {
    const own = session()
    bench.commit({ kind: 'session', session: own })
    const first = started()
    for (const digits of ['0000', '0001', '0002']) expect(await first(digits, own.id)).toBe('pin-wrong')
    const second = started()
    expect([await second('4711', own.id), await second('4711')]).toEqual(['rate-limited', 'ok'])
  })

  test('is never counted for whoever is right', async () => {
    for (let round = 0; round < 5; round++) expect(await started()('4711')).toBe('ok')
  })

  test.each(['', '{', '[]', 'null', '{"saw-1":null}', '{"saw-1":{"sinceMs":"x","failed":-1}}'])(
    'goes on when the kept counts are "%s"',
    async (text) => {
      writeFileSync(join(bench.dir, 'pin-tries.json'), text)
      expect(await started()('4711')).toBe('ok')
    },
  )
})

test('a PIN is kept with a slower hash than a key', async () => {
  expect(await hashPin('4711')).toMatch(/^scrypt\$16384\$8\$5\$/)
  expect(await verifyKey('4711', await hashPin('4711'))).toBe(true)
  expect(await verifyKey('4712', await hashPin('4711'))).toBe(false)
})

test('a PIN reads no health from another host', async () => {
  const headers = { authorization: 'Pin saw-1:4711', 'x-forwarded-for': '10.0.0.9' }
  expect((await bench.app.inject({ url: '/metrics', headers })).statusCode).toBe(403)
})

test('the right PIN is never counted, and one PIN of two tenants opens for neither', async () => {
  for (let round = 0; round < 6; round++) expect(await codeOf(call('Pin saw-1:4711'))).toBe('ok')
  bench.commit({ kind: 'booking', booking: booking({ status: 'used' }) })
  bench.commit({ kind: 'booking', booking: booking({ id: 'b-9', tenant: 'tenant-b' }) })
  expect(await codeOf(call('Pin saw-1:4711'))).toBe('pin-wrong')
})

test('a booking is put with a PIN, which is not shown again, and put again without it keeps it', async () => {
  const headers = { authorization: `Bearer ${await platformToken()}` }
  const times = { start: '2026-11-23T08:00:00Z', end: '2026-11-23T09:00:00Z' }
  const payload = { machine: 'saw-1', tenant: 'tenant-a', ...times, version: 2, pin: '4711' }
  bench.answer((command) => {
    if (command.kind !== 'put-booking') throw new Error('unexpected')
    return { kind: 'booking', created: true, booking: { ...command.booking, status: 'held', source: 'push' } }
  })
  const response = await bench.app.inject({ method: 'PUT', url: '/v1/bookings/b-1', headers, payload })
  expect(response.statusCode).toBe(201)
  expect(response.json().pin).toBeUndefined()
  expect(bench.commands).toMatchObject([{ booking: { pin: hash } }])
  for (const url of ['/v1/bookings/b-1', '/v1/bookings']) {
    const read = await bench.app.inject({ url, headers })
    expect(read.statusCode).toBe(200)
    expect(read.body).not.toMatch(/scrypt|4711|"pin"/)
  }
  for (const pin of ['123', '123456789', '12a4', 1234, null]) {
    const bad = await bench.app.inject({
      method: 'PUT',
      url: '/v1/bookings/b-1',
      headers,
      payload: { ...payload, pin },
    })
    expect(bad.statusCode).toBe(400)
  }
})

test('a PIN opens only what was put: a booking that is gone is not made from it', () => {
  const { tenant, machine, startMs, endMs, limits } = booking()
  const claims = {
    issuer: 'pin',
    tenant,
    jti: '',
    booking: 'b-1',
    version: 1,
    machine,
    startMs,
    endMs,
    expMs: endMs,
    limits,
  }
  const principal = { role: 'tenant', id: tenant, issuer: 'pin', claims, pin: true } as const
  const known = { spentBy: () => 's-0', acceptSigned: true, room: true }
  const judge = (bookings: Booking[]) => authoriseUnlock(principal, 'saw-1', undefined, { ...known, bookings })
  expect(judge([booking()])).toMatchObject({ newBooking: false, booking: { id: 'b-1' } })
  expect(judge([booking()])).not.toHaveProperty('jti')
  expect(judge([])).toMatchObject({ code: 'no-booking' })
  const { pin: _, ...without } = booking()
  expect(judge([without])).toMatchObject({ code: 'no-booking' })
  expect(judge([booking({ tenant: 'tenant-b' })])).toMatchObject({ code: 'no-booking' })
})
