/**
 * An edge bander whose start permission is one output of an I/O module, on Modbus TCP and on OPC UA. The module has a
 * watchdog, or none (`--watchdog-ms 0`). Registers and nodes: simulators/README.md.
 * `node simulators/edge-bander.ts --help`.
 */
import { illegalAddress, illegalValue, type Unit } from './faces/modbus-face.ts'
import { onModbus } from './faces/on-modbus.ts'
import { onOpcua } from './faces/on-opcua.ts'
import type { OpcuaNode } from './faces/opcua-face.ts'
import { createIoMachine, type IoMachine } from './machine/io-machine.ts'
import { split } from './machine/lease-block.ts'
import { stateNumbers } from './machine/physics.ts'
import { runMachineProgram } from './machine-program.ts'
import { parseMsOrNone } from './program.ts'

const unit = 1
const settingsAddress = 0x1000
const watchdogUnitMs = 100

await runMachineProgram<IoMachine, { watchdogMs: number }>({
  name: 'edge-bander',
  description: 'An edge bander behind an I/O module with a watchdog.',
  plant: { cycleMs: 4_000, standbyPowerW: 150, readyPowerW: 300, workingPowerW: 5_200 },
  options: (command) =>
    command.option(
      '--watchdog-ms <ms>',
      'the module drops its output after this without a write; 0: never',
      parseMsOrNone,
      5000,
    ),
  create: (given, { watchdogMs }) => createIoMachine({ ...given, watchdogMs }),
  faces: [
    onModbus({ units: (machine: IoMachine) => new Map([[unit, registersOf(machine)]]), ready: { unit } }),
    onOpcua({ root: 'EdgeBander', nodes: nodesOf }),
  ],
})

function registersOf(machine: IoMachine): Unit {
  const cells = (all: readonly number[], base: number, address: number, count: number) => {
    const first = address - base
    return first < 0 || first + count > all.length ? { exception: illegalAddress } : all.slice(first, first + count)
  }
  return {
    readCoils: (address, count) => cells([Number(machine.view().module.output)], 0, address, count),
    readDiscrete: (address, count) => cells(inputsOf(machine), 0, address, count),
    readInput: (address, count) => cells(wordsOf(machine), 0, address, count),
    readHolding: (address, count) => cells(settingsOf(machine), settingsAddress, address, count),
    write: () => ({ exception: illegalAddress }),
    writeCoils(address, bits) {
      if (address !== 0 || bits.length !== 1) return { exception: address === 0 ? illegalValue : illegalAddress }
      machine.act({ kind: 'write', on: bits[0] === 1 })
      return 'ok'
    },
  }
}

function inputsOf(machine: IoMachine): number[] {
  const { feedback, emergencyStop, fault } = machine.view()
  return [feedback, emergencyStop, fault].map(Number)
}

function wordsOf(machine: IoMachine): number[] {
  const { physics } = machine.view()
  return [stateNumbers[physics.state], 0, ...split(physics.partCounter)]
}

/** Watchdog time, what feeds it, output at power-up, restarts. */
function settingsOf(machine: IoMachine): number[] {
  const { watchdogMs, fedBy, powerUp, bootId } = machine.view().module
  return [watchdogMs / watchdogUnitMs, fedBy === 'writes' ? 0 : 1, powerUp === 'off' ? 0 : 1, bootId % 65_536]
}

function nodesOf({ view, act }: IoMachine): OpcuaNode[] {
  const module = () => view().module
  return [
    { name: 'Output', type: 'Boolean', read: () => module().output, write: (on) => act({ kind: 'write', on }) },
    { name: 'Feedback', type: 'Boolean', read: () => view().feedback },
    { name: 'Emergency', type: 'Boolean', read: () => view().emergencyStop },
    { name: 'WatchdogTime', type: 'UInt32', read: () => module().watchdogMs },
    { name: 'PowerUpOn', type: 'Boolean', read: () => module().powerUp === 'hold' },
    { name: 'Restarts', type: 'UInt32', read: () => module().bootId },
    { name: 'State', type: 'Int32', read: () => stateNumbers[view().physics.state] },
    { name: 'Parts', type: 'UInt32', read: () => view().physics.partCounter },
  ]
}
