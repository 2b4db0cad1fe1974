/**
 * One machine of the week: the simulators' PLC and physics, and the core as it is, in virtual time. What a gateway does
 * around the core it does as gateway/control/loops/machine-loop.ts does. Read next: hall.ts (all machines and their
 * ledger), people.ts (who uses them).
 */
import type { Outcome } from '../../../gateway/core/command/outcome.ts'
import type { MachineConfig } from '../../../gateway/core/ground/config.ts'
import { DAY_MS, NS_PER_MS } from '../../../gateway/core/ground/moment.ts'
import type { Effect, MachineEvent } from '../../../gateway/core/machine/event.ts'
import { type MachineState, newMachine } from '../../../gateway/core/machine/state.ts'
import { step } from '../../../gateway/core/step.ts'
import { createPlant, type Plant } from '../access/plant.ts'
import type { Model } from './assumptions.ts'
import type { Journal } from './journal.ts'
import { readingsOf } from './readings.ts'
import { POLL_MS } from './site.ts'

export type Station = {
  readonly config: MachineConfig
  readonly model: Model
  readonly journal: Journal
  readonly plant: Plant
  readonly state: MachineState
  /** Commands under way. */
  readonly replies: Map<number, (outcome: Outcome) => void>
  commands: number
  /** Rounds of polls that were begun; only the last one goes on. */
  rounds: number
  /** When it is stepped next, although nothing happens to it. */
  wakeNs: bigint | undefined
}

/** An answer of the machine comes so much later. */
const WIRE_MS = 5
const STANDBY_W = 60

export function createStation(config: MachineConfig, model: Model, journal: Journal): Station {
  // It was drilled on the day before the week began.
  const { interlockId } = config.commissioning
  const atMs = journal.now().ms - DAY_MS
  const drill = { atMs, passed: true, failSafe: true, interlockId, by: 'wang', relockMs: 10_000 }
  const row = { machine: config.id, fencingCounter: 0, drill }
  const powers = { standbyPowerW: STANDBY_W, readyPowerW: model.readyW, workingPowerW: model.workingW }
  return {
    config,
    model,
    journal,
    plant: createPlant(model.cycleS * 1000, powers),
    state: newMachine(config, { meters: [], bookings: [], row }),
    replies: new Map(),
    commands: 0,
    rounds: 0,
    wakeNs: undefined,
  }
}

export function tell(station: Station, event: MachineEvent): void {
  for (const effect of step(station.state, event, station.journal.env())) carryOut(station, effect)
  wake(station)
}

export function ask(
  station: Station,
  event: (command: number) => MachineEvent,
  done: (outcome: Outcome) => void,
): void {
  station.commands += 1
  station.replies.set(station.commands, done)
  tell(station, event(station.commands))
  pollOn(station)
}

/** Polls from now on, more often while somebody has it. */
export function pollOn(station: Station): void {
  const { journal, state } = station
  station.rounds += 1
  const round = station.rounds
  const poll = () => {
    if (round !== station.rounds) return
    tell(station, { kind: 'readings', readings: readingsOf(station.config, present(station), journal.now()) })
    journal.later(state.access.kind === 'Locked' ? POLL_MS.idle : POLL_MS.used, poll)
  }
  journal.later(1, poll)
}

/** The machine as it is now. */
export function present({ plant, journal }: Station): Plant {
  plant.passTo(journal.ms())
  return plant
}

/** Time alone may change something: then it is stepped. */
function wake(station: Station): void {
  const { state, journal } = station
  const { dueNs } = state.pace
  if (station.wakeNs !== undefined && station.wakeNs <= dueNs) return
  station.wakeNs = dueNs
  const delayMs = Math.max(1, Number((dueNs - journal.now().ns) / NS_PER_MS) + 1)
  journal.later(delayMs, () => {
    if (station.wakeNs !== dueNs) return
    station.wakeNs = undefined
    if (state.pace.dueNs <= journal.now().ns) tell(station, { kind: 'tick' })
    else wake(station)
  })
}

function carryOut(station: Station, effect: Effect): void {
  const { journal, replies, config } = station
  switch (effect.kind) {
    case 'change':
      return journal.append(effect.change)
    case 'commit':
      return journal.commit(() => tell(station, { kind: 'committed', ref: effect.ref }))
    case 'reply': {
      const reply = replies.get(effect.command)
      replies.delete(effect.command)
      if (reply !== undefined) journal.later(0, () => reply(effect.outcome))
      return
    }
    case 'read':
      return journal.later((effect.afterMs ?? 0) + WIRE_MS, () => {
        const readings = readingsOf(config, present(station), journal.now())
        tell(station, { kind: 'readings', ref: effect.ref, readings })
      })
    case 'write':
      return journal.later(WIRE_MS, () => {
        present(station).write(effect.words)
        tell(station, { kind: 'written', ref: effect.ref, result: 'accepted' })
      })
  }
}
