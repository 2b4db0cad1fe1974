/** Who gets a lease, who keeps it, and when it is over by itself. */
import { describe } from 'vitest'
import {
  badLease,
  busy,
  checkRows,
  enabled,
  finishing,
  key,
  locked,
  notLocked,
  type Row,
  revoke,
  tokenTooLow,
} from './lease-bench.ts'

const enabling: Row[] = [
  {
    rule: 'enables',
    when: (plc) => plc.enable(),
    shows: { state: enabled, acknowledged: 100, token: 1016, tag: 5, highest: 1016, leftMs: 5000, permission: true },
    edges: ['off power-up', 'on enable'],
  },
  {
    rule: 'shows 32-bit tokens and tags whole',
    when: (plc) => plc.enable({ token: 0xfedcba98, tag: 0x89abcdef }),
    shows: { token: 0xfedcba98, tag: 0x89abcdef, highest: 0xfedcba98 },
  },
  {
    rule: 'refuses a token equal to the highest',
    when: (plc) => plc.enable({ token: 1000 }),
    shows: { state: locked, reject: tokenTooLow },
  },
  {
    rule: 'refuses a token below the highest',
    when: (plc) => plc.enable({ token: 999 }),
    shows: { state: locked, reject: tokenTooLow },
  },
  {
    rule: 'refuses the token of a lease that is over',
    when: (plc) => plc.enable().write({ command: revoke }).enable(),
    shows: { state: locked, reject: tokenTooLow },
  },
  {
    rule: 'does not learn a highest token from a refused enable',
    when: (plc) => plc.enable({ token: 5000, echo: 1 }).enable(),
    shows: { state: enabled, highest: 1016 },
  },
  {
    rule: 'refuses a lease of 0',
    when: (plc) => plc.enable({ leaseMs: 0 }),
    shows: { state: locked, reject: badLease },
  },
  { rule: 'bounds the lease at 10 s', when: (plc) => plc.enable({ leaseMs: 60_000 }), shows: { leftMs: 10_000 } },
  {
    rule: 'bounds the lease at 10 s for heartbeats too',
    when: (plc) => plc.enable({ leaseMs: 60_000 }).after(9000).beat(1),
    shows: { leftMs: 10_000 },
  },
  {
    rule: 'refuses another token while enabled',
    when: (plc) => plc.enable().enable({ token: 1033 }),
    shows: { state: enabled, reject: busy, token: 1016, highest: 1016 },
  },
  {
    rule: 'refuses a second enable of the owner',
    when: (plc) => plc.enable().enable(),
    shows: { state: enabled, reject: notLocked },
  },
  {
    rule: "refuses the owner's token with another tag",
    when: (plc) => plc.enable().write({ command: revoke, tag: 6 }),
    shows: { state: enabled, reject: busy },
  },
  {
    rule: 'refuses an enable while a cycle finishes',
    when: (plc) => plc.enable().cycle(true).write({ command: revoke }).enable({ token: 1032 }),
    shows: { state: finishing, reject: busy, token: 1016 },
  },
  {
    rule: 'refuses an enable while a cycle without owner runs',
    when: (plc) => plc.set(key('local')).cycle(true).set(key('remote')).enable(),
    shows: { state: finishing, reject: notLocked },
  },
]

const renewing: Row[] = [
  {
    rule: 'renews with a changed heartbeat',
    when: (plc) => plc.enable().after(4000).beat(1).after(4000),
    shows: { state: enabled, leftMs: 1000 },
  },
  {
    rule: 'does not renew with the same heartbeat',
    when: (plc) => plc.enable().after(4000).beat(0),
    shows: { state: enabled, leftMs: 1000 },
    ignored: ['unchanged'],
  },
  {
    rule: 'does not renew twice with one heartbeat',
    when: (plc) => plc.enable().after(4000).beat(1).after(2000).beat(1),
    shows: { state: enabled, leftMs: 3000 },
    ignored: ['unchanged'],
  },
  {
    rule: 'does not renew with another word changed',
    when: (plc) => plc.enable().after(4000).beat(1, { leaseMs: 6000 }),
    shows: { leftMs: 1000 },
    ignored: ['old-seq'],
  },
  {
    rule: 'does not renew for another token',
    when: (plc) => plc.enable().after(4000).beat(1, { token: 1033 }),
    shows: { leftMs: 1000 },
    ignored: ['old-seq'],
  },
  {
    rule: 'does not renew for another tag',
    when: (plc) => plc.enable().after(4000).beat(1, { tag: 9 }),
    shows: { leftMs: 1000 },
    ignored: ['old-seq'],
  },
  {
    rule: 'does not renew with a torn block',
    when: (plc) => plc.enable().after(4000).beat(1, { tail: 1 }),
    shows: { leftMs: 1000 },
    ignored: ['torn'],
  },
  {
    rule: 'renews the owner after a rival was refused',
    when: (plc) => {
      plc.enable()
      const own = plc.last
      plc.enable({ token: 1033 }).after(4000)
      plc.last = own
      plc.beat(1)
    },
    shows: { leftMs: 5000, reject: busy, acknowledged: 101 },
  },
  {
    rule: 'does not renew for a refused rival',
    when: (plc) => plc.enable().enable({ token: 1033 }).after(4000).beat(1),
    shows: { leftMs: 1000, token: 1016 },
  },
  {
    rule: 'lives one millisecond before the lease ends',
    when: (plc) => plc.enable().after(4999),
    shows: { state: enabled, leftMs: 1, permission: true },
  },
  {
    rule: 'lapses at 0 and drops the permission at once',
    when: (plc) => plc.enable().after(5000),
    shows: { state: locked, leftMs: 0, token: 0, tag: 0, highest: 1016, permission: false },
    edges: ['off power-up', 'on enable', 'off lapse'],
  },
  {
    rule: 'lapses before a heartbeat which comes late, without a tick between',
    when: (plc) => {
      plc.enable()
      plc.atMs = 5000
      plc.beat(1)
    },
    shows: { state: locked, permission: false },
  },
  {
    rule: 'lapses before an enable of the next owner which comes late',
    when: (plc) => {
      plc.enable()
      const now = plc.lease.challenge
      plc.atMs = 5500
      plc.enable({ token: 1032, echo: now })
    },
    shows: { state: enabled, token: 1032 },
    edges: ['off power-up', 'on enable', 'off lapse', 'on enable'],
  },
  {
    rule: 'finishes a running cycle after a lapse, still named',
    when: (plc) => plc.enable().cycle(true).after(5000),
    shows: { state: finishing, token: 1016, leftMs: 0, permission: false },
  },
  {
    rule: 'is not brought back by a heartbeat after a lapse',
    when: (plc) => plc.enable().cycle(true).after(5000).beat(1),
    shows: { state: finishing, leftMs: 0, permission: false },
    ignored: ['lease-ended'],
  },
  {
    rule: 'locks when the cycle ends after a lapse',
    when: (plc) => plc.enable().cycle(true).after(5000).cycle(false),
    shows: { state: locked, token: 0, tag: 0, permission: false },
  },
]

describe('enable', () => checkRows(enabling))
describe('heartbeat and lapse', () => checkRows(renewing))
