/** The contract of links, for every transport of Modbus. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe } from 'vitest'
import type { Point } from '../../adapters/adapter.ts'
import { modbusAdapter } from '../../adapters/modbus/link.ts'
import { type ChildServer, startChild } from '../support/child-server.ts'
import { temporaryFolder } from '../support/folder.ts'
import { type Carrier, makeShown } from '../support/modbus-carrier.ts'
import type { ModbusAsk, ModbusRange, ModbusRequest } from '../support/modbus-server.ts'
import { freePort } from '../support/ports.ts'
import { until } from '../support/process.ts'
import { commandPath, realPart } from '../support/real.ts'
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

/** What a transport has of its own. */
type Setting = {
  readonly carrier: Carrier
  /** Arguments of the device behind its port and its carrier. */
  readonly args?: readonly string[]
  readonly options: Record<string, unknown>
  /** Where the device cannot count its connections. */
  connections?(): number
  /** After the device has started, and before it is killed. */
  attach?(): Promise<void>
  detach?(): Promise<void>
}

function testTransport(name: string, opensUnseen: boolean, settingOn: (port: number) => Setting): void {
  testLink({
    name,
    timeoutMs: TIMEOUT_MS,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    ...(opensUnseen ? { opensUnseen } : {}),
    flood: { reads: 40, options: { maxQueue: 16 } },
    async start() {
      const port = await freePort()
      return deviceOn(port, settingOn(port))
    },
  })
}

testTransport('modbus', false, (port) => ({
  carrier: 'tcp',
  options: { transport: 'tcp', host: '127.0.0.1', port },
}))

testTransport('modbus over TLS', false, (port) => {
  const { device, client } = makeShown()
  const folder = temporaryFolder()
  mkdirSync(folder)
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const tls = {
    ca: file('ca.pem', device.cert),
    cert: file('cert.pem', client.cert),
    key: file('key.pem', client.key),
  }
  return {
    carrier: 'tls',
    args: [JSON.stringify(device)],
    options: { transport: 'tls', host: '127.0.0.1', port, tls },
  }
})

testTransport('modbus over UDP', true, (port) => ({
  carrier: 'udp',
  options: { transport: 'udp', host: '127.0.0.1', port },
  connections: () => udpSocketsTo(port),
}))

testTransport('modbus RTU over TCP', false, (port) => ({
  carrier: 'rtu-over-tcp',
  options: { transport: 'rtu-over-tcp', host: '127.0.0.1', port },
}))

describe.skipIf(!realPart('socat'))('on a serial port', () => {
  testTransport('modbus RTU', false, (port) => {
    const path = temporaryFolder()
    let end = async () => {}
    return {
      carrier: 'rtu-over-tcp',
      options: { transport: 'rtu', serial: { path, baudRate: 115_200 } },
      connections: () => filesOpen(path),
      async attach() {
        const socat = spawn(commandPath('socat'), [`pty,raw,echo=0,link=${path}`, `tcp:127.0.0.1:${port},nodelay`])
        end = async () => {
          if (socat.exitCode === null && socat.kill('SIGKILL')) await once(socat, 'exit')
          rmSync(path, { force: true })
        }
        await until(async () => existsSync(path), 5000, 'there is no serial port')
      },
      detach: () => end(),
    }
  })
})

async function deviceOn(port: number, setting: Setting): Promise<DeviceUnderTest> {
  const start = async (): Promise<ChildServer<ModbusAsk>> => {
    const child = await startChild<ModbusAsk>('modbus-server.ts', port, [setting.carrier, ...(setting.args ?? [])])
    await child.ask({ kind: 'load', ranges })
    await setting.attach?.()
    return child
  }
  let child = await start()
  return {
    adapter: modbusAdapter,
    options: setting.options,
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
    connections: async () => setting.connections?.() ?? ((await child.ask({ kind: 'connection-count' })) as number),
    freeze: () => child.freeze(),
    thaw: () => child.thaw(),
    async kill() {
      await child.kill()
      await setting.detach?.()
    },
    async restart() {
      child = await start()
    },
  }
}

/** How often this process has the file open. */
function filesOpen(path: string): number {
  if (!existsSync(path)) return 0
  const real = realpathSync(path)
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === real
    } catch {
      return false
    }
  }).length
}

/** UDP sockets of this host that are connected to the port. */
function udpSocketsTo(port: number): number {
  const remote = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return readFileSync('/proc/net/udp', 'utf8')
    .split('\n')
    .filter((line) => line.trim().split(/\s+/)[2] === remote).length
}
