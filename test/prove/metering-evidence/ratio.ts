/** How long it takes to verify a long log, in times of hashing the same leaves with node:crypto in the same run. */

import type { Bench } from '../../bench/verify.ts'
import { runProcess } from '../../support/process.ts'
import type { Item } from '../item.ts'

const root = new URL('../../..', import.meta.url).pathname
const MOST = 2
const MOST_RECEIPT_MS = 100

export const ratio: Item = {
  name: 'ratio',
  async run({ quick, say }) {
    // Fewer take so little time that it is the compiler warming up which is measured.
    const entries = quick ? 200_000 : 1_000_000
    say(`${entries} entries`)
    const args = ['--max-old-space-size=8192', 'test/bench/verify.ts', '--entries', String(entries), '--json']
    const bench = JSON.parse(await runProcess(process.execPath, args, { cwd: root })) as Bench
    const { receiptMs, receiptBrowserMs, ratioToFastest } = bench
    return {
      figure: `${bench.entries} entries: ${bench.ratio.toFixed(2)} (crypto.hash: ${ratioToFastest.toFixed(2)}); a receipt ${receiptMs.toFixed(1)} ms`,
      aim: `at most ${MOST} times; a receipt in milliseconds`,
      ok:
        bench.entries === entries &&
        bench.ratio <= MOST &&
        receiptMs <= MOST_RECEIPT_MS &&
        receiptBrowserMs <= MOST_RECEIPT_MS,
      notes: [JSON.stringify(bench)],
    }
  },
}
