/** What a revocation that came late has cost: from when its session's use is counted, and how much of it. */
import { describe, expect, it } from 'vitest'
import { followUse, lateRevocation, markRevoked } from '../../../../gateway/core/access/ending/revocation.ts'
import { newTurn } from '../../../../gateway/core/machine/turn.ts'
import type { MeterUse } from '../../../../gateway/core/meter/point.ts'
import type { Session, TrailPoint } from '../../../../gateway/core/session/session.ts'
import { BOOT, envAt, HOUR_MS, machine, NOW, nsAt, session } from '../../support.ts'

const MINUTE_MS = 60_000
const parts = (quantity: number): MeterUse[] => [{ meter: 'booth/plc.parts', unit: 'pcs', quantity: String(quantity) }]
/** What the session had used so many minutes after `NOW`. */
const pointAt = (minutes: number, quantity = 0, id = 's1'): TrailPoint => ({
  session: id,
  atMs: NOW.ms + minutes * MINUTE_MS,
  use: parts(quantity),
})

describe('the use of a session is followed', () => {
  it.each<[string, readonly TrailPoint[], readonly TrailPoint[], Session | undefined]>([
    ['from its first look', [], [pointAt(0, 9)], session({ use: parts(9) })],
    ['with a point per minute', [pointAt(-1, 4)], [pointAt(-1, 4), pointAt(0, 9)], session({ use: parts(9) })],
    ['and not sooner', [pointAt(-0.99, 4)], [pointAt(-0.99, 4)], session({ use: parts(9) })],
    ['also when the clock went back', [pointAt(1, 4)], [pointAt(1, 4), pointAt(0, 9)], session({ use: parts(9) })],
    ['without that of the session before', [pointAt(-1, 4, 's0')], [pointAt(0, 9)], session({ use: parts(9) })],
    ['not without a session', [pointAt(-1, 4)], [], undefined],
  ])('%s', (_name, before, after, open) => {
    expect(followUse(before, open, NOW.ms)).toEqual(after)
  })

  it('in no more than so many points: then every second one goes', () => {
    const full = Array.from({ length: 1024 }, (_, at) => pointAt(at - 1024))
    const thinned = followUse(full, session({ use: parts(0) }), NOW.ms)
    expect(thinned).toHaveLength(513)
    expect(thinned.slice(0, 2)).toEqual([full[0], full[2]])
  })
})

describe('a revocation is marked', () => {
  const began = NOW.ms - HOUR_MS / 2
  const trail = [pointAt(-20, 2), pointAt(-10, 5), pointAt(-5, 7)]
  it.each<[string, number, { atMs: number; countedFromMs: number; lateMs: number; use: MeterUse[] }]>([
    [
      'from the last known use before it',
      -7 * MINUTE_MS,
      { atMs: NOW.ms - 7 * MINUTE_MS, countedFromMs: NOW.ms - 10 * MINUTE_MS, lateMs: 7 * MINUTE_MS, use: parts(5) },
    ],
    [
      'from the begin of its session, when nothing is known from before it',
      -25 * MINUTE_MS,
      { atMs: NOW.ms - 25 * MINUTE_MS, countedFromMs: began, lateMs: 25 * MINUTE_MS, use: [] },
    ],
    [
      'from the begin of its session, when it is older than that',
      -HOUR_MS,
      { atMs: NOW.ms - HOUR_MS, countedFromMs: began, lateMs: HOUR_MS / 2, use: [] },
    ],
    [
      'as of now, when it is dated ahead',
      HOUR_MS,
      { atMs: NOW.ms, countedFromMs: NOW.ms - 5 * MINUTE_MS, lateMs: 0, use: parts(7) },
    ],
  ])('%s', (_name, ms, revoked) => {
    const m = machine({
      session: session(),
      pace: { startedNs: undefined, shutNs: undefined, trail, windows: undefined, dueNs: 0n },
    })
    const turn = newTurn(m, envAt())
    markRevoked(turn, NOW.ms + ms)
    expect(turn.m.session?.revoked).toEqual({
      ...revoked,
      learnedMs: NOW.ms,
      learnedNs: nsAt(0).toString(),
      bootId: BOOT,
    })
  })

  const revoked = { atMs: 1, countedFromMs: 1, use: [], lateMs: 0, learnedMs: 1, learnedNs: '1', bootId: BOOT }
  it.each<[string, Session | undefined]>([
    ['once', session({ revoked })],
    ['not of a session that is over', session({ status: 'ended' })],
    ['not without a session', undefined],
  ])('%s', (_name, open) => {
    const turn = newTurn(machine({ session: open }), envAt())
    markRevoked(turn, NOW.ms)
    expect(turn.effects).toEqual([])
  })
})

describe('at its end a revoked session', () => {
  const revoked = {
    atMs: NOW.ms - 9000,
    countedFromMs: NOW.ms - 10_000,
    use: parts(5),
    lateMs: 9000,
    learnedMs: NOW.ms,
    learnedNs: nsAt(0).toString(),
    bootId: BOOT,
  }
  it.each<[string, number, number, string]>([
    ['went on from when it was revoked', 2000, 2000, BOOT],
    ['went on by the wall clock over a boot of the host', 2000, 2000, 'old'],
    ['went on for no time when that clock went back', -2000, 0, 'old'],
  ])('%s', (_name, ms, goneOnMs, bootId) => {
    const open = session({
      revoked: { ...revoked, bootId, learnedNs: bootId === BOOT ? revoked.learnedNs : '7' },
      use: parts(8),
    })
    expect(lateRevocation(envAt(ms), open)).toEqual({
      revokedAtMs: NOW.ms - 9000,
      countedFromMs: NOW.ms - 10_000,
      ms: 9000 + goneOnMs,
      units: parts(3),
    })
  })

  it('has used all of a meter that had made nothing before', () => {
    expect(lateRevocation(envAt(), session({ revoked: { ...revoked, use: [] }, use: parts(8) }))?.units).toEqual(
      parts(8),
    )
  })

  it('is one only if it was revoked', () => {
    expect(lateRevocation(envAt(), session())).toBeUndefined()
  })
})
