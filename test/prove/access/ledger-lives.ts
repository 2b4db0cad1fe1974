/**
 * Generated lives of a ledger and of a sink that reads it, with kills between any two steps: no cursor is ahead of what
 * was committed and taken (I7), no entry is missing or changed, and no signed tree shrinks (I8).
 */
import { fileURLToPath } from 'node:url'
import type { LedgerLives } from '../../simulate/ledger/lives.ts'
import type { Item } from '../item.ts'
import { playParts } from '../play.ts'

const LIVES = 100_000
const QUICK_LIVES = 300
const program = fileURLToPath(new URL('../../simulate/ledger.ts', import.meta.url))

export const ledgerLives: Item = {
  name: 'ledger-lives',
  async run({ quick, say }) {
    const asked = quick ? QUICK_LIVES : LIVES
    const parts = await playParts<LedgerLives>(program, asked, say)
    const faults = parts.flatMap((part) => part.faults)
    const never = parts.flatMap((part) => part.never)
    const count = (name: string) => parts.reduce((sum, { happened }) => sum + (happened[name] ?? 0), 0)
    const runs = parts.reduce((sum, part) => sum + part.runs, 0)
    return {
      figure: `${runs} lives, ${count('did kill')} kills, ${count('I7 a cursor saved')} cursors, ${count('I8 a checkpoint')} checkpoints, ${faults.length} faults`,
      aim: `${asked}: 0 faults, every case come to`,
      ok: runs >= asked && faults.length === 0 && never.length === 0,
      notes: [
        ...faults.slice(0, 20).map(({ seed, fault }) => `seed ${seed}: ${fault}`),
        ...never.map((name) => `never came about: ${name}`),
      ],
    }
  },
}
