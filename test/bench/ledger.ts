/**
 * The ledger alone: `ledger_append`, entries hashed and committed in groups, and `verify`, a long log verified. Read
 * next: entries.ts, bare/append.ts, verify.ts.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { runProcess } from '../support/process.ts'
import { append } from './bare/append.ts'
import { entries, openLedger } from './entries.ts'
import { atLeast, atMost, type Bench, compare, type Figure, type Group, interleave } from './pair.ts'
import type { Bench as Verified } from './verify.ts'

const ENTRIES = 20_000
const QUICK_ENTRIES = 2_000
/** Entries of one commit. */
const GROUP = 100
const LOGS = [60_000, 1_000_000]

export const ledger: Group = {
  keys: ['ledger_append', 'verify'],
  async run(bench, wanted) {
    const figures: Figure[] = []
    if (wanted.has('ledger_append')) figures.push(await appended(bench))
    if (wanted.has('verify'))
      for (const count of bench.quick ? LOGS.slice(0, 1) : LOGS) figures.push(await verified(bench, count))
    return figures
  },
}

async function appended(bench: Bench): Promise<Figure> {
  const count = bench.quick ? QUICK_ENTRIES : ENTRIES
  const path = (name: string) => join(bench.scope.folder, name)
  const bodies = bodiesOf(path('bodies.sqlite'), count)
  const { pairs, notes } = await interleave(
    bench,
    async (pair) => (count * 1000) / write(path(`ours-${pair}.sqlite`), count),
    async (pair) => (count * 1000) / append(path(`bare-${pair}.sqlite`), bodies, GROUP),
  )
  return compare('ledger_append', 'entries/s', pairs, atLeast(0.5), { notes })
}

/** Milliseconds. */
function write(path: string, count: number): number {
  const writer = openLedger(path, true)
  const drafts = entries(0, count)
  const began = performance.now()
  for (let from = 0; from < count; from += GROUP) writer.commit([drafts.slice(from, from + GROUP)])
  const took = performance.now() - began
  writer.close()
  return took
}

/** The bytes that the ledger keeps of these entries. */
function bodiesOf(path: string, count: number): Uint8Array[] {
  const writer = openLedger(path, true)
  writer.commit([entries(0, count)])
  writer.close()
  const db = new DatabaseSync(path, { readOnly: true })
  const rows = db.prepare('SELECT body FROM entry ORDER BY seq').all() as { body: Uint8Array }[]
  db.close()
  return rows.map(({ body }) => body)
}

async function verified(bench: Bench, count: number): Promise<Figure> {
  bench.say(`a log of ${count} entries`)
  const file = join(import.meta.dirname, 'verify.ts')
  const args = ['--entries', String(count), '--rounds', String(bench.pairs), '--no-browser', '--json']
  const seen = JSON.parse(await runProcess(process.execPath, ['--max-old-space-size=8192', file, ...args])) as Verified
  const pairs = seen.rounds.map((round) => ({ ours: round.verified, bare: round.hashed }))
  return compare('verify', 'ms', pairs, atMost(2.0), { of: `${count} entries` })
}
