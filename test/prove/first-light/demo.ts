/**
 * What a stranger does first. Quick: the demo as it lies here. Full: a fresh clone of the committed state into an empty
 * folder, `npm ci`, the demo, and the whole gate.
 */
import { join } from 'node:path'
import { startProcess } from '../../support/process.ts'
import { nowMs } from '../../support/proof.ts'
import type { Item, Run, Verdict } from '../item.ts'

const root = new URL('../../..', import.meta.url).pathname

type Step = { readonly what: string; readonly command: string; readonly args: readonly string[]; readonly cwd: string }

export const demo: Item = {
  name: 'demo',
  run: (run) => (run.quick ? quickForm(run) : fullForm(run)),
}

async function quickForm(run: Run): Promise<Verdict> {
  const { code, output, tookS } = await take(run, {
    what: 'demo',
    command: process.execPath,
    args: ['simulators/demo.ts', '--once'],
    cwd: root,
  })
  const lines = demoLines(output)
  return {
    figure: `demo: ${lines.ok} of ${lines.all} lines ok in ${tookS} s, ended with ${code}`,
    aim: 'all lines ok, ended with 0',
    ok: code === 0 && lines.all > 0 && lines.ok === lines.all,
    notes: [output.slice(-3000)],
  }
}

async function fullForm(run: Run): Promise<Verdict> {
  const clone = join(run.scope.folder, 'clone')
  const steps: Step[] = [
    { what: 'clone', command: 'git', args: ['clone', '--quiet', root, clone], cwd: root },
    { what: 'install', command: 'npm', args: ['ci', '--no-audit', '--no-fund'], cwd: clone },
    { what: 'demo', command: 'npm', args: ['run', 'demo', '--', '--once'], cwd: clone },
    { what: 'tests', command: 'npm', args: ['test'], cwd: clone },
  ]
  const figures: string[] = []
  for (const step of steps) {
    const { code, output, tookS } = await take(run, step)
    const lines = demoLines(output)
    const tests = /^tests: (\d+ passed.*)$/m.exec(output)?.[1]
    const good = step.what === 'demo' ? `${lines.ok} of ${lines.all} lines ok, ` : tests ? `${tests}, ` : ''
    figures.push(`${step.what} ${good}${tookS} s`)
    const short = code !== 0 || (step.what === 'demo' && (lines.all === 0 || lines.ok < lines.all))
    if (short)
      return { figure: `${figures.join('; ')}: ended with ${code}`, aim, ok: false, notes: [output.slice(-4000)] }
  }
  return { figure: figures.join('; '), aim, ok: true, notes: [] }
}

const aim = 'all good in a fresh clone'

async function take(run: Run, step: Step): Promise<{ code: number | null; output: string; tookS: string }> {
  run.say(`${step.what}: ${[step.command, ...step.args].join(' ')}`)
  const startMs = nowMs()
  const program = startProcess(step.command, step.args, { cwd: step.cwd })
  run.scope.defer(() => program.kill())
  const { code } = await program.exited
  return { code, output: program.output(), tookS: ((nowMs() - startMs) / 1000).toFixed(1) }
}

/** One line a step, its verdict first. */
function demoLines(output: string): { ok: number; all: number } {
  const verdicts = output.split('\n').flatMap((line) => /^(ok|fail) \w/.exec(line)?.[1] ?? [])
  return { ok: verdicts.filter((verdict) => verdict === 'ok').length, all: verdicts.length }
}
