/**
 * What a careful person writes with modbus-serial and mqtt alone: one connection and one timer per machine, one read of
 * all registers, one JSON message with the values, the same bytes as the gateway publishes. No ledger, no state.
 */
import modbusSerial from 'modbus-serial'
import { connectAsync, type MqttClient } from 'mqtt'

type Options = {
  /** Of the machines, by number. */
  readonly ports: readonly number[]
  readonly floats: number
  readonly pollMs: number
  readonly broker: string
}

const { ports, floats, pollMs, broker } = JSON.parse(process.argv[2]!) as Options
const client = await connectAsync(broker, { protocolVersion: 5 })
process.stdin.on('end', () => process.exit(0)).resume()
// Spread over the interval, as anybody would who has seen five hundred timers fire at once.
for (const [index, port] of ports.entries())
  setTimeout(() => void follow(`m${String(index).padStart(4, '0')}`, port, client), (pollMs * index) / ports.length)
process.stdout.write(`${JSON.stringify({ ready: true })}\n`)

async function follow(machine: string, port: number, to: MqttClient): Promise<void> {
  const topic = `bare/v1/bench/${machine}/signals`
  const ids = Array.from({ length: floats }, (_, index) => `${machine}/io.f${index}`)
  const modbus = new modbusSerial.default()
  await modbus.connectTCP('127.0.0.1', { port })
  modbus.setID(1)
  modbus.setTimeout(1000)
  let busy = false
  setInterval(poll, pollMs)

  async function poll(): Promise<void> {
    if (busy) return
    busy = true
    try {
      const { buffer } = await modbus.readHoldingRegisters(0, floats * 2 + 1)
      const at = new Date().toISOString()
      const values = ids.map((id, index) => ({ id, value: buffer.readFloatBE(index * 4), quality: 'good', at }))
      to.publish(topic, JSON.stringify({ machine, at, values }))
    } catch (error) {
      console.error(`${machine}: ${(error as Error).message}`)
    } finally {
      busy = false
    }
  }
}
