/**
 * Configuration changes of a hundred kinds over running ledgers, with sessions open or not, after a stop or a kill: the
 * gateway never fails to start, accounts stay conserved, receipts of before stay good, and the whole log is good
 * evidence. In the full form some ledgers are also taken up by real processes. Read next: test/simulate/configuration/.
 */
import { fileURLToPath } from 'node:url'
import { kinds } from '../../simulate/configuration/kinds.ts'
import type { Changes } from '../../simulate/configuration/lives.ts'
import { missing } from '../../simulate/configuration/reached.ts'
import { startsOf } from '../../simulate/configuration/starts.ts'
import type { Item } from '../item.ts'
import { playParts } from '../play.ts'

const RUNS = 2000
const QUICK_RUNS = 12
/** Real starts, each with another change. */
const STARTS = 20
const QUICK_STARTS = 1
const program = fileURLToPath(new URL('../../simulate/configuration.ts', import.meta.url))

export const configuration: Item = {
  name: 'configuration',
  async run({ quick, say }) {
    const asked = quick ? QUICK_RUNS : RUNS
    const parts = await playParts<Changes>(program, asked, say)
    const runs = parts.reduce((sum, part) => sum + part.runs, 0)
    const faults = parts.flatMap((part) => part.faults)
    const names = new Set(parts.flatMap(({ happened }) => Object.keys(happened)))
    const never = quick ? [] : missing(Object.fromEntries([...names].map((name) => [name, 1])), kinds)
    const starts = quick ? QUICK_STARTS : STARTS
    const failed = await startsOf(starts, say)
    const receipts = parts.reduce((sum, { happened }) => sum + (happened['a receipt'] ?? 0), 0)
    return {
      figure: `${runs} changes of ${kinds.length} kinds, ${receipts} receipts, ${starts} processes: ${faults.length + failed.length} faults`,
      aim: `${asked} changes, 100 kinds, 0 faults`,
      ok: runs >= asked && kinds.length >= 100 && faults.length + failed.length + never.length === 0,
      notes: [
        ...faults.map(({ seed, fault }) => `seed ${seed}: ${fault}`),
        ...failed,
        ...never.map((name) => `never came about: ${name}`),
      ],
    }
  },
}
