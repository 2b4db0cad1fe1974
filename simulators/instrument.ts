/**
 * A laboratory instrument on OPC UA with the lease block as two arrays of 16-bit words: `ToPlc`, the only node that
 * can be written, and `FromPlc`. Nodes: simulators/README.md. `node simulators/instrument.ts --help`.
 */
import { openControlFace } from './faces/control-face.ts'
import { namespaceUri, type OpcuaNode, openOpcuaFace } from './faces/opcua-face.ts'
import { fromPlcLength, toPlcLength } from './machine/lease-block.ts'
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

const name = 'instrument'
const root = 'Instrument'
const plant = { standbyPowerW: 90, readyPowerW: 140, workingPowerW: 600 }

type Options = {
  host: string
  stateDir: string
  opcuaPort: number
  controlPort: number
  cycleMs: number
  autoStart: boolean
  strictTrust: boolean
}

const command = withMachineOptions(newProgram(name, 'An instrument on OPC UA with a lease block.'), 3_000)
  .option('--opcua-port <port>', 'OPC UA port; 0 takes a free one', parsePort, 0)
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
    permission: 'lease',
    retentive,
    nowMs,
  })
  machine.operate({ kind: 'auto-start', on: options.autoStart })
  opened.push(runMachine(machine))
  const opcua = await openOpcuaFace({
    ...options,
    port: options.opcuaPort,
    root,
    nodes: nodesOf(machine),
    onRequest: machine.journal.request,
    onWrite: (frame) => machine.journal.write(frame, machine.moment()),
    log,
  })
  opened.push(opcua)
  const target = { name: 'opcua', door: opcua.door, refuseWrites: opcua.refuseWrites }
  const control = await openControlFace(options.host, options.controlPort, machine, [target])
  opened.push(control)
  return {
    host: options.host,
    opcuaPort: opcua.door.port,
    opcuaUrl: opcua.url,
    namespaceUri,
    root: `nsu=${namespaceUri};s=${root}`,
    controlPort: control.port,
    controlUrl: control.url,
  }
}

function nodesOf(machine: Machine): OpcuaNode[] {
  const physics = () => machine.view().physics
  return [
    { name: 'MachineryItemState', type: 'Int32', read: () => itemStateOf(machine.view()) },
    { name: 'MachineryOperationMode', type: 'Int32', read: () => operationModeOf(machine.view()) },
    { name: 'OperationCycleCounter', type: 'UInt32', read: () => physics().partCounter },
    { name: 'PowerOnDuration', type: 'UInt64', read: () => BigInt(physics().poweredMs) },
    {
      name: 'ToPlc',
      type: 'UInt16[]',
      length: toPlcLength,
      read: () => machine.view().toPlc,
      write: machine.takeBlock,
    },
    { name: 'FromPlc', type: 'UInt16[]', length: fromPlcLength, read: () => machine.view().fromPlc },
  ]
}

await command.parseAsync()
