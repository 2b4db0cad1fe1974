/** A Modbus client of the tests' own for the spray booth, and the lease as a careful gateway would ask for it. */
import modbusSerial from 'modbus-serial'
import { afterEach } from 'vitest'
import { block, endAll, newStateDir, type Simulator, startSimulator } from './simulator.ts'

const ModbusRTU = modbusSerial.default
export type Client = InstanceType<typeof ModbusRTU>

const closing: (() => void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) close()
  await endAll()
})

export async function open(port: number, unit = 1): Promise<Client> {
  const client = new ModbusRTU()
  client.setTimeout(5000)
  await client.connectTCP('127.0.0.1', { port })
  client.setID(unit)
  closing.push(() => client.destroy(() => {}))
  return client
}

export async function start(...args: string[]): Promise<{ booth: Simulator; plc: Client }> {
  const booth = await startSimulator('spray-booth', '--state-dir', newStateDir(), '--cycle-ms', '100', ...args)
  return { booth, plc: await open(booth.number('modbusPort')) }
}

export async function fromPlc(plc: Client): Promise<number[]> {
  return (await plc.readHoldingRegisters(200, 18)).data
}

/** Enables with the next token and sequence; the block that was written. */
export async function enable(plc: Client, leaseMs: number): Promise<number[]> {
  const seen = await fromPlc(plc)
  const token = (seen[10] ?? 0) * 65536 + (seen[11] ?? 0) + 16
  const words = block({ seq: ((seen[4] ?? 0) + 1) % 65536, command: 1, token, leaseMs, echo: seen[13] ?? 0 })
  await plc.writeRegisters(100, words)
  return words
}

export async function isRefused(answer: Promise<unknown>): Promise<number | undefined> {
  const error: unknown = await answer.then(
    () => undefined,
    (cause: unknown) => cause,
  )
  return error !== null && typeof error === 'object' && 'modbusCode' in error ? Number(error.modbusCode) : undefined
}
