/**
 * The whole gate, behind `npm test`: types, lint, tests. Each step says how it ended and how long it took; the last
 * line is `tests: N passed, N failed, N skipped` from the runner's own report. Ends with 1 when anything failed, in CI
 * (CI=true) also when a test was skipped or the whole took longer than its budget. Arguments go to vitest: `npm test --
 * test/front/sinks`.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

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
  readonly testResults: readonly FileResult[]
}

type FileResult = {
  readonly name: string
  readonly status: string
  readonly startTime: number
  readonly endTime: number
  readonly assertionResults: readonly { readonly status: string }[]
}

/**
 * The whole takes seven minutes on two quiet cores; in CI, where the cores may be shared, it fails above this, s. Long
 * runs belong to `prove`, `simulate` and `bench`.
 */
const BUDGET_S = 720
/** So many of the slowest files are named at the end. */
const SLOWEST = 5

const began = performance.now()
const good = [
  step('types', 'tsc', ['--noEmit']),
  step('types of the pages', 'tsc', ['-p', 'gateway/front/console']),
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
const wholeS = secondsSince(began)
const slow = strict && wholeS > BUDGET_S
say(`slowest: ${slowest(result?.testResults ?? []).join(', ')}`)
say(`took ${wholeS} s; the budget in CI is ${BUDGET_S} s`)
if (slow) say('CI: the budget is exceeded; share a plant, wait on conditions, or move a long run to prove')
say(`tests: ${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exitCode = good.every(Boolean) && result?.success && passed > 0 && !(strict && skipped > 0) && !slow ? 0 : 1

function step(name: string, command: string, args: readonly string[]): boolean {
  const startMs = performance.now()
  const { status, error } = spawnSync(join(bin, command), args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  const took = `(${secondsSince(startMs)} s)`
  say(status === 0 ? `${name}: ok ${took}` : `${name}: FAILED ${took} ${error?.message ?? ''}`.trimEnd())
  return status === 0
}

function slowest(files: readonly FileResult[]): string[] {
  const tookMs = ({ startTime, endTime }: FileResult) => endTime - startTime
  return [...files]
    .sort((a, b) => tookMs(b) - tookMs(a))
    .slice(0, SLOWEST)
    .map((file) => `${relative(root, file.name)} ${Math.round(tookMs(file) / 1000)} s`)
}

function secondsSince(startMs: number): number {
  return Math.round((performance.now() - startMs) / 1000)
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
