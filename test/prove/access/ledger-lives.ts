/**
 * Generated lives of a ledger and of a sink that reads it, with kills between any two steps: no cursor is ahead of what
 * was committed and taken (I7), no entry is missing or changed, and no signed tree shrinks (I8).
 */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { LedgerLives } from '../../simulate/ledger/lives.ts'
import type { Item } from '../item.ts'

const LIVES = 100_000
const QUICK_LIVES = 300
const program = fileURLToPath(new URL('../../simulate/ledger.ts', import.meta.url))

export const ledgerLives: Item = {
  name: 'ledger-lives',
  async run({ quick }) {
    const jobs = Math.min(2, availableParallelism())
    const each = (quick ? QUICK_LIVES : LIVES) / jobs
    const parts = await Promise.all(Array.from({ length: jobs }, (_, job) => play(each, job * each)))
    const faults = parts.flatMap((part) => part.faults)
    const never = parts.flatMap((part) => part.never)
    const count = (name: string) => parts.reduce((sum, { happened }) => sum + (happened[name] ?? 0), 0)
    const runs = parts.reduce((sum, part) => sum + part.runs, 0)
    return {
      figure: `${runs} lives, ${count('did kill')} kills, ${count('I7 a cursor saved')} cursors, ${count('I8 a checkpoint')} checkpoints, ${faults.length} faults`,
      aim: `${each * jobs}: 0 faults, every case come to`,
      ok: runs >= each * jobs && faults.length === 0 && never.length === 0,
      notes: [
        ...faults.slice(0, 20).map(({ seed, fault }) => `seed ${seed}: ${fault}`),
        ...never.map((name) => `never came about: ${name}`),
      ],
    }
  },
}

/** In a process each: timers are those of the thread. */
function play(runs: number, from: number): Promise<LedgerLives> {
  const args = [program, '--runs', String(runs), '--from', String(from), '--json']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.on('data', (text) => {
    out += text
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => {
      try {
        resolve(JSON.parse(out) as LedgerLives)
      } catch (cause) {
        reject(new Error('the lives of the ledger broke off', { cause }))
      }
    })
  })
}
