/** The simulated fleet speaks as gateways do, and its judge knows what an answer must and may be. */
import { describe, expect, it } from 'vitest'
import { machineSchema } from '../../gateway/front/api/machines/machine-body.ts'
import { entries } from '../../gateway/reference/entries.ts'
import { createChance } from '../../simulators/fleet/chance.ts'
import {
  type Asked,
  type GatewayHistory,
  type MachineHistory,
  mayName,
  mustName,
} from '../../simulators/fleet/history.ts'
import { calendarBody, machinesBody } from '../../simulators/fleet/payloads.ts'
import { become, birth, farewell, live, newSite, started, will } from '../../simulators/fleet/site.ts'
import { faultIn, holdPayload } from '../support/described.ts'

const PACES = { heartbeatMs: 1_000, repeatMs: 10_000, changeMs: 2_000, planMs: 2_000 }
const NOW = Date.parse('2026-11-27T14:00:00.000Z')
const PLACE = { kind: 'panel-saw', latitude: 48.1, longitude: 11.6 }

describe('what a simulated gateway says', () => {
  const chance = createChance(7)
  const site = newSite('site-1', [PLACE, PLACE], 0, chance, PACES, NOW)
  started(site, NOW)
  become(site, 'there', NOW)
  const said = [will(site), ...birth(site, PACES, NOW), farewell(site, NOW)]
  for (let ms = 0; ms < 60_000; ms += 100) said.push(...live(site, PACES, chance, NOW + ms))

  it('is as the protocol describes it, message by message', () => {
    const kinds = new Set<string>()
    for (const { topic, payload } of said) {
      const [name = ''] = topic.split('/').slice(-1)
      holdPayload(name === 'events' ? 'event' : (name as 'status'), payload)
      const { kind, data } = JSON.parse(payload) as { kind: keyof typeof entries; data: unknown }
      kinds.add(name === 'events' ? kind : name)
      if (name === 'events') expect(faultIn(entries[kind].data, data)).toBeUndefined()
    }
    expect([...kinds].sort()).toEqual(
      'AvailabilityChanged BookingCancelled BookingPut GatewayStarted about availability status'.split(' '),
    )
  })

  it('is a chain of events for each machine', () => {
    const last = new Map<string, number | null>()
    for (const { topic, payload } of new Set(said.filter(({ topic }) => topic.endsWith('/events')))) {
      const { seq, prevSeq } = JSON.parse(payload) as { seq: number; prevSeq: number | null }
      expect(prevSeq).toBe(last.get(topic) ?? null)
      last.set(topic, seq)
    }
    expect(last.size).toBe(3)
  })

  it('is what its API answers, and the calendar leaves out what is booked', () => {
    const { machine } = site.machines[0]!
    const [answer] = (machinesBody([machine], NOW) as { machines: unknown[] }).machines
    expect(faultIn(machineSchema, answer)).toBeUndefined()
    const { availableTimeslots: slots } = calendarBody(machine, NOW) as { availableTimeslots: { startFrom: string }[] }
    expect(machine.bookings.length).toBeGreaterThan(0)
    for (const { fromMs } of machine.bookings)
      expect(slots.every(({ startFrom }) => Date.parse(startFrom) !== fromMs)).toBe(true)
  })
})

describe('what an answer must and may name', () => {
  const there: GatewayHistory = [{ atMs: 0, presence: 'there' }]
  const span = { state: 'Available', plan: 0, bookings: [] } as const
  const free: MachineHistory = [{ ...span, atMs: 0 }]
  const now: Asked = { sinceMs: 100_000, untilMs: 100_010, lastMs: 3_600_000, delayMs: 2_000, silenceMs: 17_000 }
  const changed = (agoMs: number, later: Partial<MachineHistory[number]>): MachineHistory => [
    ...free,
    { ...span, ...later, atMs: now.sinceMs - agoMs },
  ]
  const away = (agoMs: number, presence: 'gone' | 'silent'): GatewayHistory => [
    ...there,
    { atMs: now.sinceMs - agoMs, presence },
  ]
  const booking = { fromMs: now.sinceMs + 1_800_000, untilMs: now.sinceMs + 7_200_000 }

  it.each([
    ['free for long', free, there, {}, true, true],
    ['in use for long', changed(5_000, { state: 'InUse' }), there, {}, false, false],
    ['in use since just now', changed(500, { state: 'InUse' }), there, {}, false, true],
    ['booked within the hour', changed(5_000, { plan: 1, bookings: [booking] }), there, {}, false, false],
    ['booked just now, for another time', changed(500, { plan: 1 }), there, {}, false, true],
    ['in use now, free later', changed(5_000, { state: 'InUse' }), there, { fromMs: 9e6 }, true, true],
    ['booked later', changed(5_000, { plan: 1, bookings: [booking] }), there, { fromMs: booking.fromMs }, false, false],
    ['gone just now', free, away(500, 'gone'), {}, false, true],
    ['gone for long', free, away(5_000, 'gone'), {}, false, false],
    ['silent, and not yet noticed', free, away(5_000, 'silent'), {}, false, true],
    ['silent for long', free, away(20_000, 'silent'), {}, false, false],
  ] as const)('%s', (_, machine, gateway, more, must, may) => {
    const asked = { ...now, ...more }
    expect([mustName([...machine], [...gateway], asked), mayName([...machine], [...gateway], asked)]).toEqual([
      must,
      may,
    ])
  })

  it('what a gateway was before it went silent may be said, whatever its machine did since', () => {
    const machine = changed(5_000, { state: 'InUse' })
    expect(mayName(machine, away(8_000, 'silent'), now)).toBe(true)
    expect(mayName(machine, [...away(8_000, 'silent'), { atMs: now.sinceMs - 500, presence: 'there' }], now)).toBe(true)
    expect(mayName(machine, [...away(8_000, 'silent'), { atMs: now.sinceMs - 3_000, presence: 'there' }], now)).toBe(
      false,
    )
  })
})
