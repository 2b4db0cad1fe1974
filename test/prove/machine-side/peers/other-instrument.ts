/**
 * The instrument of simulators/instrument.ts behind a server of open62541: the same machine and the same PLC, seen by a
 * stack that nobody here wrote. Usage: that of the instrument, and --server PATH.
 * Read next: ../../../support/open62541.ts.
 */
import { connect } from 'node:net'
import { freePort, openDoor } from '../../../../simulators/faces/door.ts'
import type { Face } from '../../../../simulators/faces/face.ts'
import { namespaceUri } from '../../../../simulators/faces/opcua-face.ts'
import { fromPlcLength, toPlcLength } from '../../../../simulators/machine/lease-block.ts'
import { createMachine, type Machine } from '../../../../simulators/machine/machine.ts'
import { itemStateOf, operationModeOf } from '../../../../simulators/machine/machinery.ts'
import { runMachineProgram } from '../../../../simulators/machine-program.ts'
import { parsePort } from '../../../../simulators/program.ts'
import { type OtherNode, startOpen62541 } from '../../../support/open62541.ts'

const ROOT = 'Instrument'
/** A PLC's cycle: so often the nodes are brought up to date. */
const SCAN_MS = 10

type Shown = OtherNode & { read(machine: Machine): readonly unknown[] }

const shown: readonly Shown[] = [
  { id: 'MachineryItemState', type: 'Int32', read: ({ view }) => [itemStateOf(view())] },
  { id: 'MachineryOperationMode', type: 'Int32', read: ({ view }) => [operationModeOf(view())] },
  { id: 'OperationCycleCounter', type: 'UInt32', read: ({ view }) => [view().physics.partCounter] },
  { id: 'PowerOnDuration', type: 'UInt64', read: ({ view }) => [Math.floor(view().physics.poweredMs)] },
  { id: 'FromPlc', type: 'UInt16', count: fromPlcLength, read: ({ view }) => view().fromPlc },
]
const named = <N extends OtherNode>(node: N): N => ({ ...node, id: `${ROOT}.${node.id}` })
const written: OtherNode = { id: 'ToPlc', type: 'UInt16', count: toPlcLength, isWritten: true }

const face: Face<Machine> = {
  options: (command) =>
    command
      .option('--opcua-port <port>', 'OPC UA port; 0 takes a free one', parsePort, 0)
      .requiredOption('--server <path>', 'the server of open62541'),
  async open(machine, options, log) {
    const { host, opcuaPort, server } = options as typeof options & { readonly server: string }
    const innerPort = await freePort(host)
    const nodes = [...shown, written].map(named)
    const other = await startOpen62541(server, innerPort, { uri: namespaceUri, root: ROOT, nodes }, (id, words) => {
      machine.wrote({ unit: 0, function: 'write', address: `s=${id}`, words, outcome: 'ok' })
      machine.takeBlock(words)
    })
    const scan = setInterval(() => {
      for (const node of shown) other.set(named(node).id, node.read(machine))
    }, SCAN_MS)
    const door = await openDoor({
      ...{ host, port: opcuaPort, log },
      onSocket(outer, track) {
        const inner = connect(innerPort, host)
        track(inner)
        outer.pipe(inner).pipe(outer)
        outer.on('close', () => inner.destroy())
        inner.on('close', () => outer.destroy())
      },
    })
    const ready = { opcuaPort: door.port, opcuaUrl: `opc.tcp://${host}:${door.port}` }
    const close = async () => {
      clearInterval(scan)
      await door.close()
      other.process.kill('SIGKILL')
    }
    return { name: 'opcua', door, refuseWrites: () => undefined, close, ready }
  },
}

await runMachineProgram({
  name: 'other-instrument',
  description: 'An instrument with a lease block behind another stack of OPC UA.',
  plant: { cycleMs: 3_000, standbyPowerW: 90, readyPowerW: 140, workingPowerW: 600 },
  create: (given) => createMachine({ ...given, permission: 'lease' }),
  faces: [face],
})
