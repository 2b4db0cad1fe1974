/**
 * A panel saw which speaks OPC UA in the words of OPC 40001-1 and OPC 40550 (woodworking) and has no lease block:
 * anybody may start it unless it is in maintenance. Its energy meter is on a Modbus TCP port of its own, unit 11.
 * Nodes: simulators/README.md. `node simulators/panel-saw.ts --help`.
 */
import { openControlFace } from './faces/control-face.ts'
import { energyMeter } from './faces/energy-meter.ts'
import { openModbusFace } from './faces/modbus-face.ts'
import { namespaceUri, type OpcuaNode, openOpcuaFace } from './faces/opcua-face.ts'
import { createMachine, type Machine } from './machine/machine.ts'
import { itemStateOf, operationModeOf } from './machine/machinery.ts'
import { openRetentive } from './machine/retentive.ts'
import {
  type Closable,
  logger,
  newProgram,
  nowMs,
  parsePort,
  runMachine,
  runProgram,
  stdoutToStderr,
  withMachineOptions,
} from './program.ts'

const name = 'panel-saw'
const root = 'Saw'
const meterUnit = 11
const meterSerialNumber = 23_002_222
const plant = { standbyPowerW: 220, readyPowerW: 900, workingPowerW: 11_000 }

type Options = {
  host: string
  stateDir: string
  opcuaPort: number
  modbusPort: number
  controlPort: number
  cycleMs: number
  autoStart: boolean
  strictTrust: boolean
}

const command = withMachineOptions(newProgram(name, 'A panel saw on OPC UA, and its meter on Modbus TCP.'), 8_000)
  .option('--opcua-port <port>', 'OPC UA port; 0 takes a free one', parsePort, 0)
  .option('--modbus-port <port>', 'Modbus TCP port of the meter; 0 takes a free one', parsePort, 0)
  .option('--strict-trust', 'refuse OPC UA clients whose certificate is not trusted yet', false)
  .action((options: Options) => runProgram(name, (opened) => start(options, opened)))

async function start(options: Options, opened: Closable[]): Promise<Record<string, unknown>> {
  stdoutToStderr()
  const log = logger(name)
  const retentive = openRetentive(options.stateDir)
  opened.push(retentive)
  const machine = createMachine({
    name,
    plant: { ...plant, cycleMs: options.cycleMs },
    permission: 'free',
    retentive,
    nowMs,
  })
  machine.operate({ kind: 'auto-start', on: options.autoStart })
  opened.push(runMachine(machine))
  const watch = {
    onRequest: machine.journal.request,
    onWrite: (frame: Parameters<typeof machine.journal.write>[0]) => machine.journal.write(frame, machine.moment()),
    log,
  }
  const opcua = await openOpcuaFace({ ...options, ...watch, port: options.opcuaPort, root, nodes: nodesOf(machine) })
  opened.push(opcua)
  const meter = energyMeter(meterSerialNumber, () => machine.view().physics)
  const units = new Map([[meterUnit, meter]])
  const modbus = await openModbusFace({ ...watch, host: options.host, port: options.modbusPort, units })
  opened.push(modbus.door)
  const control = await openControlFace(options.host, options.controlPort, machine, [
    { name: 'opcua', door: opcua.door, refuseWrites: opcua.refuseWrites },
    { name: 'modbus', door: modbus.door, refuseWrites: modbus.refuseWrites },
  ])
  opened.push(control)
  return {
    host: options.host,
    opcuaPort: opcua.door.port,
    opcuaUrl: opcua.url,
    namespaceUri,
    root: `nsu=${namespaceUri};s=${root}`,
    modbusPort: modbus.door.port,
    meterUnit,
    controlPort: control.port,
    controlUrl: control.url,
  }
}

function nodesOf(machine: Machine): OpcuaNode[] {
  const physics = () => machine.view().physics
  return [
    { name: 'MachineryItemState', type: 'Int32', read: () => itemStateOf(machine.view()) },
    { name: 'MachineryOperationMode', type: 'Int32', read: () => operationModeOf(machine.view()) },
    { name: 'AbsolutePiecesOut', type: 'UInt64', read: () => BigInt(physics().partCounter) },
    { name: 'AbsoluteWorkingTime', type: 'UInt64', read: () => BigInt(physics().runningMs) },
    { name: 'Emergency', type: 'Boolean', read: () => machine.view().lease.emergencyStop },
    { name: 'PowerW', type: 'Double', read: () => physics().powerW },
  ]
}

await command.parseAsync()
