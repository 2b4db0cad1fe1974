/**
 * The whole gate, behind `npm test`: types, lint, tests. Each step says how it ended; the last line is
 * `tests: N passed, N failed, N skipped` from the runner's own report. Ends with 1 when anything failed, in CI
 * (CI=true) also when a test was skipped. Arguments go to vitest: `npm test -- test/sinks`.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = new URL('../..', import.meta.url).pathname
const bin = join(root, 'node_modules', '.bin')
const folder = mkdtempSync(join(tmpdir(), 'latchkey-test-'))
const report = join(folder, 'report.json')

type Report = {
  readonly success: boolean
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly { status: string }[] }[]
}

const good = [
  step('types', 'tsc', ['--noEmit']),
  step('lint', 'biome', ['ci', '--max-diagnostics=50', ...(process.stdout.isTTY ? [] : ['--colors=off']), '.']),
  step('tests', 'vitest', [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ]),
]
const result = readReport()
const passed = result?.numPassedTests ?? 0
// A file that could not be run has no failed test of its own.
const broken = (result?.testResults ?? []).filter(
  (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
).length
const failed = (result?.numFailedTests ?? 0) + broken
const skipped = (result?.numPendingTests ?? 0) + (result?.numTodoTests ?? 0)
rmSync(folder, { recursive: true, force: true })

const strict = process.env.CI === 'true'
if (result === undefined) say('no report: the runner ended before its tests did')
else if (broken > 0) say(`${broken} test files could not be run; each counts as failed`)
if (strict && skipped > 0) say('CI: a skipped test counts as failed')
say(`tests: ${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exitCode = good.every(Boolean) && result?.success && passed > 0 && !(strict && skipped > 0) ? 0 : 1

function step(name: string, command: string, args: readonly string[]): boolean {
  const { status, error } = spawnSync(join(bin, command), args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  say(status === 0 ? `${name}: ok` : `${name}: FAILED ${error?.message ?? ''}`.trimEnd())
  return status === 0
}

function readReport(): Report | undefined {
  try {
    return JSON.parse(readFileSync(report, 'utf8')) as Report
  } catch {
    return undefined
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
