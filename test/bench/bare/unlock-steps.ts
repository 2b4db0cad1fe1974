/**
 * The least an unlock is made of, with modbus-serial and node:sqlite alone: read the block, commit the intent, write
 * the block, read it back, commit the outcome. The block that is written has two sequences that differ, which a PLC
 * ignores.
 */
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import modbusSerial from 'modbus-serial'

type Options = { readonly port: number; readonly database: string }

/** Of config/profiles/sim-spray-booth.yaml. */
const TO_PLC = 100
const FROM_PLC = 200
const FROM_PLC_WORDS = 18
const TORN = [1, ...Array<number>(14).fill(0), 2]

const { port, database } = JSON.parse(process.argv[2]!) as Options
const db = new DatabaseSync(database)
db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
db.exec('CREATE TABLE entry (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT')
const insert = db.prepare('INSERT INTO entry (body) VALUES (?)')
const modbus = new modbusSerial.default()
await modbus.connectTCP('127.0.0.1', { port })
modbus.setID(1)
modbus.setTimeout(1000)
createInterface(process.stdin)
  .on('line', () => void step().then((ms) => process.stdout.write(`${JSON.stringify({ ms })}\n`)))
  .on('close', () => process.exit(0))
process.stdout.write(`${JSON.stringify({ ready: true })}\n`)

async function step(): Promise<number> {
  const began = performance.now()
  const { data } = await modbus.readHoldingRegisters(FROM_PLC, FROM_PLC_WORDS)
  insert.run(JSON.stringify({ kind: 'UnlockIntended', challenge: data[14] }))
  await modbus.writeRegisters(TO_PLC, TORN)
  const { data: shown } = await modbus.readHoldingRegisters(FROM_PLC, FROM_PLC_WORDS)
  insert.run(JSON.stringify({ kind: 'UnlockConfirmed', state: shown[3] }))
  return performance.now() - began
}
