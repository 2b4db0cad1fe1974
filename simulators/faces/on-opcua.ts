/**
 * Shows a machine on OPC UA: `--opcua-port`, `--strict-trust`, the face, and its part of the ready line.
 * Next: opcua-face.ts.
 */
import type { Simulated } from '../machine/simulated.ts'
import { parsePort } from '../program.ts'
import type { Face } from './face.ts'
import { namespaceUri, type OpcuaNode, openOpcuaFace } from './opcua-face.ts'

export function onOpcua<M extends Simulated>(shown: {
  /** Name of the folder; the id of every node starts with it. */
  readonly root: string
  readonly nodes: (machine: M) => readonly OpcuaNode[]
}): Face<M> {
  const { root } = shown
  return {
    options: (command) =>
      command
        .option('--opcua-port <port>', 'OPC UA port; 0 takes a free one', parsePort, 0)
        .option('--strict-trust', 'refuse OPC UA clients whose certificate is not trusted yet', false),
    async open(machine, { host, stateDir, strictTrust, opcuaPort: port }, log) {
      const { request: onRequest, wrote: onWrite } = machine
      const nodes = shown.nodes(machine)
      const face = await openOpcuaFace({ host, port, stateDir, strictTrust, root, nodes, onRequest, onWrite, log })
      const { door, url: opcuaUrl } = face
      const ready = { opcuaPort: door.port, opcuaUrl, namespaceUri, root: `nsu=${namespaceUri};s=${root}` }
      return { name: 'opcua', door, refuseWrites: face.refuseWrites, close: face.close, ready }
    },
  }
}
