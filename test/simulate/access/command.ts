/** What can happen in a generated life, and how often; fast-check makes lives of it, and makes a failing one small. */
import fc from 'fast-check'

/** A gateway, each of them, or nobody: the platform alone knows. */
export type Whom = 0 | 1 | 2 | 3

export type Command =
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'unlock'; readonly at: 0 | 1; readonly booking: number; readonly token: number | undefined }
  | { readonly kind: 'resume' | 'image' | 'restore' | 'override'; readonly at: 0 | 1 }
  | { readonly kind: 'end'; readonly at: 0 | 1; readonly by: 'tenant' | 'platform' | 'owner' | 'technician' }
  | {
      readonly kind: 'inspect'
      readonly at: 0 | 1
      readonly by: 'technician' | 'owner' | 'tenant'
      readonly booking: number
      readonly passed: boolean
    }
  | {
      readonly kind: 'block'
      readonly to: Whom
      readonly block: number
      readonly fromMs: number
      readonly lastsMs: number
    }
  | { readonly kind: 'unblock'; readonly to: Whom; readonly block: number }
  | {
      readonly kind: 'book'
      readonly to: Whom
      readonly booking: number
      readonly fromMs: number
      readonly lastsMs: number
      readonly pieces: number | undefined
      readonly minutes: number | undefined
      /** What is in its way is cancelled first. */
      readonly instead: boolean
    }
  | { readonly kind: 'cancel'; readonly to: Whom; readonly booking: number }
  | { readonly kind: 'move'; readonly to: Whom; readonly booking: number; readonly byMs: number }
  | {
      readonly kind: 'hurt'
      readonly at: Whom
      readonly what: 'cut' | 'silent' | 'interlock' | 'meter' | 'slow' | 'lateWrite' | 'disk'
      readonly forMs: number
      readonly amountMs: number
    }
  | {
      readonly kind: 'kill'
      readonly at: 0 | 1
      readonly landed: number
      readonly downMs: number
      readonly host: boolean
    }
  /** As by SIGTERM. */
  | { readonly kind: 'term'; readonly at: 0 | 1; readonly downMs: number }
  | { readonly kind: 'pause'; readonly at: 0 | 1; readonly forMs: number }
  | { readonly kind: 'clock'; readonly at: 0 | 1; readonly byMs: number }
  | {
      readonly kind: 'gate'
      readonly at: 0 | 1
      readonly which: 'ledgerProven' | 'timeTrusted' | 'diskOk' | 'offline'
      readonly forMs: number
    }
  | { readonly kind: 'maintenance'; readonly at: 0 | 1; readonly on: boolean }
  /** A list of what is taken back; `behind`: it is older than the last. */
  | {
      readonly kind: 'list'
      readonly to: Whom
      readonly bookings: readonly number[]
      readonly tokens: readonly number[]
      readonly behind: boolean
    }
  | { readonly kind: 'stop' | 'guard' | 'local' | 'fault' | 'power' | 'freeze'; readonly forMs: number }
  | { readonly kind: 'stranger'; readonly leaseMs: number }
  | { readonly kind: 'reboot' | 'reset' }
  | { readonly kind: 'operator'; readonly on: boolean }

export type Life = {
  readonly second: 'none' | 'rival' | 'clone'
  readonly policy: 'finish-cycle' | 'at-end' | 'owner-release'
  readonly acceptSigned: boolean
  readonly cycleMs: number
  /** What holds without contact to the platform. */
  readonly offline: {
    readonly policy: 'accept-signed' | 'known-only' | 'none'
    readonly caps: { readonly minutes?: number; readonly pieces?: number }
  }
  /** Tenants are refused when the revocation list is older. */
  readonly listMaxAgeMs: number | undefined
  readonly afterUse: { readonly cleanDownMs: number; readonly inspection: 'none' | 'required' }
  /** A maintenance window of a minute or two, twenty seconds after the begin. */
  readonly windowMinutes: number
  /** How long the first booking lasts. */
  readonly firstMs: number
  /** It begins with an open session. */
  readonly opened: boolean
  readonly commands: readonly Command[]
}

/** Bookings a life knows; tokens are for one of them each. */
export const BOOKINGS = 4
export const TOKENS = 3
/** In place of a booking: the one that holds now, by the list of the platform. */
export const HOLDS_NOW = 9
const DAY_MS = 86_400_000

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

/** Every kind there is. */
export const kinds = [
  'pass',
  'unlock',
  'resume',
  'image',
  'restore',
  'override',
  'end',
  'inspect',
  'block',
  'unblock',
  'book',
  'cancel',
  'move',
  'hurt',
  'kill',
  'term',
  'pause',
  'clock',
  'gate',
  'maintenance',
  'list',
  'stop',
  'guard',
  'local',
  'fault',
  'power',
  'freeze',
  'stranger',
  'reboot',
  'reset',
  'operator',
] as const satisfies readonly Command['kind'][]

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
    // held still for longer than a lease
    fc.tuple(
      record<Command>({ kind: one('pause'), at: one(0), forMs: span(5000, 7000) } as never),
      passing(6000, 9000),
    ),
    // taken back, before it was asked for and while it is
    fc.tuple(end, passing(400, 1500), unlockHere, list, passing(500, 4000)),
  )
  .map((parts) => (parts as (Command | Command[])[]).flat())

const commands = fc
  .array(fc.oneof({ weight: 16, arbitrary: command.map((item) => [item]) }, { weight: 1, arbitrary: scene }), {
    minLength: 2,
    maxLength: 26,
    size: 'max',
  })
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
