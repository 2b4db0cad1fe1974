/** What the roll-up makes of messages and answers, without a broker or a database. */
import { describe, expect, it } from 'vitest'
import { examples } from '../../gateway/reference/examples.ts'
import { addFact, addLost, addPlan, emptyBatch } from '../../simulators/rollup/batch.ts'
import { createChains } from '../../simulators/rollup/chains.ts'
import type { EventFact } from '../../simulators/rollup/fact.ts'
import { readCalendar, readMachines, readMessage } from '../../simulators/rollup/read.ts'

const given = examples().payloads as Readonly<Record<string, { site: string; machine?: string }>>
const AT = '2026-11-27T14:00:00.000Z'
const LATER = '2026-11-27T16:00:00.000Z'

describe('a message of a gateway', () => {
  it.each(['about', 'availability', 'event'])('%s, as the reference shows it, is understood', (name) => {
    const { site, machine, ...more } = given[name]!
    const of = machine === undefined ? site : `${site}/${machine}`
    const topic = `latchkey/v1/${of}/${name === 'event' ? 'events' : name}`
    const example = { site, machine, ...more }
    expect(readMessage(topic, JSON.stringify(example))).toMatchObject({
      site,
      ...(machine !== undefined && { machine }),
    })
  })

  it.each([
    ['status', 0],
    ['status-3', 3],
  ])('the heartbeat on %s', (last, gateway) => {
    const text = JSON.stringify({ site: 'one', online: true, at: LATER, asOf: AT })
    expect(readMessage(`latchkey/v1/one/${last}`, text)).toEqual({
      ...{ fact: 'beat', site: 'one', gateway, online: true, ageMs: 2 * 3_600_000 },
    })
  })

  it('an emptied topic: the machine has left', () => {
    expect(readMessage('latchkey/v1/one/m1/about', '')).toEqual({ fact: 'gone', site: 'one', machine: 'm1' })
  })

  const state = { site: 'one', machine: 'm1', state: 'Available', asOf: AT, maxAgeMs: 15_000 }
  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['of another site', JSON.stringify({ ...state, site: 'two' })],
    ['of another machine', JSON.stringify({ ...state, machine: 'm2' })],
    ['a state that is none', JSON.stringify({ ...state, state: 'available' })],
    ['an age that is none', JSON.stringify({ ...state, maxAgeMs: '15' })],
  ])('%s is nothing', (_, payload) => {
    expect(readMessage('latchkey/v1/one/m1/availability', payload)).toBeUndefined()
  })

  it('what PostgreSQL would refuse is left out', () => {
    const text = JSON.stringify({ ...state, reason: 'a\0b\ud800', freeAt: '2026-02-30T00:00:00.000Z', asOf: 'soon' })
    expect(readMessage('latchkey/v1/one/m1/availability', text)).toEqual({
      ...{ fact: 'state', site: 'one', machine: 'm1' },
      state: { state: 'Available', maxAgeMs: 15_000, reason: 'ab\ufffd' },
    })
  })

  it.each([
    `latchkey/v1/one/status/x`,
    'latchkey/v1/One/status',
    'latchkey/v2/one/status',
    'latchkey/v1/one/checkpoint',
  ])('%s is no topic of ours', (topic) => {
    expect(readMessage(topic, JSON.stringify({ site: 'one', online: true }))).toBeUndefined()
  })
})

describe('an answer of a gateway', () => {
  it('free from the begin of the calendar is free since ever, whatever its clock says', () => {
    const slot = (startFrom: string, endBefore: string) => ({ startFrom, endBefore })
    const calendar = { from: AT, availableTimeslots: [slot(AT, LATER), slot(LATER, '2026-11-28T00:00:00.000Z')] }
    expect(readCalendar(calendar)).toBe(`{[,${LATER}),[${LATER},2026-11-28T00:00:00.000Z)}`)
    expect(readCalendar({ from: AT, availableTimeslots: [] })).toBe('{}')
  })

  it('a slot that ends before it begins makes the calendar none', () => {
    expect(readCalendar({ from: AT, availableTimeslots: [{ startFrom: LATER, endBefore: AT }] })).toBeUndefined()
  })

  it('machines: a description and a state of each, and nothing of what has no id', () => {
    const machines = [{ id: 'm1', kind: 'saw', availability: { state: 'InUse', maxAgeMs: 3000 } }, { id: '../x' }, 7]
    expect(readMachines('one', 0, { machines })?.map(({ fact, machine }) => [fact, machine])).toEqual([
      ['about', 'm1'],
      ['state', 'm1'],
    ])
  })
})

describe('the chain of a machine', () => {
  const event = (seq: number, prevSeq: number | null, what = 'MeterSampled'): EventFact => ({
    ...{ fact: 'event', site: 'one', machine: 'm1', seq, prevSeq, what },
  })
  it.each([
    ['the next one changes nothing', [event(5, 4), event(7, 5)], 'nothing'],
    ['a booking changes the plan', [event(5, 4), event(7, 5, 'BookingPut')], 'changed'],
    ['a hole may hide anything', [event(5, 4), event(9, 7)], 'changed'],
    ['one that came before says nothing', [event(5, 4), event(5, 4, 'BookingPut')], 'nothing'],
    ['an older one neither', [event(5, 4), event(4, 3, 'BookingPut')], 'nothing'],
    ['the first of another log begins anew', [event(5, 4), event(2, null)], 'begun'],
    ['after which the old sequences do not count', [event(5, 4), event(2, null), event(3, 2, 'BlockPut')], 'changed'],
  ])('%s', (_, events, meaning) => {
    const chains = createChains()
    expect(events.map((each) => chains.hear('one/m1', each)).at(-1)).toBe(meaning)
  })
})

describe('what waits to be written', () => {
  it('is of each machine the newest, and a plan of an older event is passed over', () => {
    const batch = emptyBatch()
    for (const state of ['Available', 'InUse'])
      addFact(batch, { fact: 'state', site: 'one', machine: 'm1', state: { state, maxAgeMs: 1 } }, 0)
    addPlan(batch, 'one', 'm1', { seq: 7, free: null })
    addPlan(batch, 'one', 'm1', { seq: 6, free: '{(,)}' })
    expect([...batch.machines.values()]).toEqual([
      { site: 'one', machine: 'm1', state: { state: 'InUse', maxAgeMs: 1 }, plan: { seq: 7, free: null } },
    ])
    addPlan(batch, 'one', 'm1', { seq: 0, free: null, begins: true })
    addPlan(batch, 'one', 'm1', { seq: 1, free: '{(,)}' })
    expect(batch.machines.get('one/m1')?.plan).toEqual({ seq: 1, free: '{(,)}', begins: true })
  })

  it('a gateway that was away stays so until it is written', () => {
    const batch = emptyBatch()
    const beat = { fact: 'beat', site: 'one', gateway: 0, online: true, ageMs: 20 } as const
    addFact(batch, beat, 1_000)
    addLost(batch, 'one', 0)
    addFact(batch, beat, 2_000)
    expect([...batch.gateways.values()]).toEqual([
      { site: 'one', gateway: 0, online: true, freshMs: 1_980, lost: true },
    ])
  })
})
