/**
 * The lease block, version 1: what the gateway writes to a PLC and what the PLC reports, as 16-bit words, with the high
 * word of a 32-bit value first. Pure: codec and interpretation only. The table and the rules for the PLC are in
 * gateway/README.md, "The lease block". Read next: interlock.ts, access/access.ts (when what is written).
 */

export const LEASE_VERSION = 1
export const TO_PLC_WORDS = 16
export const FROM_PLC_WORDS = 18
/**
 * A challenge is current for 3 s and accepted for another 3 s: after this time an enable that echoes it is rejected,
 * ms.
 */
export const CHALLENGE_LIFE_MS = 6000
/** A machine cannot be started any more at most the lease and this time after the last heartbeat, ms. */
export const RELOCK_SLACK_MS = 2000
/**
 * A machine is locked at most this long after the end of a permission, ms: the lease and its slack. Longer is an alarm.
 */
export const RELOCK_MS = 7000

export type LeaseCommand = 'none' | 'enable' | 'finish' | 'revoke'
const commands: readonly LeaseCommand[] = ['none', 'enable', 'finish', 'revoke']

export type ToPlc = {
  readonly seq: number
  readonly token: number
  readonly command: LeaseCommand
  readonly leaseMs: number
  readonly tag: number
  readonly challenge: number
  readonly heartbeat: number
}

export const plcStates = ['locked', 'enabled', 'running', 'finishing', 'fault', 'local', 'emergency-stop'] as const
export type PlcState = (typeof plcStates)[number]
export const plcModes = ['local', 'remote', 'maintenance'] as const
export type PlcMode = (typeof plcModes)[number]

export type FromPlc = {
  readonly version: number
  readonly bootId: number
  readonly state: PlcState
  readonly acknowledgedSeq: number
  readonly rejectReason: number
  readonly ownerToken: number
  readonly ownerTag: number
  readonly highestToken: number
  readonly leaseLeftMs: number
  readonly challenge: number
  readonly safetyOk: boolean
  readonly mode: PlcMode
  readonly cycleCount: number
}

/** Reject reasons, word 5. */
export const rejectReasons: Readonly<Record<number, string>> = {
  1: 'the block version is not known to the PLC',
  2: 'the machine is not in state locked',
  3: 'the fencing token is not above the highest seen',
  4: 'the challenge was not echoed in time',
  5: 'another owner holds the machine',
  6: 'the key switch is not on remote',
  7: 'the safety circuit is not closed',
  8: 'the lease length is not accepted',
  9: 'the machine has a fault',
  10: 'the command is not known to the PLC',
}

const high = (value: number) => Math.floor(value / 0x10000)
const low = (value: number) => value % 0x10000

export function encodeToPlc(block: ToPlc): number[] {
  const { seq, token, command, leaseMs, tag, challenge, heartbeat } = block
  return [
    seq,
    LEASE_VERSION,
    high(token),
    low(token),
    commands.indexOf(command),
    leaseMs,
    high(tag),
    low(tag),
    challenge,
    heartbeat,
    0,
    0,
    0,
    0,
    0,
    seq,
  ]
}

/** Of a block that is written: what it asks for, and which heartbeat it brings. */
export function commandIn(words: readonly number[]): Pick<ToPlc, 'command' | 'heartbeat'> {
  return { command: commands[words[4] ?? 0] ?? 'none', heartbeat: words[9] ?? 0 }
}

/** A block that asks for nothing: the PLC acknowledges its sequence, whoever holds the machine; all can see that. */
export const markWords = (seq: number): number[] =>
  encodeToPlc({ seq, token: 0, command: 'none', leaseMs: 0, tag: 0, challenge: 0, heartbeat: 0 })

/** Returns undefined when the words are not a block of this version. */
export function decodeFromPlc(words: readonly number[]): FromPlc | undefined {
  if (words.length !== FROM_PLC_WORDS) return undefined
  const word = (index: number) => words[index]!
  const long = (index: number) => word(index) * 0x10000 + word(index + 1)
  const state = plcStates[word(3)]
  const mode = plcModes[word(15)]
  if (word(0) !== LEASE_VERSION || state === undefined || mode === undefined) return undefined
  return {
    version: word(0),
    bootId: long(1),
    state,
    acknowledgedSeq: word(4),
    rejectReason: word(5),
    ownerToken: long(6),
    ownerTag: long(8),
    highestToken: long(10),
    leaseLeftMs: word(12),
    challenge: word(13),
    safetyOk: word(14) === 1,
    mode,
    cycleCount: long(16),
  }
}

/** Whether the machine may run under a permission; in `finishing` only to the end of its cycle. */
export const permits = (state: PlcState) => state === 'enabled' || state === 'running' || state === 'finishing'

/** Whether the machine holds a permission under this token and tag. */
export function isHeldBy(plc: FromPlc, token: number, tag: number): boolean {
  return permits(plc.state) && plc.ownerToken === token && plc.ownerTag === tag && plc.leaseLeftMs > 0
}

/** Whether the machine is permitted by somebody else or by its key switch. */
export function isForeign(plc: FromPlc, token: number | undefined): boolean {
  return plc.state === 'local' || (permits(plc.state) && plc.ownerToken !== token)
}

/** Whether the machine may run without a token: by its key switch, or to the end of a cycle that began with it. */
export function isOwnerless(plc: FromPlc): boolean {
  return plc.state === 'local' || (permits(plc.state) && plc.ownerToken === 0)
}

/** Whether nobody was enabled after this token in this boot of the PLC: what was made since belongs to its owner. */
export function isLastOwner(plc: FromPlc, token: number, bootId: number | undefined): boolean {
  return plc.bootId === bootId && plc.highestToken === token && !isOwnerless(plc)
}

export const nextWord = (value: number) => (value + 1) % 0x10000

/**
 * A sequence that the PLC has not seen: after our last one, and after one of another gateway that it has acknowledged
 * since (serial order).
 */
export function nextSeq(ours: number, acknowledged: number | undefined): number {
  const ahead = acknowledged === undefined ? 0 : (acknowledged - ours + 0x10000) % 0x10000
  return nextWord(ahead > 0 && ahead < 0x8000 ? acknowledged! : ours)
}

/** The fencing token of a gateway: its counter in the upper 28 bits, its number in the lower 4. */
export const fencingToken = (counter: number, fencingId: number) => counter * 16 + fencingId
export const MAX_FENCING_COUNTER = 2 ** 28 - 1
export const counterOf = (token: number) => Math.floor(token / 16)
const fencingIdOf = (token: number) => token % 16

/** A restored gateway begins so far above the counter of its backup: more than a box gives in years. */
export const RESTORE_STEP = 2 ** 16

/**
 * Whether a PLC has seen a token of this very gateway that is so far above its counter that only a restored copy of it
 * can have given it: that one is the gateway now. Whoever is meant to go on all the same takes another fencing id.
 */
export function isOurFuture(highestToken: number, ownCounter: number, fencingId: number): boolean {
  const ahead = counterOf(highestToken) - ownCounter
  return fencingIdOf(highestToken) === fencingId && ahead >= RESTORE_STEP / 2
}
