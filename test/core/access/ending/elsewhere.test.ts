/** Ends that went wrong elsewhere, each with the thread that tells of it. */
import { describe, expect, it } from 'vitest'
import { unlocked } from '../../../support/unlocked.ts'
import { createWorld, outputConfig, type World } from '../../../support/world.ts'

const LEASE_MS = 7000
const sessions = (world: World) => [...world.durable.sessions.values()]
const isLet = (world: World) => {
  world.run(1000)
  const command = world.unlock({ newBooking: true })
  world.until(() => world.outcome(command) !== undefined, 3000)
  return world.outcome(command)?.kind
}

// matth-x/MicroOcpp#330, EVerest/EVerest#1515: the power goes while an end is under way, and the session occupies the
// machine ever after.
describe('an end that the power cuts short', () => {
  it.each([20, 60, 120, 400, 1200])('%i ms after it was asked for is completed, and the next is let in', (afterMs) => {
    const world = unlocked()
    world.end('tenant')
    world.run(afterMs)
    world.kill()
    world.rebootHost()
    world.rebootPlc()
    world.run(2000)
    world.start()
    expect(world.until(() => ['ended', 'suspended'].includes(sessions(world)[0]!.status), 20_000)).toBe(true)
    if (sessions(world)[0]!.status === 'suspended') world.end('platform')
    expect(world.until(() => sessions(world)[0]!.status === 'ended', 20_000)).toBe(true)
    expect(world.enabledNow).toBe(false)
    expect(isLet(world)).toBe('session')
  })
})

// matth-x/MicroOcpp#227, evcc-io/evcc#33909: the device starts anew, and one side goes on with a session that the other
// does not know any more.
it('a session whose PLC starts anew is suspended within its lease, and can be resumed or ended', () => {
  for (const next of ['resume', 'end'] as const) {
    const world = unlocked()
    world.rebootPlc()
    expect(world.until(() => sessions(world)[0]!.status === 'suspended', LEASE_MS)).toBe(true)
    if (next === 'resume') {
      world.resume()
      expect(world.until(() => sessions(world)[0]!.status === 'open' && world.enabledNow, 4000)).toBe(true)
    }
    world.end('tenant')
    expect(world.until(() => sessions(world)[0]!.status === 'ended', LEASE_MS)).toBe(true)
    expect(isLet(world)).toBe('session')
  }
})

// monta-app/ocpp-emulator#69: the second of two stops is rejected, and whoever sent it does not know what is so.
it('an end that is asked for twice is answered twice, with the session as it is', () => {
  const world = unlocked()
  const commands = [world.end('tenant'), world.end('platform')]
  world.until(() => commands.every((command) => world.outcome(command) !== undefined), LEASE_MS)
  for (const command of commands)
    expect(world.outcome(command)).toMatchObject({ kind: 'session', session: { status: 'ended' } })
  expect(world.entriesOf('SessionEnded')).toHaveLength(1)
})

// traktore-org/sem-community#977: what ended one session is kept, and ends each that follows a second later.
it('a limit that has ended a session ends no other', () => {
  const world = unlocked(createWorld(), createWorld().booking('b1', { limits: { minutes: 0.1 } }))
  expect(world.until(() => sessions(world)[0]!.status === 'ended', 30_000)).toBe(true)
  world.putBookings([world.booking('b2')])
  const command = world.unlock({ booking: world.booking('b2') })
  world.until(() => world.outcome(command) !== undefined, 3000)
  expect(world.outcome(command)?.kind).toBe('session')
  world.run(20_000)
  expect(world.enabledNow).toBe(true)
})

// mikuso/ocpp-rpc#43: it is reported as ended, and goes on.
it('a machine whose output somebody turns on again after an end is in use by a stranger, and its session stays ended', () => {
  const world = unlocked(createWorld(outputConfig()))
  world.end('technician')
  expect(world.until(() => sessions(world)[0]!.status === 'ended', LEASE_MS)).toBe(true)
  const used = JSON.stringify(sessions(world)[0]!.use)
  world.happenIo({ kind: 'write', on: true })
  world.operator(true)
  world.run(10_000)
  expect(world.entriesOf('ForeignUse')).not.toHaveLength(0)
  expect(JSON.stringify(sessions(world)[0]!.use)).toBe(used)
})
