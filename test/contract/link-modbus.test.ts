/** The contract of links, for Modbus TCP. */
import type { Point } from '../../adapters/adapter.ts'
import { modbusAdapter } from '../../adapters/modbus/link.ts'
import { startChild } from '../support/child-server.ts'
import type { ModbusAsk, ModbusRange, ModbusRequest } from '../support/modbus-server.ts'
import { freePort } from '../support/ports.ts'
import { type DeviceUnderTest, testLink } from './link.ts'

const TIMEOUT_MS = 300
const CONNECT_TIMEOUT_MS = 1000
const device = { unit: 3 }
const ranges: ModbusRange[] = [
  { unit: 3, table: 'holding', start: 0, values: [0, 1234, 0x3f80, 0, 5] },
  { unit: 3, table: 'holding', start: 100, values: Array.from({ length: 16 }, () => 0) },
  { unit: 3, table: 'coil', start: 7, values: [1] },
]
const point = (id: string, address: object): Point => ({ id, address, device, intervalMs: 1000 })

testLink({
  name: 'modbus',
  timeoutMs: TIMEOUT_MS,
  connectTimeoutMs: CONNECT_TIMEOUT_MS,
  flood: { reads: 40, options: { maxQueue: 16 } },
  async start(): Promise<DeviceUnderTest> {
    const port = await freePort()
    const start = async () => {
      const child = await startChild<ModbusAsk>('modbus-server.ts', port)
      await child.ask({ kind: 'load', ranges })
      return child
    }
    let child = await start()
    return {
      adapter: modbusAdapter,
      options: {
        transport: 'tcp',
        host: '127.0.0.1',
        port,
      },
      good: [
        { point: point('energy', { table: 'holding', address: 0, type: 'u32' }), value: 1234 },
        { point: point('power', { table: 'holding', address: 2, type: 'f32' }), value: 1 },
        { point: point('ready', { table: 'coil', address: 7, type: 'bool' }), value: true },
      ],
      refused: point('nowhere', { table: 'holding', address: 5000, type: 'u16' }),
      block: (words) => ({
        id: 'lease',
        address: { table: 'holding', address: 100, type: 'words', count: 16 },
        device,
        words,
      }),
      blockPoint: point('block', { table: 'holding', address: 100, type: 'words', count: 16 }),
      async received() {
        const requests = (await child.ask({ kind: 'journal' })) as ModbusRequest[]
        return requests.flatMap(({ values }) => (values ? [values] : []))
      },
      connections: async () => (await child.ask({ kind: 'connection-count' })) as number,
      freeze: () => child.freeze(),
      thaw: () => child.thaw(),
      kill: () => child.kill(),
      async restart() {
        child = await start()
      },
    }
  },
})
