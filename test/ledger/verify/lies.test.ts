/**
 * Lies about units and sessions, signed by the holder of the key: each is found, under the code that names it.
 * Read next: lie-forms.test.ts (lies in the form of an entry), strict.test.ts, shop/lie.ts.
 */
import { describe, expect, it } from 'vitest'
import { type Alter, type Body, codes, day, edit, plus, type Row } from './shop/lie.ts'

describe('a lie that is signed', () => {
  it('is not in the day as it was', () => {
    expect(day((body) => body).faults).toEqual([])
  })

  it('is not in what a session says of itself; the facts tell it', () => {
    const verdict = day(
      edit('SessionEnded', (data) => {
        const [first] = data.use as unknown as Row[]
        Object.assign(data, { overrun: [first], override: true, failSafe: false })
      }),
    )
    expect(verdict.faults).toEqual([])
    const [told, plain] = verdict.facts.sessions
    expect(told).toMatchObject({ marks: ['override', 'not-fail-safe'], use: [{ overrun: told!.use[0]!.quantity }, {}] })
    expect(plain!.marks).toEqual([])
    expect(plain!.use[0]).not.toHaveProperty('overrun')
  })

  it.each<[string, Alter, string[]]>([
    [
      'more use than the meter made',
      edit('SessionEnded', ({ use }) => {
        ;(use as unknown as Row[])[0]!.quantity = plus((use as unknown as Row[])[0]!.quantity, 1000n)
      }),
      ['use-exceeds-meter'],
    ],
    [
      'use that others are named for',
      edit('SessionEnded', ({ use }) => {
        ;(use as unknown as Row[])[0]!.quantity = plus((use as unknown as Row[])[0]!.quantity, 10n)
      }),
      ['use-exceeds-meter'],
    ],
    [
      'less use than was booked by name',
      edit('SessionEnded', ({ use }) => {
        ;(use as unknown as Row[])[0]!.quantity = '0'
      }),
      ['use-below-named'],
    ],
    [
      'more overrun than use',
      edit('SessionEnded', (data) => {
        const [first] = data.use as unknown as Row[]
        data.overrun = [{ ...first!, quantity: plus(first!.quantity, 1n) }]
      }),
      ['overrun-exceeds-use'],
    ],
    [
      'overrun of a meter that was not used',
      edit('SessionEnded', (data) => {
        data.overrun = [{ meter: 'saw/other', unit: 'Wh', quantity: '1' }]
      }),
      ['overrun-exceeds-use'],
    ],
    [
      'use of a meter without an end reading',
      edit('SessionEnded', ({ use }) => {
        ;(use as unknown as Row[]).push({ meter: 'saw/other', unit: 'Wh', quantity: '5' })
      }),
      ['use-exceeds-meter'],
    ],
    [
      'other begin readings than at the unlock',
      edit('SessionEnded', ({ begin }) => {
        ;(begin as unknown as Row[])[0]!.total = '0'
      }),
      ['begin-differs'],
    ],
    [
      'an end below the begin',
      edit('SessionEnded', ({ end }) => {
        ;(end as unknown as Row[])[0]!.total = '0'
      }),
      ['total-fell', 'end-below-begin', 'counter-differs'],
    ],
    [
      'no confirmation',
      (body) => (body.kind === 'UnlockConfirmed' && body.machine === 'booth' ? undefined : body),
      ['session-unconfirmed'],
    ],
    [
      'no intent',
      (body) => (body.kind === 'UnlockIntended' && body.machine === 'booth' ? undefined : body),
      ['token-wrong', 'session-unconfirmed'],
    ],
    [
      'a token that does not rise',
      edit(
        'UnlockIntended',
        (data) => {
          data.token = '3'
        },
        2,
      ),
      ['token-wrong'],
    ],
    [
      'two sessions at once',
      (body) => (body.kind === 'SessionEnded' && body.machine === 'saw' ? undefined : body),
      ['session-overlap'],
    ],
    [
      'a session that ends twice',
      (body, all) =>
        body.kind === 'LockConfirmed' && body.seq > 30
          ? (all.find(({ kind }) => kind === 'SessionEnded') as Body)
          : body,
      [
        'session-doubled',
        'total-fell',
        'counter-differs',
        'session-overlap',
        'session-unconfirmed',
        'use-exceeds-meter',
      ],
    ],
    [
      'units that no counter shows',
      edit('MeterSampled', ({ meters }) => {
        ;(meters as unknown as Row[])[0]!.total = plus((meters as unknown as Row[])[0]!.total, 10n)
      }),
      ['counter-differs', 'accounts-differ', 'total-fell'],
    ],
    [
      'a counter that shows other units',
      edit('MeterSampled', ({ meters }) => {
        ;(meters as unknown as Row[])[0]!.raw = plus((meters as unknown as Row[])[0]!.raw, 1n)
      }),
      ['counter-differs'],
    ],
    [
      'accounts that do not add up',
      edit('MeterSampled', ({ meters }) => {
        const [point] = meters as unknown as { accounts: Row }[]
        point!.accounts.session = plus(point!.accounts.session, 1n)
      }),
      ['accounts-differ'],
    ],
    [
      'an epoch that begins unsaid',
      edit('MeterSampled', ({ meters }) => {
        ;(meters as unknown as { epoch: number }[])[0]!.epoch = 7
      }),
      ['epoch-wrong', 'counter-differs', 'accounts-differ'],
    ],
    [
      'a counter that changes its unit',
      edit('MeterSampled', ({ meters }) => {
        ;(meters as unknown as Row[])[0]!.unit = 'kWh'
      }),
      ['counter-differs'],
    ],
    [
      'a reading that is no number',
      edit('MeterSampled', ({ meters }) => void Object.assign((meters as unknown as Row[])[0]!, { total: '1e3' })),
      ['entry-malformed'],
    ],
    [
      'a session without an end reading',
      edit('SessionEnded', (data) => void delete data.end),
      ['entry-malformed', 'session-overlap'],
    ],
    [
      'an unknown kind',
      edit('LockConfirmed', (_data, body) => void Object.assign(body, { kind: 'SessionSplit' })),
      ['kind-unknown'],
    ],
    [
      'another version',
      edit('LockConfirmed', (_data, body) => void Object.assign(body, { v: 2 })),
      ['version-unknown'],
    ],
    [
      'another site',
      edit('LockConfirmed', (_data, body) => void Object.assign(body, { site: 'other' })),
      ['site-differs'],
    ],
    [
      'a clock without a state',
      edit('LockConfirmed', (_data, body) => void Object.assign(body, { clock: 'fine' })),
      ['entry-malformed'],
    ],
    [
      'a time of another form',
      edit('LockConfirmed', (_data, body) => void Object.assign(body, { at: '2026-03-02 06:00' })),
      ['entry-malformed'],
    ],
    [
      'a flag that is not one',
      edit('LockConfirmed', (_data, body) => void Object.assign(body, { simulated: false })),
      ['entry-malformed'],
    ],
  ])('%s', (_what, change, expected) => {
    const verdict = day(change)
    expect(verdict.ok).toBe(false)
    expect(codes(verdict)).toContain(expected[0])
    for (const code of codes(verdict)) expect(expected).toContain(code)
  })

  const meterless = (list: unknown) => (list as Row[]).splice(0, 1)
  const twice = (list: unknown) => (list as Row[]).unshift({ ...(list as Row[])[0]! })
  it.each<[string, Alter, string]>([
    [
      'units from before the unlock, by begin readings the intent does not have',
      (body) => {
        if (body.session?.endsWith('1') !== true || body.data.begin === undefined) return body
        if (body.kind === 'UnlockIntended') delete body.data.begin
        else (body.data.begin as unknown as Row[])[0]!.total = '0'
        return body
      },
      'begin-differs',
    ],
    [
      'all units ever, by no begin reading at all',
      (body) => {
        if (body.session?.endsWith('1') === true && body.data.begin !== undefined) meterless(body.data.begin)
        return body
      },
      'begin-differs',
    ],
    [
      'the same units twice, by an intent before the end of the session before',
      (body, all) => {
        // The second session on the saw says that it began where the first did.
        if (body.session?.endsWith('3') !== true || body.data.begin === undefined) return body
        const first = all.find((each) => each.kind === 'UnlockIntended' && each.session?.endsWith('1'))!
        return { ...body, data: { ...body.data, begin: first.data.begin! } }
      },
      'session-overlap',
    ],
    [
      'the same units twice, by two end readings of one meter',
      edit('SessionEnded', ({ end }) => void twice(end)),
      'use-exceeds-meter',
    ],
    [
      'units of another machine',
      (body, all) => {
        if (body.session?.endsWith('3') !== true) return body
        const other = all.find((each) => each.kind === 'UnlockIntended' && each.session?.endsWith('2'))!
        for (const list of [body.data.begin, body.data.end])
          if (list !== undefined) (list as unknown as Row[]).push((other.data.begin as unknown as Row[])[0]!)
        return body
      },
      'use-exceeds-meter',
    ],
    [
      'an unlock of another machine than was intended',
      edit('UnlockConfirmed', (_data, body) => void Object.assign(body, { machine: 'booth' })),
      'entry-malformed',
    ],
    [
      'an entry longer than one can be',
      edit('LockConfirmed', (data) => void Object.assign(data, { padding: 'x'.repeat(70_000) })),
      'entry-malformed',
    ],
  ])('that takes %s', (_what, change, expected) => {
    expect(codes(day(change))).toContain(expected)
  })
})
