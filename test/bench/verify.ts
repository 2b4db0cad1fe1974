/**
 * How long a verification takes: `node test/bench/verify.ts --entries 1000000 [--json]`. A log like that of a shop (two
 * in five entries are samples, one in ten belongs to a session and is opened) is verified, and beside it the same
 * leaves are only hashed, in the same run. Times are of the processor, in user mode, the least of several rounds: what
 * else the machine does counts for neither.
 */
import { createHash, hash } from 'node:crypto'
import { Command, InvalidArgumentError } from 'commander'
import { createNodeEd25519, nodeSha256 } from '../../gateway/ledger/log/native.ts'
import { openBundle } from '../../gateway/ledger/verify/bundle-check.ts'
import { verifyReceipt } from '../../gateway/ledger/verify/verifier.ts'
import { createLog, keyOf, type Log } from '../ledger/verify/shop/log.ts'
import { random } from '../ledger/verify/shop/random.ts'
import { createShop } from '../ledger/verify/shop/shop.ts'

const ORIGIN = 'prep-centre/8f3a5c0011223344'
const MACHINES = 20
const CHECKPOINTS = 30
const key = keyOf('bench', ORIGIN)

export type Bench = {
  readonly entries: number
  readonly bytes: number
  /** Least user time of each, ms. */
  readonly ms: Readonly<Record<string, number>>
  /** The same leaves hashed with the usual calls, then verified: user time of each round, ms. */
  readonly rounds: readonly { readonly hashed: number; readonly verified: number }[]
  /**
   * A verification in times of hashing the same leaves, with the usual calls of node:crypto and with its fastest one.
   */
  readonly ratio: number
  readonly ratioToFastest: number
  /** One receipt, with node:crypto and with what a browser has. */
  readonly receiptMs: number
  readonly receiptBrowserMs: number
}

const HASHED = 'leaves hashed, createHash().update().digest()'
const HASHED_FAST = 'leaves hashed, crypto.hash'
const VERIFIED = 'bundle verified, node:crypto'

function measure(
  { entries, rounds = entries > 300_000 ? 3 : 5, browser }: Options,
  say: (text: string) => void,
): Bench {
  const { log, session } = shopLog(entries)
  say(`${entries} entries are made`)
  const bundle = log.bundle()
  const leaves = log.bodies.map((body) => {
    const leaf = Buffer.alloc(1 + Buffer.byteLength(body))
    leaf.write(body, 1)
    return leaf
  })
  const each = (digest: (leaf: Buffer) => unknown) => () => {
    for (const leaf of leaves) digest(leaf)
  }
  const native = { sha256: nodeSha256, ed25519: createNodeEd25519() }
  const verify = (options: Parameters<typeof openBundle>[1]) => () => {
    const check = openBundle([key.vkey], options)
    check.push(bundle)
    const verdict = check.end()
    if (!verdict.ok || verdict.facts.entries !== entries) throw new Error(verdict.faults[0]?.message ?? 'entries lack')
  }
  const work: Record<string, () => void> = {
    [HASHED]: each((leaf) => createHash('sha256').update(leaf).digest()),
    [HASHED_FAST]: each((leaf) => hash('sha256', leaf, 'buffer')),
    [VERIFIED]: verify(native),
    ...(browser ? { 'bundle verified, as a browser does': verify({}) } : {}),
  }
  const took: Record<string, number[]> = {}
  for (let round = 0; round < rounds; round++)
    for (const [name, run] of Object.entries(work)) {
      const before = process.cpuUsage()
      run()
      took[name] = [...(took[name] ?? []), process.cpuUsage(before).user / 1000]
      say(`round ${round + 1}: ${name}`)
    }
  const ms = Object.fromEntries(Object.entries(took).map(([name, all]) => [name, Math.min(...all)]))
  const receipt = log.receipt(session)
  return {
    entries,
    bytes: bundle.length,
    ms,
    rounds: took[HASHED]!.map((hashed, round) => ({ hashed, verified: took[VERIFIED]![round]! })),
    ratio: ms[VERIFIED]! / ms[HASHED]!,
    ratioToFastest: ms[VERIFIED]! / ms[HASHED_FAST]!,
    receiptMs: timeOf(() => verifyReceipt(receipt, [key.vkey], native)),
    receiptBrowserMs: timeOf(() => verifyReceipt(receipt, [key.vkey])),
  }
}

function timeOf(run: () => { readonly ok: boolean }): number {
  const rounds = 20
  const began = performance.now()
  for (let round = 0; round < rounds; round++) if (!run().ok) throw new Error('the receipt is not good')
  return (performance.now() - began) / rounds
}

function shopLog(entries: number): { log: Log; session: string } {
  const log = createLog('prep-centre', ORIGIN)
  const machines = Array.from({ length: MACHINES }, (_, index) => `machine-${index + 1}`)
  const shop = createShop(log, { machines, gapMs: 1e12 })
  const next = random(5)
  let session = ''
  shop.start()
  while (log.bodies.length < entries) {
    const machine = machines[Math.floor(next() * machines.length)]!
    const chance = next()
    if (chance < 0.43) {
      shop.work(machine, 1)
      shop.sample(machine)
    } else if (chance < 0.91) shop.record('AvailabilityChanged', AVAILABILITY, machine)
    else if (chance < 0.95) shop.record('LinkLost', { link: 'plc', cause: 'timeout' })
    else if (log.bodies.length > entries - 10) shop.record('LinkLost', { link: 'plc', cause: 'timeout' })
    else if (shop.sessionOf(machine) === undefined) shop.unlock(machine)
    else {
      session = shop.sessionOf(machine)!
      shop.work(machine, 2)
      shop.end(machine)
    }
    if (log.bodies.length % Math.ceil(entries / CHECKPOINTS) === 0) log.checkpoint([key.signer])
  }
  log.checkpoint([key.signer])
  return { log, session }
}

const AVAILABILITY = {
  from: 'Available',
  to: 'InUse',
  reason: 'foreign',
  access: 'Locked',
  itemState: 'Executing',
  mode: 'Processing',
}

type Options = {
  readonly entries: number
  readonly json: boolean
  readonly rounds?: number
  readonly browser: boolean
}

function main(options: Options): void {
  const { entries, json } = options
  const bench = measure(options, (text) => void process.stderr.write(`${text}\n`))
  if (json) console.log(JSON.stringify(bench))
  else {
    for (const [name, ms] of Object.entries(bench.ms))
      console.log(`${ms.toFixed(0).padStart(7)} ms, ${((ms * 1e6) / entries).toFixed(0).padStart(5)} ns each: ${name}`)
    console.log(
      `verified in ${bench.ratio.toFixed(2)} times the hashing, ${bench.ratioToFastest.toFixed(2)} of the fastest`,
    )
    console.log(`a receipt in ${bench.receiptMs.toFixed(1)} ms, in a browser ${bench.receiptBrowserMs.toFixed(1)} ms`)
  }
}

function count(least: number): (text: string) => number {
  return (text) => {
    if (!/^\d{1,9}$/.test(text) || Number(text) < least)
      throw new InvalidArgumentError(`a whole number, ${least} at least`)
    return Number(text)
  }
}

if (process.argv[1] === import.meta.filename)
  new Command('bench')
    .description('How long the verification of a log takes, held against hashing the same leaves in the same run.')
    .option('--entries <n>', 'how many entries the log has', count(100), 100_000)
    .option('--rounds <n>', 'how often each is done', count(1))
    .option('--no-browser', 'not as a browser does')
    .option('--json', 'one JSON object', false)
    .action(main)
    .parse()
