/**
 * Whose units: every delta of a meter goes to the open session, is unassigned, or is disputed, depending on what the
 * machine itself reports about its owner. While that is not known yet, the counter is not stepped, so it keeps the
 * units until then.
 * Read next: meter/meter.ts (how many units), session/session.ts.
 */

import type { MachineConfig, MeterConfig, RegisterMeterConfig } from '../ground/config.ts'
import { redefinedWords } from '../ground/definition.ts'
import type { JsonObject } from '../ground/entry.ts'
import { ruleSignals } from '../ground/rule.ts'
import { cutText } from '../ground/text.ts'
import * as interlock from '../interlock/interlock.ts'
import { type Env, type MachineState, type Seen, sessionOf } from '../machine/state.ts'
import { lose, noteMeter, putMeter, putSession, record, see, type Turn } from '../machine/turn.ts'
import { countsOf } from '../meter/counts.ts'
import { stepDuration, stepEdges, stepIntegral } from '../meter/derived.ts'
import {
  type Account,
  type MeterChange,
  type MeterState,
  type MeterStep,
  redefinedSince,
  stateFor,
} from '../meter/meter.ts'
import type { MeterPoint, MeterUse } from '../meter/point.ts'
import { stepRegister } from '../meter/register.ts'
import { fresh, intervalOf } from '../reading/condition.ts'
import { INTERLOCK_POINT, type Reading } from '../reading/reading.ts'
import { isOpen, type Session } from '../session/session.ts'
import { gapMs } from './fresh.ts'
import { unmetSetting } from './settings.ts'

/** Added to two polls, ms: two looks at a state, an edge or a rate are consecutive. */
const APART_SLACK_MS = 500

/** The points from which meters are counted. They are read whenever permission or money depends on them. */
export function meterPoints(config: MachineConfig): string[] {
  return config.meters.flatMap((meter) => {
    if (meter.kind === 'duration') return []
    const needed = (meter.needs ?? []).map(({ signal }) => signal)
    const identity = meter.kind === 'register' && meter.identity !== undefined ? [meter.identity] : []
    return [meter.signal, ...identity, ...needed]
  })
}

const countedBy = new WeakMap<MachineConfig, ReadonlySet<string>>()

/** Whether a meter counts by this point: its register, or of a duration the state of the machine. */
export function countsBy(config: MachineConfig, point: string): boolean {
  const known = countedBy.get(config)
  if (known !== undefined) return known.has(point)
  const ofState = config.meters.some(({ kind }) => kind === 'duration') ? ruleSignals(config.state) : []
  countedBy.set(config, new Set([...meterPoints(config), ...ofState]))
  return countsBy(config, point)
}

/** Steps the meters for which readings have arrived. */
export function count(turn: Turn, readings: readonly Reading[]): void {
  const { m, env } = turn
  for (const reading of readings) if (reading.quality !== 'good') lose(turn, reading)
  const came = new Map(
    readings.filter((reading) => reading.quality === 'good').map((reading) => [reading.point, reading]),
  )
  for (const config of m.config.meters) {
    const known = m.meters.get(config.id)
    if (waitsForEnd(m.session, known, config)) continue
    if (unmetSetting(m.config, config, m.seen, env.now) !== undefined) continue
    const step = stepOf(turn, config, stateFor(known, config, env.stamp.bootId), came)
    if (step === undefined) continue
    if (known !== undefined && known.unit !== step.state.unit) nameForeignOf(turn, known)
    book(turn, config, known === undefined ? step : asReconfigured(known, config, step))
  }
}

/**
 * The first step of a meter that was configured differently. The epoch begins with the first reading that counts, and
 * that is the name of the change; until then the meter stands where it stood.
 */
function asReconfigured(known: MeterState, config: MeterConfig, step: MeterStep): MeterStep {
  const { state, account } = step
  const parts = redefinedSince(known, config)
  if (parts.length === 0 || known.atMs === 0) return step
  if (config.kind === 'register' && state.raw === undefined) {
    const { held } = state
    const changes = step.changes.map((change) => ({ ...change, epoch: known.epoch }))
    return { ...step, state: held === undefined ? known : { ...known, held }, changes }
  }
  const change: MeterChange = {
    name: 'reconfigured',
    ...(known.raw === undefined ? {} : { fromRaw: known.raw }),
    ...(state.raw === undefined ? {} : { toRaw: state.raw }),
    ...(known.unit === state.unit ? {} : { fromUnit: known.unit, fromTotal: known.total }),
    redefined: redefinedWords(parts),
    delta: 0n,
    account,
    epoch: state.epoch,
  }
  return { ...step, changes: [change] }
}

function stepOf(
  turn: Turn,
  config: MeterConfig,
  state: MeterState,
  came: ReadonlyMap<string, Reading>,
): MeterStep | undefined {
  const { m, env } = turn
  const { bootId } = env.stamp
  const reading =
    config.kind === 'duration'
      ? ruleSignals(m.config.state)
          .map((id) => came.get(id))
          .find((found) => found !== undefined)
      : came.get(config.signal)
  if (reading === undefined) return undefined
  const at = { ms: reading.readAtMs, ns: reading.readAtNs }
  const account = accountNow(env, m, state)
  if (config.kind === 'register') {
    const raw = countsOf(reading, config)
    const identity = config.identity === undefined ? {} : identityOf(m.seen, config.identity, config, state)
    if (raw === undefined || account === undefined || identity === undefined) return undefined
    return stepRegister(state, { raw, ...identity, at, bootId }, config, account, gapMs(m.config, config))
  }
  // These meters cannot wait until the machine has reported its owner: without it, and with a session open, it cannot
  // be known whose the units are.
  const to = account ?? 'disputed'
  const apartMs = 2 * intervalOf(m.config, reading.point) + APART_SLACK_MS
  switch (config.kind) {
    case 'duration':
      if (m.seen.condition.itemState === 'Unknown') return undefined
      return stepDuration(state, m.seen.condition.itemState === config.while, at, bootId, to, apartMs)
    case 'edges':
      if (typeof reading.value !== 'boolean') return undefined
      return stepEdges(state, reading.value, at, bootId, config, to, apartMs)
    case 'integral':
      return stepIntegral(state, reading.value, at, bootId, config, to, apartMs)
  }
}

/**
 * The identity of the device that holds the counter. No value is counted before its device is known to be the same:
 * until the identity was read after the last reading of the counter that was accepted, held or lost, this is undefined
 * and the counter waits. After a start, too, the identity is read first.
 */
function identityOf(
  { readings, lostNs: lost }: Seen,
  identity: string,
  config: RegisterMeterConfig,
  state: MeterState,
): { identity: string } | undefined {
  const reading = readings.get(identity)
  if (reading?.quality !== 'good' || reading.value === undefined) return undefined
  const last = state.held ?? state
  const lostNs = lost.get(config.signal)
  if (last.atNs > reading.readAtNs || (lostNs !== undefined && lostNs >= reading.readAtNs)) return undefined
  return { identity: String(reading.value) }
}

/**
 * Whether a meter waits for the end of the open session: it is known, and the session began without it, or with it in
 * another unit. What it makes is then no part of a session whose begin reading it is not in.
 */
export function waitsForEnd(
  session: MachineState['session'],
  known: MeterState | undefined,
  { id, unit }: MeterConfig,
): boolean {
  if (session === undefined || !isOpen(session) || known === undefined || known.atMs === 0) return false
  return !isOfSession(session, { meter: id, unit })
}

/** Whether a meter is part of a session: it began with it, or has used it, in this unit. */
function isOfSession(
  { begin, use }: Session,
  { meter, unit }: { readonly meter: string; readonly unit: string },
): boolean {
  return [...begin, ...use].some((item) => item.meter === meter && item.unit === unit)
}

/** The part of a machine from which it follows whose its units are. */
type Owned = Pick<MachineState, 'config' | 'seen' | 'session' | 'access'>

/**
 * The account for the units that a counter has made since it was last read. Undefined when that is not known yet: the
 * counter is not stepped until the machine has reported its owner.
 */
export function accountNow(env: Env, { config, seen, session, access }: Owned, state: MeterState): Account | undefined {
  if (session === undefined || !isOpen(session) || wasOwnerless(env, seen, state)) return 'unassigned'
  if (config.interlock === undefined) return 'disputed' // it had one when the session began
  if (access.kind === 'Unknown' || access.kind === 'Unconfirmed') return undefined
  if (access.kind === 'Unlocking' && access.phase !== 'checking') return undefined
  const { lock, readings } = seen
  if (lock === undefined || fresh(config, readings, INTERLOCK_POINT, env.now) === undefined) return undefined
  if (access.kind === 'Foreign' && config.interlock && !interlock.isGuarded(config.interlock)) return 'unassigned'
  const fromNs = state.atMs === 0 || state.bootId === env.stamp.bootId ? state.atNs : undefined
  const claim = { token: Number(session.token), bootId: session.plcBootId, fromNs }
  return interlock.isLastOwner(lock, claim) ? 'session' : 'disputed'
}

/** Notes whether the machine runs without a token, and since when it no longer does. */
export function watchOwner(turn: Turn): void {
  const { lock, ownerless } = turn.m.seen
  if (lock === undefined) return
  if (interlock.isOwnerless(lock.block)) see(turn, { ownerless: 'now' })
  else if (ownerless === 'now') see(turn, { ownerless: lock.reading.readAtNs })
}

/** Whether the meter was last read while the machine ran without a token: what it has made since is unassigned. */
function wasOwnerless({ stamp }: Env, { ownerless }: Seen, { atNs, bootId }: MeterState): boolean {
  // A meter that was last read in an earlier boot was read before that moment of this boot.
  return ownerless === 'now' || (ownerless !== undefined && (atNs < ownerless || bootId !== stamp.bootId))
}

function book(turn: Turn, config: MeterConfig, step: MeterStep): void {
  const { m } = turn
  const before = m.meters.get(config.id)
  const state = withForeign(turn, step, before)
  if (step.delta === 0n && step.changes.length === 0 && before !== undefined && sameHeld(before.held, step.state.held))
    return noteMeter(turn, state)
  putMeter(turn, state)
  // A meter that is read for the first time is the session's from here on, also when nothing is made.
  const isNew = (before?.atMs ?? 0) === 0 && state.atMs !== 0 && m.session !== undefined && isOpen(m.session)
  if (isNew || (step.delta > 0n && step.account === 'session')) useBySession(turn, config, step.delta)
  // What is counted here names no first reading; in a session it has to be shown before it makes anything.
  const first: MeterChange = { name: 'first', delta: 0n, account: step.account, epoch: state.epoch }
  for (const item of isNew && step.changes.length === 0 ? [first] : step.changes)
    record(turn, 'MeterChanged', changeJson(step.state, item))
}

function changeJson({ meter, unit, total }: MeterState, item: MeterChange): JsonObject {
  return {
    meter,
    change: item.name,
    unit,
    ...(item.redefined === undefined ? {} : { detail: cutText(item.redefined, 200) }),
    ...(item.fromUnit === undefined ? {} : { fromUnit: item.fromUnit, fromTotal: String(item.fromTotal) }),
    ...(item.fromRaw === undefined ? {} : { from: item.fromRaw.toString() }),
    ...(item.toRaw === undefined ? {} : { to: item.toRaw.toString() }),
    ...(item.fromIdentity === undefined ? {} : { fromIdentity: item.fromIdentity }),
    ...(item.toIdentity === undefined ? {} : { toIdentity: item.toIdentity }),
    delta: item.delta.toString(),
    account: item.account,
    epoch: item.epoch,
    total: total.toString(),
    ...(item.apartMs === undefined ? {} : { apartMs: item.apartMs }),
  }
}

/**
 * Adds up what is made unassigned while somebody else holds the machine, up to the reading that shows the end of that
 * use.
 */
function withForeign(
  { m, env }: Turn,
  { state, delta, account }: MeterStep,
  before: MeterState | undefined,
): MeterState {
  const foreign =
    m.shown.foreign || m.access.kind === 'Foreign' || (before !== undefined && wasOwnerless(env, m.seen, before))
  if (account !== 'unassigned' || delta === 0n || !foreign) return state
  return { ...state, foreign: (state.foreign ?? 0n) + delta }
}

/**
 * Records once, after a foreign use, what each meter made in it; also after one that ended while the gateway was down.
 */
export function nameForeign(turn: Turn): void {
  for (const state of turn.m.meters.values()) nameForeignOf(turn, state)
}

function nameForeignOf(turn: Turn, { foreign, ...state }: MeterState): void {
  if (foreign === undefined) return
  putMeter(turn, state)
  record(turn, 'MeterChanged', {
    meter: state.meter,
    change: 'foreign',
    unit: state.unit,
    delta: foreign.toString(),
    account: 'unassigned',
    epoch: state.epoch,
    total: state.total.toString(),
  })
}

const sameHeld = (a: { seen: number } | undefined, b: { seen: number } | undefined) => a?.seen === b?.seen

function useBySession(turn: Turn, config: MeterConfig, delta: bigint): void {
  const session = sessionOf(turn.m)
  const known = session.use.find((use) => use.meter === config.id)
  const added: MeterUse = {
    meter: config.id,
    unit: config.unit,
    quantity: (BigInt(known?.quantity ?? '0') + delta).toString(),
  }
  const others = session.use.filter((use) => use !== known)
  putSession(turn, { ...session, use: [...others, added].sort((a, b) => (a.meter < b.meter ? -1 : 1)) })
}

/** Every meter as it is now, for the begin and end readings of a session. */
export function points({ meters }: Pick<MachineState, 'meters'>): MeterPoint[] {
  return [...meters.values()]
    .filter((state) => state.atMs !== 0)
    .map((state) => ({
      meter: state.meter,
      unit: state.unit,
      ...(state.raw === undefined ? {} : { raw: state.raw.toString() }),
      epoch: state.epoch,
      total: state.total.toString(),
      atMs: state.atMs,
    }))
    .sort((a, b) => (a.meter < b.meter ? -1 : 1))
}

/** The meters of a session as they are now, for its end readings. */
export const pointsOfSession = (m: Pick<MachineState, 'meters'>, session: Session): MeterPoint[] =>
  points(m).filter((point) => isOfSession(session, point))

/** Disputes the next units of all registers: it cannot be known whose they will be. */
export function disputeNext(turn: Turn): void {
  for (const state of turn.m.meters.values()) {
    if (state.kind !== 'register') continue
    putMeter(turn, { ...state, next: 'disputed' })
  }
}
