/** The transports there are, and which one the options of a link ask for. Read next: transport.ts. */
import type { ModbusOptions } from '../options.ts'
import { openDatagram } from './datagram.ts'
import { openSerial, type SerialOptions } from './serial.ts'
import { openTcp } from './stream.ts'
import { openTls } from './tls.ts'
import type { Transport } from './transport.ts'

/** A converter keeps the silence of its line itself; this gives the second copy of an answer time to be seen. */
const CONVERTER_GAP_MS = 2

/** `config/check/links.ts` has seen to it that what a transport needs is there. */
export function chooseTransport({ transport, host = '', port, serial, tls }: ModbusOptions): Transport {
  const base = { where: `${host}:${port}`, framing: 'mbap', isConnection: true, gapMs: 0 } as const
  switch (transport) {
    case 'tcp':
      return { ...base, open: (signal, ears) => openTcp(host, port, signal, ears) }
    case 'tls':
      return { ...base, open: (signal, ears) => openTls(host, port, tls!, signal, ears) }
    case 'udp':
      return { ...base, framing: 'datagram', open: (signal, ears) => openDatagram(host, port, signal, ears) }
    case 'rtu-over-tcp':
      return {
        ...base,
        framing: 'rtu',
        gapMs: CONVERTER_GAP_MS,
        open: (signal, ears) => openTcp(host, port, signal, ears),
      }
    case 'rtu': {
      const options = serial!
      return {
        where: options.path,
        framing: 'rtu',
        isConnection: false,
        gapMs: silenceMs(options),
        open: (signal, ears) => openSerial(options, signal, ears),
      }
    }
  }
}

/** Three and a half characters, and never less than 1.75 ms: Modbus over Serial Line V1.02, 2.5.1.1. Rounded up. */
function silenceMs({ baudRate, parity, stopBits }: SerialOptions): number {
  const bits = 1 + 8 + (parity === 'none' ? 0 : 1) + stopBits
  return Math.ceil(Math.max(1.75, (3.5 * bits * 1000) / baudRate))
}
