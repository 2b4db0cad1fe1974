/** The rules behind bench and books: how usage is added, what a technician is told, what an entry says. */
import { describe, expect, it, test } from 'vitest'
import { adviceOf, isReason, wayOf } from '../../../gateway/front/console/model/bench.ts'
import { type By, isDifference, signersOf, sums, totalsOf } from '../../../gateway/front/console/model/books.ts'
import { isLoud, sayEntry } from '../../../gateway/front/console/model/happened.ts'
import { daysAround, madeOf } from '../../../gateway/front/console/model/made.ts'
import { mondayOf, timesOf } from '../../../gateway/front/console/model/period.ts'
import type { Card, Entry, Meter, UsageLine } from '../../../gateway/front/console/model/wire.ts'
import { createWords } from '../../../gateway/front/console/words/words.ts'

const reading = (total: string) => ({ total, epoch: 1, at: '2026-11-27T08:00:00Z' })
const line = (machine: string, tenant: string, quantity: string, more: Partial<UsageLine> = {}): UsageLine => ({
  ...{ session: 's', machine, owner: 'huajian', booking: 'b', tenant, tenantRef: 't-1', status: 'ended' },
  ...{ meter: `${machine}/plc.energy`, unit: 'Wh', quantity, simulated: true },
  ...more,
})

describe('usage is added', () => {
  const lines = [line('saw', 'acme', '9007199254740993'), line('saw', 'zeta', '1'), line('mill', 'acme', '5')]

  it('without losing a unit, however large', () => {
    expect(totalsOf(lines, 'machine', 'UTC').map(({ of, quantity }) => [of, quantity])).toEqual([
      ['mill', '5'],
      ['saw', '9007199254740994'],
    ])
    expect(totalsOf(lines, 'tenant', 'UTC').map(({ of, quantity, meter }) => [of, quantity, meter])).toEqual([
      ['acme', '9007199254740998', undefined],
      ['zeta', '1', 'saw/plc.energy'],
    ])
  })

  it('and every line is behind exactly one total', () => {
    for (const by of sums) expect(totalsOf(lines, by, 'UTC').flatMap((total) => total.lines)).toHaveLength(lines.length)
  })

  it('by the day and month of the site on which each use began', () => {
    const late = { startedAt: '2026-11-30T23:30:00Z' }
    const days = [line('saw', 'acme', '5', late), line('mill', 'acme', '7', { startedAt: '2026-11-30T08:00:00Z' })]
    const of = (by: By, zone: string) => totalsOf(days, by, zone).map((total) => [total.of, total.quantity])
    expect(of('day', 'UTC')).toEqual([['2026-11-30', '12']])
    expect(of('day', 'Asia/Shanghai')).toEqual([
      ['2026-11-30', '7'],
      ['2026-12-01', '5'],
    ])
    expect(of('month', 'Asia/Shanghai').map(([month]) => month)).toEqual(['2026-11', '2026-12'])
  })

  it('and held against the two readings it came from', () => {
    expect(isDifference(line('saw', 'a', '5', { begin: reading('10'), end: reading('15') }))).toBe(true)
    expect(isDifference(line('saw', 'a', '6', { begin: reading('10'), end: reading('15') }))).toBe(false)
    expect(isDifference(line('saw', 'a', '5', { begin: reading('10') }))).toBeUndefined()
  })
})

describe('a period', () => {
  it('is whole days of the site, as long as they are', () => {
    expect(timesOf({ from: '2026-03-29', to: '2026-03-29' }, 'Europe/Berlin')).toEqual({
      from: '2026-03-28T23:00:00.000Z',
      to: '2026-03-29T22:00:00.000Z',
    })
    expect(timesOf({ from: '', to: '2026-02-30' }, 'UTC')).toEqual({})
  })

  it.each([
    ['2026-11-23', '2026-11-23'],
    ['2026-11-27', '2026-11-23'],
    ['2026-11-29', '2026-11-23'],
    ['2027-01-01', '2026-12-28'],
  ])('the week of %s begins on %s', (day, monday) => {
    expect(mondayOf(day)).toBe(monday)
  })
})

describe('what a meter has made', () => {
  const meter = { meter: 'saw/plc.energy', machine: 'saw', unit: 'Wh', total: '1050' } as Meter
  const day = (of: string, quantity: string, total: string, unit = 'Wh') => ({ day: of, quantity, total, unit })

  it('is what was recorded, and what it has counted since', () => {
    const days = [day('2026-11-20', '100', '700'), day('2026-11-24', '200', '900'), day('2026-11-27', '100', '1000')]
    expect(madeOf(meter, days, '2026-11-27')).toEqual({ today: '150', week: '350' })
    expect(madeOf(meter, days.slice(0, 2), '2026-11-27')).toEqual({ today: '150', week: '350' })
  })

  it('is not known without a reading, nor over another unit', () => {
    expect(madeOf(meter, [], '2026-11-27')).toBeUndefined()
    expect(madeOf(meter, [day('2026-11-27', '1', '1', 'pcs')], '2026-11-27')).toBeUndefined()
  })

  it('is asked for from far enough back', () => {
    expect(daysAround('2026-11-27')).toEqual({ from: '2026-11-09', to: '2026-11-27' })
  })
})

test('who signed a checkpoint is read from its lines', () => {
  const note = 'site/0011\n12\nAAAA\n\n— site/0011 abcd=\n— witness.example+1 efgh=\n'
  expect(signersOf(note)).toEqual(['site/0011', 'witness.example+1'])
})

test.each([
  ['connect ECONNREFUSED 10.1.0.20:502', 'refused'],
  ['no answer within 500 ms, repeatedly', 'timeout'],
  ['read ECONNRESET', 'reset'],
  ['getaddrinfo ENOTFOUND saw-plc', 'dns'],
  ['the server refuses our certificate', 'certificate'],
  ['something new', 'other'],
])('"%s" is advised as %s', (cause, advice) => {
  expect(adviceOf(cause)).toBe(advice)
})

describe('the way of a machine to its tenants', () => {
  const card = (state: string, access: string, drill: string): Card => ({
    machine: {
      ...{ id: 'saw', name: {}, owner: 'o', simulated: false, itemState: 'NotExecuting', mode: 'None', access },
      ...{ availability: { state, maxAgeMs: 1 }, failSafe: true, commissioning: { state: drill } },
    },
    ...{ kind: 'saw', maintenance: false, silent: 0 },
  })
  const meter = { counting: true } as Meter
  const done = (given: Card, meters: readonly Meter[]) =>
    wayOf(given, meters).flatMap(({ step, done: yes }) => (yes ? [step] : []))

  it('ends with tenants let in', () => {
    expect(done(card('Unknown', 'Unknown', 'never'), [])).toEqual(['state'])
    expect(done(card('Blocked', 'Locked', 'never'), [meter])).toEqual(['read', 'state', 'meters', 'lock'])
    expect(done(card('Available', 'Locked', 'commissioned'), [meter])).toHaveLength(6)
  })

  it('has no lock to show where there is none', () => {
    const { failSafe: _, ...machine } = card('Available', 'Unknown', 'never').machine
    const without = { ...card('Available', 'Unknown', 'never'), machine }
    expect(wayOf(without, [meter]).map(({ step }) => step)).toEqual(['read', 'state', 'meters'])
  })
})

test('a reason has 3 to 200 characters, whatever they are', () => {
  expect([isReason('  a '), isReason('喷嘴已更换'), isReason('x'.repeat(201)), isReason('🔧🔧')]).toEqual([
    false,
    true,
    false,
    false,
  ])
})

describe('what happened is said', () => {
  const words = createWords('en', 'UTC')
  const entry = (kind: string, data: Entry['data'] = {}): Entry => ({ seq: 1, kind, at: '', data })

  test.each([
    [entry('AvailabilityChanged', { to: 'Available' }), 'Now: Free', false],
    [
      entry('AvailabilityChanged', { to: 'Unknown', reason: 'link-down:saw/plc.on' }),
      'Now: Not known: Its link is down',
      false,
    ],
    [entry('AvailabilityChanged', { to: 'OutOfOrder', reason: 'fault' }), 'Now: Out of order: It has a fault', true],
    [entry('SessionSuspended', { reason: 'cut' }), 'The session was suspended: its link was cut', true],
    [
      entry('MeterChanged', { meter: 'saw/plc.parts', change: 'wrap' }),
      'Meter plc.parts: the counter began anew at its end',
      false,
    ],
    [entry('LinkLost', { link: 'bus' }), 'The link bus was lost', true],
    [entry('SomethingNewer'), 'SomethingNewer', false],
  ])('%#', (given, said, loud) => {
    expect([sayEntry(given, words), isLoud(given)]).toEqual([said, loud])
  })
})
