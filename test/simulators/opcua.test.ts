/** The instrument and the panel saw as processes, with an OPC UA client of its own. */
import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import modbusSerial from 'modbus-serial'
import {
  AttributeIds,
  type ClientSession,
  DataType,
  MessageSecurityMode,
  NumericRange,
  OPCUACertificateManager,
  OPCUAClient,
  SecurityPolicy,
  type Variant,
  VariantArrayType,
  type VariantOptions,
} from 'node-opcua'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { block, endAll, eventually, newStateDir, type Simulator, startSimulator } from './simulator.ts'

const timeoutMs = 30_000
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await Promise.race([close().catch(() => {}), deadline(2000)])
  await endAll()
})

function deadline(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}

/** The client's own keys, made once. */
const clientPki = mkdtempSync(join(tmpdir(), 'latchkey-client-'))
afterAll(() => rmSync(clientPki, { recursive: true, force: true }))
const plain = [MessageSecurityMode.None, SecurityPolicy.None] as const

async function open(url: string, mode: MessageSecurityMode, policy: SecurityPolicy): Promise<ClientSession> {
  const clientCertificateManager = new OPCUACertificateManager({
    rootFolder: clientPki,
    automaticallyAcceptUnknownCertificate: true,
    disableFileWatchers: true,
  })
  await clientCertificateManager.initialize()
  const client = OPCUAClient.create({
    securityMode: mode,
    securityPolicy: policy,
    endpointMustExist: false,
    clientCertificateManager,
    defaultTransactionTimeout: 5000,
    connectionStrategy: { maxRetry: 0, initialDelay: 100, maxDelay: 100, randomisationFactor: 0 },
  })
  closing.push(() => client.disconnect())
  await client.connect(url)
  return client.createSession()
}

/** The id of a node by its name, the namespace found by its URI. */
async function idOf(session: ClientSession, name: string): Promise<string> {
  const namespaces = await session.read({ nodeId: 'i=2255', attributeId: AttributeIds.Value })
  return `ns=${Array.from(namespaces.value.value as string[]).indexOf('urn:latchkey:sim')};s=${name}`
}

async function read(session: ClientSession, name: string): Promise<Variant> {
  const dataValue = await session.read({ nodeId: await idOf(session, name), attributeId: AttributeIds.Value })
  expect([name, dataValue.statusCode.name]).toEqual([name, 'Good'])
  expect(Math.abs(Date.now() - (dataValue.sourceTimestamp?.getTime() ?? 0))).toBeLessThan(5000)
  return dataValue.value
}

async function words(session: ClientSession): Promise<number[]> {
  return Array.from((await read(session, 'Instrument.FromPlc')).value as Iterable<number>)
}

async function write(
  session: ClientSession,
  name: string,
  value: VariantOptions,
  indexRange?: string,
): Promise<string> {
  const range = indexRange === undefined ? {} : { indexRange: new NumericRange(indexRange) }
  const nodeId = await idOf(session, name)
  return (await session.write({ nodeId, attributeId: AttributeIds.Value, value: { value }, ...range })).name
}

function array(values: number[]): VariantOptions {
  return { dataType: DataType.UInt16, arrayType: VariantArrayType.Array, value: Uint16Array.from(values) }
}

/** Enables with the next token; the words that were written. */
async function enable(session: ClientSession, leaseMs: number): Promise<number[]> {
  const seen = await words(session)
  const token = (seen[10] ?? 0) * 65536 + (seen[11] ?? 0) + 16
  const asked = block({ seq: (seen[4] ?? 0) + 1, command: 1, token, leaseMs, echo: seen[13] ?? 0 })
  expect(await write(session, 'Instrument.ToPlc', array(asked))).toBe('Good')
  return asked
}

function start(name: string, ...args: string[]): Promise<Simulator> {
  return startSimulator(name, '--state-dir', newStateDir(), '--cycle-ms', '100', ...args)
}

describe('the instrument', () => {
  test('follows the lease block, and its nodes agree with the judge', { timeout: timeoutMs }, async () => {
    const instrument = await start('instrument')
    const session = await open(instrument.text('opcuaUrl'), ...plain)
    expect((await words(session)).slice(0, 4)).toEqual([1, 0, 1, 0])
    const asked = await enable(session, 5000)
    expect((await words(session)).slice(3, 9)).toEqual([1, 1, 0, 0, 16, 0])
    expect(Array.from((await read(session, 'Instrument.ToPlc')).value as Iterable<number>)).toEqual(asked)
    await instrument.post('/operator', { autoStart: true })
    await eventually(instrument.judge, (seen) => seen.producedUnits >= 2)
    expect((await read(session, 'Instrument.MachineryItemState')).value).toBe(3)
    await instrument.post('/operator', { autoStart: false })
    const judge = await eventually(instrument.judge, (seen) => !seen.cycleRunning)
    const counter = await read(session, 'Instrument.OperationCycleCounter')
    expect([counter.dataType, counter.value]).toEqual([DataType.UInt32, judge.producedUnits])
    const powerOn = await read(session, 'Instrument.PowerOnDuration')
    expect([powerOn.dataType, powerOn.value[0]]).toEqual([DataType.UInt64, 0])
    expect(powerOn.value[1]).toBeGreaterThanOrEqual(judge.runningMs)
    expect((await read(session, 'Instrument.MachineryItemState')).value).toBe(2)
    expect((await read(session, 'Instrument.MachineryOperationMode')).value).toBe(3)
    expect(await write(session, 'Instrument.ToPlc', array(asked.with(9, 1)))).toBe('Good')
    expect(await instrument.judge()).toMatchObject({ enables: 1, heartbeats: 1, writeFrames: { count: 2 } })
    expect(await instrument.end('SIGTERM')).toBe(0)
  })

  test('takes the whole block or nothing', { timeout: timeoutMs }, async () => {
    const instrument = await start('instrument')
    const session = await open(instrument.text('opcuaUrl'), ...plain)
    const good = block({ seq: 1, command: 1, token: 16, echo: (await words(session))[13] ?? 0 })
    const scalar = { dataType: DataType.UInt16, value: 1 }
    const signed = {
      dataType: DataType.Int16,
      arrayType: VariantArrayType.Array,
      value: Int16Array.from(good.map(() => 1)),
    }
    const matrix = { ...array(good), arrayType: VariantArrayType.Matrix, dimensions: [4, 4] }
    const toPlc = 'Instrument.ToPlc'
    expect(await write(session, toPlc, array(good.slice(0, 15)))).toBe('BadTypeMismatch')
    expect(await write(session, toPlc, array([...good, 0]))).toBe('BadTypeMismatch')
    expect(await write(session, toPlc, array([]))).toBe('BadTypeMismatch')
    expect(await write(session, toPlc, scalar)).toBe('BadTypeMismatch')
    expect(await write(session, toPlc, signed)).toBe('BadTypeMismatch')
    expect(await write(session, toPlc, matrix)).toBe('BadTypeMismatch')
    expect(await write(session, toPlc, array([1]), '9')).toBe('BadTypeMismatch')
    expect(await write(session, 'Instrument.FromPlc', array(new Array<number>(18).fill(0)))).toBe('BadNotWritable')
    const counter = { dataType: DataType.UInt32, value: 9 }
    expect(await write(session, 'Instrument.OperationCycleCounter', counter)).toBe('BadNotWritable')
    expect((await instrument.judge()).lease).toMatchObject({ state: 'locked', acknowledgedSeq: 0 })
    await instrument.post('/fault', { kind: 'refuse-write', count: 1 })
    expect(await write(session, toPlc, array(good))).toBe('BadDeviceFailure')
    expect(await write(session, toPlc, array(good))).toBe('Good')
    expect((await instrument.judge()).lease.state).toBe('enabled')
  })

  test('opens secured channels, and with strict trust only to certificates it knows', {
    timeout: timeoutMs,
  }, async () => {
    const stateDir = newStateDir()
    const { SignAndEncrypt } = MessageSecurityMode
    const first = await startSimulator('instrument', '--state-dir', stateDir)
    const url = first.text('opcuaUrl')
    for (const policy of [SecurityPolicy.Aes256_Sha256_RsaPss, SecurityPolicy.Basic256Sha256]) {
      expect((await words(await open(url, SignAndEncrypt, policy)))[0]).toBe(1)
    }
    await first.end('SIGTERM')
    const strictDir = newStateDir()
    const ports = ['--opcua-port', first.text('opcuaPort'), '--control-port', '0']
    const strict = await startSimulator('instrument', '--state-dir', strictDir, '--strict-trust', ...ports)
    const attempt = () => open(strict.text('opcuaUrl'), SignAndEncrypt, SecurityPolicy.Aes256_Sha256_RsaPss)
    await expect(attempt()).rejects.toThrow()
    const rejected = join(strictDir, 'pki', 'rejected')
    const [file = ''] = await eventually(
      async () => readdirSync(rejected),
      (files) => files.length === 1,
    )
    renameSync(join(rejected, file), join(strictDir, 'pki', 'trusted', 'certs', file))
    const trusted = await eventually(
      () => attempt().catch(() => undefined),
      (session) => session !== undefined,
      10_000,
    )
    expect(trusted && (await words(trusted))[0]).toBe(1)
  })

  test('keeps its highest token when killed, and listens on the same port again', { timeout: timeoutMs }, async () => {
    const stateDir = newStateDir()
    const first = await startSimulator('instrument', '--state-dir', stateDir)
    await enable(await open(first.text('opcuaUrl'), ...plain), 10_000)
    await first.end('SIGKILL')
    const port = first.text('opcuaPort')
    const second = await startSimulator('instrument', '--state-dir', stateDir, '--opcua-port', port)
    expect(second.text('opcuaUrl')).toBe(first.text('opcuaUrl'))
    const seen = await words(await open(second.text('opcuaUrl'), ...plain))
    expect(seen.slice(1, 12)).toEqual([0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 16])
  })

  test('lapses while frozen, before the write that waited, and while cut', { timeout: timeoutMs }, async () => {
    const instrument = await start('instrument')
    const url = instrument.text('opcuaUrl')
    const session = await open(url, ...plain)
    const asked = await enable(session, 300)
    await instrument.post('/fault', { kind: 'freeze', ms: 60_000 })
    const waiting = write(session, 'Instrument.ToPlc', array(asked.with(9, 1)))
    const lapsed = await eventually(instrument.judge, (judge) => judge.lease.state === 'locked')
    expect(lapsed).toMatchObject({ heartbeats: 0, writeFrames: { count: 1 } })
    await instrument.post('/fault', { kind: 'heal' })
    expect(await waiting).toBe('Good')
    expect(await instrument.judge()).toMatchObject({ heartbeats: 0, startPermission: false, writeFrames: { count: 2 } })
    await instrument.post('/fault', { kind: 'cut' })
    await expect(open(url, ...plain)).rejects.toThrow()
    await instrument.post('/fault', { kind: 'heal' })
    expect((await words(await open(url, ...plain)))[3]).toBe(0)
  })
})

describe('the panel saw', () => {
  test('speaks the words of the woodworking companion, and its meter those of the maker', {
    timeout: timeoutMs,
  }, async () => {
    const saw = await start('panel-saw', '--auto-start')
    const session = await open(saw.text('opcuaUrl'), ...plain)
    await eventually(saw.judge, (judge) => judge.producedUnits >= 2)
    expect((await read(session, 'Saw.MachineryItemState')).value).toBe(3)
    expect((await read(session, 'Saw.MachineryOperationMode')).value).toBe(3)
    expect((await read(session, 'Saw.PowerW')).value).toBe(11_000)
    await saw.post('/operator', { autoStart: false })
    const judge = await eventually(saw.judge, (seen) => !seen.cycleRunning)
    expect(Array.from((await read(session, 'Saw.AbsolutePiecesOut')).value as number[])).toEqual([
      0,
      judge.producedUnits,
    ])
    expect(Array.from((await read(session, 'Saw.AbsoluteWorkingTime')).value as number[])).toEqual([0, judge.runningMs])
    await saw.post('/operator', { emergencyStop: true })
    expect((await read(session, 'Saw.Emergency')).value).toBe(true)
    expect((await read(session, 'Saw.MachineryItemState')).value).toBe(1)
    await saw.post('/operator', { emergencyStop: false })
    await saw.post('/operator', { mode: 'maintenance' })
    expect((await read(session, 'Saw.MachineryOperationMode')).value).toBe(1)
    await saw.post('/operator', { power: 'off' })
    expect((await read(session, 'Saw.MachineryItemState')).value).toBe(0)
    expect(await saw.judge()).toMatchObject({ startPermission: false, lease: null })
    expect(await write(session, 'Saw.PowerW', { dataType: DataType.Double, value: 1 })).toBe('BadNotWritable')
    const meter = new modbusSerial.default()
    meter.setTimeout(1000)
    await meter.connectTCP('127.0.0.1', { port: saw.number('modbusPort') })
    closing.push(async () => meter.destroy(() => {}))
    meter.setID(11)
    expect((await meter.readHoldingRegisters(0x5b14, 2)).data).toEqual([0, 0])
    const { energyWh } = await saw.judge()
    expect((await meter.readHoldingRegisters(0x5000, 4)).data[3]).toBe(Math.floor(Number(energyWh) / 10))
    expect(await saw.end('SIGTERM')).toBe(0)
  })
})
