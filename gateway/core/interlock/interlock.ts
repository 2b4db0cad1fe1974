/**
 * What an interlock shows and what is written to it: one seam under the protocol of access/access.ts, whatever the
 * class.
 *
 *   lease      the PLC keeps the rules: it says whose the permission is, rejects what is late, and lets it lapse
 *   watchdog   an output; the module drops it when it is not written in time, and says of nobody whose it is
 *   coil       an output that stays as it is: no fail-safe
 *
 * Of an output only we know whose it is: `Claim` and the session say so, and a break in what we saw leaves it open.
 * Pure, no state. Read next: lease.ts, output.ts (the classes), access/hold/withdraw.ts (turning an output off).
 */
import type { InterlockConfig } from '../ground/config.ts'
import type { JsonObject } from '../ground/entry.ts'
import { NS_PER_MS } from '../ground/moment.ts'
import { type Refusal, refuse } from '../ground/refusal.ts'
import { INTERLOCK_POINT, type Reading } from '../reading/reading.ts'
import * as lease from './lease.ts'
import * as output from './output.ts'

/** What an interlock shows. */
export type Shown = ({ readonly class: 'lease' } & lease.FromPlc) | output.Output

/** What it last showed, when, and since when nobody can have used it unseen, monotonic ns. */
export type Lock = { readonly block: Shown; readonly reading: Reading; readonly sinceNs: bigint }

/** A permission of ours, as it was confirmed. */
export type Claim = { readonly token: number; readonly tag: number; readonly plcBootId: number }

/** What is written; `renew` repeats what holds, unchanged but for its heartbeat. */
export type Block = Claim & {
  readonly seq: number
  readonly challenge: number
  readonly heartbeat: number
  readonly command: 'enable' | 'finish' | 'revoke'
}

/** Readings at most two polls and this apart leave no gap, ms. */
const GAP_SLACK_MS = 500

/* ── config ── */

/** What is read, all of it with each poll. */
export function partsOf(config: InterlockConfig): { readonly point: string; readonly address: unknown }[] {
  if (config.class === 'lease') return [{ point: INTERLOCK_POINT, address: config.fromPlc }]
  return output.outputParts(config).map(({ part, address }) => ({ point: pointOf(part), address }))
}

const pointOf = (part: string) => (part === '' ? INTERLOCK_POINT : `${INTERLOCK_POINT}.${part}`)

/** The one address that is ever written. */
export const targetOf = (config: InterlockConfig) => (config.class === 'lease' ? config.toPlc : config.output)

/** Losing the gateway locks the machine. */
export const isFailSafe = ({ class: kind }: InterlockConfig) => kind !== 'coil'

/** What every record of a permission says that nothing takes back when the gateway is lost. */
export function stampOf(config: InterlockConfig): { readonly failSafe?: false } {
  return isFailSafe(config) ? {} : { failSafe: false }
}

/** Somebody still answers for what is not fail-safe. */
export function isAccepted(config: InterlockConfig, nowMs: number): boolean {
  return config.class !== 'coil' || config.risk?.untilMs === undefined || nowMs < config.risk.untilMs
}

/** The machine rejects what comes late; of an output a late write is as good as a timely one. */
export const isGuarded = ({ class: kind }: InterlockConfig) => kind === 'lease'

/** Withheld heartbeats alone lock it. An output is turned off besides: some modules take a read for a sign of life. */
export const locksItself = isGuarded

/** After this without a write it is off, whatever happened, ms; never: `undefined`. */
export function lapsesAfterMs(config: InterlockConfig): number | undefined {
  return config.class === 'coil' ? undefined : config.leaseMs
}

/** How long after the last moment of a confirmation an enable that was not seen may still come true, ms. */
export function lateMs(config: InterlockConfig): number {
  return isGuarded(config) ? 0 : config.leaseMs + config.requestTimeoutMs
}

/* ── what it shows ── */

/** By the newest readings of all parts, dated by the oldest; a part that is bad makes it bad. */
export function see(
  config: InterlockConfig,
  readings: ReadonlyMap<string, Reading>,
): Omit<Lock, 'sinceNs'> | { readonly bad: Reading } | undefined {
  const parts = partsOf(config).map(({ point }) => readings.get(point))
  if (parts.some((part) => part === undefined)) return undefined
  const known = parts as Reading[]
  const broken = known.find(({ quality, value }) => quality !== 'good' || value === undefined)
  if (broken !== undefined) return { bad: { ...broken, point: INTERLOCK_POINT } }
  const reading = known.reduce((oldest, part) => (part.readAtNs < oldest.readAtNs ? part : oldest))
  if (config.class !== 'lease') {
    const value = (part: string) => readings.get(pointOf(part))?.value
    return { block: output.decodeOutput(config, value), reading }
  }
  const block = Array.isArray(reading.value) ? lease.decodeFromPlc(reading.value as number[]) : undefined
  if (block !== undefined) return { block: { class: 'lease', ...block }, reading }
  return { bad: { ...reading, quality: 'bad', cause: 'malformed', detail: 'not a lease block of version 1' } }
}

/**
 * Since when it has been watched without a break in which an output may have been another's: a gap between two
 * readings, unless it was on before and after and could not have lapsed between them. A PLC says by its token what a
 * gap hid.
 */
export function watchedSince(
  config: InterlockConfig,
  before: Lock | undefined,
  { block, reading }: Omit<Lock, 'sinceNs'>,
): bigint {
  if (before === undefined) return reading.readAtNs
  const apartMs = Number((reading.readAtNs - before.reading.readAtNs) / NS_PER_MS)
  const lapseMs = lapsesAfterMs(config)
  const stayedOn =
    isOn(before.block) &&
    isOn(block) &&
    before.block.bootId === block.bootId &&
    (lapseMs === undefined || apartMs < lapseMs)
  return apartMs <= 2 * config.pollMs + GAP_SLACK_MS || stayedOn ? before.sinceNs : reading.readAtNs
}

const isOn = (shown: Shown) => shown.class !== 'lease' && shown.on

/** In the words of the lease block. */
export const stateOf = (shown: Shown) => (shown.class === 'lease' ? shown.state : output.outputState(shown))

/** What it last showed, if it was read yet. */
export const lastState = (plc: { readonly block: Shown } | undefined) => plc && stateOf(plc.block)

/** What an entry says of it. */
export function shownJson(shown: Shown): JsonObject {
  if (shown.class === 'lease') return { ownerToken: String(shown.ownerToken), plcState: shown.state }
  return {
    plcState: output.outputState(shown),
    on: shown.on,
    ...(shown.feedback === undefined ? {} : { feedback: shown.feedback }),
  }
}

export const isInMaintenance = (shown: Shown) => shown.class === 'lease' && shown.mode === 'maintenance'

/** Our permission holds, and is kept as it must be. */
export function isHeldBy(shown: Shown, { token, tag, plcBootId }: Claim): boolean {
  if (shown.bootId !== plcBootId) return false
  return shown.class === 'lease' ? lease.isHeldBy(shown, token, tag) : output.keeps(shown)
}

/**
 * It holds a permission that is nobody's we know; `token`: ours, if we hold or lost one. Of an output every use is ours
 * then.
 */
export function isForeign(shown: Shown, token: number | undefined): boolean {
  return shown.class === 'lease' ? lease.isForeign(shown, token) : token === undefined && output.lets(shown)
}

/** It runs, or may, without any token: by its key switch. Of an output a stranger's use is `Foreign`. */
export const isOwnerless = (shown: Shown) => shown.class === 'lease' && lease.isOwnerless(shown)

/** Nobody may start it any more under this claim, and what ran is over. */
export function isOver(shown: Shown, claim: Claim): boolean {
  if (shown.class !== 'lease') return !output.lets(shown)
  // In state `finishing` without a lease the cycle that was running still completes: its units are the session's.
  return !isHeldBy(shown, claim) && !(shown.state === 'finishing' && shown.ownerToken === claim.token)
}

/** It permits under a token of ours, whether or not that may be taken up again. */
export function isOurs(shown: Shown, token: number): boolean {
  if (shown.class !== 'lease') return output.lets(shown)
  return shown.ownerToken === token && lease.permits(shown.state)
}

/**
 * What was made between `fromNs` and now under our token is ours: nobody was enabled after it. Of an output: nobody can
 * have been, because it was watched all the time.
 */
export function isLastOwner(
  { block, sinceNs }: { readonly block: Shown; readonly sinceNs: bigint },
  { token, bootId, fromNs }: { token: number; bootId: number | undefined; fromNs: bigint | undefined },
): boolean {
  if (block.class === 'lease') return lease.isLastOwner(block, token, bootId)
  return block.bootId === bootId && fromNs !== undefined && fromNs >= sinceNs
}

/** The safety circuit is open, where the machine says so. */
export const isUnsafe = (shown: Shown) => shown.class === 'lease' && !shown.safetyOk

/** Why our permission is gone. */
export function lossOf(shown: Shown, { token, plcBootId }: Claim): string {
  if (shown.bootId !== plcBootId) return 'plc-restarted'
  const state = stateOf(shown)
  if (state === 'emergency-stop' || state === 'fault' || state === 'local') return state
  if (isForeign(shown, token)) return 'foreign'
  return isUnsafe(shown) ? 'safety' : 'lapse'
}

/* ── asking for it ── */

/** Why it cannot be asked now. */
export function refusalOf(shown: Shown): Refusal | undefined {
  if (shown.class !== 'lease') {
    if (shown.unsafe !== undefined) return refuse('machine-not-ready', shown.unsafe)
    return output.lets(shown) ? refuse('foreign-use', shown.on ? undefined : 'the feedback is on') : undefined
  }
  if (shown.version !== lease.LEASE_VERSION)
    return refuse('machine-not-ready', 'the PLC speaks another version of the lease block')
  if (lease.isForeign(shown, undefined))
    return refuse('foreign-use', shown.state === 'local' ? 'the key switch is on local' : undefined)
  if (shown.state !== 'locked') return refuse('machine-not-ready', `the machine is in state ${shown.state}`)
  if (shown.mode !== 'remote') return refuse('machine-not-ready', `the key switch is on ${shown.mode}`)
  if (!shown.safetyOk) return refuse('machine-not-ready', 'the safety circuit is not closed')
  return undefined
}

/** What an enable must build on. */
export function groundOf(shown: Shown): {
  readonly seq: number
  readonly challenge: number
  readonly plcBootId: number
  readonly highestToken: number
} {
  if (shown.class !== 'lease') return { seq: 0, challenge: 0, plcBootId: shown.bootId, highestToken: 0 }
  const { acknowledgedSeq, challenge, bootId, highestToken } = shown
  return { seq: lease.nextWord(acknowledgedSeq), challenge, plcBootId: bootId, highestToken }
}

export type Answer =
  | { readonly kind: 'held' }
  | { readonly kind: 'refused'; readonly reason: number; readonly detail: string }
  /** Somebody else was enabled under its sequence, which makes it dead. */
  | { readonly kind: 'overtaken' }
  | { readonly kind: 'silent' }

/** What it says of our enable. It was off, or its sequence another, when we asked: what shows now came after. */
export function answerOf(shown: Shown, asked: Claim & { readonly seq: number }): Answer {
  if (shown.class !== 'lease') return output.keeps(shown) ? { kind: 'held' } : { kind: 'silent' }
  if (shown.acknowledgedSeq !== asked.seq) return { kind: 'silent' }
  if (lease.isHeldBy(shown, asked.token, asked.tag)) return { kind: 'held' }
  const reason = shown.rejectReason
  if (reason === 0) return isOvertaken(shown, asked) ? { kind: 'overtaken' } : { kind: 'silent' }
  return { kind: 'refused', reason, detail: lease.rejectReasons[reason] ?? `reason ${reason}` }
}

/**
 * The block it looked at last bears our sequence, and another owns it since. Ours is old then wherever it still is, and
 * its challenge went with the enable of the other.
 */
function isOvertaken(plc: lease.FromPlc, { token, plcBootId }: Claim): boolean {
  return plc.bootId === plcBootId && plc.ownerToken !== 0 && lease.isForeign(plc, token)
}

/** Of an enable that was not confirmed: it holds now, it did, it never did, or nobody can say. */
export function fateOf(shown: Shown, token: number): 'holds' | 'held' | 'never' | 'open' {
  if (shown.class !== 'lease') return output.lets(shown) ? 'holds' : 'open'
  if (shown.ownerToken === token && shown.state !== 'locked') return 'holds'
  return shown.highestToken === token ? 'held' : 'never'
}

/* ── keeping it ── */

/**
 * A `finish` has arrived: nothing may start any more. A rival's block can bear our sequence, so only the state says so.
 * An output knows no finish, and new starts cannot be prevented while it is on.
 */
export function hasFinished(shown: Shown): boolean {
  return shown.class !== 'lease' || (shown.state !== 'enabled' && shown.state !== 'running')
}

/** The sequence of the next command after ours. */
export function seqAfter(shown: Shown | undefined, seq: number): number {
  return lease.nextSeq(seq, shown?.class === 'lease' ? shown.acknowledgedSeq : undefined)
}

/**
 * After a restart of ours: what renews the permission that still holds; undefined: that it never changed cannot be
 * known.
 */
export function takenUp(
  shown: Shown,
  confirmed: { readonly seq: number; readonly challenge: number },
): Pick<Block, 'seq' | 'challenge'> & { readonly command: 'enable' | 'finish' } {
  const { challenge } = confirmed
  if (shown.class !== 'lease') return { seq: 0, challenge, command: 'enable' }
  const seq = shown.acknowledgedSeq
  return { seq, challenge, command: confirmed.seq === seq ? 'enable' : 'finish' }
}

/**
 * A module that does not tell a restart from none may be on for another reason: only a coil, which never lapses, is
 * ours.
 */
export function canTakeUp(config: InterlockConfig): boolean {
  return config.class !== 'watchdog' || config.bootId !== undefined
}

/** Left of the permission, where it says so, ms. */
export const leftMs = (shown: Shown) => (shown.class === 'lease' ? shown.leaseLeftMs : undefined)

/* ── what is written, one write each ── */

/** The enable of a permission that was intended. */
export function enableWords(config: InterlockConfig, claim: Omit<Block, 'command' | 'heartbeat'>): number[] {
  if (config.class !== 'lease') return [output.OUTPUT_ON]
  return encode(config, { ...claim, command: 'enable', heartbeat: 0 })
}

/** A heartbeat, in the words of the command that holds; a coil is never written again. */
export function renewWords(config: InterlockConfig, block: Block): number[] | undefined {
  if (config.class === 'lease') return encode(config, block)
  return config.class === 'watchdog' ? [output.OUTPUT_ON] : undefined
}

/** The permission is over. */
export function revokeWords(config: InterlockConfig, block: Block): number[] {
  return config.class === 'lease' ? encode(config, { ...block, command: 'revoke' }) : [output.OUTPUT_OFF]
}

const encode = ({ leaseMs }: InterlockConfig, block: Block) => lease.encodeToPlc({ ...block, leaseMs })
