/**
 * A laboratory instrument on OPC UA with the lease block as two arrays of 16-bit words: `ToPlc`, the only node that
 * can be written, and `FromPlc`. Nodes: simulators/README.md. `node simulators/instrument.ts --help`.
 */
import { onOpcua } from './faces/on-opcua.ts'
import type { OpcuaNode } from './faces/opcua-face.ts'
import { fromPlcLength, toPlcLength } from './machine/lease-block.ts'
import { createMachine, type Machine } from './machine/machine.ts'
import { itemStateOf, operationModeOf } from './machine/machinery.ts'
import { runMachineProgram } from './machine-program.ts'

await runMachineProgram({
  name: 'instrument',
  description: 'An instrument on OPC UA with a lease block.',
  plant: { cycleMs: 3_000, standbyPowerW: 90, readyPowerW: 140, workingPowerW: 600 },
  create: (given) => createMachine({ ...given, permission: 'lease' }),
  faces: [onOpcua({ root: 'Instrument', nodes: nodesOf })],
})

function nodesOf(machine: Machine): OpcuaNode[] {
  const { view, takeBlock } = machine
  return [
    { name: 'MachineryItemState', type: 'Int32', read: () => itemStateOf(view()) },
    { name: 'MachineryOperationMode', type: 'Int32', read: () => operationModeOf(view()) },
    { name: 'OperationCycleCounter', type: 'UInt32', read: () => view().physics.partCounter },
    { name: 'PowerOnDuration', type: 'UInt64', read: () => BigInt(view().physics.poweredMs) },
    { name: 'ToPlc', type: 'UInt16[]', length: toPlcLength, read: () => view().toPlc, write: takeBlock },
    { name: 'FromPlc', type: 'UInt16[]', length: fromPlcLength, read: () => view().fromPlc },
  ]
}
