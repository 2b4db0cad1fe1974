/**
 * One machine at run time: feeds events to the pure core and carries out what it answers. All order is the order of
 * `dispatch`; every effect that takes time comes back as another event.
 */

import { LinkError, type Point } from '../../../adapters/adapter.ts'
import type { SignalRow } from '../../core/board/message.ts'
import type { Outcome } from '../../core/command/outcome.ts'
import type { MachineConfig, SignalConfig } from '../../core/ground/config.ts'
import { assert } from '../../core/ground/failure.ts'
import { partsOf, type Shown, see, targetOf } from '../../core/interlock/interlock.ts'
import type { Change } from '../../core/machine/change.ts'
import type { Effect, MachineEvent } from '../../core/machine/event.ts'
import type { Env, MachineState } from '../../core/machine/state.ts'
import { meterPoints } from '../../core/metering/metering.ts'
import { requiredPoints } from '../../core/reading/condition.ts'
import { INTERLOCK_POINT, type Reading } from '../../core/reading/reading.ts'
import { step } from '../../core/step.ts'
import type { LinkLoop } from './link-loop.ts'

export type MachineLoop = {
  readonly state: MachineState
  dispatch(event: MachineEvent): void
  /** Readings as a link brought them: unscaled, by point id of the link. */
  take(readings: readonly Reading[]): void
  signals(): SignalRow[]
  /** For a drill under way: what the interlock shows now; undefined: it could not be read. */
  readInterlock(): Promise<Shown | undefined>
  /** For a drill under way: one write of its block, with the same care as any other. */
  writeInterlock(words: readonly number[]): Promise<'accepted' | 'refused' | 'unsent' | 'unknown'>
}

/** Asks a machine; it answers once what it decided is durable. */
export type Ask = (machine: MachineLoop, event: (command: number) => MachineEvent) => Promise<Outcome>

type Sent = { readonly result: 'accepted' | 'refused' | 'unsent' | 'unknown'; readonly detail?: string }

export type MachineLoopDeps = {
  readonly state: MachineState
  readonly links: ReadonlyMap<string, LinkLoop>
  env(): Env
  append(change: Change): void
  flush(): Promise<void>
  reply(command: number, outcome: Outcome): void
}

/** Point id of a machine's interlock on its link. */
export const interlockPointId = (machine: string) => `${machine}/${INTERLOCK_POINT}`

/** As the core names it, where a point of the link is one of the interlock's. */
function interlockPart(machine: string, point: string): string | undefined {
  return point.startsWith(interlockPointId(machine)) ? point.slice(machine.length + 1) : undefined
}

/**
 * Every point of a machine, by link; `which` picks those that gate permission or money, or those that are only shown.
 */
export function pointsOf(config: MachineConfig, which: 'all' | 'gating' | 'display' = 'all'): Map<string, Point[]> {
  const byLink = new Map<string, Point[]>()
  const gating = new Set([...requiredPoints(config), ...meterPoints(config)])
  const add = (link: string, point: Point) => {
    const gates = gating.has(point.id) || interlockPart(config.id, point.id) !== undefined
    if (which === 'all' || gates === (which === 'gating')) byLink.set(link, [...(byLink.get(link) ?? []), point])
  }
  for (const { id, link, address, device, intervalMs } of config.signals) add(link, { id, address, device, intervalMs })
  const { interlock } = config
  if (interlock)
    for (const { point, address } of partsOf(interlock))
      add(interlock.link, {
        id: `${config.id}/${point}`,
        address,
        device: interlock.device,
        intervalMs: interlock.pollMs,
      })
  return byLink
}

export function createMachineLoop(deps: MachineLoopDeps): MachineLoop {
  const { state, links } = deps
  const { config } = state
  const signals = new Map(config.signals.map((signal) => [signal.id, signal]))
  const points = pointsOf(config)
  const urgent = urgentPoints(config, points)
  const { interlock } = config

  function dispatch(event: MachineEvent): void {
    for (const effect of step(state, event, deps.env())) run(effect)
  }

  function run(effect: Effect): void {
    switch (effect.kind) {
      case 'change':
        return deps.append(effect.change)
      case 'commit':
        void deps.flush().then(() => dispatch({ kind: 'committed', ref: effect.ref }))
        return
      case 'read':
        if (effect.afterMs) setTimeout(() => void read(effect), effect.afterMs)
        else void read(effect)
        return
      case 'write':
        void write(effect)
        return
      case 'reply':
        return deps.reply(effect.command, effect.outcome)
    }
  }

  async function read({ ref, what }: Extract<Effect, { kind: 'read' }>): Promise<void> {
    const wanted = what === 'interlock' ? urgent.interlock : urgent.all
    const answers = await Promise.all([...wanted].map(([link, list]) => links.get(link)!.read(list)))
    dispatch({ kind: 'readings', ref, readings: answers.flat().map(toMachine) })
  }

  async function readInterlock(): Promise<Shown | undefined> {
    const answers = await Promise.all([...urgent.interlock].map(([link, list]) => links.get(link)!.read(list)))
    const readings = answers.flat().map(toMachine)
    dispatch({ kind: 'readings', readings })
    const seen = see(config.interlock!, new Map(readings.map((reading) => [reading.point, reading])))
    return seen !== undefined && 'block' in seen ? seen.block : undefined
  }

  async function writeInterlock(words: readonly number[]) {
    assert(state.drill !== undefined, 'drill', 'only a drill writes past the core')
    // I10: nothing is written between an emergency stop and its reset
    if (state.seen.condition.emergencyStop || state.wire.writing !== undefined) return 'unsent'
    return (await send(words)).result
  }

  async function write({ ref, words }: Extract<Effect, { kind: 'write' }>): Promise<void> {
    dispatch({ kind: 'written', ref, ...(await send(words)) })
  }

  async function send(words: readonly number[]): Promise<Sent> {
    const block = { id: interlockPointId(config.id), address: targetOf(interlock!), device: interlock!.device, words }
    const failure = await links
      .get(interlock!.link)!
      .write(block)
      .then(
        () => undefined,
        (error: unknown) => error,
      )
    if (failure === undefined) return { result: 'accepted' }
    const known = failure instanceof LinkError ? failure : undefined
    const detail = known?.detail ?? (failure instanceof Error ? failure.message : String(failure))
    return { result: known?.outcome ?? 'unknown', detail }
  }

  function toMachine(reading: Reading): Reading {
    const part = interlockPart(config.id, reading.point)
    if (part !== undefined) return { ...reading, point: part }
    const signal = signals.get(reading.point)
    return signal ? scaled(reading, signal) : reading
  }

  return {
    state,
    dispatch,
    take: (readings) => dispatch({ kind: 'readings', readings: readings.map(toMachine) }),
    signals: () => config.signals.map((signal) => signalRow(signal, state.seen.readings.get(signal.id))),
    readInterlock,
    writeInterlock,
  }
}

/** Interlock, and with it every signal a meter counts with: what an unlock or an end is decided on. */
function urgentPoints(
  config: MachineConfig,
  points: Map<string, Point[]>,
): { interlock: Map<string, Point[]>; all: Map<string, Point[]> } {
  const metered = new Set(meterPoints(config))
  const isInterlock = (point: Point) => interlockPart(config.id, point.id) !== undefined
  const pick = (wanted: (point: Point) => boolean) =>
    new Map(
      [...points].map(([link, list]) => [link, list.filter(wanted)] as const).filter(([, list]) => list.length > 0),
    )
  return {
    interlock: pick(isInterlock),
    all: pick((point) => isInterlock(point) || metered.has(point.id)),
  }
}

/** value = raw × scale + offset. */
function scaled(reading: Reading, { scale, offset }: SignalConfig): Reading {
  const { value } = reading
  if ((scale === 1 && offset === 0) || (typeof value !== 'number' && typeof value !== 'bigint')) return reading
  return { ...reading, value: Number(value) * scale + offset }
}

function signalRow(signal: SignalConfig, reading: Reading | undefined): SignalRow {
  return {
    id: signal.id,
    machine: signal.machine,
    ...(signal.unit === undefined ? {} : { unit: signal.unit }),
    ...(signal.title === undefined ? {} : { title: signal.title }),
    quality: reading?.quality ?? 'bad',
    ...(reading?.value === undefined ? {} : { value: reading.value }),
    ...(reading === undefined ? { cause: 'never-read' } : reading.cause === undefined ? {} : { cause: reading.cause }),
    ...(reading?.detail === undefined ? {} : { detail: reading.detail }),
    readAtMs: reading?.readAtMs ?? 0,
    readAtNs: reading?.readAtNs ?? 0n,
  }
}
