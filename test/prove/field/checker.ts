/**
 * A verifier in another language, written from gateway/ledger/evidence/FORMAT.md alone: it agrees with `latchkey
 * verify` on all vectors and on forgeries, half of them signed with the real key. Read next: test/field/checker/run.ts.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import type { Item } from '../item.ts'

const root = new URL('../../..', import.meta.url).pathname
const FORGERIES = 5000
const QUICK_FORGERIES = 60

type Summary = {
  readonly runs: number
  readonly vectors: number
  readonly signed: number
  readonly differing: number
  readonly firstFaults: Readonly<Record<string, number>>
  readonly differences: readonly string[]
}

export const checker: Item = {
  name: 'checker',
  async run({ quick, scope, say }) {
    const asked = quick ? QUICK_FORGERIES : FORGERIES
    say(`all vectors, and ${asked} forgeries`)
    const run = spawn(process.execPath, ['test/field/checker/run.ts', '--runs', String(asked), '--json'], { cwd: root })
    scope.defer(() => run.kill())
    const told = text(run.stderr)
    const [output, [code]] = await Promise.all([text(run.stdout), once(run, 'close')])
    const lines = output.trim().split('\n')
    if (code !== 0 && code !== 1) throw new Error(`ended with ${code}: ${(await told).slice(-500)}`)
    const { runs, vectors, signed, differing, firstFaults, differences } = JSON.parse(lines.at(-1)!) as Summary
    return {
      figure: `${vectors} vectors, ${runs} forgeries, ${signed} signed, ${Object.keys(firstFaults).length} faults: ${differing} differ`,
      aim: `all vectors and ${asked} forgeries, half signed, none differs`,
      ok: code === 0 && differing === 0 && vectors > 0 && runs === asked && signed * 2 >= asked,
      notes: differences,
    }
  },
}
