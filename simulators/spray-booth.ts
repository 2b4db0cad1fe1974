/**
 * A spray booth: a PLC with the lease block on Modbus TCP unit 1 and an energy meter on unit 11 of the same port.
 * Registers: simulators/README.md. `node simulators/spray-booth.ts --help`.
 */
import { energyMeter } from './faces/energy-meter.ts'
import { illegalAddress, type Unit } from './faces/modbus-face.ts'
import { onModbus } from './faces/on-modbus.ts'
import { split, toPlcLength } from './machine/lease-block.ts'
import { modeNumbers } from './machine/lease-state.ts'
import { createMachine, type Machine, type MachineView } from './machine/machine.ts'
import { stateNumbers } from './machine/physics.ts'
import { runMachineProgram } from './machine-program.ts'

const plcUnit = 1
const meterUnit = 11
const meterSerialNumber = 23_001_111

const toPlcAddress = 100
const fromPlcAddress = 200
/** Words of the PLC's memory. All of them can be read; those without a meaning are 0. */
const memoryLength = 300

await runMachineProgram({
  name: 'spray-booth',
  description: 'A spray booth on Modbus TCP with a lease block, and its meter.',
  plant: { cycleMs: 5_000, standbyPowerW: 180, readyPowerW: 450, workingPowerW: 7_500 },
  create: (given) => createMachine({ ...given, permission: 'lease' }),
  faces: [onModbus({ units: unitsOf, ready: { plcUnit, meterUnit } })],
})

function unitsOf(machine: Machine): ReadonlyMap<number, Unit> {
  return new Map([
    [plcUnit, plcRegisters(machine)],
    [meterUnit, energyMeter(meterSerialNumber, () => machine.view().physics)],
  ])
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
  put(fromPlcAddress, view.fromPlc)
  return memory
}
