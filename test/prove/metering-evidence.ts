/**
 * The proof `metering-evidence`: numbers an auditor can check without trusting us. What is not built yet is listed as an
 * item of its own, and falls short.
 */
import { existsSync } from 'node:fs'
import { runProcess } from '../support/process.ts'
import type { Item, Proof } from './item.ts'
import { hour } from './metering-evidence/hour.ts'

const root = new URL('../..', import.meta.url).pathname

type KernelReport = {
  readonly runs: number
  readonly failed: number
  readonly readings: number
  readonly perSecond: number
}

/** Generated histories of counters; the judge is what the generated machine made. */
const kernel: Item = {
  name: 'kernel',
  async run({ quick, say }) {
    const runs = quick ? 60_000 : 1_000_000
    say(`${runs} generated histories`)
    const output = await runProcess(process.execPath, ['test/simulate/kernel.ts', '--runs', String(runs), '--json'], {
      cwd: root,
    })
    const report = JSON.parse(output.trim().split('\n').at(-1)!) as KernelReport
    return {
      figure: `${report.runs} histories, ${report.readings} readings: ${report.failed} failed; ${report.perSecond} a second`,
      aim: `${runs} histories, 0 wrong totals`,
      ok: report.failed === 0 && report.runs === runs,
      notes: [output.slice(-2000)],
    }
  },
}

/** An item whose program does not exist yet: honest, and red. */
function missing(name: string, aim: string, program: string): Item {
  return {
    name,
    run: async () => {
      if (existsSync(`${root}/${program}`)) throw new Error(`${program} exists: this item must run it now`)
      return { figure: 'not built yet', aim, ok: false, notes: [`${program} does not exist`] }
    },
  }
}

export const meteringEvidence: Proof = {
  about: 'numbers an auditor can check without trusting us',
  items: [
    kernel,
    missing(
      'verifier',
      '100 % of 10,000 mutations rejected, by the command and the page',
      'test/simulate/mutations.ts',
    ),
    hour,
    missing('ratio', '1,000,000 entries within 2 times the hashing', 'test/bench/verify.ts'),
  ],
  quickLanes: 2,
}
