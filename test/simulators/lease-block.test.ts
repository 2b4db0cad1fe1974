/** Which blocks of the lease a PLC looks at, and how its challenge lives. */
import { describe, expect, test } from 'vitest'
import {
  Bench,
  badCommand,
  badVersion,
  challenge,
  checkRows,
  enabled,
  local,
  locked,
  noCommand,
  none,
  type Row,
  revoke,
} from './lease-bench.ts'

const powerAndChallenge: Row[] = [
  {
    rule: 'powers up locked, one boot more, the highest token kept',
    when: () => {},
    shows: { bootId: 8, state: locked, token: 0, highest: 1000, leftMs: 0, permission: false, mode: 1, safetyOk: 1 },
    edges: ['off power-up'],
  },
  {
    rule: 'takes any first sequence after power-up',
    when: (plc) => plc.enable({ head: 0 }),
    shows: { state: enabled, acknowledged: 0 },
  },
  {
    rule: 'keeps the challenge for 3 s',
    when: (plc) => plc.after(2999).enable({ echo: plc.challenges[0]! }),
    shows: { state: enabled },
  },
  {
    rule: 'takes the previous challenge',
    when: (plc) => plc.after(3000).enable({ echo: plc.challenges[0]! }),
    shows: { state: enabled },
  },
  {
    rule: 'forgets a challenge when it has changed twice',
    when: (plc) => plc.after(6000).enable({ echo: plc.challenges[0]! }),
    shows: { state: locked, reject: challenge },
  },
  {
    rule: 'forgets both challenges in a long pause without ticks',
    when: (plc) => {
      const old = plc.lease.challenge
      plc.atMs = 60_000
      plc.enable({ echo: old })
    },
    shows: { state: locked, reject: challenge },
  },
  {
    rule: 'refuses an echo of 0 while there is no previous challenge',
    when: (plc) => plc.enable({ echo: 0 }),
    shows: { state: locked, reject: challenge },
  },
  {
    rule: 'refuses a made-up challenge',
    when: (plc) => plc.enable({ echo: plc.lease.challenge ^ 1 }),
    shows: { state: locked, reject: challenge, highest: 1000 },
  },
  {
    rule: 'kills the used challenge with an accepted enable',
    when: (plc) => plc.enable().write({ command: revoke }).enable({ token: 1032, echo: plc.challenges[0]! }),
    shows: { state: locked, reject: challenge },
  },
  {
    rule: 'kills the previous challenge with an accepted enable',
    when: (plc) =>
      plc.after(3000).enable().write({ command: revoke }).enable({ token: 1032, echo: plc.challenges[0]! }),
    shows: { state: locked, reject: challenge },
  },
  {
    rule: 'keeps the new challenge for 3 s after an enable',
    when: (plc) =>
      plc
        .after(2900)
        .enable()
        .after(2999)
        .beat(1)
        .after(3000)
        .write({ command: revoke })
        .enable({ token: 1032, echo: plc.challenges[1]! }),
    shows: { state: enabled, token: 1032 },
  },
  {
    rule: 'is locked again after 3 s without a new challenge of its own being lost',
    when: (plc) =>
      plc.enable().write({ command: revoke }).after(3000).enable({ token: 1032, echo: plc.challenges[1]! }),
    shows: { state: enabled },
  },
]

const blocks: Row[] = [
  {
    rule: 'ignores a block whose head and tail differ',
    when: (plc) => plc.enable({ tail: 7 }),
    shows: { state: locked, acknowledged: 0, reject: none },
    ignored: ['torn'],
  },
  {
    rule: 'ignores a sequence equal to the last',
    when: (plc) => plc.enable({ echo: 1 }).enable({ head: 100 }),
    shows: { state: locked, reject: challenge },
    ignored: ['old-seq'],
  },
  {
    rule: 'ignores a sequence older than the last',
    when: (plc) => plc.enable({ echo: 1 }).enable({ head: 99 }),
    shows: { state: locked },
    ignored: ['old-seq'],
  },
  {
    rule: 'takes a sequence 32767 ahead',
    when: (plc) => plc.enable({ echo: 1 }).enable({ head: 100 + 32767 }),
    shows: { state: enabled, acknowledged: 32867 },
  },
  {
    rule: 'ignores a sequence 32768 ahead',
    when: (plc) => plc.enable({ echo: 1 }).enable({ head: 100 + 32768 }),
    shows: { state: locked, acknowledged: 100 },
    ignored: ['old-seq'],
  },
  {
    rule: 'takes sequence 0 after 65535',
    when: (plc) => plc.enable({ head: 65535, echo: 1 }).enable({ head: 0 }),
    shows: { state: enabled, acknowledged: 0 },
  },
  {
    rule: 'refuses an unknown version',
    when: (plc) => plc.enable({ version: 2 }),
    shows: { state: locked, reject: badVersion, acknowledged: 100 },
  },
  {
    rule: 'refuses an unknown command',
    when: (plc) => plc.write({ command: 4 }),
    shows: { state: locked, reject: badCommand },
  },
  {
    rule: 'acknowledges `none` without doing anything',
    when: (plc) => plc.write({ command: noCommand }),
    shows: { state: locked, acknowledged: 100, reject: none },
  },
  {
    rule: 'forgets the last reason with the next accepted block',
    when: (plc) => plc.enable({ echo: 1 }).enable(),
    shows: { state: enabled, reject: none, acknowledged: 101 },
  },
]

describe('power-up and challenge', () => checkRows(powerAndChallenge))
describe('blocks and sequences', () => checkRows(blocks))

describe('a PLC', () => {
  test('asks for memory before it grants anything', () => {
    const plc = new Bench()
    plc.enable()
    const kinds = plc.effects.map(({ kind }) => kind)
    expect(kinds).toEqual(['retain', 'permission', 'accepted', 'retain', 'permission'])
    expect(plc.effects[3]).toEqual({ kind: 'retain', retained: { bootId: 8, highestToken: 1016 } })
  })

  test('changes its challenge every 3 s, never to 0 and never to one it just had', () => {
    const plc = new Bench()
    const times = 300_000
    for (let time = 0; time < times; time += 1) plc.after(3000)
    const wrong = plc.challenges.filter((value, index) => {
      const before = plc.challenges.slice(Math.max(0, index - 2), index)
      return value < 1 || value > 65535 || before.includes(value)
    })
    expect(plc.challenges).toHaveLength(times + 1)
    expect(wrong).toEqual([])
  })

  test('keeps the rhythm of its challenge over a pause', () => {
    const plc = new Bench()
    plc.after(10_500)
    const shown = plc.lease.challenge
    expect(plc.after(1499).lease.challenge).toBe(shown)
    expect(plc.after(1).lease.challenge).not.toBe(shown)
  })

  test('is local after power-up when the key is', () => {
    const plc = new Bench('local')
    expect(plc.shown()).toMatchObject({ state: local, permission: true, token: 0 })
    expect(plc.edges()).toEqual(['on power-up'])
  })
})
