/** Shows a machine on Modbus TCP: `--modbus-port`, the face, and its part of the ready line. Next: modbus-face.ts. */
import type { Simulated } from '../machine/simulated.ts'
import { parsePort } from '../program.ts'
import type { Face } from './face.ts'
import { openModbusFace, type Unit } from './modbus-face.ts'

export function onModbus<M extends Simulated>(shown: {
  /** What the port belongs to, for `--help`; the machine itself when absent. */
  readonly of?: string
  readonly units: (machine: M) => ReadonlyMap<number, Unit>
  /** Added to the ready line. */
  readonly ready: Readonly<Record<string, number>>
}): Face<M> {
  const of = shown.of === undefined ? '' : ` of ${shown.of}`
  return {
    options: (command) =>
      command.option('--modbus-port <port>', `Modbus TCP port${of}; 0 takes a free one`, parsePort, 0),
    async open(machine, { host, modbusPort: port }, log) {
      const { request: onRequest, wrote: onWrite } = machine
      const { door, refuseWrites } = await openModbusFace({
        host,
        port,
        units: shown.units(machine),
        onRequest,
        onWrite,
        log,
      })
      return { name: 'modbus', door, refuseWrites, close: door.close, ready: { modbusPort: door.port, ...shown.ready } }
    },
  }
}
