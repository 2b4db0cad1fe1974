/**
 * The proof `metering-evidence`: numbers an auditor can check without trusting us. One file an item.
 */
import { runProcess } from '../support/process.ts'
import type { Item, Proof } from './item.ts'
import { hour } from './metering-evidence/hour.ts'
import { ratio } from './metering-evidence/ratio.ts'
import { verifier } from './metering-evidence/verifier.ts'

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

export const meteringEvidence: Proof = {
  about: 'numbers an auditor can check without trusting us',
  items: [kernel, verifier, hour, ratio],
  quickLanes: 2,
}
