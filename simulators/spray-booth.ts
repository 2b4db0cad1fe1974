/**
 * A spray booth: a PLC with the lease block on Modbus TCP unit 1 and an energy meter on unit 11 of the same port.
 * Registers: simulators/README.md. `node simulators/spray-booth.ts --help`.
 */
import { openControlFace } from './faces/control-face.ts'
import { energyMeter } from './faces/energy-meter.ts'
import { illegalAddress, openModbusFace, type Unit } from './faces/modbus-face.ts'
import { fromPlcLength, split, toPlcLength } from './machine/lease-block.ts'
import { modeNumbers } from './machine/lease-state.ts'
import { createMachine, type Machine, type MachineView } from './machine/machine.ts'
import { openRetentive } from './machine/retentive.ts'
import { logger, newProgram, nowMs, parsePort, runMachine, runProgram, withMachineOptions } from './program.ts'

const name = 'spray-booth'
const plcUnit = 1
const meterUnit = 11
const meterSerialNumber = 23_001_111
const plant = { standbyPowerW: 180, readyPowerW: 450, workingPowerW: 7_500 }

const toPlcAddress = 100
const fromPlcAddress = 200
/** The PLC's memory: everything below can be read, what means nothing is 0. */
const memoryLength = 300
const stateNumbers = { off: 0, standby: 1, ready: 2, working: 3, error: 4 } as const

type Options = {
  host: string
  stateDir: string
  modbusPort: number
  controlPort: number
  cycleMs: number
  autoStart: boolean
}

const command = withMachineOptions(
  newProgram(name, 'A spray booth on Modbus TCP with a lease block, and its meter.'),
  5_000,
)
  .option('--modbus-port <port>', 'Modbus TCP port; 0 takes a free one', parsePort, 0)
  .action((options: Options) => runProgram(name, (opened) => start(options, opened)))

async function start(options: Options, opened: { close(): Promise<void> | void }[]): Promise<Record<string, unknown>> {
  const log = logger(name)
  const retentive = openRetentive(options.stateDir)
  opened.push(retentive)
  const machine = createMachine({
    name,
    plant: { ...plant, cycleMs: options.cycleMs },
    permission: 'lease',
    retentive,
    nowMs,
  })
  machine.operate({ kind: 'auto-start', on: options.autoStart })
  opened.push(runMachine(machine))
  const units = new Map([
    [plcUnit, plcRegisters(machine)],
    [meterUnit, energyMeter(meterSerialNumber, () => machine.view().physics)],
  ])
  const face = await openModbusFace({
    host: options.host,
    port: options.modbusPort,
    units,
    onRequest: machine.journal.request,
    onWrite: (frame) => machine.journal.write(frame, machine.moment()),
    log,
  })
  opened.push(face.door)
  const target = { name: 'modbus', door: face.door, refuseWrites: face.refuseWrites }
  const control = await openControlFace(options.host, options.controlPort, machine, [target])
  opened.push(control)
  return {
    host: options.host,
    modbusPort: face.door.port,
    plcUnit,
    meterUnit,
    controlPort: control.port,
    controlUrl: control.url,
  }
}

/** The PLC's registers. Holding and input registers show the same memory; only the ToPlc block can be written. */
function plcRegisters(machine: Machine): Unit {
  const read = (address: number, count: number) => {
    if (address + count > memoryLength) return { exception: illegalAddress }
    return memoryOf(machine.view()).slice(address, address + count)
  }
  return {
    readHolding: read,
    readInput: read,
    write(address, words) {
      const first = address - toPlcAddress
      if (first < 0 || first + words.length > toPlcLength) return { exception: illegalAddress }
      machine.takeBlock(machine.view().toPlc.toSpliced(first, words.length, ...words))
      return 'ok'
    },
  }
}

function memoryOf(view: MachineView): number[] {
  const { physics, lease } = view
  const memory = new Array<number>(memoryLength).fill(0)
  const put = (address: number, words: readonly number[]) => memory.splice(address, words.length, ...words)
  put(0, [stateNumbers[physics.state], modeNumbers[lease.mode]])
  put(2, [(lease.emergencyStop ? 1 : 0) + (lease.guardOpen ? 2 : 0) + (lease.fault ? 4 : 0)])
  put(10, split(physics.partCounter))
  put(12, split(Math.floor(physics.runningMs / 1000) % 2 ** 32))
  put(toPlcAddress, view.toPlc)
  put(fromPlcAddress, view.fromPlc.slice(0, fromPlcLength))
  return memory
}

await command.parseAsync()
