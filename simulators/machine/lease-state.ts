/**
 * What a PLC knows about the lease of its machine, and what it shows of it. Pure; nothing changes here.
 * The state shown is derived from who owns the lease and the condition of the machine, so it cannot contradict them.
 * Next: lease.ts (how it changes, with the picture of the states), lease-block.ts (the words on the wire).
 */
import * as block from './lease-block.ts'

export type Mode = 'local' | 'remote' | 'maintenance'
type Access = 'locked' | 'enabled' | 'running' | 'finishing' | 'fault' | 'local' | 'emergency-stop'

/** Reasons for a refusal; word 5 is the index in this list. */
export const rejectReasons = [
  'none',
  'bad-version',
  'not-locked',
  'token-too-low',
  'challenge',
  'busy',
  'not-remote',
  'safety',
  'bad-lease',
  'fault',
  'bad-command',
] as const
export type RejectReason = (typeof rejectReasons)[number]

export type Owner = Readonly<{
  token: number
  tag: number
  /** The last block accepted from the owner; a heartbeat is this block with word 9 changed. */
  words: block.Words
  heartbeat: number
  leaseMs: number
  /** Monotonic. Nothing renews the lease once this is reached, or once it has ended by other means. */
  expiresAtMs: number
  mayStart: boolean
  /** Lapsed or revoked; the owner is shown until the running cycle ends. */
  ended: boolean
}>

export type Lease = Readonly<{
  bootId: number
  highestToken: number
  mode: Mode
  emergencyStop: boolean
  guardOpen: boolean
  fault: boolean
  powered: boolean
  cycleRunning: boolean
  owner: Owner | null
  /** Sequence of the last block processed, accepted or rejected; null while there was none since power-up. */
  lastSeq: number | null
  rejectReason: RejectReason
  challenge: number
  /** 0 when there is none; an echo of 0 never matches. */
  previousChallenge: number
  challengeDueAtMs: number
  random: number
}>

/** What survives power-off in a real PLC. `highestToken` is the highest that was ever accepted. */
export type Retained = Readonly<{ bootId: number; highestToken: number }>

export function accessOf(lease: Lease): Access {
  if (lease.emergencyStop) return 'emergency-stop'
  if (lease.fault) return 'fault'
  if (lease.mode === 'local') return 'local'
  if (lease.owner?.mayStart) return lease.cycleRunning ? 'running' : 'enabled'
  return lease.cycleRunning ? 'finishing' : 'locked'
}

/** The output to the machine: a start button works only while this is true. */
export function permissionOf(lease: Lease): boolean {
  if (!lease.powered || !safetyOk(lease)) return false
  const access = accessOf(lease)
  return access === 'local' || access === 'enabled' || access === 'running'
}

export function safetyOk(lease: Lease): boolean {
  return !lease.emergencyStop && !lease.guardOpen
}

export function leaseLeftMs(lease: Lease, atMs: number): number {
  if (!lease.owner || lease.owner.ended) return 0
  return Math.max(0, lease.owner.expiresAtMs - atMs)
}

/** The 18 words the PLC shows at `atMs`. */
export function fromPlc(lease: Lease, atMs: number, cycleCount: number): number[] {
  return block.encodeFromPlc({
    bootId: lease.bootId,
    state: accessNumbers[accessOf(lease)],
    acknowledgedSeq: lease.lastSeq ?? 0,
    rejectReason: rejectReasons.indexOf(lease.rejectReason),
    ownerToken: lease.owner?.token ?? 0,
    ownerTag: lease.owner?.tag ?? 0,
    highestToken: lease.highestToken,
    leaseLeftMs: leaseLeftMs(lease, atMs),
    challenge: lease.challenge,
    safetyOk: safetyOk(lease),
    mode: modeNumbers[lease.mode],
    cycleCount: cycleCount % 2 ** 32,
  })
}

export const modeNumbers = { local: 0, remote: 1, maintenance: 2 } as const
const accessNumbers = {
  locked: 0,
  enabled: 1,
  running: 2,
  finishing: 3,
  fault: 4,
  local: 5,
  'emergency-stop': 6,
} as const
