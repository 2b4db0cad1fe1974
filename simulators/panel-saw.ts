/**
 * A panel saw on OPC UA, with the names of OPC 40001-1 and OPC 40550 (woodworking). It has no lease block: anybody may
 * start it unless it is in maintenance. Its energy meter is unit 11 on a Modbus TCP port of its own.
 * Nodes: simulators/README.md. `node simulators/panel-saw.ts --help`.
 */
import { energyMeter } from './faces/energy-meter.ts'
import { onModbus } from './faces/on-modbus.ts'
import { onOpcua } from './faces/on-opcua.ts'
import type { OpcuaNode } from './faces/opcua-face.ts'
import { createMachine, type Machine } from './machine/machine.ts'
import { itemStateOf, operationModeOf } from './machine/machinery.ts'
import { runMachineProgram } from './machine-program.ts'

const meterUnit = 11
const meterSerialNumber = 23_002_222

await runMachineProgram({
  name: 'panel-saw',
  description: 'A panel saw on OPC UA, and its meter on Modbus TCP.',
  plant: { cycleMs: 8_000, standbyPowerW: 220, readyPowerW: 900, workingPowerW: 11_000 },
  create: (given) => createMachine({ ...given, permission: 'free' }),
  faces: [
    onOpcua({ root: 'Saw', nodes: nodesOf }),
    onModbus({
      of: 'the meter',
      units: (machine: Machine) => new Map([[meterUnit, energyMeter(meterSerialNumber, () => machine.view().physics)]]),
      ready: { meterUnit },
    }),
  ],
})

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
