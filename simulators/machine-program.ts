/**
 * What every machine simulator does alike: its memory, its clock, its faces, its control face, and the ready line that
 * names their ports. A program names its machine and the faces by which it is seen.
 * Next: program.ts (what all simulators do), simulators/instrument.ts (the shortest example).
 */
import type { Command } from 'commander'
import { type Controlled, openControlFace } from './faces/control-face.ts'
import type { Face, FaceOptions, OpenFace } from './faces/face.ts'
import { nowMs } from './machine/clock.ts'
import type { Plant } from './machine/physics.ts'
import { openRetentive } from './machine/retentive.ts'
import type { WorksOptions } from './machine/works.ts'
import { type Closable, logger, newProgram, parseMs, parsePort, runProgram, withStateDir } from './program.ts'

/** `O`: the options that only this program has. */
type MachineProgram<M, O> = Readonly<{
  name: string
  description: string
  /** Its `cycleMs` is the default of `--cycle-ms`. */
  plant: Plant
  options?: (command: Command) => Command
  create(given: WorksOptions, options: O): M
  /** Opened in this order, which is also that of the ready line. */
  faces: readonly Face<M>[]
}>

type Options = FaceOptions & Readonly<{ controlPort: number; cycleMs: number; autoStart: boolean }>

/** How often a machine is brought to the present when no request does so. */
const moveEveryMs = 20

export async function runMachineProgram<M extends Controlled, O = unknown>(
  program: MachineProgram<M, O>,
): Promise<void> {
  const { name, description, plant, faces } = program
  const command = withStateDir(newProgram(name, description))
    .option('--control-port <port>', 'HTTP port of the control face; 0 takes a free one', parsePort, 0)
    .option('--cycle-ms <ms>', 'length of a cycle, which makes one unit', parseMs, plant.cycleMs)
    .option('--auto-start', 'an operator presses start whenever the machine may start', false)
  for (const face of faces) face.options(command)
  program.options?.(command)
  await command
    .action((options: Options & O) => runProgram(name, (opened) => start(program, options, opened)))
    .parseAsync()
}

async function start<M extends Controlled, O>(
  program: MachineProgram<M, O>,
  options: Options & O,
  opened: Closable[],
): Promise<Record<string, unknown>> {
  stdoutToStderr()
  const { name } = program
  const { host, controlPort, cycleMs } = options
  const retentive = openRetentive(options.stateDir)
  opened.push(retentive)
  const machine = program.create({ name, plant: { ...program.plant, cycleMs }, retentive, nowMs }, options)
  machine.operate({ kind: 'auto-start', on: options.autoStart })
  const timer = setInterval(() => machine.advance(), moveEveryMs)
  opened.push({ close: () => clearInterval(timer) })
  const faces: OpenFace[] = []
  for (const face of program.faces) {
    const open = await face.open(machine, options, logger(name))
    opened.push(open)
    faces.push(open)
  }
  const control = await openControlFace(host, controlPort, machine, faces)
  opened.push(control)
  const ready = Object.assign({}, ...faces.map((face) => face.ready)) as Record<string, unknown>
  return { host, ...ready, controlPort: control.port, controlUrl: control.url }
}

/** Sends what libraries print to stdout to stderr, which keeps stdout to the one ready line. */
function stdoutToStderr(): void {
  console.log = console.error
  console.info = console.error
}
