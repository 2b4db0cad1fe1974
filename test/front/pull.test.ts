/** A feed of bookings as a real HTTP server, which may lie, stall, go away and come back. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Command } from '../../gateway/core/command/command.ts'
import type { Outcome } from '../../gateway/core/command/outcome.ts'
import { refuse } from '../../gateway/core/ground/refusal.ts'
import { type Pull, startPull } from '../../gateway/front/pull.ts'
import { siteConfig } from './api/site.ts'

let server: Server
let port: number
let pull: Pull | undefined
let asked: IncomingMessage['headers'][]
let commands: Command[]
let contacts: number
let known: number
let outcome: Outcome | undefined
let answer: (request: IncomingMessage, response: ServerResponse) => void

const booking = {
  id: 'b-1',
  machine: 'saw-1',
  tenant: 'tenant-a',
  start: '2026-11-24T08:00:00+08:00',
  end: '2026-11-24T09:00:00+08:00',
  version: 1,
}
const snapshot = (version: number, bookings: object[] = [booking]) => JSON.stringify({ version, bookings })

/** 200 with an ETag, or 304. */
const serve = (version: number, text = snapshot(version)) => {
  answer = (request, response) => {
    const etag = `"v${version}"`
    if (request.headers['if-none-match'] === etag) response.writeHead(304, { etag }).end()
    else response.writeHead(200, { 'content-type': 'application/json', etag }).end(text)
  }
}

async function listen(): Promise<void> {
  server = createServer((request, response) => {
    asked.push(request.headers)
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
}
const close = async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

beforeEach(async () => {
  asked = []
  commands = []
  contacts = 0
  known = 0
  outcome = undefined
  port = 0
  serve(1)
  await listen()
})
afterEach(async () => {
  pull?.stop()
  await close()
})

function start(over: object = {}): Pull {
  const source = { url: `http://127.0.0.1:${port}/bookings`, everyMs: 100, timeoutMs: 500, ...over }
  pull = startPull(source, {
    config: siteConfig('/nowhere', '/nowhere'),
    ask: async (command) => {
      commands.push(command)
      if (outcome !== undefined) return outcome
      if (command.kind !== 'put-bookings') throw new Error(command.kind)
      known = command.version
      return { kind: 'bookings', version: command.version, put: command.bookings.length, cancelled: 0, refused: [] }
    },
    contacted: () => {
      contacts++
    },
    snapshotVersion: () => known,
    clock: { nowMs: Date.now, nowNs: process.hrtime.bigint },
    log: pino({ level: 'silent' }),
    random: () => 0,
  })
  return pull
}

test('what is new is taken once; then the ETag says that nothing changed', async () => {
  start({ token: 'feed-secret' })
  await expect.poll(() => contacts, { timeout: 5000 }).toBeGreaterThanOrEqual(3)
  expect(commands).toMatchObject([
    {
      kind: 'put-bookings',
      version: 1,
      principal: { role: 'platform' },
      bookings: [{ id: 'b-1', startMs: Date.UTC(2026, 10, 24), endMs: Date.UTC(2026, 10, 24, 1) }],
    },
  ])
  expect(asked[0]).toMatchObject({ authorization: 'Bearer feed-secret' })
  expect(asked[0]).not.toHaveProperty('if-none-match')
  expect(asked[1]).toMatchObject({ 'if-none-match': '"v1"' })
  serve(2)
  await expect.poll(() => commands.length, { timeout: 5000 }).toBe(2)
  expect(pull!.status()).toMatchObject({ pulledAtMs: expect.any(Number) })
  expect(pull!.status().note).toBeUndefined()
})

test('a snapshot that is known already, as after a restart, is no work for the control thread', async () => {
  known = 1
  start()
  await expect.poll(() => contacts, { timeout: 5000 }).toBeGreaterThanOrEqual(2)
  expect(commands).toEqual([])
})

test.each([
  ['is no JSON', () => serve(1, '{"version":1,'), /^it is /],
  ['has a key twice', () => serve(1, '{"version":1,"version":2,"bookings":[]}'), /^it is /],
  ['holds an unknown field', () => serve(1, snapshot(1, [{ ...booking, colour: 'red' }])), 'it is not a snapshot'],
  [
    'names a day that does not exist',
    () => serve(1, snapshot(1, [{ ...booking, end: '2026-02-30T00:00:00Z' }])),
    'is not a valid time',
  ],
  ['has a booking twice', () => serve(1, snapshot(1, [booking, booking])), 'is given twice'],
  ['is too large', () => serve(1, `${snapshot(1)}${' '.repeat(300_000)}`), 'it is too large'],
  ['answers 500', () => (answer = (_, response) => void response.writeHead(500).end()), 'it answered with 500'],
  ['says 304 unasked', () => (answer = (_, response) => void response.writeHead(304).end()), 'it answered with 304'],
  [
    'sends elsewhere',
    () => (answer = (_, response) => void response.writeHead(302, { location: '/other' }).end()),
    /redirect/,
  ],
  ['is silent', () => (answer = () => undefined), 'it did not answer in time'],
  [
    'stops in the middle',
    () =>
      (answer = (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.write('{"version":1,')
      }),
    'it did not answer in time',
  ],
] as const)('a feed that %s is no contact, says why, and is asked again', async (_, lie, why) => {
  lie()
  start()
  await expect.poll(() => pull!.status().note, { timeout: 5000 }).toMatch(why)
  await expect.poll(() => asked.length, { timeout: 5000 }).toBeGreaterThanOrEqual(2)
  expect([contacts, commands]).toEqual([0, []])
  serve(1)
  await expect.poll(() => contacts, { timeout: 10_000 }).toBeGreaterThanOrEqual(1)
  expect(commands).toHaveLength(1)
  expect(pull!.status().note).toBeUndefined()
})

test('a feed that goes back to an older version is not believed', async () => {
  known = 5
  outcome = { kind: 'refused', refusal: refuse('booking-version', 'snapshot 5 is known') }
  serve(4)
  start()
  await expect.poll(() => pull!.status().note, { timeout: 5000 }).toBe('it went back to version 4: snapshot 5 is known')
  expect(contacts).toBe(0)
})

test('what could not be taken is asked for in full again', async () => {
  outcome = { kind: 'refused', refusal: refuse('busy') }
  start()
  await expect.poll(() => commands.length, { timeout: 5000 }).toBeGreaterThanOrEqual(2)
  expect(asked.every((headers) => headers['if-none-match'] === undefined)).toBe(true)
})

test('a feed that is away and comes back is taken up, and is asked ever less often meanwhile', async () => {
  start()
  await expect.poll(() => contacts, { timeout: 5000 }).toBeGreaterThanOrEqual(1)
  await close()
  await expect.poll(() => pull!.status().note, { timeout: 5000 }).toBe('ECONNREFUSED')
  serve(2)
  await listen()
  await expect.poll(() => commands.length, { timeout: 10_000 }).toBe(2)
})

test('after a stop nothing is asked any more', async () => {
  answer = () => undefined
  start({ timeoutMs: 60_000 })
  await expect.poll(() => asked.length).toBe(1)
  pull!.stop()
  await expect.poll(() => new Promise((resolve) => server.getConnections((_, count) => resolve(count)))).toBe(0)
  expect([contacts, commands]).toEqual([0, []])
})
