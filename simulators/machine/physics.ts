/**
 * The physics of one simulated machine: what it does, makes and consumes. Pure: the time that passes is an argument.
 * It knows nothing of leases or protocols; whether a cycle may start is an input. Next: lease.ts, machine.ts.
 *
 *   off ──power──► standby ──start permission──► ready ──start button──► working ──cycle done──► ready | standby
 *                     └── E-stop or fault: cycle stopped, nothing made ──► error ──reset──► standby
 *                     └── guard opened: cycle stopped, nothing made ──► standby
 */

/** What the machine does. `standby` is powered and may not start, `ready` may, `error` is an E-stop or a fault. */
export type MachineState = 'off' | 'standby' | 'ready' | 'working' | 'error'

/** The states as machines show them in a register. */
export const stateNumbers: Readonly<Record<MachineState, number>> = {
  off: 0,
  standby: 1,
  ready: 2,
  working: 3,
  error: 4,
}

/** The fixed properties of a machine. Powers are whole watts, so that energy stays an exact integer. */
export type Plant = Readonly<{ cycleMs: number; standbyPowerW: number; readyPowerW: number; workingPowerW: number }>

/** What the outside decides for the duration of one step. Anything but `none` halts a running cycle for good. */
export type Conditions = Readonly<{ powered: boolean; halt: 'none' | 'guard' | 'error'; startPermission: boolean }>

export type Physics = Readonly<{
  state: MachineState
  /** Rest of the running cycle; 0 when none runs. */
  cycleLeftMs: number
  /** The start button was pressed; the next step looks at it. */
  pressed: boolean
  /** An operator who presses start again whenever the permission is on. */
  autoStart: boolean
  /** The machine's own counter, unsigned 32 bits: wraps, and a fault may reset it. */
  partCounter: number
  /** The truth: every unit ever made. Never reset. */
  producedUnits: number
  /** Time with a cycle running. */
  runningMs: number
  /** Time with power on. */
  poweredMs: number
  /** Whole milliwatt-hours consumed since the beginning. */
  energyMWh: bigint
  /** The part of a milliwatt-hour that is not full yet, in watt-milliseconds: 0 to 3599. */
  energyRestWms: number
  powerW: number
}>

/** A machine that has never run. */
export const newMachine: Physics = {
  state: 'off',
  cycleLeftMs: 0,
  pressed: false,
  autoStart: false,
  partCounter: 0,
  producedUnits: 0,
  runningMs: 0,
  poweredMs: 0,
  energyMWh: 0n,
  energyRestWms: 0,
  powerW: 0,
}

/** Lets `dtMs` whole milliseconds pass. A press that finds no permission is lost, as on a real machine. */
export function step(plant: Plant, before: Physics, conditions: Conditions, dtMs: number): Physics {
  const able = conditions.powered && conditions.halt === 'none'
  let now: Physics = able ? before : { ...before, cycleLeftMs: 0 }
  let leftMs = dtMs
  do {
    if (now.cycleLeftMs === 0 && able && conditions.startPermission && (now.pressed || now.autoStart)) {
      now = { ...now, cycleLeftMs: plant.cycleMs, pressed: false }
    }
    const sliceMs = now.cycleLeftMs > 0 ? Math.min(leftMs, now.cycleLeftMs) : leftMs
    now = passSlice(plant, now, conditions, sliceMs)
    leftMs -= sliceMs
  } while (leftMs > 0)
  const state = stateOf(now, conditions)
  return { ...now, pressed: false, state, powerW: powerOf(plant, state) }
}

/** Presses the start button. */
export function pressStart(before: Physics): Physics {
  return { ...before, pressed: true }
}

/** Makes `units` at once, as if somebody had worked unseen: no time, no energy. */
export function produce(before: Physics, units: number): Physics {
  return {
    ...before,
    partCounter: (before.partCounter + units) % 2 ** 32,
    producedUnits: before.producedUnits + units,
  }
}

/** A fault: the raw counter jumps. The truth does not. */
export function presetCounter(before: Physics, partCounter: number): Physics {
  return { ...before, partCounter }
}

/** Energy as exact decimal watt-hours, e.g. `12.345`. */
export function energyWhText(energyMWh: bigint): string {
  return `${energyMWh / 1000n}.${String(energyMWh % 1000n).padStart(3, '0')}`
}

/** Lets a slice pass in which nothing changes, except that a cycle may end with it. */
function passSlice(plant: Plant, before: Physics, conditions: Conditions, sliceMs: number): Physics {
  const working = before.cycleLeftMs > 0
  const powerW = powerOf(plant, stateOf(before, conditions))
  const energyWms = before.energyRestWms + powerW * sliceMs
  const after: Physics = {
    ...before,
    cycleLeftMs: working ? before.cycleLeftMs - sliceMs : 0,
    runningMs: before.runningMs + (working ? sliceMs : 0),
    poweredMs: before.poweredMs + (conditions.powered ? sliceMs : 0),
    energyMWh: before.energyMWh + BigInt(Math.floor(energyWms / wmsPerMWh)),
    energyRestWms: energyWms % wmsPerMWh,
  }
  return working && after.cycleLeftMs === 0 ? produce(after, 1) : after
}

function stateOf(physics: Physics, conditions: Conditions): MachineState {
  if (!conditions.powered) return 'off'
  if (conditions.halt === 'error') return 'error'
  if (physics.cycleLeftMs > 0) return 'working'
  return conditions.startPermission && conditions.halt === 'none' ? 'ready' : 'standby'
}

function powerOf(plant: Plant, state: MachineState): number {
  if (state === 'off') return 0
  if (state === 'working') return plant.workingPowerW
  return state === 'ready' ? plant.readyPowerW : plant.standbyPowerW
}

/** 1 mWh = 3.6 W·s = 3600 W·ms. */
const wmsPerMWh = 3600
