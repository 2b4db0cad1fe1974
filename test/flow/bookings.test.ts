/** Bookings of the platform, and what they do to a machine. */
import { expect, test } from 'vitest'
import { bookingNow } from '../support/simulators.ts'
import { fileScope, withPlant } from './plant.ts'

const scope = fileScope('bookings')
const plantOf = withPlant(scope, { site: 'bookings', machines: { 'spray-booth': 2 }, cycleMs: 300, autoStart: true })

const hourMs = 3_600_000
function claims(id: string, fromH: number, toH: number, over: object = {}) {
  const at = (hours: number) => new Date(Date.now() + hours * hourMs).toISOString()
  return { id, machine: 'booth-1', tenant: 'acme', start: at(fromH), end: at(toH), ...over }
}

test('a booking that overlaps another of the machine is refused with 409; beside it, and on another machine, it is taken', async () => {
  const { platform } = plantOf()
  expect(await platform.putBooking(claims('first', 5, 7))).toMatchObject({ status: 201 })
  for (const [id, from, to] of [
    ['inside', 5.5, 6],
    ['around', 4, 8],
    ['tail', 6.9, 9],
    ['head', 4, 5.1],
  ] as const)
    expect(await platform.putBooking(claims(id, from, to))).toMatchObject({
      status: 409,
      body: { code: 'booking-conflict' },
    })
  expect(await platform.putBooking(claims('next', 7.1, 8))).toMatchObject({ status: 201 })
  expect(await platform.putBooking(claims('elsewhere', 5, 7, { machine: 'booth-2' }))).toMatchObject({ status: 201 })
  expect(await platform.cancelBooking('first')).toMatchObject({ status: 204 })
  expect(await platform.putBooking(claims('instead', 5, 7))).toMatchObject({ status: 201 })
})

test('a booking that holds reserves the machine, for its tenant only', async () => {
  const { api, platform } = plantOf()
  const { booking: id, ...fields } = bookingNow('held', 'booth-2')
  expect(await platform.putBooking({ id, ...fields })).toMatchObject({ status: 201 })
  await api.untilMachine('booth-2', ({ availability }) => availability.state === 'Reserved', 5000)
  const rival = await platform.token(bookingNow('rival', 'booth-2', 'rival'))
  expect(await api.unlock('booth-2', rival)).toMatchObject({ status: 409, body: { code: 'booking-conflict' } })
  const thief = await platform.token(bookingNow('held', 'booth-2', 'rival'))
  expect(await api.unlock('booth-2', thief)).toMatchObject({ status: 403, body: { code: 'forbidden' } })
})

test('a cancelled booking ends its session and locks the machine', async () => {
  const { api, platform, machine } = plantOf()
  const { simulator } = machine('booth-2')
  const session = await api.unlocked('booth-2', await platform.token(bookingNow('held', 'booth-2')))
  expect(await platform.cancelBooking('held')).toMatchObject({ status: 204 })
  const ended = await api.untilSession(session.id, ({ status }) => status === 'ended', 15_000)
  expect(ended.stoppedReason).toBe('DeAuthorized')
  expect((await simulator.judge()).startPermission).toBe(false)
  const again = await platform.token(bookingNow('held', 'booth-2'))
  expect(await api.unlock('booth-2', again)).toMatchObject({ status: 403, body: { code: 'booking-cancelled' } })
})
