/**
 * The library's own TCP transport, with each byte checked before the library has it, and with what the library throws
 * while it reads them ended at this connection. Read next: frames.ts, connection.ts.
 */
import { StatusCodes } from 'node-opcua-client'
import { ClientTCP_transport, type IClientTransportFactory } from 'node-opcua-transport'
import { createFrameCheck } from './frames.ts'

/** How the library gives the bytes of its socket to itself. */
type TakesBytes = { _on_socket_data(bytes: Buffer): void }

/** `onFault`: why a connection was ended, for people; the library itself reports only that it is over. */
export function guardedTransports(onFault: (why: string) => void): IClientTransportFactory {
  return {
    create(settings) {
      const transport = new ClientTCP_transport(settings)
      const inner = transport as unknown as TakesBytes
      const libraryTakes = inner._on_socket_data.bind(transport)
      const check = createFrameCheck()
      const end = (why: string) => {
        onFault(why)
        transport.prematureTerminate(new Error(why), StatusCodes.BadTcpMessageTypeInvalid)
      }
      inner._on_socket_data = (bytes) => {
        const fault = check(bytes)
        if (fault !== undefined) return end(`what answers does not speak OPC UA: ${fault}`)
        try {
          libraryTakes(bytes)
        } catch (error) {
          end(`an answer cannot be read: ${error instanceof Error ? error.message : error}`)
        }
      }
      return transport
    },
  }
}
