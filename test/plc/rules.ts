/**
 * The rules of the lease block as data: what is done to a PLC, and what it must show after it. Written from the
 * description alone (gateway/README.md, simulators/README.md), and asked of every PLC there is: rules.test.ts.
 */
import type { Act, PlcUnderTest } from './plc-under-test.ts'

/** A block as somebody writes it; what is left out is what a gateway that keeps the rules would write. */
type Written = {
  readonly command?: number
  readonly token?: number
  readonly tag?: number
  readonly lease?: number
  readonly heartbeat?: number
  readonly version?: number
  /** `current`, the one before it, the one that was current at the last `remember`, or a number. */
  readonly challenge?: 'current' | 'remembered' | number
  /** Steps ahead of the acknowledged sequence; 1. */
  readonly ahead?: number
  /** The sequence itself. */
  readonly seq?: number
  /** The tail, if it is not the head. */
  readonly tail?: number
}
export type Deed =
  | { readonly write: Written }
  /** The last block again; with another word 9, a heartbeat. */
  | { readonly again: { readonly heartbeat?: number; readonly token?: number } }
  | { readonly wait: number }
  | { readonly remember: 'challenge' }
  | { readonly act: Act }

export type Shows = {
  readonly state?: number
  readonly reject?: number
  readonly token?: number
  readonly tag?: number
  readonly highest?: number
  readonly permits?: boolean
  readonly left?: 'some' | 0
  readonly safety?: number
  readonly mode?: number
  readonly boot?: number
  readonly acknowledged?: 'last' | 'not-last'
}
export type Rule = { readonly rule: string; readonly deeds: readonly Deed[]; readonly shows: Shows }

const LOCKED = { state: 0, permits: false } as const
const enable = (over: Written = {}): Deed => ({ write: { command: 1, ...over } })
const finish: Deed = { write: { command: 2 } }
const revoke: Deed = { write: { command: 3 } }
const wait = (ms: number): Deed => ({ wait: ms })
const act = (given: Act): Deed => ({ act: given })
const cycle = (running: boolean) => act({ kind: 'cycle', running })
const beats = (count: number): Deed[] =>
  Array.from({ length: count }, (_, index): Deed[] => [wait(1000), { again: { heartbeat: index + 1 } }]).flat()

export const rules: readonly Rule[] = [
  { rule: 'after power-up it is locked, with no lease', deeds: [], shows: { ...LOCKED, left: 0, token: 0, boot: 1 } },
  {
    rule: 'an enable as it must be is accepted',
    deeds: [enable()],
    shows: { state: 1, reject: 0, token: 16, tag: 7, highest: 16, permits: true, left: 'some', acknowledged: 'last' },
  },
  { rule: 'a torn block is ignored', deeds: [enable({ tail: 9 })], shows: { ...LOCKED, acknowledged: 'not-last' } },
  { rule: 'another version is refused', deeds: [enable({ version: 2 })], shows: { ...LOCKED, reject: 1 } },
  {
    rule: 'a command that is not known is refused',
    deeds: [{ write: { command: 4 } }],
    shows: { ...LOCKED, reject: 10 },
  },
  { rule: 'a lease of 0 is refused', deeds: [enable({ lease: 0 })], shows: { ...LOCKED, reject: 8, highest: 0 } },
  { rule: 'the token 0 is refused', deeds: [enable({ token: 0 })], shows: { ...LOCKED, reject: 3 } },
  {
    rule: 'a token that is not above the highest is refused',
    deeds: [enable({ token: 32 }), { write: { command: 3, token: 32 } }, enable({ token: 32 })],
    shows: { ...LOCKED, reject: 3, highest: 32 },
  },
  { rule: 'the challenge 0 is refused', deeds: [enable({ challenge: 0 })], shows: { ...LOCKED, reject: 4 } },
  {
    rule: 'a refused enable does not raise the highest token',
    deeds: [enable({ token: 64, challenge: 0 })],
    shows: { ...LOCKED, reject: 4, highest: 0 },
  },
  {
    rule: 'the challenge before is accepted',
    deeds: [{ remember: 'challenge' }, wait(3000), enable({ challenge: 'remembered' })],
    shows: { state: 1, reject: 0, permits: true },
  },
  {
    rule: 'an enable that comes two changes late is refused',
    deeds: [{ remember: 'challenge' }, wait(6100), enable({ challenge: 'remembered' })],
    shows: { ...LOCKED, reject: 4 },
  },
  {
    rule: 'an accepted enable uses up its challenge',
    deeds: [{ remember: 'challenge' }, enable(), revoke, enable({ token: 32, challenge: 'remembered' })],
    shows: { ...LOCKED, reject: 4 },
  },
  { rule: 'the same enable again is ignored', deeds: [enable(), revoke, enable({ token: 32, seq: 1 })], shows: LOCKED },
  {
    rule: 'an old sequence is ignored',
    deeds: [enable(), { write: { command: 3, ahead: 0 } }],
    shows: { state: 1, permits: true },
  },
  {
    rule: 'a sequence half the circle ahead is old',
    deeds: [enable(), { write: { command: 3, ahead: 32_768 } }],
    shows: { state: 1, permits: true },
  },
  {
    rule: 'a sequence just short of half the circle is new, also over its end',
    deeds: [enable({ seq: 65_000 }), { write: { command: 3, ahead: 32_767 } }],
    shows: { ...LOCKED, reject: 0 },
  },
  {
    rule: 'a stranger’s enable is refused: busy',
    deeds: [enable(), enable({ token: 32, tag: 8 })],
    shows: { state: 1, reject: 5, token: 16, highest: 16, permits: true },
  },
  {
    rule: 'a stranger’s revoke is refused: busy',
    deeds: [enable(), { write: { command: 3, token: 32 } }],
    shows: { state: 1, reject: 5, permits: true },
  },
  {
    rule: 'the owner’s token under another tag is a stranger’s',
    deeds: [enable(), { write: { command: 3, tag: 8 } }],
    shows: { state: 1, reject: 5, permits: true },
  },
  { rule: 'revoke of a machine nobody holds is refused', deeds: [revoke], shows: { ...LOCKED, reject: 5 } },
  {
    rule: 'the owner’s second enable is refused: not locked',
    deeds: [enable(), enable({ token: 16 })],
    shows: { state: 1, reject: 2, permits: true },
  },
  { rule: 'without a heartbeat it lapses', deeds: [enable(), wait(5100)], shows: { ...LOCKED, left: 0, token: 0 } },
  { rule: 'just before that it is enabled', deeds: [enable(), wait(4800)], shows: { state: 1, permits: true } },
  {
    rule: 'heartbeats keep it for longer than the lease',
    deeds: [enable(), ...beats(8)],
    shows: { state: 1, permits: true, left: 'some' },
  },
  {
    rule: 'a heartbeat that stands still renews nothing',
    deeds: [enable(), wait(2500), { again: {} }, wait(2600)],
    shows: LOCKED,
  },
  {
    rule: 'a heartbeat after the lapse renews nothing',
    deeds: [enable(), wait(5100), { again: { heartbeat: 9 } }],
    shows: LOCKED,
  },
  {
    rule: 'a heartbeat of another token renews nothing',
    deeds: [enable(), wait(2500), { again: { heartbeat: 3, token: 15 } }, wait(2600)],
    shows: LOCKED,
  },
  {
    rule: 'a lease is bounded at 10 s',
    deeds: [enable({ lease: 60_000 }), wait(10_100)],
    shows: LOCKED,
  },
  { rule: 'revoke locks', deeds: [enable(), revoke], shows: { ...LOCKED, reject: 0, token: 0 } },
  {
    rule: 'revoke with a running cycle: no new start, until it ends',
    deeds: [enable(), cycle(true), revoke],
    shows: { state: 3, permits: false, left: 0, token: 16 },
  },
  {
    rule: '… and then it is locked',
    deeds: [enable(), cycle(true), revoke, cycle(false)],
    shows: { ...LOCKED, token: 0 },
  },
  {
    rule: 'a lapse with a running cycle: no new start, until it ends',
    deeds: [enable(), cycle(true), wait(5100)],
    shows: { state: 3, permits: false, left: 0 },
  },
  { rule: 'a running cycle shows', deeds: [enable(), cycle(true)], shows: { state: 2, permits: true } },
  { rule: 'finish without a cycle locks', deeds: [enable(), finish], shows: { ...LOCKED, reject: 0 } },
  {
    rule: 'finish with a running cycle: no new start, and the lease goes on',
    deeds: [enable(), cycle(true), finish],
    shows: { state: 3, permits: false, left: 'some', reject: 0 },
  },
  {
    rule: '… and is kept by heartbeats',
    deeds: [enable(), cycle(true), finish, ...beats(6)],
    shows: { state: 3, permits: false, left: 'some' },
  },
  {
    rule: '… and locks when the cycle ends: no new start',
    deeds: [enable(), cycle(true), finish, cycle(false), cycle(true)],
    shows: { permits: false, left: 0 },
  },
  {
    rule: 'finish with a lease of 0 is refused',
    deeds: [enable(), { write: { command: 2, lease: 0 } }],
    shows: { state: 1, reject: 8 },
  },
  {
    rule: 'an enable is refused while a cycle without an owner runs',
    deeds: [cycle(true), enable()],
    shows: { reject: 2, permits: false },
  },
  {
    rule: 'an emergency stop takes the permission at once',
    deeds: [enable(), act({ kind: 'emergency-stop', pressed: true })],
    shows: { state: 6, permits: false, token: 0, safety: 0 },
  },
  {
    rule: 'nothing comes back by itself after an emergency stop',
    deeds: [enable(), act({ kind: 'emergency-stop', pressed: true }), act({ kind: 'emergency-stop', pressed: false })],
    shows: { ...LOCKED, safety: 1 },
  },
  {
    rule: 'a heartbeat after an emergency stop renews nothing',
    deeds: [
      enable(),
      act({ kind: 'emergency-stop', pressed: true }),
      act({ kind: 'emergency-stop', pressed: false }),
      { again: { heartbeat: 5 } },
    ],
    shows: LOCKED,
  },
  {
    rule: 'an enable under an emergency stop is refused',
    deeds: [act({ kind: 'emergency-stop', pressed: true }), enable()],
    shows: { state: 6, reject: 7, permits: false },
  },
  {
    rule: 'an open guard takes the permission at once',
    deeds: [enable(), act({ kind: 'guard', open: true })],
    shows: { permits: false, token: 0, safety: 0 },
  },
  {
    rule: 'a fault takes the permission at once',
    deeds: [enable(), act({ kind: 'fault', active: true })],
    shows: { state: 4, permits: false, token: 0 },
  },
  {
    rule: 'an enable under a fault is refused',
    deeds: [act({ kind: 'fault', active: true }), enable()],
    shows: { reject: 9 },
  },
  {
    rule: 'the key to local ends the lease, and lets the operator',
    deeds: [enable(), act({ kind: 'mode', mode: 'local' })],
    shows: { state: 5, token: 0, permits: true, mode: 0 },
  },
  {
    rule: 'and back to remote nothing comes back by itself',
    deeds: [enable(), act({ kind: 'mode', mode: 'local' }), act({ kind: 'mode', mode: 'remote' })],
    shows: LOCKED,
  },
  {
    rule: 'an enable on local is refused',
    deeds: [act({ kind: 'mode', mode: 'local' }), enable()],
    shows: { state: 5, reject: 6 },
  },
  {
    rule: 'the key to maintenance ends the lease',
    deeds: [enable(), act({ kind: 'mode', mode: 'maintenance' })],
    shows: { ...LOCKED, mode: 2 },
  },
  {
    rule: 'the highest token outlives the power, the lease does not',
    deeds: [enable({ token: 48 }), act({ kind: 'power-cycle' })],
    shows: { ...LOCKED, highest: 48, boot: 2, token: 0, left: 0 },
  },
  {
    rule: 'an enable from before the power cut is dead',
    deeds: [{ remember: 'challenge' }, act({ kind: 'power-cycle' }), enable({ challenge: 'remembered' })],
    shows: { ...LOCKED, reject: 4 },
  },
]

const TO_PLC = 16

/** Does what the rule says; what is not as it says, in words. */
export async function ask(plc: PlcUnderTest, { deeds, shows }: Rule): Promise<string[]> {
  const first = await plc.read()
  // A device on a wire has had tokens before.
  const base = (first[10]! * 65_536 + first[11]!) >>> 0
  const boot = (first[1]! * 65_536 + first[2]!) >>> 0
  let last: readonly number[] = new Array<number>(TO_PLC).fill(0)
  let remembered = 0
  for (const deed of deeds) {
    if ('wait' in deed) await plc.wait(deed.wait)
    else if ('act' in deed) await plc.act(deed.act)
    else if ('remember' in deed) remembered = (await plc.read())[13]!
    else if ('again' in deed) {
      const { heartbeat, token } = deed.again
      last = last.with(9, heartbeat ?? last[9]!)
      await plc.write(token === undefined ? last : last.with(3, token))
    } else {
      last = blockOf(deed.write, await plc.read(), { remembered, base })
      await plc.write(last)
    }
  }
  const now = await plc.read()
  const long = (index: number) => now[index]! * 65_536 + now[index + 1]!
  const above = (value: number) => (value === 0 ? 0 : value - base)
  const seen: Record<keyof Shows, unknown> = {
    state: now[3],
    reject: now[5],
    token: above(long(6)),
    tag: long(8),
    highest: long(10) - base,
    permits: await plc.permits(),
    left: now[12] === 0 ? 0 : 'some',
    safety: now[14],
    mode: now[15],
    boot: long(1) - boot + 1,
    acknowledged: now[4] === last[0] ? 'last' : 'not-last',
  }
  return Object.entries(shows).flatMap(([key, value]) =>
    seen[key as keyof Shows] === value ? [] : [`${key} is ${String(seen[key as keyof Shows])}, not ${String(value)}`],
  )
}

function blockOf(
  written: Written,
  shown: readonly number[],
  { remembered, base }: { remembered: number; base: number },
): number[] {
  const { command = 0, token = 16, tag = 7, lease = 5000, heartbeat = 0, version = 1, challenge = 'current' } = written
  const seq = written.seq ?? (shown[4]! + (written.ahead ?? 1)) % 65_536
  const echo = challenge === 'current' ? shown[13]! : challenge === 'remembered' ? remembered : challenge
  const real = token === 0 ? 0 : token + base
  const words = [seq, version, Math.floor(real / 65_536), real % 65_536, command, lease, 0, tag, echo, heartbeat]
  return [...words, 0, 0, 0, 0, 0, written.tail ?? seq]
}
