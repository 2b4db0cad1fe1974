/** The rules behind bench and books: how usage is added, what a technician is told, what an entry says. */
import { describe, expect, it, test } from 'vitest'
import { adviceOf, isReason, wayOf } from '../../../gateway/front/console/model/bench.ts'
import { isDifference, totalsOf } from '../../../gateway/front/console/model/books.ts'
import { isLoud, sayEntry } from '../../../gateway/front/console/model/happened.ts'
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
    expect(totalsOf(lines, 'machine').map(({ of, quantity }) => [of, quantity])).toEqual([
      ['mill', '5'],
      ['saw', '9007199254740994'],
    ])
    expect(totalsOf(lines, 'tenant').map(({ of, quantity, meter }) => [of, quantity, meter])).toEqual([
      ['acme', '9007199254740998', undefined],
      ['zeta', '1', 'saw/plc.energy'],
    ])
  })

  it('and every line is behind exactly one total', () => {
    for (const by of ['machine', 'tenant', 'owner'] as const)
      expect(totalsOf(lines, by).flatMap((total) => total.lines)).toHaveLength(lines.length)
  })

  it('and held against the two readings it came from', () => {
    expect(isDifference(line('saw', 'a', '5', { begin: reading('10'), end: reading('15') }))).toBe(true)
    expect(isDifference(line('saw', 'a', '6', { begin: reading('10'), end: reading('15') }))).toBe(false)
    expect(isDifference(line('saw', 'a', '5', { begin: reading('10') }))).toBeUndefined()
  })
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
