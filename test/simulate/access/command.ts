/** What can happen in a generated life, and how often; fast-check makes lives of it, and makes a failing one small. */
import fc from 'fast-check'

/** A gateway, or each of them. */
export type Whom = 0 | 1 | 2

export type Command =
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'unlock'; readonly at: 0 | 1; readonly booking: number; readonly token: number | undefined }
  | { readonly kind: 'resume' | 'image' | 'restore'; readonly at: 0 | 1 }
  | { readonly kind: 'end'; readonly at: 0 | 1; readonly by: 'tenant' | 'platform' }
  | {
      readonly kind: 'book'
      readonly to: Whom
      readonly booking: number
      readonly fromMs: number
      readonly lastsMs: number
      readonly pieces: number | undefined
      readonly minutes: number | undefined
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
  | { readonly kind: 'pause'; readonly at: 0 | 1; readonly forMs: number }
  | { readonly kind: 'clock'; readonly at: 0 | 1; readonly byMs: number }
  | {
      readonly kind: 'gate'
      readonly at: 0 | 1
      readonly which: 'ledgerProven' | 'timeTrusted' | 'diskOk' | 'offline'
      readonly forMs: number
    }
  | { readonly kind: 'maintenance'; readonly at: 0 | 1; readonly on: boolean }
  | { readonly kind: 'revoke'; readonly at: 0 | 1; readonly token: number }
  | { readonly kind: 'stop' | 'guard' | 'local' | 'fault' | 'power' | 'freeze'; readonly forMs: number }
  | { readonly kind: 'stranger'; readonly leaseMs: number }
  | { readonly kind: 'reboot' | 'reset' }
  | { readonly kind: 'operator'; readonly on: boolean }

export type Life = {
  readonly second: 'none' | 'rival' | 'clone'
  readonly policy: 'finish-cycle' | 'at-end' | 'owner-release'
  readonly acceptSigned: boolean
  readonly cycleMs: number
  /** It begins with an open session. */
  readonly opened: boolean
  readonly commands: readonly Command[]
}

/** Bookings a life knows; tokens are for one of them each. */
export const BOOKINGS = 4
export const TOKENS = 3
const DAY_MS = 86_400_000

const at = fc.constantFrom<0 | 1>(0, 0, 1)
const whom = fc.constantFrom<Whom>(2, 2, 0, 1)
const booking = fc.constantFrom(0, 0, 0, 1, 1, 2, 3)
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

const weighted: readonly (readonly [number, fc.Arbitrary<Command>])[] = [
  [26, record<Command>({ kind: one('pass'), ms: wait } as never)],
  [14, record({ kind: one('unlock'), at, booking, token: fc.option(token, { nil: undefined, freq: 2 }) } as never)],
  [6, record({ kind: one('resume'), at } as never)],
  [5, record({ kind: one('end'), at, by: fc.constantFrom('tenant', 'platform') } as never)],
  [
    7,
    record({
      kind: one('book'),
      to: whom,
      booking,
      fromMs: fc.constantFrom(-5000, 0, 0, 3000, 8000, 12_000, 30_000),
      lastsMs: fc.constantFrom(2000, 6000, 10_000, 20_000, 45_000),
      pieces: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined, freq: 4 }),
      minutes: fc.option(fc.constantFrom(0.05, 0.2), { nil: undefined, freq: 5 }),
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
  [
    6,
    record({
      kind: one('kill'),
      at,
      landed: fc.integer({ min: 0, max: 2 }),
      downMs: fc.oneof(short, span(10, 900), one(40_000)),
      host: fc.boolean(),
    } as never),
  ],
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
  [1, record({ kind: one('revoke'), at, token } as never)],
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

export const life: fc.Arbitrary<Life> = record<Life>({
  second: fc.constantFrom('none', 'rival', 'none', 'rival', 'clone'),
  policy: fc.constantFrom('finish-cycle', 'finish-cycle', 'at-end', 'owner-release'),
  acceptSigned: fc.boolean(),
  cycleMs: fc.constantFrom(700, 1500, 3000, 6000),
  opened: fc.boolean(),
  commands: fc.array(command, { minLength: 2, maxLength: 28, size: 'max' }),
})
