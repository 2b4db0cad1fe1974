/**
 * Whose units: every delta of a meter goes to the open session, to nobody, or into dispute, by what the machine itself
 * says about its owner. When that is not known yet, the counter is simply not stepped: it keeps the units until it is.
 * Read next: meter/meter.ts and what it names (how many), session/session.ts; sample.ts (live values, which bill nothing).
 */
import type { MachineConfig, MeterConfig, RegisterMeterConfig } from '../../../config/site.ts'
import type { JsonObject } from '../ground/entry.ts'
import * as interlock from '../interlock/interlock.ts'
import { change, type MachineState, record, type Turn } from '../machine/turn.ts'
import { countsOf } from '../meter/counts.ts'
import { stepDuration, stepEdges, stepIntegral } from '../meter/derived.ts'
import { type Account, type MeterState, type MeterStep, newMeter } from '../meter/meter.ts'
import { stepRegister } from '../meter/register.ts'
import { fresh, intervalOf } from '../reading/condition.ts'
import { NS_PER_MS, type Reading } from '../reading/reading.ts'
import { isOpen, type MeterPoint, type MeterUse } from '../session/session.ts'

const QUARTER_MS = 15 * 60_000
/** Readings at most two polls and this apart are consecutive. */
const GAP_SLACK_MS = 2000

/** The points meters are counted with: read whenever permission or money is decided on. */
export function meterPoints(config: MachineConfig): string[] {
  return config.meters.flatMap((meter) => {
    if (meter.kind === 'duration') return []
    return meter.kind === 'register' && meter.identity !== undefined ? [meter.signal, meter.identity] : [meter.signal]
  })
}

/** Steps the meters of the readings that came. */
export function count(turn: Turn, readings: readonly Reading[]): void {
  const { m, env } = turn
  for (const reading of readings) if (reading.quality !== 'good') m.lostNs.set(reading.point, reading.readAtNs)
  const came = new Map(
    readings.filter((reading) => reading.quality === 'good').map((reading) => [reading.point, reading]),
  )
  for (const config of m.config.meters) {
    const state = m.meters.get(config.id) ?? newMeter(config, env.stamp.bootId)
    const step = stepOf(turn, config, state, came)
    if (step !== undefined) book(turn, config, step)
  }
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
      ? signalsOfState(m)
          .map((id) => came.get(id))
          .find((found) => found !== undefined)
      : came.get(config.signal)
  if (reading === undefined) return undefined
  const at = { ms: reading.readAtMs, ns: reading.readAtNs }
  const account = accountNow(turn, state)
  if (config.kind === 'register') {
    const raw = countsOf(reading, config)
    const identity = config.identity === undefined ? {} : identityOf(turn, config, state)
    if (raw === undefined || account === undefined || identity === undefined) return undefined
    return stepRegister(state, { raw, ...identity, at, bootId }, config, account, gapMs(m, config))
  }
  // These cannot wait until the machine has said who its owner is: with a session open, nobody can say whose it was.
  const to = account ?? 'disputed'
  const apartMs = 2 * intervalOf(m.config, reading.point) + GAP_SLACK_MS / 4
  switch (config.kind) {
    case 'duration':
      if (m.condition.itemState === 'Unknown') return undefined
      return stepDuration(state, m.condition.itemState === config.while, at, bootId, to, apartMs)
    case 'edges':
      if (typeof reading.value !== 'boolean') return undefined
      return stepEdges(state, reading.value, at, bootId, config, to, apartMs)
    case 'integral':
      return stepIntegral(state, reading.value, at, bootId, config, to, apartMs)
  }
}

/**
 * Which device the counter is in. Undefined, and the counter waits, until it was read well after the last reading of the
 * counter that was accepted, held or lost: no value is counted before the device that shows it is known to be the same.
 * After a start nothing has been read, so the identity comes first.
 */
function identityOf({ m }: Turn, config: RegisterMeterConfig, state: MeterState): { identity: string } | undefined {
  const reading = m.readings.get(config.identity!)
  if (reading?.quality !== 'good' || reading.value === undefined) return undefined
  const last = state.held ?? state
  const lostNs = m.lostNs.get(config.signal)
  if (last.atNs > reading.readAtNs || (lostNs !== undefined && lostNs >= reading.readAtNs)) return undefined
  return { identity: String(reading.value) }
}

export function gapMs(m: MachineState, config: RegisterMeterConfig): number {
  return 2 * intervalOf(m.config, config.signal) + GAP_SLACK_MS
}

/** Undefined: not known yet; leave the counter alone until the machine has said who its owner was. */
function accountNow({ m, env }: Turn, state: MeterState): Account | undefined {
  const session = m.session
  if (session === undefined || !isOpen(session) || wasOwnerless(m, state, env)) return 'unassigned'
  const { kind } = m.access
  if (kind === 'Unknown' || kind === 'Unconfirmed') return undefined
  if (kind === 'Unlocking' && m.access.phase !== 'checking') return undefined
  const reading = fresh(m.config, m.readings, '#interlock', env.now)
  if (reading === undefined || m.plc === undefined) return undefined
  if (kind === 'Foreign' && !interlock.isGuarded(m.config.interlock!)) return 'unassigned'
  const fromNs = state.atMs === 0 || state.bootId === env.stamp.bootId ? state.atNs : undefined
  const claim = { token: Number(session.token), bootId: session.plcBootId, fromNs }
  return interlock.isLastOwner(m.plc, claim) ? 'session' : 'disputed'
}

/** Whether the machine runs without a token, and when that was over. */
export function watchOwner(m: MachineState): void {
  if (m.plc === undefined) return
  if (interlock.isOwnerless(m.plc.block)) m.ownerless = 'now'
  else if (m.ownerless === 'now') m.ownerless = m.plc.reading.readAtNs
}

/** The meter was last read while the machine ran without a token: what it made since then is nobody's. */
function wasOwnerless({ ownerless }: MachineState, { atNs, bootId }: MeterState, { stamp }: Turn['env']): boolean {
  // The monotonic clock began anew with the host: what was read before that was read before this.
  return ownerless === 'now' || (ownerless !== undefined && (atNs < ownerless || bootId !== stamp.bootId))
}

function book(turn: Turn, config: MeterConfig, step: MeterStep): void {
  const { m } = turn
  const before = m.meters.get(config.id)
  const state = withForeign(turn, step, before)
  m.meters.set(config.id, state)
  if (step.delta === 0n && step.changes.length === 0 && before !== undefined && sameHeld(before.held, step.state.held))
    return
  change(turn, { kind: 'meter', state })
  if (step.delta > 0n && step.account === 'session') useBySession(turn, config, step.delta)
  for (const item of step.changes) {
    record(turn, 'MeterChanged', {
      meter: config.id,
      change: item.name,
      unit: config.unit,
      ...(item.fromRaw === undefined ? {} : { from: item.fromRaw.toString() }),
      ...(item.toRaw === undefined ? {} : { to: item.toRaw.toString() }),
      ...(item.fromIdentity === undefined ? {} : { fromIdentity: item.fromIdentity }),
      ...(item.toIdentity === undefined ? {} : { toIdentity: item.toIdentity }),
      delta: item.delta.toString(),
      account: item.account,
      epoch: item.epoch,
      total: step.state.total.toString(),
      ...(item.apartMs === undefined ? {} : { apartMs: item.apartMs }),
    })
  }
}

/** What was made unassigned while somebody else held the machine, up to the reading that shows that it is over. */
function withForeign(
  { m, env }: Turn,
  { state, delta, account }: MeterStep,
  before: MeterState | undefined,
): MeterState {
  const foreign = m.foreign || m.access.kind === 'Foreign' || (before !== undefined && wasOwnerless(m, before, env))
  if (account !== 'unassigned' || delta === 0n || !foreign) return state
  return { ...state, foreign: (state.foreign ?? 0n) + delta }
}

/** A foreign use is over: what each meter made in it is named, once. Also one that ended while we were not there. */
export function nameForeign(turn: Turn): void {
  const { m } = turn
  for (const { foreign, ...state } of m.meters.values()) {
    if (foreign === undefined) continue
    m.meters.set(state.meter, state)
    change(turn, { kind: 'meter', state })
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
}

const sameHeld = (a: { seen: number } | undefined, b: { seen: number } | undefined) => a?.seen === b?.seen

function useBySession(turn: Turn, config: MeterConfig, delta: bigint): void {
  const { m } = turn
  const session = m.session!
  const known = session.use.find((use) => use.meter === config.id)
  const added: MeterUse = {
    meter: config.id,
    unit: config.unit,
    quantity: (BigInt(known?.quantity ?? '0') + delta).toString(),
  }
  m.session = {
    ...session,
    use: [...session.use.filter((use) => use !== known), added].sort((a, b) => (a.meter < b.meter ? -1 : 1)),
  }
  change(turn, { kind: 'session', session: m.session })
}

/** Every meter as it stands; the begin and end readings of a session. */
export function points(m: MachineState): MeterPoint[] {
  return [...m.meters.values()]
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

/** All gating meters were read at or after this moment, and none is waiting to be believed. */
export function settledSince({ m, env }: Turn, ns: bigint): boolean {
  return m.config.meters.every((config) => {
    if (config.kind !== 'register' || !config.gating) return true
    const state = m.meters.get(config.id)
    return isOfThisBoot(state, env) && state.held === undefined && state.atNs >= ns
  })
}

/** Gating meters were read within two polls and 2 s: no metering, no permission. */
export function gatingFresh({ m, env }: Turn): boolean {
  return m.config.meters.every((config) => {
    if (config.kind !== 'register' || !config.gating) return true
    const state = m.meters.get(config.id)
    return isOfThisBoot(state, env) && env.now.ns - state.atNs <= BigInt(gapMs(m, config)) * NS_PER_MS
  })
}

/** Read since the host came up: a moment of an earlier boot says nothing by this boot's clock. */
function isOfThisBoot(state: MeterState | undefined, { stamp }: Turn['env']): state is MeterState {
  return state?.bootId === stamp.bootId
}

/** Later units of these meters are nobody's for sure. */
export function disputeNext(turn: Turn): void {
  for (const state of turn.m.meters.values()) {
    if (state.kind !== 'register') continue
    const next = { ...state, next: 'disputed' as const }
    turn.m.meters.set(state.meter, next)
    change(turn, { kind: 'meter', state: next })
  }
}

/** One entry a machine and quarter hour, if a meter moved. */
export function recordQuarter(turn: Turn): void {
  const { m, env } = turn
  const quarter = Math.floor(env.now.ms / QUARTER_MS)
  if (m.quarter === quarter) return
  const first = m.quarter === 0
  m.quarter = quarter
  if (first) return
  const moved = [...m.meters.values()].filter((state) => state.total !== state.recordedTotal)
  if (moved.length === 0) return
  for (const state of moved) {
    const next = { ...state, recordedTotal: state.total }
    m.meters.set(state.meter, next)
    change(turn, { kind: 'meter', state: next })
  }
  const names = new Set(moved.map((state) => state.meter))
  const meters = points(m).filter((point) => names.has(point.meter))
  record(turn, 'MeterSampled', { meters: meters.map(pointJson) }, null)
}

export function pointJson(point: MeterPoint): JsonObject {
  const { atMs, raw, ...rest } = point
  return { ...rest, ...(raw === undefined ? {} : { raw }), at: atMs }
}

function signalsOfState(m: MachineState): readonly string[] {
  const rule = m.config.state
  return rule.kind === 'priority' ? rule.rules.map(({ when }) => when) : [rule.signal]
}
