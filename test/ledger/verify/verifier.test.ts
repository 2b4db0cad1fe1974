/** The verifier against logs of the core itself, against lies of whoever holds the key, and against itself. */
import { describe, expect, it } from 'vitest'
import { entryKinds, type JsonObject } from '../../../gateway/core/ground/entry.ts'
import { canonicalJson, parseCanonical } from '../../../gateway/ledger/evidence/canonical.ts'
import { openBundle } from '../../../gateway/ledger/verify/bundle-check.ts'
import { createContentDecoder } from '../../../gateway/ledger/verify/bytes/decode-content.ts'
import { newLines } from '../../../gateway/ledger/verify/bytes/lines.ts'
import { createScanner, scanEntry } from '../../../gateway/ledger/verify/bytes/scan-entry.ts'
import { isOpened, knownKinds } from '../../../gateway/ledger/verify/entry/kinds.ts'
import type { Verdict } from '../../../gateway/ledger/verify/verdict.ts'
import { verifyBundle, verifyReceipt } from '../../../gateway/ledger/verify/verifier.ts'
import { createLog, keyOf, type Log } from './shop/log.ts'
import { createShop } from './shop/shop.ts'
import { worldLog } from './shop/world-log.ts'

const SITE = 'hall'
const ORIGIN = 'hall/7c1e'
const key = keyOf('verifier', ORIGIN)
const KEYS = [key.vkey]

function check(log: Log, options = {}): Verdict {
  log.checkpoint([key.signer])
  return verifyBundle(log.bundle(), KEYS, options)
}
const codes = (verdict: Verdict) => [...new Set(verdict.faults.map(({ code }) => code))]
const without = (verdict: Verdict, code: string) => ({
  ...verdict,
  notes: verdict.notes.filter((note) => note.code !== code),
})

function shopOf(machines = ['saw']): { log: Log; shop: ReturnType<typeof createShop> } {
  const log = createLog(SITE, ORIGIN)
  const shop = createShop(log, { machines, accounts: true })
  shop.start()
  return { log, shop }
}

describe('a log of the core', () => {
  it.each(Array.from({ length: 12 }, (_, seed) => seed))('is good, whatever happened: world %i', (seed) => {
    const log = worldLog(seed + 1000, 40)
    const verdict = check(log)
    expect(verdict.faults).toEqual([])
    expect(verdict.notes.filter(({ code }) => code === 'field-unknown')).toEqual([])
    for (const { epochs, units, sessions, elsewhere } of verdict.facts.meters) {
      for (const { units: booked, counted } of epochs) expect(counted ?? booked).toBe(booked)
      expect(BigInt(sessions) + BigInt(elsewhere)).toBe(BigInt(units))
    }
    // The fast way and the slow way say the same of every entry.
    expect(without(verdictOf(log, true), 'not-opened')).toEqual(without(verdict, 'not-opened'))
  })

  function verdictOf(log: Log, thorough: boolean): Verdict {
    return verifyBundle(log.bundle(), KEYS, { thorough })
  }

  it('is read the fast way where it matters', () => {
    const read = createContentDecoder()
    const kinds = new Map<string, number>()
    const slow: string[] = []
    for (let seed = 1000; seed < 1006; seed++) {
      const scanner = createScanner(SITE)
      for (const [seq, body] of worldLog(seed, 40).bodies.entries()) {
        const lines = newLines(Buffer.byteLength(body))
        lines.bytes.set(Buffer.from(body))
        const seen = scanEntry(scanner, lines, 0, lines.bytes.length, seq)
        const { kind, data } = JSON.parse(body) as { kind: string; data: { late?: true } }
        expect(seen?.kind).toBe(kind)
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
        if (!['MeterSampled', 'SessionEnded', 'SessionFinishing', 'UnlockIntended', 'UnlockConfirmed'].includes(kind))
          continue
        if (!isOpened(kind) || data.late) continue
        if (read(kind, lines, scanner.dataAt, scanner.dataEnd) === undefined) slow.push(body)
      }
    }
    expect(slow).toEqual([])
    expect(kinds.get('SessionEnded')).toBeGreaterThan(2)
  })

  it('of all kinds the gateway writes is known', () => {
    expect([...knownKinds].sort()).toEqual([...entryKinds].sort())
  })
})

describe('a bundle', () => {
  it('may come in pieces of any size', () => {
    const { log, shop } = shopOf()
    shop.unlock('saw')
    shop.work('saw', 4)
    shop.end('saw')
    const verdict = check(log)
    const bytes = log.bundle()
    for (const size of [1, 7, 63, 4096]) {
      const stream = openBundle(KEYS)
      for (let at = 0; at < bytes.length; at += size) stream.push(bytes.subarray(at, at + size))
      expect(stream.entries).toBe(log.bodies.length)
      expect(stream.end()).toEqual(verdict)
    }
    expect(verdict.ok).toBe(true)
  })

  it.each<[string, Uint8Array, string]>([
    ['nothing', Buffer.from(''), 'format'],
    ['a text', Buffer.from('hello\n'), 'format'],
    ['a receipt', Buffer.from('{"format":"latchkey-receipt"}\n'), 'format'],
    ['a newer format', Buffer.from('{"format":"latchkey-evidence","origin":"a/b","site":"a","version":2}\n'), 'format'],
    ['bytes that are not UTF-8', Buffer.from([0xff, 0x0a]), 'format'],
    ['a line without end', Buffer.alloc(3_000_000, 0x61), 'line-malformed'],
    [
      'a header alone',
      Buffer.from('{"format":"latchkey-evidence","origin":"a/b","site":"a","version":1}\n'),
      'truncated',
    ],
  ])('of %s is no evidence', (_what, bytes, code) => {
    const verdict = verifyBundle(bytes, KEYS)
    expect(verdict.ok).toBe(false)
    expect(codes(verdict)).toContain(code)
  })

  it('with letters of any language in it is read', () => {
    const { log, shop } = shopOf()
    shop.record('MaintenanceStarted', { by: '王师傅', reason: '更换锯片 "🪚"\n' }, 'saw')
    expect(check(log).faults).toEqual([])
    expect(check(log, { thorough: true }).faults).toEqual([])
  })

  it('with faults beyond number names a hundred, and counts the rest', () => {
    const { log, shop } = shopOf()
    for (let times = 0; times < 300; times++) shop.record('LinkLost', { link: 'plc', cause: 'timeout' })
    log.checkpoint([key.signer])
    const [header, , ...rest] = log.bundleLines()
    const verdict = verifyBundle(Buffer.from([header, ...rest].join('')), KEYS)
    expect(verdict.faults).toHaveLength(100)
    expect(verdict.moreFaults).toBeGreaterThan(150)
  })
})

/** What no gateway may write, written and signed by one all the same. */
describe('a lie that is signed', () => {
  type Body = {
    kind: string
    seq: number
    session?: string
    machine?: string
    data: Record<string, JsonObject[string]>
  }
  /** A day with two sessions; `change` may alter each entry before it is hashed. */
  function day(change: (body: Body, all: Body[]) => Body | undefined): Verdict {
    const { log, shop } = shopOf(['saw', 'booth'])
    for (const machine of ['saw', 'booth', 'saw']) {
      shop.work(machine, 3)
      shop.unlock(machine)
      shop.work(machine, 6)
      shop.sample(machine)
      shop.gap(machine, 3n, 'session')
      shop.gap(machine, 2n, 'disputed')
      shop.end(machine)
    }
    const all = log.bodies.map((body) => JSON.parse(body) as Body)
    const lie = createLog(SITE, ORIGIN)
    for (const body of all) {
      const changed = change(structuredClone(body), all)
      if (changed !== undefined) lie.appendBody(canonicalJson({ ...changed, seq: lie.bodies.length }))
    }
    const verdict = check(lie)
    expect(codes(verifyBundle(lie.bundle(), KEYS, { thorough: true }))).toEqual(codes(verdict))
    return verdict
  }
  const edit = (kind: string, alter: (data: Body['data'], body: Body) => void, only = 0) => {
    let seen = 0
    return (body: Body): Body => {
      if (body.kind === kind && seen++ === only) alter(body.data, body)
      return body
    }
  }
  const plus = (value: unknown, by: bigint) => String(BigInt(value as string) + by)
  type Row = Record<string, string>

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

  it.each<[string, (body: Body, all: Body[]) => Body | undefined, string[]]>([
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
  it.each<[string, (body: Body, all: Body[]) => Body | undefined, string]>([
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

  it('in names that are no JSON is found without parsing every entry', () => {
    for (const [from, to] of [
      ['"machine":"saw"', '"machine":"saw\\"'],
      ['"machine":"saw"', '"machine":"s\tw"'],
    ] as const) {
      const { log, shop } = shopOf()
      shop.sample('saw')
      log.appendBody(log.bodies.pop()!.replace(from, to))
      const lie = createLog(SITE, ORIGIN)
      for (const body of log.bodies) lie.appendBody(body)
      expect(codes(check(lie))).toEqual(['entry-malformed'])
    }
  })

  it('in names that are not ASCII moves the time of the log on all the same', () => {
    const { log, shop } = shopOf(['锯'])
    shop.pass(60_000)
    shop.sample('锯')
    const verdict = check(log)
    expect(verdict.faults).toEqual([])
    expect(verdict.facts.lastAt).toBe((JSON.parse(log.bodies.at(-1)!) as { at: string }).at)
  })

  it('in an entry nested without end is a fault, not a crash', () => {
    const { log } = shopOf()
    const depth = 30_000
    const body = log.bodies.at(-1)!.replace('"data":{', `"data":{"a":${'['.repeat(depth)}${']'.repeat(depth)},`)
    log.appendBody(body.replace(/"seq":\d+/, `"seq":${log.bodies.length}`))
    expect(codes(check(log, { thorough: true }))).toEqual(['entry-malformed'])
  })

  it('in a correction that leaves units where they are, or moves those of another unit, is found', () => {
    const lies: ((adjust: Row) => void)[] = [
      (adjust) => Object.assign(adjust, { to: 'session' }),
      (adjust) => Object.assign(adjust, { unit: 'MWh' }),
      (adjust) => Object.assign(adjust, { meter: 'saw/plc.nothing' }),
    ]
    for (const alter of lies) {
      const { log, shop } = shopOf()
      const session = shop.unlock('saw')
      shop.work('saw', 5)
      shop.end('saw')
      shop.correct('saw', session, log.bodies.length - 1, 'saw/energy.energy', '10')
      const lie = createLog(SITE, ORIGIN)
      for (const text of log.bodies) {
        const body = JSON.parse(text) as Body
        if (body.kind === 'Correction') alter((body.data.adjust as unknown as Row[])[0]!)
        lie.appendBody(canonicalJson(body))
      }
      expect(codes(check(lie))).toEqual(['correction-wrong'])
    }
  })

  it('a correction that gives back more than there was', () => {
    const { log, shop } = shopOf()
    const session = shop.unlock('saw')
    shop.work('saw', 5)
    shop.end('saw')
    const original = log.bodies.length - 1
    shop.correct('saw', session, original, 'saw/energy.energy', '10')
    expect(check(log).faults).toEqual([])
    expect(check(log).facts.meters[0]).toMatchObject({ meter: 'saw/energy.energy', corrected: '-10' })
    shop.correct('saw', session, original, 'saw/energy.energy', '99999')
    expect(codes(check(log))).toEqual(['correction-wrong'])
  })

  it('a field or a text beyond what is known is told, and refused where it is not canonical', () => {
    const { log, shop } = shopOf()
    shop.record('GatewayStopped', { reason: 'x' })
    const body = log.bodies.at(-1)!
    const at = log.bodies.length
    const next = body.replace(/"seq":\d+/, `"seq":${at}`)
    log.appendBody(next.replace('"v":1}', '"v":1,"zone":"x"}'))
    expect(check(log)).toMatchObject({
      ok: true,
      notes: expect.arrayContaining([expect.objectContaining({ code: 'field-unknown' })]),
    })
    for (const odd of [
      next.replace(`"seq":${at}`, `"seq":${at + 1} `),
      next.replace(`"seq":${at}`, `"seq":0${at + 1}`),
      next.replace('"data":', '"data": '),
      `${next.slice(0, -1)},"a":1}`,
    ]) {
      const lie = createLog(SITE, ORIGIN)
      for (const each of log.bodies) lie.appendBody(each)
      lie.appendBody(odd)
      expect(codes(check(lie, { thorough: true }))).toEqual(['entry-malformed'])
    }
  })

  it('a wall clock that goes back is no fault', () => {
    const { log, shop } = shopOf()
    shop.pass(-60_000)
    shop.record('ClockChanged', { stepMs: -60_000, state: 'informative' })
    expect(check(log)).toMatchObject({
      ok: true,
      notes: expect.arrayContaining([expect.objectContaining({ code: 'clock-back' })]),
    })
  })
})

describe('a receipt', () => {
  const { log, shop } = shopOf()
  const session = shop.unlock('saw')
  shop.work('saw', 5)
  shop.end('saw')
  log.checkpoint([key.signer])
  const receipt = log.receipt(session)

  it('says what the session used, and of what it is part', () => {
    const verdict = verifyReceipt(receipt, KEYS)
    expect(verdict).toMatchObject({ ok: true, kind: 'receipt', faults: [] })
    expect(verdict.facts).toMatchObject({
      origin: ORIGIN,
      identity: [{ version: '1.4.0' }, { configurationId: expect.any(String) }],
      sessions: [{ session, machine: 'saw', simulated: false, shares: [{ owner: 'huajian' }, { owner: 'lin-co' }] }],
      checkpoints: [{ size: log.bodies.length }],
    })
  })

  it('is checked in milliseconds', () => {
    verifyReceipt(receipt, KEYS)
    const began = performance.now()
    for (let times = 0; times < 10; times++) verifyReceipt(receipt, KEYS)
    expect((performance.now() - began) / 10).toBeLessThan(100)
  })

  it('in a bundle must be of it', () => {
    log.receipt(session, true)
    expect(verifyBundle(log.bundle(), KEYS).faults).toEqual([])
    const other = shopOf()
    const foreign = other.shop.unlock('saw')
    other.shop.work('saw', 9)
    other.shop.end('saw')
    other.log.checkpoint([key.signer])
    const lines = log.bundleLines()
    lines[lines.length - 2] = `{"receipt":${other.log.receipt(foreign).trimEnd()}}\n`
    expect(codes(verifyBundle(Buffer.from(lines.join('')), KEYS))).toContain('receipt-differs')
  })
})

describe('canonical JSON', () => {
  it('is what RFC 8785 says, and nothing else is taken', () => {
    // RFC 8785 §3.2.3 and §3.2.2.3, shortened.
    const value = {
      '\u20ac': 'Euro',
      '\r': 'CR',
      '1': 'One',
      '\ud83d\ude00': 'Smiley',
      '\u0080': 'Control',
      ö: 1e21,
      '10': 0.002,
      '9': -0,
    }
    const text =
      '{"\\r":"CR","1":"One","10":0.002,"9":0,"\u0080":"Control","ö":1e+21,"€":"Euro","\ud83d\ude00":"Smiley"}'
    expect(canonicalJson(value)).toBe(text)
    expect(parseCanonical(text).kind).toBe('ok')
    for (const odd of [
      '{"b":1,"a":2}',
      '{"a":1,"a":1}',
      '{"a":1.0}',
      '{ "a":1}',
      '{"a":"\\u0061"}',
      '[1]',
      '1',
      'null',
      '',
      '{"a":1}\n',
      '{"a":9007199254740993}',
    ])
      expect(parseCanonical(odd).kind, odd).toBe('refused')
  })
})
