/**
 * Every fault that the field found has a test that holds what is right now, or is left to a later issue by its name:
 * the table of test/field/README.md is whole, and in the full form all that it names is run and passes. Read next:
 * test/field/rows.ts.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isCalled, ROOT, type Row, readIds, readRows, tableFaults } from '../../field/rows.ts'
import { runProcess } from '../../support/process.ts'
import type { Item, Run } from '../item.ts'

type Results = {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}
type Titles = ReadonlyMap<string, readonly { readonly title: string; readonly passed: boolean }[]>

export const rows: Item = {
  name: 'rows',
  async run(run) {
    const ids = readIds()
    const table = readRows()
    const titles = run.quick ? undefined : await titlesOf(run, filesOf(table))
    const notHeld = titles === undefined ? [] : table.flatMap((row) => unheld(row, titles))
    const notes = [...tableFaults(ids, table), ...notHeld]
    const broken = new Set(notes.map((note) => note.split(':')[0]))
    const left = new Set(table.flatMap((row) => (row.left === undefined ? [] : [row.id])))
    const held = ids.filter((id) => !left.has(id) && !broken.has(id))
    const how = titles === undefined ? 'named, not run' : `${count(titles)} tests run`
    return {
      figure: `${ids.length} rows: ${held.length} held, ${left.size} left to a later issue, ${broken.size} open; ${how}`,
      aim: `each of them held, or left by name`,
      ok: notes.length === 0 && ids.length > 0,
      notes,
    }
  },
}

const filesOf = (table: readonly Row[]) => [...new Set(table.flatMap(({ tests }) => tests.map(({ file }) => file)))]

const count = (titles: Titles) => [...titles.values()].reduce((sum, list) => sum + list.length, 0)

async function titlesOf({ scope, say }: Run, files: readonly string[]): Promise<Titles> {
  const report = join(scope.folder, 'rows.json')
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
function unheld({ id, tests }: Row, titles: Titles): string[] {
  return tests.flatMap(({ file, names }) =>
    (names.length === 0 ? [''] : names).flatMap((name) => {
      const called = (titles.get(file) ?? []).filter(({ title }) => isCalled(name, title))
      const failed = called.filter(({ passed }) => !passed)
      if (called.length === 0) return [`${id}: no test "${name}" ran in ${file}`]
      return failed.map(({ title }) => `${id}: ${file}: ${title}`)
    }),
  )
}
