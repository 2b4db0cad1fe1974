/**
 * What keeps a gateway or a machine from letting a tenant in, in words for the people who run it, each with the next
 * step. What a booking, a session or a stop on the machine explains by itself is no note.
 * Read next: access/gates.ts (the rules), control/board.ts (which shows the notes in health and logs new ones).
 */
import { commissioningOf, DUE_SOON_MS, whyNot } from '../drill/commissioning.ts'
import type { FloatSteps, MachineConfig, RegisterMeterConfig } from '../ground/config.ts'
import { NS_PER_MS } from '../ground/moment.ts'
import * as interlock from '../interlock/interlock.ts'
import type { Env, MachineState } from '../machine/state.ts'
import { floatCounts, resolvedCounts } from '../meter/counts.ts'
import { silentMeters } from '../metering/silence.ts'
import { signalsOf, staleness } from '../reading/condition.ts'
import { INTERLOCK_POINT, type Reading } from '../reading/reading.ts'

/** `about` stays while the words may change, so that a log says each matter once. */
export type Note = { readonly about: string; readonly text: string }

/**
 * Whether a tenant could be let in somewhere: by the gateway, and by one machine of those that it unlocks. What
 * prevents it is among the notes.
 */
export function isReady(env: Env, machines: Iterable<MachineState>): boolean {
  const { stopping, ledgerProven, diskOk, timeTrusted } = env
  if (stopping || !ledgerProven || !diskOk || !timeTrusted) return false
  const unlocked = [...machines].filter(({ config }) => config.interlock !== undefined)
  return unlocked.length === 0 || unlocked.some((m) => letsIn(m, env.now.ms))
}

const letsIn = ({ config, row, seen }: MachineState, nowMs: number): boolean =>
  whyNot(commissioningOf(config, row.drill, nowMs)) === undefined && interlock.whyUnsafe(seen.lock) === undefined

export function machineNotes(env: Env, m: MachineState): Note[] {
  return [
    ...drillNote(m, env.now.ms),
    ...unsafeNote(m),
    ...unreadNote(env, m),
    ...silentNotes(env, m),
    ...coarseNotes(m),
  ]
}

/** A drill that is due within a month, or that has not been passed at all. */
function drillNote({ config: { id }, config, row }: MachineState, nowMs: number): Note[] {
  const about = `drill of ${id}`
  const state = commissioningOf(config, row.drill, nowMs)
  const missing = whyNot(state)
  if (missing !== undefined)
    return [{ about, text: `${id} lets no tenant in: ${missing}; with nobody near it: latchkey drill http://… ${id}` }]
  if (state.kind !== 'commissioned' || state.dueMs === undefined || state.dueMs - nowMs > DUE_SOON_MS) return []
  return [{ about, text: `the drill of ${id} is due by ${new Date(state.dueMs).toISOString().slice(0, 10)}` }]
}

function unsafeNote({ config: { id }, seen }: MachineState): Note[] {
  const why = interlock.whyUnsafe(seen.lock)
  if (why === undefined) return []
  return [{ about: `interlock of ${id}`, text: `${id} lets nobody in: ${why}; set the module as its profile says` }]
}

/** A start takes this long to read everything once. */
const FIRST_READ_NS = 3_000n * NS_PER_MS

/** The note of the link says why. */
const LINK_DOWN = 'link-down'

function unreadNote({ now }: Env, { config, seen, pace }: MachineState): Note[] {
  const { id } = config
  const stale = staleness(config, seen.readings, now)
  const isNew = pace.startedNs === undefined || now.ns - pace.startedNs < FIRST_READ_NS
  if (stale === undefined || (isNew && stale.cause === 'never-read')) return []
  const point = stale.signal === 'interlock' ? INTERLOCK_POINT : `${id}/${stale.signal}`
  const { detail } = seen.readings.get(point) ?? {}
  const why = detail === undefined || stale.cause === LINK_DOWN ? stale.cause : `${stale.cause} (${detail})`
  const text = `${id} lets nobody in: ${stale.signal} is not read: ${why}; see /v1/machines/${id}/signals`
  return [{ about: `readings of ${id}`, text }]
}

/** What a meter that is read and does not count mostly suffers from. */
const WHY_NOT_COUNTED: Readonly<Record<string, string>> = {
  'out-of-range':
    'it jumps by more than maxRate allows, or by no whole steps: hold it against the display of the device, and correct address, order, resolution or maxRate in the profile',
  unresolved:
    'it is so large that a float cannot show its steps: hold it against the display of the device, and correct address or order in the profile',
  regress:
    'it went back: hold it against the display of the device; one that may be set back or exchanged needs resets or identity in the profile',
  'waits-for-end': 'it counts again once the session has ended; end it, or wait',
}

/** A float counter that has used up half of the counts it can show: it has as long to go as it has lived. */
function coarseNotes({ config, meters, seen }: MachineState): Note[] {
  return config.meters.flatMap((meter) => {
    if (meter.kind !== 'register') return []
    return floatsOf(config, meter, meters.get(meter.id)?.raw, seen.readings).flatMap(({ counts, steps }) => {
      const most = resolvedCounts(steps)
      if (counts * 2n < most) return []
      const text = `the meter ${meter.id} stands at ${counts} counts, and its float tells single counts apart up to ${most}: before that write a coarser resolution with finer: true, or read an integer register`
      return [{ about: `float of ${meter.id}`, text }]
    })
  })
}

/** The floats that a meter rests on, with the counts that they show: its own register, or parts of it. */
function floatsOf(
  config: MachineConfig,
  { signal, resolution }: RegisterMeterConfig,
  raw: bigint | undefined,
  readings: ReadonlyMap<string, Reading>,
): readonly { readonly counts: bigint; readonly steps: FloatSteps }[] {
  if (resolution !== undefined) return raw === undefined ? [] : [{ counts: raw, steps: resolution }]
  return Object.entries(signalsOf(config).get(signal)?.composed?.floats ?? {}).flatMap(([part, steps]) => {
    const value = readings.get(part)?.value
    const counts = typeof value === 'number' ? floatCounts(value, steps) : undefined
    return typeof counts === 'bigint' ? [{ counts, steps }] : []
  })
}

function silentNotes(env: Env, m: MachineState): Note[] {
  return silentMeters(env, m).map(({ meter, reason, detail }) => {
    const words = [reason === LINK_DOWN ? undefined : detail, WHY_NOT_COUNTED[reason]].filter(
      (part) => part !== undefined,
    )
    const why = words.length === 0 ? reason : `${reason} (${words.join('; ')})`
    const text = `the meter ${meter} does not count: ${why}; what the machine makes is not metered; see /v1/meters`
    return { about: `meter ${meter}`, text }
  })
}
