/**
 * A machine at one moment, for tables over single rules of the core: locked, free, all of it read at `NOW`. A row of a
 * table states only what it changes. No time passes here; whole lives in virtual time are in support/world.ts.
 */
import { expect } from 'vitest'
import type { Booking } from '../../gateway/core/booking/booking.ts'
import type { Outcome } from '../../gateway/core/command/outcome.ts'
import type { EntryDraft, EntryKind } from '../../gateway/core/ground/entry.ts'
import { type Moment, NS_PER_MS } from '../../gateway/core/ground/moment.ts'
import type { Refusal } from '../../gateway/core/ground/refusal.ts'
import type { Lock, Shown } from '../../gateway/core/interlock/interlock.ts'
import { type Hold, type UnlockRequest, type Word, wordOf } from '../../gateway/core/machine/access-state.ts'
import { type Env, type MachineState, newMachine, type Seen } from '../../gateway/core/machine/state.ts'
import type { Turn } from '../../gateway/core/machine/turn.ts'
import { type MeterState, newMeter } from '../../gateway/core/meter/meter.ts'
import type { Reading, Value } from '../../gateway/core/reading/reading.ts'
import type { Session } from '../../gateway/core/session/session.ts'
import { MACHINE, machineConfig } from '../support/world.ts'

export const BOOT = 'boot'
/** The host has been up for 10 000 s. */
export const NOW: Moment = { ms: Date.UTC(2026, 0, 5, 8), ns: 10_000_000_000_000n }
export const HOUR_MS = 3_600_000

/** The moment so many ms after `NOW`, on the monotonic clock. */
export const nsAt = (ms: number): bigint => NOW.ns + BigInt(ms) * NS_PER_MS

/** The gateway so many ms after `NOW`: on line, trusted, with room on its disk. */
export function envAt(ms = 0, over: Partial<Env> = {}): Env {
  const now = { ms: NOW.ms + ms, ns: nsAt(ms) }
  return {
    now,
    stamp: { wallMs: now.ms, monoNs: now.ns.toString(), bootId: BOOT, clock: 'synchronised' },
    fencingId: 3,
    earlyStartMs: 300_000,
    noShowMs: 900_000,
    acceptSigned: true,
    flapsPerHour: 20,
    believedMs: now.ms,
    leastMs: now.ms,
    timeTrusted: true,
    ledgerProven: true,
    diskOk: true,
    stopping: false,
    offline: false,
    ...over,
  }
}

export const point = (name: string) => `${MACHINE}/plc.${name}`

/** A good reading, so many ms after `NOW`. */
export function reading(name: string, value: Value, ms = 0): Reading {
  return { point: name, quality: 'good', value, readAtMs: NOW.ms + ms, readAtNs: nsAt(ms) }
}

/** What a locked PLC shows. */
export function plc(over: Partial<Extract<Shown, { class: 'lease' }>> = {}): Shown {
  return {
    class: 'lease',
    version: 1,
    bootId: 1,
    state: 'locked',
    acknowledgedSeq: 7,
    rejectReason: 0,
    ownerToken: 0,
    ownerTag: 0,
    highestToken: 17,
    leaseLeftMs: 0,
    challenge: 5,
    safetyOk: true,
    mode: 'remote',
    cycleCount: 0,
    ...over,
  }
}

/** What a PLC shows that holds the permission of `hold()`. */
export const plcHeld = (over: Parameters<typeof plc>[0] = {}) =>
  plc({ state: 'enabled', ownerToken: 17, ownerTag: 1, leaseLeftMs: 4000, ...over })

/** What an output shows that is off; its watchdog is 3 s. */
export function output(over: Partial<Exclude<Shown, { class: 'lease' }>> = {}): Shown {
  return { class: 'watchdog', on: false, feedback: false, bootId: 1, watchdogMs: 3000, unsafe: undefined, ...over }
}

export const outputOn = (over: Parameters<typeof output>[0] = {}) => output({ on: true, feedback: true, ...over })

/** An interlock as it was read so many ms after `NOW`, and watched since. */
export const lockAt = (ms: number, block: Shown): Lock => ({
  block,
  reading: reading('#interlock', [], ms),
  sinceNs: nsAt(ms),
})

/** A permission of ours that was renewed at `NOW`. */
export function hold(over: Partial<Hold> = {}): Hold {
  const claim = { token: 17, tag: 1, plcBootId: 1 }
  return { ...claim, seq: 7, challenge: 5, heartbeat: 4, command: 'enable', beatNs: NOW.ns, ...over }
}

/** A booking from an hour before `NOW` to an hour after it. */
export function booking(over: Partial<Booking> = {}): Booking {
  return {
    id: 'b1',
    version: 1,
    machine: MACHINE,
    tenant: 'acme',
    startMs: NOW.ms - HOUR_MS,
    endMs: NOW.ms + HOUR_MS,
    limits: {},
    status: 'held',
    source: 'push',
    ...over,
  }
}

export function request(over: Partial<UnlockRequest> = {}): UnlockRequest {
  return {
    command: 1,
    principal: { role: 'platform', id: 'platform', issuer: 'test' },
    booking: booking(),
    newBooking: false,
    sessionId: 's2',
    tag: 2,
    tenantRef: 't-acme',
    ...over,
  }
}

/** The open session of that booking, begun half an hour before `NOW` under token 17. */
export function session(over: Partial<Session> = {}): Session {
  return {
    id: 's1',
    machine: MACHINE,
    booking: 'b1',
    tenant: 'acme',
    tenantRef: 't-acme',
    owner: 'huajian',
    simulated: true,
    status: 'open',
    token: '17',
    tag: 1,
    lease: { seq: 7, challenge: 5 },
    plcBootId: 1,
    intendedAtMs: NOW.ms - HOUR_MS / 2,
    beganNs: nsAt(-HOUR_MS / 2).toString(),
    startedAtMs: NOW.ms - HOUR_MS / 2,
    bookedUntilMs: NOW.ms + HOUR_MS,
    deadlineNs: nsAt(HOUR_MS).toString(),
    bookingEnd: { ms: NOW.ms + HOUR_MS, ns: nsAt(HOUR_MS).toString() },
    bootId: BOOT,
    limits: {},
    begin: [],
    use: [],
    ...over,
  }
}

/** The gating counter of parts, read so many ms after `NOW`. */
export function partsAt(ms: number, over: Partial<MeterState> = {}): MeterState {
  const state = newMeter(machineConfig.meters[0]!, BOOT)
  return { ...state, raw: 40n, firstRaw: 40n, atMs: NOW.ms + ms, atNs: nsAt(ms), ...over }
}

export const metersOf = (...states: readonly MeterState[]) => new Map(states.map((state) => [state.meter, state]))

type Parts = Partial<Omit<MachineState, 'seen'>> & { readonly seen?: Partial<Seen> }

/** Locked, idle and free, with its booking; all of it read at `NOW`. */
export function machine({ seen, ...over }: Parts = {}): MachineState {
  const made = newMachine(over.config ?? machineConfig, { meters: [partsAt(0)], bookings: [booking()] })
  const shown = [reading('#interlock', []), reading(point('state'), 2), reading(point('parts'), 40)]
  return {
    ...made,
    access: { kind: 'Locked' },
    ...over,
    seen: {
      ...made.seen,
      readings: new Map([...shown, reading(point('stop'), false)].map((item) => [item.point, item])),
      condition: { itemState: 'NotExecuting', mode: 'None', fault: false, emergencyStop: false },
      lock: lockAt(0, plc()),
      ...seen,
    },
  }
}

export const executing = { itemState: 'Executing', mode: 'None', fault: false, emergencyStop: false } as const

type CameOf = {
  readonly access: Word
  readonly entries: readonly EntryKind[]
  /** Commands of the lease block, or what an output was set to. */
  readonly written: readonly string[]
  readonly reads: number
  /** What was answered at once, and what is answered when it is durable: the kind of the outcome, or its refusal. */
  readonly replies: readonly string[]
  readonly whenDurable: readonly string[]
}

/** What a rule has done to a machine and asked for, in short words. */
export function cameOf({ m, effects }: Turn): CameOf {
  const inShort = (outcome: Outcome) => (outcome.kind === 'refused' ? outcome.refusal.code : outcome.kind)
  return {
    access: wordOf(m.access),
    entries: entriesOf({ effects }).map(({ kind }) => kind),
    written: effects.flatMap((effect) => (effect.kind === 'write' ? [commandOf(effect.words)] : [])),
    reads: effects.filter(({ kind }) => kind === 'read').length,
    replies: effects.flatMap((effect) => (effect.kind === 'reply' ? [inShort(effect.outcome)] : [])),
    whenDurable: [...m.wire.replies.values()].map(({ outcome }) => inShort(outcome)),
  }
}

/** Nothing was done and asked for. */
export const nothing = { entries: [], written: [], reads: 0, replies: [], whenDurable: [] } as const

export const entriesOf = ({ effects }: Pick<Turn, 'effects'>): EntryDraft[] =>
  effects.flatMap((effect) => (effect.kind === 'change' && effect.change.kind === 'entry' ? [effect.change.entry] : []))

/** Word 4 of ToPlc; one word is an output. */
function commandOf(words: readonly number[]): string {
  if (words.length === 1) return words[0] === 1 ? 'on' : 'off'
  return ['none', 'enable', 'finish', 'revoke'][words[4]!] ?? 'unknown'
}

/** A refusal that has at least these parts; undefined: none. */
export function expectRefusal(found: Refusal | undefined, refusal: Partial<Refusal> | undefined): void {
  if (refusal === undefined) expect(found).toBeUndefined()
  else expect(found).toMatchObject(refusal)
}
