/**
 * The PLC side of the lease block: who may start the machine, and until when. Pure: `step(lease, event)` with the
 * time in the event; what happened comes back as effects. It never trusts the gateway: each rule is enforced here.
 *
 *                        enable                cycle starts
 *   power-up ─► locked ─────────► enabled ◄──────────────────► running
 *                 ▲                  │          cycle ends        │
 *                 │ lapse, revoke,   │                            │ lapse, revoke, finish
 *                 │ finish           ▼                            ▼
 *                 ├──────────────────┘      cycle ends        finishing (no new start)
 *                 └───────────────────────────────────────────────┘
 *   from any: E-stop pressed ─► emergency-stop ─reset─┐   fault ─► fault ─cleared─┐   key to local ─► local ─┐
 *             locked ◄──────────────────────────────── ┴ ◄──────────────────────── ┴ ◄── key to remote ──────┘
 *
 * Reject reasons and their meaning: simulators/README.md.
 * Next: lease-state.ts for what is known and shown, lease-block.ts for the words, machine.ts for the clock.
 */
import * as block from './lease-block.ts'
import {
  type Lease,
  type Mode,
  type Owner,
  permissionOf,
  type RejectReason,
  type Retained,
  safetyOk,
} from './lease-state.ts'

/** Why the output changed. */
export type Cause =
  | 'enable'
  | 'lapse'
  | 'revoke'
  | 'finish'
  | 'estop'
  | 'guard'
  | 'fault'
  | 'power'
  | 'local'
  | 'mode'
  | 'power-up'

/** Something that happens to the PLC. */
export type LeaseAct = Readonly<
  | { kind: 'tick' }
  | { kind: 'write'; words: block.Words }
  | { kind: 'cycle'; running: boolean }
  | { kind: 'mode'; mode: Mode }
  | { kind: 'emergency-stop'; pressed: boolean }
  | { kind: 'guard'; open: boolean }
  | { kind: 'fault'; active: boolean }
  | { kind: 'power'; on: boolean }
>
/** An act with its time, in monotonic milliseconds. */
export type LeaseEvent = Readonly<{ atMs: number }> & LeaseAct

type Asked = Readonly<{ command: number; seq: number; token: number; tag: number }>
export type Effect = Readonly<
  | ({ kind: 'accepted' } & Asked)
  | ({ kind: 'rejected'; reason: RejectReason } & Asked)
  | { kind: 'ignored'; why: 'torn' | 'unchanged' | 'old-seq' | 'lease-ended'; seq: number }
  | { kind: 'renewed'; token: number; heartbeat: number }
  /** Must be durable before anything else happens. */
  | { kind: 'retain'; retained: Retained }
  | { kind: 'permission'; on: boolean; cause: Cause; token: number }
>
export type Stepped = Readonly<{ lease: Lease; effects: readonly Effect[] }>

const maxLeaseMs = 10_000
const challengePeriodMs = 3_000

/** A PLC that just got power: locked, or local by its key; no lease, one boot more. `seed` feeds the challenges. */
export function powerUp(retained: Retained, mode: Mode, atMs: number, seed: number): Stepped {
  const next: Retained = { bootId: (retained.bootId + 1) % 2 ** 32, highestToken: retained.highestToken }
  const dark: Lease = {
    ...next,
    mode,
    emergencyStop: false,
    guardOpen: false,
    fault: false,
    powered: true,
    cycleRunning: false,
    owner: null,
    lastSeq: null,
    rejectReason: 'none',
    challenge: 0,
    previousChallenge: 0,
    challengeDueAtMs: atMs + challengePeriodMs,
    random: seed >>> 0,
  }
  const lease = { ...nextChallenge(dark), previousChallenge: 0 }
  const output: Effect = { kind: 'permission', on: permissionOf(lease), cause: 'power-up', token: 0 }
  return { lease, effects: [{ kind: 'retain', retained: next }, output] }
}

/** Lets time pass up to the event, so that a lease lapses before a later block is looked at; then applies the event. */
export function step(before: Lease, event: LeaseEvent): Stepped {
  const timed = passTime(before, event.atMs)
  const applied = apply(timed.lease, event)
  return { lease: applied.lease, effects: [...timed.effects, ...applied.effects] }
}

function passTime(before: Lease, atMs: number): Stepped {
  const { owner } = before
  const lapsed = owner && atMs >= owner.expiresAtMs
  const { lease, effects } = lapsed ? became(before, endLease(before), 'lapse') : unchanged(before)
  if (atMs < lease.challengeDueAtMs) return { lease, effects }
  const missed = Math.floor((atMs - lease.challengeDueAtMs) / challengePeriodMs)
  const rotated = nextChallenge(missed > 0 ? nextChallenge(lease) : lease)
  return { lease: { ...rotated, challengeDueAtMs: lease.challengeDueAtMs + (missed + 1) * challengePeriodMs }, effects }
}

function apply(lease: Lease, event: LeaseEvent): Stepped {
  switch (event.kind) {
    case 'tick':
      return unchanged(lease)
    case 'write':
      return takeWrite(lease, event.words, event.atMs)
    case 'cycle':
      return { lease: settled({ ...lease, cycleRunning: event.running }), effects: [] }
    case 'mode':
      return turnKey(lease, event.mode)
    case 'emergency-stop':
      return became(
        lease,
        { ...lease, emergencyStop: event.pressed, owner: event.pressed ? null : lease.owner },
        'estop',
      )
    case 'guard':
      return became(lease, { ...lease, guardOpen: event.open, owner: event.open ? null : lease.owner }, 'guard')
    case 'fault':
      return became(lease, { ...lease, fault: event.active, owner: event.active ? null : lease.owner }, 'fault')
    case 'power':
      return became(lease, { ...lease, powered: event.on, owner: null }, 'power')
  }
}

/** Any turn of the key switch ends the lease; the new position counts after that. */
function turnKey(lease: Lease, mode: Mode): Stepped {
  if (mode === lease.mode) return unchanged(lease)
  const cause: Cause = mode === 'local' ? 'local' : 'mode'
  const ended = became(lease, { ...lease, owner: null }, cause)
  const turned = became(ended.lease, { ...ended.lease, mode }, cause)
  return { lease: turned.lease, effects: [...ended.effects, ...turned.effects] }
}

function takeWrite(lease: Lease, words: block.Words, atMs: number): Stepped {
  const asked = block.decodeToPlc(words)
  const { owner } = lease
  if (asked.head !== asked.tail) return ignored(lease, 'torn', asked.head)
  if (owner && block.sameButHeartbeat(owner.words, words)) {
    if (asked.heartbeat === owner.heartbeat) return ignored(lease, 'unchanged', asked.head)
    if (owner.ended) return ignored(lease, 'lease-ended', asked.head)
    const renewed = { ...owner, heartbeat: asked.heartbeat, expiresAtMs: atMs + owner.leaseMs }
    return {
      lease: { ...lease, owner: renewed },
      effects: [{ kind: 'renewed', token: owner.token, heartbeat: asked.heartbeat }],
    }
  }
  if (lease.lastSeq !== null && !isNewer(asked.head, lease.lastSeq)) return ignored(lease, 'old-seq', asked.head)
  const seen: Lease = { ...lease, lastSeq: asked.head }
  const reason = refusal(seen, asked)
  const what: Asked = { command: asked.command, seq: asked.head, token: asked.token, tag: asked.tag }
  if (reason !== 'none') {
    return { lease: { ...seen, rejectReason: reason }, effects: [{ kind: 'rejected', reason, ...what }] }
  }
  const done = obey({ ...seen, rejectReason: 'none' }, asked, words, atMs)
  return { lease: done.lease, effects: [{ kind: 'accepted', ...what }, ...done.effects] }
}

function refusal(lease: Lease, asked: block.ToPlc): RejectReason {
  if (asked.version !== block.blockVersion) return 'bad-version'
  if (asked.command > block.commandRevoke) return 'bad-command'
  if (asked.command === block.commandEnable) return refusalToEnable(lease, asked)
  if (!isOwners(lease.owner, asked)) {
    return asked.command === block.commandNone && !lease.owner ? 'none' : 'busy'
  }
  return asked.command === block.commandFinish && asked.leaseMs === 0 ? 'bad-lease' : 'none'
}

function refusalToEnable(lease: Lease, asked: block.ToPlc): RejectReason {
  if (lease.mode !== 'remote') return 'not-remote'
  if (!safetyOk(lease)) return 'safety'
  if (lease.fault || !lease.powered) return 'fault'
  if (lease.owner) return isOwners(lease.owner, asked) ? 'not-locked' : 'busy'
  if (lease.cycleRunning) return 'not-locked'
  if (asked.leaseMs === 0) return 'bad-lease'
  if (asked.token <= lease.highestToken) return 'token-too-low'
  const echoes = asked.challengeEcho === lease.challenge || asked.challengeEcho === lease.previousChallenge
  return asked.challengeEcho !== 0 && echoes ? 'none' : 'challenge'
}

/** An accepted command. A finish or `none` keeps the lease; only an enable makes a new challenge. */
function obey(lease: Lease, asked: block.ToPlc, words: block.Words, atMs: number): Stepped {
  const leaseMs = Math.min(asked.leaseMs, maxLeaseMs)
  const { heartbeat, token, tag } = asked
  if (asked.command === block.commandEnable) {
    const owner: Owner = {
      token,
      tag,
      words,
      heartbeat,
      leaseMs,
      expiresAtMs: atMs + leaseMs,
      mayStart: true,
      ended: false,
    }
    const fresh = nextChallenge({ ...lease, owner, highestToken: token })
    const next: Lease = { ...fresh, previousChallenge: 0, challengeDueAtMs: atMs + challengePeriodMs }
    const retain: Effect = { kind: 'retain', retained: { bootId: lease.bootId, highestToken: token } }
    const enabled = became(lease, next, 'enable')
    return { lease: enabled.lease, effects: [retain, ...enabled.effects] }
  }
  if (!lease.owner) return unchanged(lease)
  if (asked.command === block.commandRevoke) return became(lease, endLease(lease), 'revoke')
  const kept: Owner = { ...lease.owner, words, heartbeat }
  if (asked.command === block.commandNone) return unchanged({ ...lease, owner: kept })
  const finishing: Owner = { ...kept, leaseMs, expiresAtMs: atMs + leaseMs, mayStart: false }
  return became(lease, { ...lease, owner: finishing }, 'finish')
}

/** The changed lease, settled, and the edge of the output if the change caused one. */
function became(before: Lease, changed: Lease, cause: Cause): Stepped {
  const lease = settled(changed)
  const on = permissionOf(lease)
  if (on === permissionOf(before)) return unchanged(lease)
  const token = (on ? lease : before).owner?.token ?? 0
  const by: Cause = on && lease.mode === 'local' ? 'local' : cause
  return { lease, effects: [{ kind: 'permission', on, cause: by, token }] }
}

/** Locks when the owner may start nothing and no cycle runs: there is nothing left to own. */
function settled(lease: Lease): Lease {
  return lease.owner && !lease.owner.mayStart && !lease.cycleRunning ? { ...lease, owner: null } : lease
}

function endLease(lease: Lease): Lease {
  return lease.owner ? { ...lease, owner: { ...lease.owner, mayStart: false, ended: true } } : lease
}

function isOwners(owner: Owner | null, asked: block.ToPlc): boolean {
  return owner !== null && owner.token === asked.token && owner.tag === asked.tag
}

/** Serial-number order: a new sequence is 1 to 32767 ahead of the last. */
function isNewer(seq: number, last: number): boolean {
  const ahead = (seq - last + 65536) % 65536
  return ahead >= 1 && ahead <= 32767
}

/** A new random challenge, never 0 and never one of the two it replaces. */
function nextChallenge(lease: Lease): Lease {
  let random = lease.random
  let challenge = 0
  do {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0
    challenge = random >>> 16
  } while (challenge === 0 || challenge === lease.challenge || challenge === lease.previousChallenge)
  return { ...lease, random, challenge, previousChallenge: lease.challenge }
}

function unchanged(lease: Lease): Stepped {
  return { lease, effects: [] }
}

function ignored(lease: Lease, why: 'torn' | 'unchanged' | 'old-seq' | 'lease-ended', seq: number): Stepped {
  return { lease, effects: [{ kind: 'ignored', why, seq }] }
}
