/** What is believed of the wall clock: rows of what it showed, and what that was worth. */
import { describe, expect, it } from 'vitest'
import {
  BELIEVE_MS,
  BOOT_MS,
  clockState,
  firstWall,
  type KnownTime,
  leastMs,
  observeWall,
  passedMs,
} from '../../../gateway/core/ground/wall.ts'

const T0 = Date.UTC(2026, 0, 5, 8)
const SECOND = 1000
const MINUTE = 60_000
const HOUR = 3_600_000
const DAY = 24 * HOUR
const YEAR = 365 * DAY
const BELIEVE = BELIEVE_MS + 1000

/** The newest entry is of T0; the host has booted since, a minute later. */
const booted: KnownTime = { floorMs: T0, newest: { wallMs: T0, monoNs: '0', bootId: 'before' } }
/** The same boot goes on: the process alone was started anew. */
const goesOn: KnownTime = { floorMs: T0, newest: { wallMs: T0, monoNs: '0', bootId: 'now' } }
const nothing: KnownTime = {}

/** The true time is T0 and what has passed since; the clock is off by `offMs` for `forMs`, look by look. */
function live(known: KnownTime, offs: readonly (readonly [offMs: number, forMs: number])[]) {
  let atMs = MINUTE
  const look = (offMs: number) => ({ ms: T0 + atMs + offMs, ns: BigInt(atMs) * 1_000_000n })
  let now = look(offs[0]![0])
  let wall = firstWall(known, now, 'now')
  const states = [clockState(wall, now)]
  let mostMs = Number.NEGATIVE_INFINITY
  for (const [offMs, forMs] of offs) {
    for (const endMs = atMs + forMs; atMs < endMs; atMs += SECOND) {
      now = look(offMs)
      wall = observeWall(wall, now)
      if (states.at(-1) !== clockState(wall, now)) states.push(clockState(wall, now))
      mostMs = Math.max(mostMs, passedMs(wall, now) - T0 - atMs)
    }
  }
  return {
    states,
    mostMs,
    offMs: passedMs(wall, now) - T0 - (atMs - SECOND),
    leastOffMs: leastMs(wall, now) - now.ms,
    wall,
    now,
  }
}

describe('a clock that was wrong for a while is as if it had been right once it is', () => {
  it.each<[string, KnownTime, readonly (readonly [number, number])[], string[]]>([
    [
      '2 h ahead while it runs',
      goesOn,
      [
        [0, 60_000],
        [2 * HOUR, 25_000],
        [0, 60_000],
      ],
      ['synchronised', 'informative', 'synchronised'],
    ],
    [
      '2 h behind while it runs',
      goesOn,
      [
        [0, 60_000],
        [-2 * HOUR, 25_000],
        [0, 60_000],
      ],
      ['synchronised', 'relative', 'synchronised'],
    ],
    [
      '2 h behind while nothing has confirmed it yet',
      nothing,
      [
        [0, 60_000],
        [-2 * HOUR, 25_000],
        [0, 60_000],
      ],
      ['synchronised'],
    ],
    [
      '400 d ahead for 10 s',
      goesOn,
      [
        [0, 60_000],
        [400 * DAY, 10_000],
        [0, 60_000],
      ],
      ['synchronised', 'informative', 'synchronised'],
    ],
    [
      '8 h ahead at boot, an RTC in local time',
      booted,
      [
        [8 * HOUR, 20_000],
        [0, 60_000],
      ],
      ['informative', 'synchronised'],
    ],
    [
      'a day ahead at boot',
      booted,
      [
        [DAY, 20_000],
        [0, 60_000],
      ],
      ['informative', 'synchronised'],
    ],
    [
      '5 years ahead at boot',
      booted,
      [
        [5 * YEAR, 20_000],
        [0, 60_000],
      ],
      ['informative', 'synchronised'],
    ],
    [
      '5 years ahead while it runs',
      goesOn,
      [
        [0, 60_000],
        [5 * YEAR, 25_000],
        [0, 60_000],
      ],
      ['synchronised', 'informative', 'synchronised'],
    ],
    [
      '8 h ahead when the process starts anew',
      goesOn,
      [
        [8 * HOUR, 20_000],
        [0, 60_000],
      ],
      ['informative', 'synchronised'],
    ],
    [
      '1970 at boot, a dead battery',
      booted,
      [
        [-56 * YEAR, 60_000],
        [0, 60_000],
      ],
      ['relative', 'synchronised'],
    ],
    [
      '2020 at boot, a dead battery',
      booted,
      [
        [-6 * YEAR, 60_000],
        [0, 60_000],
      ],
      ['relative', 'synchronised'],
    ],
    [
      '1970 on the first start of all',
      nothing,
      [
        [-56 * YEAR, 60_000],
        [0, 60_000],
      ],
      ['relative', 'synchronised'],
    ],
    [
      'a day ahead on the first start of all',
      nothing,
      [
        [DAY, 20_000],
        [0, 60_000],
      ],
      ['synchronised'],
    ],
    [
      'from behind to ahead, then right',
      booted,
      [
        [-6 * YEAR, 20_000],
        [8 * HOUR, 20_000],
        [0, 60_000],
      ],
      ['relative', 'informative', 'synchronised'],
    ],
    [
      'ahead by turns',
      goesOn,
      [
        [HOUR, 300_000],
        [2 * HOUR, 600_000],
        [HOUR, 600_000],
        [0, 60_000],
      ],
      ['informative', 'synchronised'],
    ],
    [
      'ahead for an hour, then for two, each believed',
      goesOn,
      [
        [0, 60_000],
        [HOUR, BELIEVE],
        [2 * HOUR, BELIEVE],
        [0, 60_000],
      ],
      ['synchronised', 'informative', 'synchronised', 'informative', 'synchronised'],
    ],
    [
      'two weeks behind, as a saved time of an older boot has it',
      booted,
      [
        [-14 * DAY, 600_000],
        [0, 60_000],
      ],
      ['relative', 'synchronised'],
    ],
    [
      'ten minutes behind, as the time that was saved at the shutdown has it',
      { floorMs: T0 - 10 * MINUTE },
      [
        [-10 * MINUTE, 40_000],
        [0, BELIEVE + 2000],
      ],
      ['synchronised', 'informative', 'synchronised'],
    ],
    [
      'in 1970, then where it was saved, then where it was built, then right',
      booted,
      [
        [-56 * YEAR, 5000],
        [-2 * DAY, 20_000],
        [-70 * DAY, 20_000],
        [0, 60_000],
      ],
      ['relative', 'synchronised'],
    ],
    [
      'two years ahead, then nineteen behind, as an external clock has it that was never set',
      booted,
      [
        [2 * YEAR, 5000],
        [-19 * YEAR, 20_000],
        [0, 60_000],
      ],
      ['informative', 'relative', 'synchronised'],
    ],
    [
      'ahead for so long that it was believed',
      goesOn,
      [
        [0, 60_000],
        [8 * HOUR, 2 * BELIEVE],
        [0, 60_000],
      ],
      ['synchronised', 'informative', 'synchronised'],
    ],
    [
      'ahead after a boot until it was believed',
      booted,
      [
        [8 * HOUR, 2 * BELIEVE],
        [0, 60_000],
      ],
      ['informative', 'synchronised'],
    ],
  ])('%s', (_name, known, offs, states) => {
    const lived = live(known, offs)
    expect(lived.states).toEqual(states)
    expect(lived.offMs).toBe(0)
    expect(lived.wall.floorMs).toBeLessThanOrEqual(lived.now.ms)
  })
})

describe('time that is not believed', () => {
  it.each<[string, KnownTime, readonly (readonly [number, number])[]]>([
    [
      'while it runs',
      goesOn,
      [
        [0, 60_000],
        [2 * HOUR, BELIEVE - 3000],
      ],
    ],
    ['at boot', booted, [[8 * HOUR, BELIEVE - 3000]]],
    ['that keeps jumping', goesOn, [HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR].map((off) => [off, BELIEVE - 3000] as const)],
  ])('brings nothing to its end: ahead %s', (_name, known, offs) => {
    const { mostMs, wall } = live(known, offs)
    expect(mostMs).toBeLessThanOrEqual(0)
    expect(wall.floorMs).toBeLessThan(T0 + 2 * HOUR)
  })

  it('is believed once it has stayed, and can be taken back for a day', () => {
    const { offMs, leastOffMs } = live(goesOn, [[2 * HOUR, BELIEVE + 2000]])
    expect([offMs, leastOffMs]).toEqual([2 * HOUR, -2 * HOUR])
    const later = live(goesOn, [[2 * HOUR, DAY + 2 * BELIEVE]])
    expect([later.offMs, later.leastOffMs]).toEqual([2 * HOUR, 0])
  })
})

describe('a clock that is really wrong', () => {
  it('is not trusted for as long as it is below the floor', () => {
    expect(
      live(goesOn, [
        [0, 60_000],
        [-30 * DAY, 12 * HOUR],
      ]).states,
    ).toEqual(['synchronised', 'relative'])
    expect(live({ floorMs: T0 }, [[-2 * HOUR, 60_000]]).states).toEqual(['relative'])
  })

  it('may still be right below the floor: a person can say so, and until then nothing is dropped for good', () => {
    const { offMs, leastOffMs } = live({ floorMs: T0 + 2 * DAY }, [[0, 60_000]])
    expect([offMs > DAY, leastOffMs]).toEqual([true, 0])
  })

  it('is not trusted before any gateway existed, whatever the ledger says', () => {
    expect(live({}, [[Date.UTC(1970, 0, 2) - T0, 60_000]]).states).toEqual(['relative'])
  })
})

it('after a boot a clock is believed at once that is ahead by no more than a boot takes', () => {
  expect(live(booted, [[BOOT_MS - 2 * MINUTE, 2000]]).states).toEqual(['synchronised'])
  expect(live(booted, [[BOOT_MS, 2000]]).states).toEqual(['informative'])
})
