/** The contract of links, for OPC UA. Unprotected, since it is on this host; see test/wire/opcua for security. */
import type { Point } from '../../adapters/adapter.ts'
import { opcuaAdapter } from '../../adapters/opcua/link.ts'
import { startChild } from '../support/child-server.ts'
import { temporaryFolder } from '../support/folder.ts'
import type { OpcuaAsk, OpcuaServerOptions, OpcuaValue } from '../support/opcua-device.ts'
import { freePort } from '../support/ports.ts'
import { type DeviceUnderTest, testLink } from './link.ts'

const TIMEOUT_MS = 500
const CONNECT_TIMEOUT_MS = 3000
const device = { root: 'nsu=urn:latchkey:test-device;s=Saw' }
const values: OpcuaValue[] = [
  { node: 'Saw.PowerW', type: 'Double', value: 12.5 },
  { node: 'Saw.EnergyWh', type: 'UInt64', value: '1234' },
  { node: 'Saw.Ready', type: 'Boolean', value: true },
  { node: 'Saw.ToPlc', type: 'UInt16', value: Array.from({ length: 16 }, () => 0) },
]
const point = (id: string, address: object): Point => ({ id, address, device, intervalMs: 1000 })

testLink({
  name: 'opcua',
  timeoutMs: TIMEOUT_MS,
  connectTimeoutMs: CONNECT_TIMEOUT_MS,
  flood: { reads: 300, options: {} },
  async start(): Promise<DeviceUnderTest> {
    const port = await freePort()
    const options: OpcuaServerOptions = { pkiDir: temporaryFolder() }
    const start = async () => {
      const child = await startChild<OpcuaAsk>('opcua-server.ts', port, [JSON.stringify(options)])
      await child.ask({ kind: 'load', values })
      return child
    }
    let child = await start()
    return {
      adapter: opcuaAdapter,
      options: {
        endpoint: `opc.tcp://127.0.0.1:${port}`,
        security: 'None',
      },
      good: [
        { point: point('power', { node: 'PowerW', type: 'f64' }), value: 12.5 },
        { point: point('energy', { node: 'EnergyWh', type: 'u64' }), value: 1234 },
        { point: point('ready', { node: 'Ready', type: 'bool' }), value: true },
      ],
      refused: point('nowhere', { node: 'Nowhere', type: 'f64' }),
      block: (words) => ({ id: 'lease', address: { node: 'ToPlc', type: 'words', count: 16 }, device, words }),
      blockPoint: point('block', { node: 'ToPlc', type: 'words', count: 16 }),
      async received() {
        const written = (await child.ask({ kind: 'journal' })) as { value: number[] }[]
        return written.map(({ value }) => value)
      },
      connections: async () => (await child.ask({ kind: 'session-count' })) as number,
      freeze: () => child.freeze(),
      thaw: () => child.thaw(),
      kill: () => child.kill(),
      async restart() {
        child = await start()
      },
    }
  },
})
