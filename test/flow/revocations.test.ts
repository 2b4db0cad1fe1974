/** What the platform takes back in a signed list: put to the gateway, fetched by it, and too old. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { until } from '../support/process.ts'
import { bookingNow } from '../support/simulators.ts'
import { fileScope, withPlant } from './plant.ts'

const scope = fileScope('revocations')

/** Where the platform puts its list; nothing there is 404. */
let published: string | undefined
const shelf = createServer((_request, response) => {
  response.statusCode = published === undefined ? 404 : 200
  response.end(published)
})
await new Promise<void>((resolve) => void shelf.listen(0, '127.0.0.1', resolve))
scope.defer(() => shelf.close())

const plantOf = withPlant(scope, {
  site: 'revocations',
  machines: { 'spray-booth': 1 },
  cycleMs: 300,
  autoStart: true,
  bookings: {
    revocations: {
      url: `http://127.0.0.1:${(shelf.address() as AddressInfo).port}/revocations`,
      every: '1s',
      maxAge: '1h',
    },
  },
})

const ID = 'booth-1'
const nowS = () => Math.floor(Date.now() / 1000)

test('a list ends what it names and keeps it out, put or fetched; without a fresh one no tenant is let in', async () => {
  const { api, gateway, platform, machine } = plantOf()
  const { simulator } = machine(ID)
  const tokenOf = (jti: string) => platform.token({ ...bookingNow('order', ID), jti })
  const put = async (list: string) =>
    api.call('PUT', '/revocations', { token: await platform.serviceToken(), body: { list } })
  const notes = async () =>
    String(((await (await fetch(`${api.url}/health/ready`)).json()) as { notes: string[] }).notes)
  const isEnded = (id: string) => api.untilSession(id, ({ status }) => status === 'ended', 20_000)

  // There is none yet, and then one as old as a platform that was away leaves it.
  const frames = async () => (await simulator.judge()).writeFrames.count
  expect(await api.unlock(ID, await tokenOf('j-0'))).toMatchObject({ body: { code: 'revocations-stale' } })
  expect((await put(await platform.revocations({ number: 1, iat: nowS() - 2 * 3600 }))).status).toBe(200)
  expect(await api.unlock(ID, await tokenOf('j-0'))).toMatchObject({ body: { code: 'revocations-stale' } })
  expect(await notes()).toContain('too old')
  expect(await frames()).toBe(0)

  // Put: the session of one of its tokens ends, and nothing of what it names comes back.
  expect(await put(await platform.revocations({ number: 2 }))).toMatchObject({ status: 200, body: { number: 2 } })
  await until(async () => !(await notes()).includes('too old'), 10_000, 'the fresh list is called too old')
  const first = await api.unlocked(ID, await tokenOf('j-1'))
  await until(async () => (await simulator.judge()).producedUnits > 0, 10_000, 'nothing is made')
  expect((await put(await platform.revocations({ number: 3, jtis: ['j-1', 'j-2'] }))).status).toBe(200)
  expect(await isEnded(first.id)).toMatchObject({ stoppedReason: 'DeAuthorized' })
  expect((await simulator.judge()).startPermission).toBe(false)
  const before = await frames()
  expect((await api.unlock(ID, await tokenOf('j-2'))).status).not.toBe(200)
  // An older list takes nothing back.
  expect(await put(await platform.revocations({ number: 2 }))).toMatchObject({ body: { code: 'revocations-number' } })
  expect((await api.unlock(ID, await tokenOf('j-2'))).status).not.toBe(200)
  expect(await frames()).toBe(before)

  // Fetched, while a session of another token runs: its booking is gone, also after a restart.
  const second = await api.unlocked(ID, await tokenOf('j-3'))
  published = await platform.revocations({ number: 4, jtis: ['j-1', 'j-2'], bookings: ['order'] })
  expect(await isEnded(second.id)).toMatchObject({ stoppedReason: 'DeAuthorized' })
  expect((await simulator.judge()).startPermission).toBe(false)
  published = undefined
  await gateway.kill()
  await gateway.start()
  const left = await frames()
  await api.untilMachine(ID, ({ access }) => access === 'Locked', 20_000)
  expect((await api.unlock(ID, await tokenOf('j-4'))).status).not.toBe(200)
  expect(await frames()).toBe(left)

  // Fetched after that: the booking of another tenant is not in it, and what was made is whole.
  published = await platform.revocations({ number: 5 })
  const other = bookingNow('other', ID, 'beta')
  const third = await api.unlocked(ID, await platform.token(other))
  const made = (await api.ended(third.id)).use
  expect(made).not.toEqual([])
  const { conserved, unassigned, total } = await api.meter(machine(ID).unitMeter)
  expect({ conserved, unassigned, total }).toEqual({
    conserved: true,
    unassigned: '0',
    total: String((await simulator.judge()).producedUnits),
  })
})
