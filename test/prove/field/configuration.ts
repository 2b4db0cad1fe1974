/**
 * Configuration changes of a hundred kinds over running ledgers, with sessions open or not, after a stop or a kill: the
 * gateway never fails to start, accounts stay conserved, receipts of before stay good, and the whole log is good
 * evidence. In the full form some ledgers are also taken up by real processes. Read next: test/simulate/configuration/.
 */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { kinds } from '../../simulate/configuration/kinds.ts'
import type { Changes } from '../../simulate/configuration/lives.ts'
import { missing } from '../../simulate/configuration/reached.ts'
import { startsOf } from '../../simulate/configuration/starts.ts'
import type { Item } from '../item.ts'

const RUNS = 2000
const QUICK_RUNS = 40
/** Real starts, each with another change. */
const STARTS = 20
const QUICK_STARTS = 2
const program = fileURLToPath(new URL('../../simulate/configuration.ts', import.meta.url))

export const configuration: Item = {
  name: 'configuration',
  async run({ quick, say }) {
    const jobs = Math.min(2, availableParallelism())
    const each = (quick ? QUICK_RUNS : RUNS) / jobs
    const parts = await Promise.all(Array.from({ length: jobs }, (_, job) => play(each, job * each, say)))
    const runs = parts.reduce((sum, part) => sum + part.runs, 0)
    const faults = parts.flatMap((part) => part.faults)
    const names = new Set(parts.flatMap(({ happened }) => Object.keys(happened)))
    const never = quick ? [] : missing(Object.fromEntries([...names].map((name) => [name, 1])), kinds)
    const starts = quick ? QUICK_STARTS : STARTS
    const failed = await startsOf(starts, say)
    const receipts = parts.reduce((sum, { happened }) => sum + (happened['a receipt'] ?? 0), 0)
    return {
      figure: `${runs} changes of ${kinds.length} kinds, ${receipts} receipts, ${starts} processes: ${faults.length + failed.length} faults`,
      aim: `${each * jobs} changes, 100 kinds, 0 faults`,
      ok: runs >= each * jobs && kinds.length >= 100 && faults.length + failed.length + never.length === 0,
      notes: [
        ...faults.map(({ seed, fault }) => `seed ${seed}: ${fault}`),
        ...failed,
        ...never.map((name) => `never came about: ${name}`),
      ],
    }
  },
}

/** In a process each: timers are those of the thread. */
function play(runs: number, from: number, say: (text: string) => void): Promise<Changes> {
  const args = [program, '--runs', String(runs), '--from', String(from), '--json']
  say(`node test/simulate/configuration.ts ${args.slice(1).join(' ')}`)
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.on('data', (text) => {
    out += text
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => {
      try {
        resolve(JSON.parse(out) as Changes)
      } catch (cause) {
        reject(new Error('the play of changes broke off', { cause }))
      }
    })
  })
}
