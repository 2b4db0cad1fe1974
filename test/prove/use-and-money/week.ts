/**
 * A week of the cluster, with and without sharing: the same seed gives the same ledgers and the same report, a script
 * of its own computes every figure anew from the ledgers, and says so when one is another. Read next:
 * test/simulate/week/.
 */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { assumptions, worlds } from '../../simulate/week/assumptions.ts'
import { runWeek } from '../../simulate/week/run.ts'
import { needPackages } from '../../support/apt.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { createChecks, type Item } from '../item.ts'

const RECOMPUTE = new URL('../../simulate/week/recompute.py', import.meta.url).pathname
const run = promisify(execFile)

type Anew = { readonly good: boolean; readonly said: string }

export const week: Item = {
  name: 'week',
  async run({ quick, say }) {
    needPackages(['python3', 'tzdata'])
    const checks = createChecks(say)
    const given = quick ? { ...assumptions, firms: 5 } : assumptions
    const week = { seed: 7, days: quick ? 1 : 7, given }
    const [one, other] = [temporaryFolder(), temporaryFolder()]
    const report = await runWeek(one, week, say)
    await runWeek(other, week, say)
    for (const name of ['report.json', 'report.md', ...worlds.map((world) => `${world}/bundle.ndjson`)])
      checks.check(`${name} is the same in two runs`, same(one, other, name))

    const anew = await recompute(one)
    checks.check('every figure is computed anew from the ledgers', anew.good, anew.said)
    const figures = Number(/^(\d+) figures/m.exec(anew.said)?.[1] ?? 0)
    const wrong = await withChange(one, 'report.json', (text) => text.replace(/"pieces": \d+/, '"pieces": 1'))
    checks.check('a changed figure is found', !wrong.good && wrong.said.includes('/pieces'), wrong.said)
    const forged = await withChange(one, 'shared/bundle.ndjson', (text) =>
      text.replace('"executingMs":', '"executingMs":1'),
    )
    checks.check('a changed ledger is found', !forged.good && forged.said.includes('is not good'), forged.said)
    checks.check(
      'there were uses in both worlds',
      worlds.every((world) => report.worlds[world].sessions > 0),
    )
    const { capital, floor, preparation } = report.claims
    const lower = [capital, floor, preparation].map((claim) => `${claim.lower} %`).join(', ')
    return checks.verdict(
      `${figures} figures of ${report.worlds.shared.sessions} and ${report.worlds.own.sessions} uses; capital, floor, preparation lower by ${lower}`,
    )
  },
}

const same = (one: string, other: string, name: string) =>
  readFileSync(join(one, name)).equals(readFileSync(join(other, name)))

async function withChange(folder: string, name: string, change: (text: string) => string): Promise<Anew> {
  const path = join(folder, name)
  const before = readFileSync(path, 'utf8')
  writeFileSync(path, change(before))
  try {
    return await recompute(folder)
  } finally {
    writeFileSync(path, before)
  }
}

async function recompute(folder: string): Promise<Anew> {
  try {
    return { good: true, said: (await run('python3', [RECOMPUTE, folder], { timeout: 600_000 })).stdout }
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    return { good: false, said: `${stdout}${stderr}`.slice(-2000) }
  }
}
