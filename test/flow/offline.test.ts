/**
 * The platform is away: bookings that were pulled hold on, over a restart, and what a late word of it costs is told.
 */
import { expect, test } from 'vitest'
import { found } from '../support/proof.ts'
import { bookingNow } from '../support/simulators.ts'
import { fileScope, withPlant } from './plant.ts'

const scope = fileScope('offline')
const plantOf = withPlant(scope, {
  site: 'offline',
  machines: { 'spray-booth': 3 },
  cycleMs: 300,
  autoStart: true,
  feed: { every: '1s', timeout: '2s' },
  bookings: { contact: '3s' },
  more: {
    'booth-1': { offline: { policy: 'accept-signed', minutes: 60, pieces: 100_000 } },
    'booth-2': { offline: { policy: 'known-only' } },
    'booth-3': { offline: { policy: 'none' } },
  },
})

type Ready = { notes: string[]; bookings: { source: string; pulledAt?: string; note?: string } }

test('offline each machine does what its policy says, also after a restart; online again the feed is the truth', async () => {
  const { api, gateway, platform, machines, machine } = plantOf()
  const ready = async () => (await (await fetch(`${api.url}/health/ready`)).json()) as Ready
  const untilNote = (is: (notes: string) => boolean) =>
    found(async () => (is((await ready()).notes.join()) ? true : undefined), 20_000, 'the notes stay as they are')
  const hold = (id: string) => {
    const { booking, ...fields } = bookingNow(`held-${id}`, id)
    return { id: booking, ...fields }
  }
  for (const { id } of machines) expect(await platform.putBooking(hold(id))).toMatchObject({ status: 201 })
  for (const { id } of machines)
    await api.untilMachine(id, ({ availability }) => availability.state === 'Reserved', 15_000)
  expect((await ready()).bookings).toMatchObject({ source: 'pull', pulledAt: expect.any(String) })
  const held = await Promise.all(machines.map(({ id }) => platform.token(bookingNow(`held-${id}`, id))))
  // Tenants bring these; nobody has told the gateway of the bookings.
  const stranger = await platform.token(bookingNow('unheard', 'booth-2'))
  // The keys of the platform are known from now on.
  expect((await api.call('GET', '/machines', { token: held[0]! })).status).toBe(200)

  await platform.kill()
  await untilNote((notes) => notes.includes('offline'))
  await gateway.kill()
  const deadAtMs = Date.now()
  await gateway.start()
  await untilNote((notes) => notes.includes('offline'))
  // A restart is no contact: what it was heard of last is of the former life.
  const [, heardAt] = (await ready()).notes.join().match(/the platform was last heard of at (\S+Z)/) ?? []
  expect(Date.parse(heardAt!)).toBeLessThan(deadAtMs)
  expect(await (await fetch(`${api.url}/metrics`)).text()).toMatch(/latchkey_platform_contact_age_seconds\{[^}]*\} \d/)

  const unlock = (id: string, token: string) =>
    found(
      async () => {
        const answer = await api.unlock(id, token)
        return answer.status === 503 && answer.body.code !== 'offline' ? undefined : answer
      },
      20_000,
      `${id} is not read`,
    )
  const first = await unlock('booth-1', held[0]!)
  expect(first).toMatchObject({ status: 200, body: { offline: true, limits: { minutes: 60, pieces: 100_000 } } })
  expect(await unlock('booth-2', stranger)).toMatchObject({ status: 403, body: { code: 'no-booking' } })
  expect((await unlock('booth-2', held[1]!)).status).toBe(200)
  expect(await unlock('booth-3', held[2]!)).toMatchObject({ status: 503, body: { code: 'offline' } })
  expect((await machine('booth-3').simulator.judge()).writeFrames.count).toBe(0)

  await platform.start()
  expect(await platform.cancelBooking('held-booth-1')).toMatchObject({ status: 204 })
  await untilNote((notes) => !notes.includes('offline'))
  const ended = await api.untilSession(first.body.id, ({ status }) => status === 'ended', 30_000)
  expect(ended).toMatchObject({
    stoppedReason: 'DeAuthorized',
    offline: true,
    lateRevocation: { ms: expect.any(Number) },
  })
  expect((await machine('booth-1').simulator.judge()).startPermission).toBe(false)
  expect((await unlock('booth-3', held[2]!)).status).toBe(200)
})
