/** How often what happens in a generated life; fast-check makes lives of it, and makes a failing one small. */
import fc from 'fast-check'
import { START_MS } from './clocks.ts'
import { type Command, HOLDS_NOW, type Life, TOKENS, type Whom } from './command.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
/** What a dead battery leaves. */
const TO_2020_MS = Date.UTC(2020, 0, 1) - START_MS
const TO_1970_MS = -START_MS

const at = fc.constantFrom<0 | 1>(0, 0, 1)
const whom = fc.constantFrom<Whom>(2, 2, 0, 1)
const booking = fc.constantFrom(0, 0, 0, 1, 1, 2, 3)
const wanted = fc.constantFrom(HOLDS_NOW, HOLDS_NOW, HOLDS_NOW, 0, 1, 2, 3)
const token = fc.integer({ min: 0, max: TOKENS - 1 })
const span = (min: number, max: number) => fc.integer({ min, max }).map((ms) => Math.round(ms / 10) * 10)
const one = <T>(value: T) => fc.constant(value)
/** Around the times at which something is decided: a poll, a check, a lease, a confirmation, a challenge. */
const wait = fc.oneof(
  { weight: 3, arbitrary: span(10, 700) },
  { weight: 4, arbitrary: span(700, 4000) },
  { weight: 3, arbitrary: span(4000, 12_000) },
  { weight: 1, arbitrary: span(12_000, 40_000) },
)
const short = fc.oneof(span(50, 2500), span(2500, 9000))

function record<T extends object>(of: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(of) as unknown as fc.Arbitrary<T>
}

const maybeToken = fc.option(token, { nil: undefined, freq: 2 })
const unlock: fc.Arbitrary<Command> = record({ kind: one('unlock'), at, booking: wanted, token: maybeToken } as never)
const kill: fc.Arbitrary<Command> = record({
  kind: one('kill'),
  at,
  landed: fc.integer({ min: 0, max: 2 }),
  downMs: fc.oneof(short, span(10, 900), one(40_000)),
  host: fc.boolean(),
} as never)

/** An RTC in local time, a dead battery, a time source that comes late or is wrong. */
const wrong: fc.Arbitrary<Command> = record({
  kind: one('wrong'),
  at,
  byMs: fc.constantFrom(
    ...[HOUR_MS, 2 * HOUR_MS, 8 * HOUR_MS, DAY_MS, 400 * DAY_MS, 1800 * DAY_MS].flatMap((ms) => [ms, ms, -ms]),
    TO_2020_MS,
    TO_1970_MS,
  ),
  forMs: fc.oneof(short, short, span(10_000, 40_000)),
  boot: fc.boolean(),
} as never)

const weighted: readonly (readonly [number, fc.Arbitrary<Command>])[] = [
  [26, record<Command>({ kind: one('pass'), ms: wait } as never)],
  [14, unlock],
  [6, record({ kind: one('resume'), at } as never)],
  [
    5,
    record({
      kind: one('end'),
      at,
      by: fc.constantFrom('tenant', 'tenant', 'platform', 'platform', 'owner', 'technician'),
    } as never),
  ],
  [3, record({ kind: one('override'), at } as never)],
  [
    4,
    record({
      kind: one('inspect'),
      at,
      by: fc.constantFrom('technician', 'technician', 'owner', 'tenant'),
      booking,
      passed: fc.constantFrom(true, true, false),
    } as never),
  ],
  [
    2,
    record({
      kind: one('block'),
      to: whom,
      block: fc.constantFrom(0, 1),
      fromMs: fc.constantFrom(-1000, 0, 2000, 70_000),
      lastsMs: fc.constantFrom(3000, 8000, 30_000),
    } as never),
  ],
  [1, record({ kind: one('unblock'), to: whom, block: fc.constantFrom(0, 1) } as never)],
  [
    7,
    record({
      kind: one('book'),
      to: whom,
      booking,
      fromMs: fc.constantFrom(-5000, 0, 0, 3000, 8000, 12_000, 30_000),
      lastsMs: fc.constantFrom(2000, 6000, 10_000, 20_000, 45_000),
      pieces: fc.constantFrom(undefined, undefined, undefined, 1, 2, 4),
      minutes: fc.constantFrom(undefined, undefined, undefined, 0.05, 0.2),
      instead: fc.constantFrom(true, true, true, false),
    } as never),
  ],
  [3, record({ kind: one('cancel'), to: whom, booking } as never)],
  [
    3,
    record({
      kind: one('move'),
      to: whom,
      booking,
      byMs: fc.constantFrom(-60_000, -8000, -3000, 5000, 30_000),
    } as never),
  ],
  [
    9,
    record({
      kind: one('hurt'),
      at: whom,
      what: fc.constantFrom('cut', 'cut', 'silent', 'interlock', 'meter', 'slow', 'lateWrite', 'disk'),
      forMs: short,
      amountMs: fc.constantFrom(30, 300, 900, 2000, 7000),
    } as never),
  ],
  [6, kill],
  [3, record({ kind: one('term'), at, downMs: fc.oneof(span(10, 900), short, one(40_000)) } as never)],
  [3, record({ kind: one('pause'), at, forMs: short } as never)],
  [
    3,
    record({
      kind: one('clock'),
      at,
      byMs: fc.constantFrom(-DAY_MS, -30_000, -4000, 2000, 15_000, 90_000, DAY_MS),
    } as never),
  ],
  [3, wrong],
  [
    2,
    record({
      kind: one('gate'),
      at,
      which: fc.constantFrom('ledgerProven', 'timeTrusted', 'diskOk', 'offline'),
      forMs: short,
    } as never),
  ],
  [2, record({ kind: one('maintenance'), at, on: fc.boolean() } as never)],
  [
    2,
    record({
      kind: one('list'),
      to: whom,
      bookings: fc.constantFrom([], [], [0], [1], [0, 2]),
      tokens: fc.constantFrom([], [0], [0, 1, 2], [2]),
      behind: fc.constantFrom(false, false, false, true),
    } as never),
  ],
  [3, record({ kind: one('stop'), forMs: short } as never)],
  [1, record({ kind: one('guard'), forMs: short } as never)],
  [3, record({ kind: one('local'), forMs: short } as never)],
  [1, record({ kind: one('fault'), forMs: short } as never)],
  [2, record({ kind: one('power'), forMs: short } as never)],
  [4, record({ kind: one('freeze'), forMs: short } as never)],
  [3, record({ kind: one('stranger'), leaseMs: span(500, 10_000) } as never)],
  [2, record({ kind: one('reboot') } as never)],
  [1, record({ kind: one('reset') } as never)],
  [4, record({ kind: one('operator'), on: fc.boolean() } as never)],
  [1, record({ kind: one('image'), at } as never)],
  [1, record({ kind: one('restore'), at } as never)],
]

const command = fc.oneof(...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary })))

/* ── scenes: what alone comes about too seldom ── */

const passing = (min: number, max: number) => record<Command>({ kind: one('pass'), ms: span(min, max) } as never)
const end = record<Command>({
  kind: one('end'),
  at: one(0),
  by: fc.constantFrom('tenant', 'tenant', 'technician'),
} as never)
const offline = record<Command>({ kind: one('gate'), at: one(0), which: one('offline'), forMs: one(15_000) } as never)
const list = record<Command>({
  kind: one('list'),
  to: one(2),
  bookings: fc.constantFrom([], [0], [0, 1, 2, 3]),
  tokens: fc.constantFrom([], [0, 1, 2]),
  behind: one(false),
} as never)
/** The booking of another tenant, from now on; told to both gateways, or to nobody. */
const next = fc
  .record({ booking: fc.constantFrom(1, 2, 3), to: fc.constantFrom<Whom>(2, 3), lastsMs: span(6000, 30_000) })
  .map(({ booking, to, lastsMs }): Command[] => [
    { kind: 'cancel', to: 2, booking: 0 },
    { kind: 'book', to, booking, fromMs: -1000, lastsMs, pieces: undefined, minutes: undefined, instead: true },
  ])

const token0 = fc.constantFrom(undefined, 0 as const)
const unlockHere = record<Command>({ kind: one('unlock'), at: one(0), booking: one(HOLDS_NOW), token: token0 } as never)
const wrongHere = wrong.map((item): Command => ({ ...item, at: 0 }) as Command)
const killHere = kill.map((item): Command => ({ ...item, at: 0 }) as Command)
/** From a request to its answer it takes some 14 ms. */
const moment = record<Command>({ kind: one('pass'), ms: fc.integer({ min: 1, max: 16 }) } as never)
const slowDisk: fc.Arbitrary<Command> = one({ kind: 'hurt', at: 0, what: 'disk', forMs: 900, amountMs: 300 })
const silence: fc.Arbitrary<Command> = one({ kind: 'hurt', at: 0, what: 'silent', forMs: 9000, amountMs: 30 })
const release: fc.Arbitrary<Command> = one({ kind: 'end', at: 0, by: 'owner' })
const soon: fc.Arbitrary<Command> = one({ kind: 'block', to: 2, block: 0, fromMs: 2000, lastsMs: 8000 })

const scene: fc.Arbitrary<Command[]> = fc
  .oneof(
    // a crash between the request and its answer
    fc.tuple(end, passing(400, 2500), unlockHere, moment, killHere),
    fc.tuple(end, passing(400, 2500), slowDisk, unlockHere, passing(10, 300), killHere),
    // the answer of the machine never comes
    fc.tuple(end, passing(400, 2500), unlockHere, moment, silence, passing(8000, 12_000)),
    // the next tenant, who may come too early for what is done in between
    fc.tuple(end, passing(100, 1500), next, passing(10, 5000), unlock, passing(10, 3000), unlock),
    // without contact to the platform
    fc.tuple(offline, end, passing(400, 1500), unlock, passing(4000, 9000)),
    fc.tuple(offline, end, next, passing(400, 1500), unlock, passing(2000, 9000)),
    // by a token alone, and the owner blocks its time meanwhile
    fc.tuple(end, passing(400, 1500), next, unlockHere, soon, passing(500, 4000)),
    // what runs over is let go by a person
    fc.tuple(end, passing(5500, 9000), release, passing(500, 4000)),
    // the clock is wrong, and somebody comes once it is right
    fc.tuple(wrongHere, passing(3000, 30_000), unlock, passing(9000, 12_000), unlockHere, passing(2000, 4000)),
    // held still for longer than a lease
    fc.tuple(
      record<Command>({ kind: one('pause'), at: one(0), forMs: span(5000, 7000) } as never),
      passing(6000, 9000),
    ),
    // taken back, before it was asked for and while it is
    fc.tuple(end, passing(400, 1500), unlockHere, list, passing(500, 4000)),
  )
  .map((parts) => (parts as (Command | Command[])[]).flat())

/** A clock that is wrong for so long that it is believed. It takes long to play, and is seldom. */
const longScene: fc.Arbitrary<Command[]> = fc
  .tuple(
    fc.constantFrom<Command>(
      { kind: 'wrong', at: 0, byMs: 8 * HOUR_MS, forMs: 1_000_000, boot: false },
      { kind: 'wrong', at: 0, byMs: 2 * DAY_MS, forMs: 1_000_000, boot: true },
    ),
    next,
    passing(905_000, 1_010_000),
    unlockHere,
    passing(2000, 4000),
  )
  .map((parts) => (parts as (Command | Command[])[]).flat())

const commands = fc
  .array(
    fc.oneof(
      { weight: 400, arbitrary: command.map((item) => [item]) },
      { weight: 24, arbitrary: scene },
      { weight: 1, arbitrary: longScene },
    ),
    {
      minLength: 2,
      maxLength: 26,
      size: 'max',
    },
  )
  .map((parts) => parts.flat())

export const life: fc.Arbitrary<Life> = record<Life>({
  second: fc.constantFrom('none', 'rival', 'none', 'rival', 'clone'),
  policy: fc.constantFrom('finish-cycle', 'finish-cycle', 'at-end', 'owner-release'),
  acceptSigned: fc.boolean(),
  cycleMs: fc.constantFrom(700, 1500, 3000, 6000, 9000),
  offline: fc.record({
    policy: fc.constantFrom('accept-signed', 'known-only', 'none'),
    caps: fc.constantFrom({}, { minutes: 0.1 }, { pieces: 2 }),
  }) as fc.Arbitrary<Life['offline']>,
  listMaxAgeMs: fc.constantFrom(undefined, undefined, undefined, 6000),
  afterUse: fc.record({
    cleanDownMs: fc.constantFrom(0, 0, 0, 4000),
    inspection: fc.constantFrom('none', 'none', 'none', 'required'),
  }) as fc.Arbitrary<Life['afterUse']>,
  windowMinutes: fc.constantFrom(0, 0, 0, 0, 0, 0, 1),
  firstMs: fc.constantFrom(9000, 20_000, 60_000),
  opened: fc.boolean(),
  commands,
})
