/**
 * Evidence that was changed, ten thousand times and more: each is rejected by `latchkey verify` and by the page in a
 * real Chromium, from files as an auditor would pick them; what was not changed is found good. The known answers of RFC
 * 6962 and of the C2SP texts are run beside it.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { verifyCommand } from '../../../gateway/cli/verify.ts'
import type { Verdict as EvidenceVerdict } from '../../../gateway/ledger/verify/verdict.ts'
import { type Evidence, goods, mutations } from '../../simulate/mutations.ts'
import { openVerifyPage, type VerifyPage } from '../../support/chromium.ts'
import { runProcess } from '../../support/process.ts'
import type { Item, Run } from '../item.ts'

const root = new URL('../../..', import.meta.url).pathname
const MAIN = join(root, 'gateway', 'main.ts')
const KNOWN_ANSWERS = ['evidence/merkle', 'evidence/note', 'evidence/tile', 'verify/vectors'].map(
  (name) => `test/ledger/${name}.test.ts`,
)
/** Files handed to the page at a time. */
const AT_A_TIME = 100

type Tally = { mutated: number; good: number; spawned: number; readonly wrong: string[] }

export const verifier: Item = {
  name: 'verifier',
  async run(run) {
    const { quick, say } = run
    const bad = [...mutations()]
    const fine = [...goods()]
    const every = (list: readonly Evidence[], nth: number) => list.filter((_each, index) => index % nth === 0)
    const [command, page] = [newTally(), newTally()]
    const answers = await knownAnswers(run)
    await byCommand(run, every(bad, quick ? 15 : 1), fine, command)
    say(`the command: ${command.mutated} mutations, ${command.wrong.length} wrong`)
    await byPage(run, every(bad, quick ? 250 : 1), every(fine, quick ? 8 : 1), page)
    const wrong = [...command.wrong, ...page.wrong]
    const least = quick ? [1000, 60] : [10_000, 10_000]
    return {
      figure: `command ${command.mutated} mutations, page ${page.mutated}: ${wrong.length} wrong; ${command.good}+${page.good} good; ${answers} known answers`,
      aim: `${least[0]} and ${least[1]} rejected, all good ones accepted`,
      ok: wrong.length === 0 && command.mutated >= least[0]! && page.mutated >= least[1]! && answers > 0,
      notes: wrong,
    }
  },
}

const newTally = (): Tally => ({ mutated: 0, good: 0, spawned: 0, wrong: [] })

async function byCommand({ scope, say }: Run, bad: readonly Evidence[], fine: readonly Evidence[], tally: Tally) {
  const folder = join(scope.folder, 'command')
  mkdirSync(folder)
  for (const [list, isGood] of [
    [fine, true],
    [bad, false],
  ] as const)
    for (const [index, evidence] of list.entries()) {
      const file = join(folder, `${index}.${evidence.kind}`)
      const held = evidence.held.map((_note, at) => `${file}.held-${at}`)
      writeFileSync(file, evidence.bytes)
      for (const [at, note] of evidence.held.entries()) writeFileSync(held[at]!, note)
      let out = ''
      const io = {
        stdout: { write: (text: string) => (out += text) },
        stderr: { write: (text: string) => (out += text) },
      }
      const code = await verifyCommand(file, { keys: evidence.keys, held, json: true }, io)
      count(tally, evidence, isGood, code === 0, (out.startsWith('{') ? codesOf(out) : []) as string[])
      // As a program of its own for one in five hundred: the same file, the same verdict.
      if (index % 500 === 0) await asProgram(file, evidence, held, code, tally)
      for (const path of [file, ...held]) rmSync(path)
      if (index % 1000 === 999) say(`the command: ${index + 1} of ${list.length}`)
    }
}

const codesOf = (json: string) => (JSON.parse(json) as EvidenceVerdict).faults.map(({ code }) => code)

async function asProgram(file: string, { keys, what }: Evidence, held: readonly string[], code: number, tally: Tally) {
  const keep = held.length === 0 ? [] : ['--held', ...held]
  const good = await runProcess(process.execPath, [MAIN, 'verify', file, '--key', ...keys, ...keep]).then(
    () => true,
    () => false,
  )
  tally.spawned += 1
  if (good !== (code === 0)) tally.wrong.push(`as a program: ${what}`)
}

async function byPage(run: Run, bad: readonly Evidence[], fine: readonly Evidence[], tally: Tally) {
  const page = await openVerifyPage(run.scope)
  for (const [list, isGood] of [
    [fine, true],
    [bad, false],
  ] as const) {
    let done = 0
    for (const batch of batches(list)) {
      await pick(page, batch, isGood, tally)
      done += batch.length
      run.say(`the page: ${done} of ${list.length} ${isGood ? 'good ones' : 'mutations'}`)
    }
  }
}

/** Files that are checked with the same keys, against the same checkpoints. */
function batches(list: readonly Evidence[]): Evidence[][] {
  const found: Evidence[][] = []
  const open = new Map<string, Evidence[]>()
  for (const evidence of list) {
    const name = JSON.stringify([evidence.keys, evidence.held])
    const batch = open.get(name) ?? []
    if (batch.length === 0) {
      open.set(name, batch)
      found.push(batch)
    }
    batch.push(evidence)
    if (batch.length === AT_A_TIME) open.delete(name)
  }
  return found
}

async function pick(page: VerifyPage, batch: readonly Evidence[], isGood: boolean, tally: Tally): Promise<void> {
  const { keys, held } = batch[0]!
  const files = batch.map(({ bytes }, index) => ({ name: `${index}`, bytes }))
  const notes = held.map((note, index) => ({ name: `held-${index}`, bytes: Buffer.from(note) }))
  const shown = new Map((await page.check([...files, ...notes], keys)).map((each) => [each.file, each]))
  for (const [index, evidence] of batch.entries()) {
    const one = shown.get(`${index}`)
    if (one === undefined) tally.wrong.push(`the page says nothing of ${evidence.what}`)
    else count(tally, evidence, isGood, one.good, one.codes)
  }
}

function count(
  tally: Tally,
  { what, fault }: Evidence,
  isGood: boolean,
  good: boolean,
  codes: readonly string[],
): void {
  if (isGood) tally.good += 1
  else tally.mutated += 1
  if (good !== isGood || (fault !== undefined && !codes.includes(fault)))
    tally.wrong.push(`${what}: ${good ? 'good' : codes.join(' ') || 'rejected'}`)
}

async function knownAnswers({ scope, say }: Run): Promise<number> {
  const report = join(scope.folder, 'known-answers.json')
  const vitest = [
    'node_modules/vitest/vitest.mjs',
    'run',
    ...KNOWN_ANSWERS,
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]
  await runProcess(process.execPath, vitest, { cwd: root })
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>
  say(`known answers: ${numPassedTests} hold, ${numFailedTests} do not`)
  return numFailedTests === 0 ? numPassedTests! : 0
}
