/**
 * How long a verification takes: `node test/ledger/evidence/bench.ts [entries]`. A log like that of a shop (two in five
 * entries are samples, one in ten belongs to a session and is opened) is verified, and beside it the same leaves are only
 * hashed. Times are of the processor, in user mode, the least of several runs.
 */
import { createHash, hash } from 'node:crypto'
import { createNodeEd25519, nodeSha256 } from '../../../gateway/ledger/native.ts'
import { openBundle } from '../../../gateway/ledger/stream.ts'
import { verifyReceipt } from '../../../gateway/ledger/verifier.ts'
import { createLog, keyOf } from './log.ts'
import { createShop, random } from './shop.ts'

const ENTRIES = Number(process.argv[2] ?? 100_000)
const RUNS = ENTRIES > 300_000 ? 2 : 5
const ORIGIN = 'prep-centre/8f3a5c0011223344'
const key = keyOf('bench', ORIGIN)

const log = createLog('prep-centre', ORIGIN)
const machines = Array.from({ length: 20 }, (_, index) => `machine-${index + 1}`)
const shop = createShop(log, { machines, gapMs: 1e12 })
shop.start()
const next = random(5)
let session = ''
while (log.bodies.length < ENTRIES) {
  const machine = machines[Math.floor(next() * machines.length)]!
  const chance = next()
  if (chance < 0.43) {
    shop.work(machine, 1)
    shop.sample(machine)
  } else if (chance < 0.91)
    shop.record(
      'AvailabilityChanged',
      {
        from: 'Available',
        to: 'InUse',
        reason: 'foreign',
        access: 'Locked',
        itemState: 'Executing',
        mode: 'Processing',
      },
      machine,
    )
  else if (chance < 0.95) shop.record('LinkLost', { link: 'plc', cause: 'timeout' })
  else if (shop.sessionOf(machine) === undefined) shop.unlock(machine)
  else {
    session = shop.sessionOf(machine)!
    shop.work(machine, 2)
    shop.end(machine)
  }
  if (log.bodies.length % Math.ceil(ENTRIES / 30) === 0) log.checkpoint([key.signer])
}
log.checkpoint([key.signer])
const bundle = log.bundle()
const leaves = log.bodies.map((body) => {
  const leaf = Buffer.alloc(1 + Buffer.byteLength(body))
  leaf.write(body, 1)
  return leaf
})

const kinds: Record<string, number> = {}
const verify = (options: Parameters<typeof openBundle>[1]) => () => {
  const check = openBundle([key.vkey], options)
  check.push(bundle)
  const verdict = check.end()
  if (!verdict.ok) throw new Error(verdict.faults[0]!.message)
  Object.assign(kinds, verdict.facts.kinds)
}
const each = (digest: (leaf: Buffer) => unknown) => () => {
  for (const leaf of leaves) digest(leaf)
}
const timed: Record<string, () => void> = {
  'leaves hashed, crypto.hash to a Buffer': each((leaf) => hash('sha256', leaf, 'buffer')),
  'leaves hashed, createHash().update().digest()': each((leaf) => createHash('sha256').update(leaf).digest()),
  'leaves hashed, nodeSha256': each(nodeSha256),
  'bundle verified, node:crypto': verify({ sha256: nodeSha256, ed25519: createNodeEd25519() }),
  'bundle verified, @noble': verify({}),
}

const least: Record<string, number> = {}
for (let run = 0; run < RUNS; run++)
  for (const [name, work] of Object.entries(timed)) {
    const before = process.cpuUsage()
    work()
    least[name] = Math.min(least[name] ?? Number.POSITIVE_INFINITY, process.cpuUsage(before).user / 1000)
  }
const { entries } = { entries: log.bodies.length }
console.log(`${entries} entries of ${Math.round(bundle.length / entries)} bytes, ${log.notes.size} checkpoints`)
console.log(JSON.stringify(kinds))
for (const [name, ms] of Object.entries(least))
  console.log(`${ms.toFixed(0).padStart(7)} ms, ${((ms * 1e6) / entries).toFixed(0).padStart(5)} ns each: ${name}`)
const receipt = log.receipt(session)
const began = performance.now()
for (let times = 0; times < 20; times++) verifyReceipt(receipt, [key.vkey])
console.log(`${((performance.now() - began) / 20).toFixed(1)} ms: one receipt, @noble`)
