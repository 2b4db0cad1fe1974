/** When a machine is stepped again although nothing happens: a row is a moment that time alone brings. */
import { describe, expect, it } from 'vitest'
import { nextDueNs } from '../../../gateway/core/board/due.ts'
import { NS_PER_MS } from '../../../gateway/core/ground/moment.ts'
import type { Env, MachineState, Pace } from '../../../gateway/core/machine/state.ts'
import { newMeter } from '../../../gateway/core/meter/meter.ts'
import { step } from '../../../gateway/core/step.ts'
import { machineConfig } from '../../support/world.ts'
import { booking, envAt, HOUR_MS, hold, machine, NOW, nsAt, partsAt, point, reading, session } from '../support.ts'

const MINUTE_MS = 60_000
const pace = (over: Partial<Pace> = {}): Pace => ({ ...machine().pace, startedNs: nsAt(-HOUR_MS), ...over })
/** Nothing is read and planned, so nothing is due but the quarter hour: 8:00 is the begin of one. */
const still = (over: Partial<MachineState> = {}): MachineState => ({
  ...machine({ config: { ...machineConfig, meters: [] }, bookings: [], pace: pace(), ...over }),
  seen: { ...machine().seen, readings: new Map() },
  ...over,
})
const readAt = (ms: number) => new Map([reading(point('state'), 2, ms)].map((item) => [item.point, item]))
const inMs = (m: MachineState, over: Partial<Env> = {}, atMs = 0) =>
  Number((nextDueNs(envAt(atMs, over), m) - nsAt(atMs)) / NS_PER_MS)

describe('without an event a machine is stepped', () => {
  it.each<[string, MachineState, number, Partial<Env>?, number?]>([
    ['once a minute, as clocks may drift', still(), MINUTE_MS],
    ['when the quarter hour is over', still(), 1000, {}, 15 * MINUTE_MS - 1000],
    ['when a required reading gets too old', { ...still(), seen: { ...still().seen, readings: readAt(-500) } }, 2501],
    [
      'when a meter may fall silent',
      still({
        config: machineConfig,
        meters: new Map([partsAt(-1000), newMeter(machineConfig.meters[1]!, 'boot')].map((one) => [one.meter, one])),
        pace: pace({ startedNs: nsAt(-10_000) }),
      }),
      2000,
    ],
    ['when a booking begins', still({ bookings: [booking({ startMs: NOW.ms + 5000 })] }), 5000],
    ['when a booking is over', still({ bookings: [booking({ status: 'used', endMs: NOW.ms + 5000 })] }), 5000],
    [
      'by the believed time too',
      still({ bookings: [booking({ endMs: NOW.ms })] }),
      7000,
      { believedMs: NOW.ms - 7000 },
    ],
    [
      'when nobody came',
      still({ bookings: [booking({ startMs: NOW.ms - 10 * MINUTE_MS })] }),
      2000,
      { noShowMs: 10 * MINUTE_MS + 2000 },
    ],
    [
      'when nobody came since the machine could be had',
      still({ bookings: [booking()], pace: pace({ shutNs: NOW.ns - 3_000_000_000n }) }),
      4000,
      { noShowMs: 7000 },
    ],
    [
      'when a block begins or ends',
      still({
        row: {
          machine: 'booth',
          fencingCounter: 0,
          blocks: [{ id: 'a', fromMs: NOW.ms - 5, untilMs: NOW.ms + 800, reason: 'r', by: 'b' }],
        },
      }),
      800,
    ],
    [
      'when a maintenance window begins',
      still({ pace: pace({ windows: { atMs: NOW.ms, spans: [{ fromMs: NOW.ms + 900, untilMs: NOW.ms + 1900 }] } }) }),
      900,
    ],
    [
      'when it has been cleaned down',
      still({
        config: { ...machineConfig, meters: [], afterUse: { cleanDownMs: 30_000, inspection: 'none' } },
        row: {
          machine: 'booth',
          fencingCounter: 0,
          lastUse: {
            session: 's1',
            tenantRef: 't',
            endedAtMs: NOW.ms - 10_000,
            endedNs: nsAt(-10_000).toString(),
            bootId: 'boot',
          },
        },
      }),
      20_000,
    ],
    [
      'when a change may be recorded that was one too many',
      still({
        shown: {
          ...machine().shown,
          availability: { state: 'Unknown' },
          recorded: { state: 'Available' },
          quota: { perHour: 3600, left: 0, atNs: NOW.ns },
        },
      }),
      1001,
    ],
    ['when the next heartbeat is due', unlocked({ beatNs: nsAt(-400) }), 600],
    ['soon, when a heartbeat could not be sent', unlocked({ beatNs: nsAt(-1400) }), 100],
    ['when the time of its session is over', suspended({ deadlineNs: nsAt(300).toString() }), 300],
    [
      'when its session is to be warned',
      suspended({ deadlineNs: nsAt(machineConfig.endOfBooking.warnMs + 350).toString() }),
      350,
    ],
    ['all the time while it is unlocking', still({ access: unlocking() }), 100],
    [
      'all the time while an output has to be off',
      still({ withdrawal: { token: 1, sinceNs: NOW.ns, wroteNs: 0n, tries: 0, alarmed: false } }),
      100,
    ],
  ])('%s', (_, m, ms, over, atMs) => {
    expect(inMs(m, over, atMs)).toBe(ms)
  })
})

describe('a step', () => {
  it('follows an event, and what it has changed; then nothing is due', () => {
    const m = machine()
    const dueInMs = () => Number((m.pace.dueNs - NOW.ns) / NS_PER_MS)
    step(m, { kind: 'readings', readings: [reading(point('state'), 3)] }, envAt())
    expect(dueInMs()).toBe(20)
    expect(step(m, { kind: 'tick' }, envAt()).length).toBeGreaterThan(0)
    expect(dueInMs()).toBe(20)
    while (step(m, { kind: 'tick' }, envAt()).length > 0);
    expect(dueInMs()).toBeGreaterThan(1000)
  })

  it('that is due sooner is not put off by an event', () => {
    const m = machine({ pace: pace({ dueNs: nsAt(7) }) })
    step(m, { kind: 'readings', readings: [] }, envAt())
    expect(m.pace.dueNs).toBe(nsAt(7))
  })
})

function unlocked(over: Parameters<typeof hold>[0]): MachineState {
  return still({ access: { kind: 'Unlocked', hold: hold(over) }, session: session() })
}

function suspended(over: Parameters<typeof session>[0]): MachineState {
  return still({ access: { kind: 'Suspended' }, session: session({ status: 'suspended', ...over }) })
}

function unlocking(): MachineState['access'] {
  const asked = { command: 1, checkUntilNs: nsAt(2000) } as never
  return { kind: 'Unlocking', phase: 'checking', ref: 1, asked }
}

describe('a poll that shows nothing new', () => {
  const shows = (state: number, atMs: number) => ({
    kind: 'readings' as const,
    readings: [reading(point('state'), state, atMs)],
  })
  /** A machine without meters and interlock that was read at 0, and settled. */
  const settledMachine = () => {
    const { interlock: _lock, emergencyStop: _stop, ...config } = machineConfig
    const m = still({ config: { ...config, meters: [] } })
    step(m, shows(2, 0), envAt())
    while (step(m, { kind: 'tick' }, envAt(20)).length > 0);
    expect(m.shown.availability?.state).toBe('Available')
    return m
  }

  it('lets the step that is due stay due', () => {
    const m = settledMachine()
    const { dueNs } = m.pace
    expect(dueNs).toBeGreaterThan(nsAt(2000))
    for (const atMs of [500, 1000, 1500]) step(m, shows(2, atMs), envAt(atMs))
    expect(m.pace.dueNs).toBe(dueNs)
  })

  it('that shows anything new has its step soon', () => {
    const m = settledMachine()
    step(m, shows(3, 500), envAt(500))
    expect(m.pace.dueNs).toBe(nsAt(520))
  })

  it('that makes an unknown machine known has its step soon', () => {
    const m = settledMachine()
    step(m, { kind: 'tick' }, envAt(4000))
    expect(m.shown.availability?.state).toBe('Unknown')
    while (step(m, { kind: 'tick' }, envAt(4020)).length > 0);
    step(m, shows(2, 4100), envAt(4100))
    expect(m.pace.dueNs).toBe(nsAt(4120))
  })
})
