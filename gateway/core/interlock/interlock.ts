/**
 * What an interlock shows and what is written to it: one seam below the protocol of access/access.ts, for every class
 * of interlock.
 *
 *   lease      the PLC keeps the rules: it reports the owner, rejects late commands, and lets a permission lapse
 *   watchdog   an output that the module drops when it is not written in time; the module does not know an owner
 *   coil       an output that stays as it is when the gateway is lost: no fail-safe
 *
 * Whose an output is, only the gateway knows, from `Claim` and the session; after a gap in the readings it cannot be
 * known. Pure. Read next: lease.ts, output.ts (the classes), access/hold/withdraw.ts (turning an output off).
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

/** What it last showed and when, and since when nobody can have used it unseen, monotonic ns. */
export type Lock = { readonly block: Shown; readonly reading: Reading; readonly sinceNs: bigint }

/** A permission of this gateway, as it was confirmed. */
export type Claim = { readonly token: number; readonly tag: number; readonly plcBootId: number }

/** What is written to hold a permission; `renewWords` repeats it with the next heartbeat and nothing else changed. */
export type Block = Claim & {
  readonly seq: number
  readonly challenge: number
  readonly heartbeat: number
  readonly command: 'enable' | 'finish' | 'revoke'
}

/** Two readings that are at most two polls and this far apart leave no gap between them, ms. */
const GAP_SLACK_MS = 500

/* ── config ── */

/** What is read with each poll. */
export function partsOf(config: InterlockConfig): { readonly point: string; readonly address: unknown }[] {
  if (config.class === 'lease') return [{ point: INTERLOCK_POINT, address: config.fromPlc }]
  return output.outputParts(config).map(({ part, address }) => ({ point: pointOf(part), address }))
}

const pointOf = (part: string) => (part === '' ? INTERLOCK_POINT : `${INTERLOCK_POINT}.${part}`)

/** Where these words go; nothing else is ever written. */
export function targetOf(config: InterlockConfig, [first]: readonly number[]): unknown {
  if (config.class === 'lease') return config.toPlc
  return first === output.OUTPUT_OFF && config.off !== undefined ? config.off : config.output
}

/** Whether losing the gateway locks the machine. */
export const isFailSafe = ({ class: kind }: InterlockConfig) => kind !== 'coil'

/** Part of every record of a permission: it states when losing the gateway does not lock the machine. */
export function stampOf(config: InterlockConfig): { readonly failSafe?: false } {
  return isFailSafe(config) ? {} : { failSafe: false }
}

/** Whether the risk of a missing fail-safe is still accepted. */
export function isAccepted(config: InterlockConfig, nowMs: number): boolean {
  return config.class !== 'coil' || config.risk?.untilMs === undefined || nowMs < config.risk.untilMs
}

/** Whether the machine itself rejects late commands. At an output a late write takes effect like any other. */
export const isGuarded = ({ class: kind }: InterlockConfig) => kind === 'lease'

/**
 * Whether withheld heartbeats are enough to lock it. An output must also be turned off: some modules count a read as a
 * sign of life.
 */
export const locksItself = isGuarded

/** How long after the last write it is surely off, ms; `undefined` when it never lapses. */
export function lapsesAfterMs(config: InterlockConfig): number | undefined {
  return config.class === 'coil' ? undefined : config.leaseMs
}

/** How long after the end of the confirmation window an enable that was not seen may still take effect, ms. */
export function lateMs(config: InterlockConfig): number {
  return isGuarded(config) ? 0 : config.leaseMs + config.requestTimeoutMs
}

/* ── what it shows ── */

/** Combines the newest readings of all parts. It is as old as the oldest of them, and bad if one of them is bad. */
export function see(
  config: InterlockConfig,
  readings: ReadonlyMap<string, Reading>,
  knownBoots: readonly number[] = [],
): Omit<Lock, 'sinceNs'> | { readonly bad: Reading } | undefined {
  const parts = partsOf(config).map(({ point }) => readings.get(point))
  if (parts.some((part) => part === undefined)) return undefined
  const known = parts as Reading[]
  const broken = known.find(({ quality, value }) => quality !== 'good' || value === undefined)
  if (broken !== undefined) return { bad: { ...broken, point: INTERLOCK_POINT, ...whyBroken(config, readings) } }
  const reading = known.reduce((oldest, part) => (part.readAtNs < oldest.readAtNs ? part : oldest))
  if (config.class !== 'lease') {
    const value = (part: string) => readings.get(pointOf(part))?.value
    return { block: output.decodeOutput(config, value, { atMs: reading.readAtMs, known: knownBoots }), reading }
  }
  const block = Array.isArray(reading.value) ? lease.decodeFromPlc(reading.value as number[]) : undefined
  if (block !== undefined) return { block: { class: 'lease', ...block }, reading }
  return { bad: { ...reading, quality: 'bad', cause: 'malformed', detail: 'not a lease block of version 1' } }
}

/** A module whose watchdog has run out may refuse every other request: its state says what to do. */
function whyBroken(config: InterlockConfig, readings: ReadonlyMap<string, Reading>): { readonly detail?: string } {
  const armed = config.class === 'watchdog' ? config.watchdog?.armed : undefined
  const shown = readings.get(pointOf('armed'))
  if (armed === undefined || shown?.quality !== 'good') return {}
  const detail = output.whyNotArmed(armed, Number(shown.value))
  return detail === undefined ? {} : { detail }
}

/**
 * Since when the interlock has been watched without a gap in which somebody else may have used the output. A gap does
 * not count if the output was on before and after it and could not have lapsed in between. A PLC needs no such record:
 * its tokens reveal what happened in a gap.
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

/** Its state in the words of the lease block. */
export const stateOf = (shown: Shown) => (shown.class === 'lease' ? shown.state : output.outputState(shown))

/** The state it last showed, if it has been read. */
/** Why an output that shows this could stay on by itself; undefined when it could not. */
export function whyUnsafe(plc: { readonly block: Shown } | undefined): string | undefined {
  return plc === undefined || plc.block.class === 'lease' ? undefined : plc.block.unsafe
}

export const lastState = (plc: { readonly block: Shown } | undefined) => plc && stateOf(plc.block)

/** How an entry states it. */
export function shownJson(shown: Shown): JsonObject {
  if (shown.class === 'lease') return { ownerToken: String(shown.ownerToken), plcState: shown.state }
  return {
    plcState: output.outputState(shown),
    on: shown.on,
    ...(shown.feedback === undefined ? {} : { feedback: shown.feedback }),
  }
}

export const isInMaintenance = (shown: Shown) => shown.class === 'lease' && shown.mode === 'maintenance'

/** Whether our permission holds, and everything that can be read is as it must be. */
export function isHeldBy(shown: Shown, { token, tag, plcBootId }: Claim): boolean {
  if (shown.bootId !== plcBootId) return false
  return shown.class === 'lease' ? lease.isHeldBy(shown, token, tag) : output.keeps(shown)
}

/**
 * Whether a stranger holds a permission. `token` is that of our session, if there is one; then every use of an output
 * counts as ours.
 */
export function isForeign(shown: Shown, token: number | undefined): boolean {
  return shown.class === 'lease' ? lease.isForeign(shown, token) : token === undefined && output.lets(shown)
}

/**
 * Whether it runs or may run without any token, by its key switch. At an output the use of a stranger is `Foreign`
 * instead.
 */
export const isOwnerless = (shown: Shown) => shown.class === 'lease' && lease.isOwnerless(shown)

/** Whether nobody may start it under this claim any more, and the cycle that ran is complete. */
export function isOver(shown: Shown, claim: Claim): boolean {
  if (shown.class !== 'lease') return !output.lets(shown)
  // In state `finishing` without a lease the running cycle still completes, and its units belong to the session.
  return !isHeldBy(shown, claim) && !(shown.state === 'finishing' && shown.ownerToken === claim.token)
}

/** Whether it permits use under our token, even if that permission may not be taken up again. */
export function isOurs(shown: Shown, token: number): boolean {
  if (shown.class !== 'lease') return output.lets(shown)
  return shown.ownerToken === token && lease.permits(shown.state)
}

/**
 * Whether everything made since `fromNs` belongs to our session: nobody was enabled after our token. At an output:
 * nobody can have been, because it was watched all the time.
 */
export function isLastOwner(
  { block, sinceNs }: { readonly block: Shown; readonly sinceNs: bigint },
  { token, bootId, fromNs }: { token: number; bootId: number | undefined; fromNs: bigint | undefined },
): boolean {
  if (block.class === 'lease') return lease.isLastOwner(block, token, bootId)
  return block.bootId === bootId && fromNs !== undefined && fromNs >= sinceNs
}

/** Whether the machine reports that its safety circuit is open. */
export const isUnsafe = (shown: Shown) => shown.class === 'lease' && !shown.safetyOk

/** Why our permission was lost. */
export type Loss = 'plc-restarted' | 'emergency-stop' | 'fault' | 'local' | 'foreign' | 'safety' | 'lapse'

export function lossOf(shown: Shown, { token, plcBootId }: Claim): Loss {
  if (shown.bootId !== plcBootId) return 'plc-restarted'
  const state = stateOf(shown)
  if (state === 'emergency-stop' || state === 'fault' || state === 'local') return state
  if (isForeign(shown, token)) return 'foreign'
  return isUnsafe(shown) ? 'safety' : 'lapse'
}

/* ── asking for a permission ── */

/** Why it cannot be asked for a permission now. */
export function refusalOf(shown: Shown): Refusal | undefined {
  if (shown.class !== 'lease') {
    if (shown.unsafe !== undefined) return refuse('machine-not-ready', shown.unsafe)
    return output.lets(shown) ? refuse('foreign-use', shown.on ? undefined : 'its feedback contact is on') : undefined
  }
  if (shown.version !== lease.LEASE_VERSION)
    return refuse('machine-not-ready', 'the PLC uses another version of the lease block')
  if (lease.isForeign(shown, undefined))
    return refuse('foreign-use', shown.state === 'local' ? 'the key switch is on local' : undefined)
  if (shown.state !== 'locked') return refuse('machine-not-ready', `the machine is in state ${shown.state}`)
  if (shown.mode !== 'remote') return refuse('machine-not-ready', `the key switch is on ${shown.mode}`)
  if (!shown.safetyOk) return refuse('machine-not-ready', 'the safety circuit is not closed')
  return undefined
}

/** What an enable has to be built from. */
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
  /** Another gateway was enabled under the same sequence, so that ours can no longer take effect. */
  | { readonly kind: 'overtaken' }
  | { readonly kind: 'silent' }

/**
 * How it answers our enable. Before the write the output was off, or the sequence was another; so what it shows now is
 * the answer.
 */
export function answerOf(shown: Shown, asked: Claim & { readonly seq: number }): Answer {
  if (shown.class !== 'lease') return output.keeps(shown) ? { kind: 'held' } : { kind: 'silent' }
  if (shown.acknowledgedSeq !== asked.seq) return { kind: 'silent' }
  if (lease.isHeldBy(shown, asked.token, asked.tag)) return { kind: 'held' }
  const reason = shown.rejectReason
  if (reason === 0) return isOvertaken(shown, asked) ? { kind: 'overtaken' } : { kind: 'silent' }
  return { kind: 'refused', reason, detail: lease.rejectReasons[reason] ?? `reason ${reason}` }
}

/**
 * Whether the last block it acknowledged has our sequence but another owner. Our enable can no longer take effect then,
 * wherever it still is: its sequence is old, and its challenge was replaced by the other enable.
 */
function isOvertaken(plc: lease.FromPlc, { token, plcBootId }: Claim): boolean {
  return plc.bootId === plcBootId && plc.ownerToken !== 0 && lease.isForeign(plc, token)
}

/** What became of an enable that was not confirmed: it holds now, it held, it never held, or that cannot be known. */
export function fateOf(shown: Shown, token: number): 'holds' | 'held' | 'never' | 'open' {
  if (shown.class !== 'lease') return output.lets(shown) ? 'holds' : 'open'
  if (shown.ownerToken === token && shown.state !== 'locked') return 'holds'
  return shown.highestToken === token ? 'held' : 'never'
}

/* ── keeping a permission ── */

/**
 * Whether a `finish` has taken effect: nothing can be started any more. Only the state shows that, since a block of
 * another gateway can have our sequence. An output has no `finish`: new starts cannot be prevented while it is on.
 */
export function hasFinished(shown: Shown): boolean {
  return shown.class !== 'lease' || (shown.state !== 'enabled' && shown.state !== 'running')
}

/** The sequence of our next command. */
export function seqAfter(shown: Shown | undefined, seq: number): number {
  return lease.nextSeq(seq, shown?.class === 'lease' ? shown.acknowledgedSeq : undefined)
}

/**
 * After a restart of the gateway: the part of the block that renews the permission that still holds. Only a finish of
 * ours brings a PLC that is held to `finishing`.
 */
export function takenUp(
  shown: Shown,
  confirmed: { readonly seq: number; readonly challenge: number },
): Pick<Block, 'seq' | 'challenge'> & { readonly command: 'enable' | 'finish' } {
  const { challenge } = confirmed
  if (shown.class !== 'lease') return { seq: 0, challenge, command: 'enable' }
  // A block that was acknowledged and refused, a stranger's, changes nothing of ours.
  if (shown.state !== 'finishing') return { seq: confirmed.seq, challenge, command: 'enable' }
  return { seq: shown.acknowledgedSeq, challenge, command: 'finish' }
}

/**
 * Whether an open permission may be taken up after a restart. A watchdog module that does not report its own restarts
 * may be on for another reason; a coil never lapses, so it is still ours.
 */
export function canTakeUp(config: InterlockConfig): boolean {
  return config.class !== 'watchdog' || config.bootId !== undefined
}

/** The time left of the permission where the machine reports it, ms. */
export const leftMs = (shown: Shown) => (shown.class === 'lease' ? shown.leaseLeftMs : undefined)

/* ── what is written, one write each ── */

/** The enable after an intent. */
export function enableWords(config: InterlockConfig, claim: Omit<Block, 'command' | 'heartbeat'>): number[] {
  if (config.class !== 'lease') return [output.onWord(config)]
  return encode(config, { ...claim, command: 'enable', heartbeat: 0 })
}

/** A heartbeat: the command that holds, once more. A coil is not written again. */
export function renewWords(config: InterlockConfig, block: Block): number[] | undefined {
  if (config.class === 'lease') return encode(config, block)
  return config.class === 'watchdog' ? [output.onWord(config)] : undefined
}

/** The end of a permission. */
export function revokeWords(config: InterlockConfig, block: Block): number[] {
  return config.class === 'lease' ? encode(config, { ...block, command: 'revoke' }) : [output.OUTPUT_OFF]
}

const encode = ({ leaseMs }: InterlockConfig, block: Block) => lease.encodeToPlc({ ...block, leaseMs })
