/**
 * The wall clock steps in the middle of things: order, durations and totals stay, and no booking ends because of it.
 */
import { describe, expect, it } from 'vitest'
import { BELIEVE_MS, firstWall, observeWall, passedMs, type WallTime } from '../../../gateway/core/ground/wall.ts'
import { createWorld, machineConfig } from '../../support/world.ts'

const HOUR = 3_600_000
/** Word 4 of ToPlc. */
const REVOKE = 3
const START_MS = Date.UTC(2026, 0, 5, 8)

/** A session with two cycles, ended by its tenant; the clock steps while it runs. */
function use(steps: readonly number[]) {
  const world = createWorld()
  world.run(1000)
  world.putBookings([world.booking()])
  world.unlock()
  world.until(() => world.enabledNow, 3000)
  world.operator(true)
  for (const step of [...steps, ...[0, 0, 0, 0].slice(steps.length)]) {
    world.run(2000)
    world.stepClock(step)
  }
  world.operator(false)
  world.run(10_000)
  world.end()
  world.run(20_000)
  const [session] = [...world.durable.sessions.values()]
  const kinds = world.durable.entries
    .map(({ kind }) => kind)
    .filter((kind) => kind !== 'MeterSampled' && kind !== 'ClockChanged')
  const accounts = [...world.durable.meters.values()].map(({ meter, total, accounts: by }) => [meter, total, by])
  const monos = world.durable.entries.map(({ at }) => BigInt(at.monoNs))
  return { session, kinds, accounts, monos, edges: world.edges }
}

describe.each([
  ['an hour forward', [HOUR]],
  ['an hour back', [-HOUR]],
  ['forward and back again', [2 * HOUR, -2 * HOUR]],
  ['back and forward again', [-HOUR, HOUR]],
  ['a day forward', [24 * HOUR]],
  ['a little, four times', [1500, -900, 3000, -5000]],
])('a clock that steps %s', (_name, steps) => {
  const steady = use([])
  const stepped = use(steps)

  it('changes nothing of a session but its dates', () => {
    expect(steady.session?.use.find(({ meter }) => meter === 'booth/plc.parts')?.quantity).not.toBe('0')
    expect([stepped.session?.status, stepped.session?.stoppedReason]).toEqual(['ended', 'Local'])
    expect(stepped.session?.use).toEqual(steady.session?.use)
    expect(stepped.session?.deadlineNs).toBe(steady.session?.deadlineNs)
    expect(stepped.accounts).toEqual(steady.accounts)
  })

  it('changes no order, and when the machine could be started', () => {
    expect(stepped.kinds).toEqual(steady.kinds)
    expect(stepped.edges).toEqual(steady.edges)
    expect(stepped.monos).toEqual([...stepped.monos].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)))
  })
})

it.each([HOUR, -HOUR])('a grace lasts as long as it is, also when the clock steps by %d ms in it', (step) => {
  const last = (by: number) => {
    const world = createWorld(
      { ...machineConfig, endOfBooking: { warnMs: 0, graceMs: 30_000, policy: 'at-end', lastMs: 43_200_000 } },
      60_000,
    )
    world.run(1000)
    world.putBookings([world.booking()])
    world.unlock()
    world.until(() => world.enabledNow, 3000)
    world.operator(true)
    world.until(() => world.machine.cycleLeftMs > 0, 20_000)
    world.run(1000)
    const endedMs = world.ms
    world.end()
    world.run(10_000)
    world.stepClock(by)
    world.run(120_000)
    return world.writes.find(({ words }) => words[4] === REVOKE)!.atMs - endedMs
  }
  const steady = last(0)
  expect(steady).toBeGreaterThanOrEqual(30_000)
  expect(last(step)).toBe(steady)
})

describe('bookings near their end, and such that wait for somebody', () => {
  const world = () => {
    const made = createWorld({ ...machineConfig })
    made.run(1000)
    made.putBookings([
      made.booking('soon', { startMs: START_MS, endMs: START_MS + 10 * 60_000 }),
      ...[1, 2, 3].map((hour) =>
        made.booking(`b${hour}`, { startMs: START_MS + hour * HOUR, endMs: START_MS + (hour + 1) * HOUR }),
      ),
    ])
    made.run(1000)
    return made
  }
  const statuses = (made: ReturnType<typeof world>) =>
    Object.fromEntries(made.state.bookings.map(({ id, status }) => [id, status]))
  const held = { soon: 'held', b1: 'held', b2: 'held', b3: 'held' }

  it('are not released or ended by a step forward that is taken back', () => {
    const made = world()
    made.stepClock(100 * HOUR)
    made.run(60_000)
    expect(statuses(made)).toEqual(held)
    made.stepClock(-100 * HOUR)
    made.run(60_000)
    expect(statuses(made)).toEqual(held)
    expect(made.kinds()).not.toContain('BookingCancelled')
  })

  it('come to their end by the time that really passed, while the step is not believed', () => {
    const made = world()
    made.stepClock(100 * HOUR)
    made.run(9 * 60_000)
    expect(statuses(made).soon).toBe('held')
    made.run(2 * 60_000)
    expect(statuses(made)).toEqual({ ...held, soon: 'ended' })
  })

  it('follow a step that stays, and come back when it is taken back after all', () => {
    const made = world()
    made.stepClock(1.5 * HOUR)
    made.run(BELIEVE_MS + 1000)
    expect(statuses(made)).toEqual({ soon: 'ended', b1: 'released', b2: 'held', b3: 'held' })
    made.stepClock(-1.5 * HOUR)
    made.run(1000)
    expect(statuses(made)).toEqual({ ...held, soon: 'ended' })
    expect(made.durable.bookings.get('b1')?.status).toBe('held')
    expect(made.kinds().filter((kind) => kind.startsWith('Booking'))).toEqual(['BookingCancelled', 'BookingRestored'])
  })
})

describe('a clock that is wrong at boot', () => {
  /** Its first booking begins so many ms from now. */
  const booted = (offMs: number, fromMs: number) => {
    const world = createWorld()
    world.run(1000)
    world.putBookings([
      world.booking('b1', { startMs: START_MS + fromMs }),
      ...[2, 3].map((hour) =>
        world.booking(`b${hour}`, { startMs: START_MS + hour * HOUR, endMs: START_MS + (hour + 1) * HOUR }),
      ),
    ])
    world.dispatch({
      kind: 'block',
      command: 99,
      block: {
        id: 'k1',
        fromMs: START_MS + 8 * HOUR,
        untilMs: START_MS + 9 * HOUR,
        by: 'huajian',
        reason: 'own order',
      },
      most: 10,
    })
    world.run(1000)
    world.kill()
    world.rebootHost()
    world.stepClock(offMs)
    world.start()
    return world
  }
  const plan = (world: ReturnType<typeof booted>) => [
    world.state.bookings.map(({ id, status }) => [id, status]),
    world.state.row.blocks?.map(({ id }) => id),
  ]

  it.each([
    ['8 h ahead, for 20 s', 8 * HOUR, 20_000],
    ['a day ahead, for a minute', 24 * HOUR, 60_000],
    ['5 years ahead, for 14 minutes', 5 * 365 * 24 * HOUR, 14 * 60_000],
    ['2 days ahead, for longer than it takes to be believed', 48 * HOUR, BELIEVE_MS + 60_000],
    ['8 h behind', -8 * HOUR, 20_000],
    ['in 1970', -START_MS, 60_000],
  ])('%s, leaves every booking and block as it was, and the unlock works', (_name, offMs, forMs) => {
    const world = booted(offMs, forMs - 60_000)
    const right = booted(0, forMs - 60_000)
    world.run(forMs)
    world.stepClock(-offMs)
    world.run(2000)
    right.run(forMs + 2000)
    expect(plan(world)).toEqual(plan(right))
    expect(plan(world)).toEqual([['b1', 'b2', 'b3'].map((id) => [id, 'held']), ['k1']])
    const command = world.unlock()
    world.until(() => world.outcome(command) !== undefined, 12_000)
    expect(world.outcome(command)).toMatchObject({ kind: 'session' })
  })

  it('behind refuses an unlock while it is, since it may be set back by somebody', () => {
    const world = booted(-8 * HOUR, 0)
    world.run(2000)
    const command = world.unlock()
    world.run(2000)
    expect(world.outcome(command)).toMatchObject({ kind: 'refused', refusal: { code: 'time-untrusted' } })
  })
})

it('a clock that is slewed is followed, one that keeps jumping never', () => {
  let time: WallTime | undefined
  const at = (second: number, offMs: number) => {
    const now = { ms: START_MS + second * 1000 + offMs, ns: BigInt(second) * 1_000_000_000n }
    time = time === undefined ? firstWall({}, now, 'boot') : observeWall(time, now)
    return passedMs(time, now) - START_MS - second * 1000
  }
  for (let second = 0; second < 100; second++) expect(at(second, second * 50)).toBe(second * 50)
  for (let second = 100; second < 10_000; second++)
    expect(at(second, 4950 + 10_000 * (second % 600))).toBeLessThan(5950)
})

describe('what a session says of its times', () => {
  const clockOf = (steps: readonly [beforeMs: number, inMs: number, afterMs: number]) => {
    const world = createWorld()
    world.run(1000)
    // Started anew it knows the time; on its first start of all nothing would speak against a clock.
    world.kill()
    world.start()
    world.run(1000)
    world.putBookings([world.booking('b1', { startMs: START_MS - HOUR, endMs: START_MS + 4 * HOUR })])
    world.stepClock(steps[0])
    world.run(1000)
    world.unlock()
    world.until(() => world.enabledNow, 3000)
    world.stepClock(steps[1])
    world.run(5000)
    world.end()
    world.run(10_000)
    world.stepClock(steps[2])
    return world.durable.sessions.get('session-1')?.clock
  }
  it.each<[string, readonly [number, number, number], string]>([
    ['is all well with a clock that is right', [0, 0, 0], 'synchronised'],
    ['is unsure when it began by a clock that was ahead', [HOUR, -HOUR, 0], 'informative'],
    ['is unsure when it ended by a clock that was ahead', [0, HOUR, -HOUR], 'informative'],
    ['is worth nothing when it ended by a clock that was behind', [0, -HOUR, HOUR], 'relative'],
    ['is not touched by what comes after it', [0, 0, HOUR], 'synchronised'],
  ])('%s', (_name, steps, clock) => {
    expect(clockOf(steps)).toBe(clock)
  })
})

describe('a session over a boot of the host', () => {
  /** Suspended after ten minutes of an hour; the host boots. */
  function suspended() {
    const world = createWorld()
    world.run(1000)
    world.putBookings([world.booking()])
    world.unlock()
    world.until(() => world.enabledNow, 3000)
    world.run(600_000)
    world.link.up = false
    world.run(15_000)
    expect(world.state.access.kind).toBe('Suspended')
    return world
  }
  function resumed(world: ReturnType<typeof createWorld>) {
    const command = world.resume()
    world.until(() => world.outcome(command) !== undefined, 12_000)
    return world.outcome(command)
  }
  function boot(world: ReturnType<typeof createWorld>) {
    world.kill()
    world.rebootHost()
    world.link.up = true
    world.start()
  }

  it('goes on until the booking ends', () => {
    const world = suspended()
    boot(world)
    world.run(2000)
    expect(resumed(world)).toMatchObject({ kind: 'session' })
    world.run(HOUR - 700_000)
    expect(world.enabledNow).toBe(true)
    world.run(100_000)
    expect(world.enabledNow).toBe(false)
  })

  it.each([
    ['ahead', 8 * HOUR],
    ['lost', -START_MS],
  ])('goes on when the clock was %s until a time source came', (_name, offMs) => {
    const world = suspended()
    world.stepClock(offMs)
    boot(world)
    world.run(20_000)
    expect(resumed(world)).toMatchObject({ kind: 'refused' })
    world.stepClock(-offMs)
    world.run(1000)
    expect(resumed(world)).toMatchObject({ kind: 'session' })
    world.run(HOUR - world.ms - 1000)
    expect(world.enabledNow).toBe(true)
    world.run(30_000)
    expect(world.enabledNow).toBe(false)
  })

  it('does not go on after the end of its booking though the host was off for long', () => {
    const world = suspended()
    world.stepClock(HOUR)
    boot(world)
    world.run(5000)
    expect(resumed(world)).toMatchObject({ kind: 'refused', refusal: { code: 'wrong-time' } })
    world.run(BELIEVE_MS)
    expect(world.durable.sessions.get('session-1')).toMatchObject({ status: 'ended' })
  })

  it('ends when the clock was lost with it, since nobody knows how long the booking still lasts', () => {
    const world = suspended()
    world.stepClock(-10 * HOUR)
    world.gates.timeTrusted = false
    boot(world)
    world.run(2000)
    world.stepClock(10 * HOUR)
    world.gates.timeTrusted = true
    world.run(2 * HOUR)
    expect(resumed(world)).toMatchObject({ kind: 'refused' })
    expect(world.durable.sessions.get('session-1')).toMatchObject({ status: 'ended' })
  })

  it('keeps the end of its booking when a resume was under way that nobody answered', () => {
    const world = suspended()
    world.link.up = true
    world.run(2000)
    world.resume()
    world.until(() => world.state.session?.pendingToken !== undefined, 3000)
    world.freezePlc(60_000)
    world.run(15_000)
    expect(world.state.access.kind).toBe('Unconfirmed')
    world.rebootPlc()
    boot(world)
    world.run(90_000)
    expect(world.state.session).toMatchObject({ status: 'suspended' })
    world.run(HOUR - world.ms + 60_000)
    expect(resumed(world)).toMatchObject({ kind: 'refused' })
    expect(world.durable.sessions.get('session-1')).toMatchObject({ status: 'ended' })
  })

  it('is not resumed by a request the booking did not outlive', () => {
    const world = suspended()
    world.link.up = true
    world.run(2000)
    world.run(HOUR - world.ms - 1000)
    const enables = world.enables.length
    world.link.urgentDelayMs = 1500
    const command = world.resume()
    world.run(5000)
    expect(world.outcome(command)).toMatchObject({ kind: 'refused' })
    expect(world.enables.length).toBe(enables)
  })
})
