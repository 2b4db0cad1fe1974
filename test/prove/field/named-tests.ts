/** Tests that are named in a table, run, and what of it does not hold. Read next: test/field/rows.ts. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isCalled, type NamedTests, ROOT } from '../../field/rows.ts'
import { runProcess } from '../../support/process.ts'
import type { Run } from '../item.ts'

type Results = {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}
/** What became of each test, by its file. */
export type Titles = ReadonlyMap<string, readonly { readonly title: string; readonly passed: boolean }[]>

type Holder = { readonly tests: readonly NamedTests[] }

/** Runs whole files of tests: those of the holders. */
export async function runTests({ scope, say }: Run, holders: readonly Holder[]): Promise<Titles> {
  const files = [...new Set(holders.flatMap(({ tests }) => tests.map(({ file }) => file)))]
  const report = join(scope.folder, 'tests.json')
  say(`${files.length} files of tests`)
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...files, '--reporter=json', `--outputFile.json=${report}`]
  const failure = await runProcess(process.execPath, vitest, { cwd: ROOT }).then(
    () => undefined,
    (error: Error) => error,
  )
  if (!existsSync(report)) throw failure ?? new Error('the tests left no report')
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as Results
  return new Map(
    testResults.map(({ name, assertionResults }) => [
      name.slice(ROOT.length),
      assertionResults.map(({ fullName, status }) => ({ title: fullName, passed: status === 'passed' })),
    ]),
  )
}

/** Each name is that of a test that ran, and all that bear it passed. */
export function unheld(id: string, { tests }: Holder, titles: Titles): string[] {
  return tests.flatMap(({ file, names }) =>
    (names.length === 0 ? [''] : names).flatMap((name) => {
      const called = (titles.get(file) ?? []).filter(({ title }) => isCalled(name, title))
      const failed = called.filter(({ passed }) => !passed)
      if (called.length === 0) return [`${id}: no test "${name}" ran in ${file}`]
      return failed.map(({ title }) => `${id}: ${file}: ${title}`)
    }),
  )
}

export const countOf = (titles: Titles): number => [...titles.values()].reduce((sum, list) => sum + list.length, 0)
