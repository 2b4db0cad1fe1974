/**
 * An edge bander whose start permission is one output of an I/O module, on Modbus TCP and on OPC UA. The module has a
 * watchdog, or none (`--watchdog-ms 0`). Registers and nodes: simulators/README.md. `node simulators/edge-bander.ts --help`.
 */
import { openControlFace } from './faces/control-face.ts'
import { illegalAddress, illegalValue, openModbusFace, type Unit } from './faces/modbus-face.ts'
import { namespaceUri, type OpcuaNode, openOpcuaFace } from './faces/opcua-face.ts'
import { createIoMachine, type IoMachine } from './machine/io-machine.ts'
import { split } from './machine/lease-block.ts'
import { openRetentive } from './machine/retentive.ts'
import {
  type Closable,
  logger,
  newProgram,
  nowMs,
  parseMsOrNone,
  parsePort,
  runMachine,
  runProgram,
  stdoutToStderr,
  withMachineOptions,
} from './program.ts'

const name = 'edge-bander'
const root = 'EdgeBander'
const unit = 1
const plant = { standbyPowerW: 150, readyPowerW: 300, workingPowerW: 5_200 }
const stateNumbers = { off: 0, standby: 1, ready: 2, working: 3, error: 4 } as const
const settingsAddress = 0x1000
const watchdogUnitMs = 100

type Options = {
  host: string
  stateDir: string
  modbusPort: number
  opcuaPort: number
  controlPort: number
  cycleMs: number
  autoStart: boolean
  strictTrust: boolean
  watchdogMs: number
}

const command = withMachineOptions(newProgram(name, 'An edge bander behind an I/O module with a watchdog.'), 4_000)
  .option('--modbus-port <port>', 'Modbus TCP port; 0 takes a free one', parsePort, 0)
  .option('--opcua-port <port>', 'OPC UA port; 0 takes a free one', parsePort, 0)
  .option('--watchdog-ms <ms>', 'the module drops its output after this without a write; 0: never', parseMsOrNone, 5000)
  .option('--strict-trust', 'refuse OPC UA clients whose certificate is not trusted yet', false)
  .action((options: Options) => runProgram(name, (opened) => start(options, opened)))

async function start(options: Options, opened: Closable[]): Promise<Record<string, unknown>> {
  stdoutToStderr()
  const log = logger(name)
  const retentive = openRetentive(options.stateDir)
  opened.push(retentive)
  const machine = createIoMachine({
    name,
    plant: { ...plant, cycleMs: options.cycleMs },
    watchdogMs: options.watchdogMs,
    retentive,
    nowMs,
  })
  machine.operate({ kind: 'auto-start', on: options.autoStart })
  opened.push(runMachine(machine))
  const wire = {
    host: options.host,
    onRequest(kind: string) {
      machine.journal.request(kind)
      machine.act({ kind: 'request' })
    },
    onWrite: (frame: Parameters<IoMachine['journal']['write']>[0]) => machine.journal.write(frame, machine.moment()),
    log,
  }
  const modbus = await openModbusFace({
    ...wire,
    port: options.modbusPort,
    units: new Map([[unit, registersOf(machine)]]),
  })
  opened.push(modbus.door)
  const { stateDir, strictTrust } = options
  const opcua = await openOpcuaFace({
    ...wire,
    stateDir,
    strictTrust,
    port: options.opcuaPort,
    root,
    nodes: nodesOf(machine),
  })
  opened.push(opcua)
  const targets = [
    { name: 'modbus', door: modbus.door, refuseWrites: modbus.refuseWrites },
    { name: 'opcua', door: opcua.door, refuseWrites: opcua.refuseWrites },
  ]
  const control = await openControlFace(options.host, options.controlPort, machine, targets, machine.act)
  opened.push(control)
  return {
    host: options.host,
    modbusPort: modbus.door.port,
    unit,
    opcuaPort: opcua.door.port,
    opcuaUrl: opcua.url,
    namespaceUri,
    root: `nsu=${namespaceUri};s=${root}`,
    controlPort: control.port,
    controlUrl: control.url,
  }
}

function registersOf(machine: IoMachine): Unit {
  const cells = (all: readonly number[], base: number, address: number, count: number) => {
    const first = address - base
    return first < 0 || first + count > all.length ? { exception: illegalAddress } : all.slice(first, first + count)
  }
  return {
    readCoils: (address, count) => cells([machine.view().module.output ? 1 : 0], 0, address, count),
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

function nodesOf(machine: IoMachine): OpcuaNode[] {
  const view = machine.view
  return [
    {
      name: 'Output',
      type: 'Boolean',
      read: () => view().module.output,
      write: (on) => machine.act({ kind: 'write', on }),
    },
    { name: 'Feedback', type: 'Boolean', read: () => view().feedback },
    { name: 'Emergency', type: 'Boolean', read: () => view().emergencyStop },
    { name: 'WatchdogTime', type: 'UInt32', read: () => view().module.watchdogMs },
    { name: 'PowerUpOn', type: 'Boolean', read: () => view().module.powerUp === 'hold' },
    { name: 'Restarts', type: 'UInt32', read: () => view().module.bootId },
    { name: 'State', type: 'Int32', read: () => stateNumbers[view().physics.state] },
    { name: 'Parts', type: 'UInt32', read: () => view().physics.partCounter },
  ]
}

await command.parseAsync()
