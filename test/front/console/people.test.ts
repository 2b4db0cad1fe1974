/** The rules behind bench and books: how usage is added, what a technician is told, what an entry says. */
import { describe, expect, it, test } from 'vitest'
import { adviceOf, isReason, wayOf } from '../../../gateway/front/console/model/bench.ts'
import { type By, isDifference, signersOf, sums, totalsOf } from '../../../gateway/front/console/model/books.ts'
import { isLoud, sayEntry } from '../../../gateway/front/console/model/happened.ts'
import { daysAround, madeOf } from '../../../gateway/front/console/model/made.ts'
import { mondayOf, timesOf } from '../../../gateway/front/console/model/period.ts'
import { sayAnswer } from '../../../gateway/front/console/model/questions.ts'
import { elementText, noteText, splitText, whyText } from '../../../gateway/front/console/model/tariff.ts'
import type { Card, Entry, Meter, UsageLine } from '../../../gateway/front/console/model/wire.ts'
import type { Tariff, TariffElement, TariffNote } from '../../../gateway/front/console/model/wire-money.ts'
import type { Question } from '../../../gateway/front/console/model/wire-upkeep.ts'
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
    [entry('AvailabilityChanged', { to: 'Available' }), 'State: Free', false],
    [entry('AvailabilityChanged', { to: 'InUse', reason: 'session' }), 'State: In use', false],
    [
      entry('AvailabilityChanged', { to: 'Unknown', reason: 'link-down:saw/plc.on' }),
      'State: Not known. Its link is down',
      false,
    ],
    [entry('AvailabilityChanged', { to: 'OutOfOrder', reason: 'fault' }), 'State: Out of order. It has a fault', true],
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

describe('a tariff is read', () => {
  const [en, zh] = [createWords('en', 'Asia/Shanghai'), createWords('zh', 'Asia/Shanghai')]
  const night: TariffElement = {
    ...{ id: 'night', of: 'occupied', unit: 'ms', when: 'overrun', price: '0.50', per: '3600000', tax: 'service' },
    ...{ days: [0, 6], hours: { from: 1320, to: 360 }, above: '7200000', free: '600000', classes: ['inside'] },
  }
  const tariff = {
    ...{ currency: 'CNY', elements: [night], taxes: { service: '13' } },
    split: {
      parts: [
        { party: 'site', percent: '10' },
        { party: 'fund', fixed: '2' },
      ],
      remainder: 'owners',
    },
  } as unknown as Tariff

  it('with each condition of an element', () => {
    expect(elementText(night, tariff, en)).toBe(
      '0.50 CNY for each 1 h of time in use · after the grace · Sun, Sat · 22:00–06:00 · above 2 h · 10 min of it free · only for inside · tax service 13 %',
    )
    expect(elementText(night, tariff, zh)).toBe(
      '使用时间：每 1 小时 0.50 CNY · 宽限之后 · 周日、周六 · 22:00–06:00 · 超过 2 小时 的部分 · 其中 10 分钟 免费 · 仅限 inside · 税 service 13%',
    )
  })

  it.each([
    [{ of: 'energy', unit: 'Wh', per: '1000' }, '0.80 CNY for each 1 kWh of energy · tax service 13 %'],
    [{ of: 'flat', unit: 'use', per: '1' }, '0.80 CNY for each use · tax service 13 %'],
    [{ of: 'plc.strokes', per: '100' }, '0.80 CNY for each 100 of plc.strokes · tax service 13 %'],
  ])('by what it counts: %o', (counted, text) => {
    const element = { id: 'a', when: 'use', price: '0.80', tax: 'service', ...counted } as const
    expect(elementText(element, tariff, en)).toBe(text)
  })

  it.each<[TariffNote, string]>([
    [
      { kind: 'gap', element: 'night', day: 1, minute: 390, class: 'inside' },
      'Nothing matches time in use, so that it is free, for example: Mon 06:30, only for inside.',
    ],
    [
      { kind: 'overlap', element: 'night', other: 'day', day: 0, minute: 0, above: '3600000' },
      '“night” and “day” both match, and the first wins, for example: Sun 00:00, above 1 h.',
    ],
    [{ kind: 'unreachable', element: 'night' }, '“night” never wins: those before it match all it does.'],
  ])('with what is to be known of it: %o', (note, text) => {
    expect(noteText(note, tariff, en)).toBe(text)
  })

  it.each([
    ['no element matches: free', '没有符合的项目：免费'],
    ['always', '任何时候'],
    [
      'class inside or teaching, sat sun, 22:00-06:00, above 10',
      '仅限 inside、teaching · 周六、周日 · 22:00-06:00 · 超过 10 的部分',
    ],
  ])('with why an element made a line of a bill: %s', (why, text) => {
    expect(whyText(why, zh)).toBe(text)
  })

  it('with who gets what', () => {
    expect(splitText(tariff, en)).toBe('site 10 %, fund 2 CNY, the rest: owners')
  })
})

test.each([
  ['a choice by what people chose', 'left', 'clean', 'Clean', '干净'],
  ['a choice that is there no more by its id', 'left', 'oily', 'oily', 'oily'],
  ['yes in their language', 'empty', 'yes', 'Yes', '是'],
  ['words as they are', 'remark', 'yes', 'yes', 'yes'],
  ['a number with its unit', 'pressure', '4.5', '4.5 mbar', '4.5 mbar'],
])('an answer is read: %s', (_, question, answer, inEnglish, inChinese) => {
  const asked = [
    { id: 'left', answer: 'choice', choices: [{ id: 'clean', text: { en: 'Clean', zh: '干净' } }] },
    { id: 'empty', answer: 'yes-no' },
    { id: 'remark', answer: 'text' },
  ] as unknown as Question[]
  const said = { question, text: {}, answer, outside: false, ...(question === 'pressure' ? { unit: 'mbar' } : {}) }
  expect(sayAnswer(said, asked, createWords('en', 'UTC'))).toBe(inEnglish)
  expect(sayAnswer(said, asked, createWords('zh', 'UTC'))).toBe(inChinese)
})
