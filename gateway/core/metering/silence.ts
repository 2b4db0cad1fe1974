/**
 * Meters that do not count, and why: the board shows it, an entry records it, and so does a session that begins then. A
 * meter is silent when its register has had no good reading for two polls and 2 s, or shows a value that is not
 * believed. Nothing is counted here. Read next: metering.ts (how meters are counted), board/board.ts (which shows it).
 */
import type { MachineConfig, MeterConfig } from '../ground/config.ts'
import { type Moment, NS_PER_MS } from '../ground/moment.ts'
import { ruleSignals } from '../ground/rule.ts'
import type { Env, MachineState } from '../machine/state.ts'
import { record, show, type Turn } from '../machine/turn.ts'
import { type MeterState, stateFor } from '../meter/meter.ts'
import { intervalOf } from '../reading/condition.ts'
import { ageMs, silentAfterMs, tooOldNs } from '../reading/reading.ts'
import { waitsForEnd } from './metering.ts'
import { unmetSetting } from './settings.ts'

/** A meter that does not count. `reason` is a stable word; `detail` is the word of the device. */
export type Silent = { readonly meter: string; readonly reason: string; readonly detail?: string }

type Metered = Pick<MachineState, 'config' | 'meters' | 'seen' | 'session' | 'pace'>

/** Every meter of the machine that does not count now. */
export function silentMeters({ now, stamp }: Env, m: Metered): Silent[] {
  const { startedNs } = m.pace
  if (startedNs === undefined) return []
  return m.config.meters.flatMap((config) => {
    const why = whySilent(m, config, m.meters.get(config.id), now, stamp.bootId, startedNs)
    return why === undefined ? [] : [{ meter: config.id, ...why }]
  })
}

function whySilent(
  { config: machine, seen, session }: Metered,
  config: MeterConfig,
  known: MeterState | undefined,
  now: Moment,
  bootId: string,
  startedNs: bigint,
): Omit<Silent, 'meter'> | undefined {
  if (waitsForEnd(session, known, config)) {
    const detail = known?.unit === config.unit ? 'the session began without it' : `the session began in ${known?.unit}`
    return { reason: 'waits-for-end', detail: `${detail}; it counts from its end on` }
  }
  const unmet = unmetSetting(machine, config, seen, now)
  if (unmet?.reason === 'setting') return unmet
  const state = stateFor(known, config, bootId)
  const { ids, limitMs } = watchOf(machine, config)
  const sinceNs = lastCountedNs(state, bootId, startedNs)
  if (now.ns - sinceNs <= BigInt(limitMs) * NS_PER_MS) return undefined
  const readings = ids.map((id) => seen.readings.get(id)).filter((reading) => reading !== undefined)
  const good = readings.find(({ quality }) => quality === 'good')
  if (good === undefined) {
    const bad = readings[0]
    if (bad === undefined) return { reason: 'never-read' }
    return { reason: bad.cause ?? bad.quality, ...(bad.detail === undefined ? {} : { detail: bad.detail }) }
  }
  if (ageMs(good, now) > limitMs) return { reason: 'stale' }
  if (unmet !== undefined) return unmet
  if (state.held !== undefined) return { reason: state.held.name }
  // Otherwise it waits only until its owner is known; the counter keeps the units until then.
  if (config.kind !== 'register' || config.identity === undefined) return undefined
  return seen.readings.get(config.identity)?.quality === 'good' ? undefined : { reason: 'no-identity' }
}

/** The signals that a meter counts with, and for how long it may go without. */
function watchOf(machine: MachineConfig, config: MeterConfig): { ids: readonly string[]; limitMs: number } {
  const ids = config.kind === 'duration' ? ruleSignals(machine.state) : [config.signal]
  return { ids, limitMs: silentAfterMs(Math.max(...ids.map((id) => intervalOf(machine, id)))) }
}

function lastCountedNs(state: MeterState, bootId: string, startedNs: bigint): bigint {
  return state.bootId === bootId && state.atMs !== 0 && state.atNs > startedNs ? state.atNs : startedNs
}

/** When meters may fall silent by the passing of time, monotonic ns. */
export function* silentFromNs({ stamp }: Env, { config: machine, meters, seen, pace }: Metered): Generator<bigint> {
  if (pace.startedNs === undefined) return
  for (const config of machine.meters) {
    const state = stateFor(meters.get(config.id), config, stamp.bootId)
    const { ids, limitMs } = watchOf(machine, config)
    yield lastCountedNs(state, stamp.bootId, pace.startedNs) + BigInt(limitMs) * NS_PER_MS + 1n
    for (const id of ids) {
      const reading = seen.readings.get(id)
      if (reading?.quality === 'good') yield tooOldNs(reading, limitMs)
    }
  }
}

/** A meter that falls silent is recorded, and again at most once an hour. */
const AGAIN_NS = 3_600_000n * NS_PER_MS

export function recordSilence(turn: Turn): void {
  const { m, env } = turn
  const silent = silentMeters(env, m)
  const before = m.shown.silent
  if (silent.length === 0 && before.every(({ silent: was }) => !was)) return
  const next = m.config.meters.flatMap(({ id }) => {
    const now = silent.find(({ meter }) => meter === id)
    const known = before.find(({ meter }) => meter === id)
    if (now === undefined) return known === undefined ? [] : [{ ...known, silent: false }]
    const isDue = known === undefined || (!known.silent && env.now.ns - known.recordedNs >= AGAIN_NS)
    if (isDue) recordOne(turn, now)
    return [{ meter: id, silent: true, recordedNs: isDue ? env.now.ns : known.recordedNs }]
  })
  show(turn, { silent: next })
}

function recordOne(turn: Turn, { meter, reason, detail }: Silent): void {
  const state = turn.m.meters.get(meter)
  const { unit } = turn.m.config.meters.find(({ id }) => id === meter) ?? { unit: '' }
  record(turn, 'MeterChanged', {
    meter,
    change: 'silent',
    reason,
    ...(detail === undefined ? {} : { detail: detail.slice(0, 200) }),
    unit: state?.unit ?? unit,
    delta: '0',
    account: 'unassigned',
    epoch: state?.epoch ?? 1,
    total: (state?.total ?? 0n).toString(),
  })
}
