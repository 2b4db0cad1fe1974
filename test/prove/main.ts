/**
 * `npm run prove -- <name>`: measures what is promised, for real, one line an item: item, figure, aim, `ok` or `short`.
 * Progress goes to stderr. Ends with 1 when an item falls short; with it, or with Ctrl-C, everything it started ends.
 * Read next: item.ts, proofs.ts, and the file of the proof.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Argument, Command } from 'commander'
import { buildForTests } from '../support/built.ts'
import { createScope, inLanes, nowMs } from '../support/proof.ts'
import type { Item, Proof, Verdict } from './item.ts'
import { proofs } from './proofs.ts'

type Options = { readonly quick: boolean; readonly json: boolean; readonly only?: readonly string[] }

const FIGURE_WIDTH = 64
const AIM_WIDTH = 44

// One folder for everything, so that whatever ends this process leaves no file behind either.
const folder = mkdtempSync(join(tmpdir(), 'latchkey-prove-'))
process.env.TMPDIR = folder
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130))
let removeBuilt = () => {}
process.on('exit', () => {
  killDescendants()
  removeBuilt()
  rmSync(folder, { recursive: true, force: true })
})

await new Command('prove')
  .description('Proves what the gateway promises, against simulators and real servers.')
  .addArgument(new Argument('<proof>', 'which one').choices(Object.keys(proofs)))
  .option('--quick', 'a bounded form, under a minute', false)
  .option('--json', 'one JSON object a line', false)
  .option('--only <items...>', 'only these items')
  .action(async (name: string, options: Options) => {
    process.exit((await prove(await proofs[name]!(), options)) ? 0 : 1)
  })
  .parseAsync()

async function prove(proof: Proof, options: Options): Promise<boolean> {
  const { quick, json, only } = options
  const unknown = only?.find((name) => !proof.items.some((item) => item.name === name))
  if (unknown !== undefined) {
    process.stderr.write(`there is no item ${unknown}; there are ${proof.items.map(({ name }) => name).join(', ')}\n`)
    return false
  }
  removeBuilt = await buildForTests()
  const items = proof.items.filter(({ name, fullOnly }) => only?.includes(name) ?? !(quick && fullOnly))
  const width = Math.max(...proof.items.map(({ name }) => name.length))
  const verdicts = await inLanes(items, quick ? proof.quickLanes : 1, async (item) => {
    const startMs = nowMs()
    const verdict = await run(item, quick)
    const tookS = (nowMs() - startMs) / 1000
    for (const note of verdict.ok ? [] : verdict.notes.slice(0, 20)) process.stderr.write(`${item.name}: ${note}\n`)
    process.stdout.write(
      `${json ? JSON.stringify({ item: item.name, ...verdict, tookS }) : line(item.name, verdict, width)}\n`,
    )
    return verdict
  })
  return verdicts.length > 0 && verdicts.every(({ ok }) => ok)
}

async function run(item: Item, quick: boolean): Promise<Verdict> {
  const scope = createScope(item.name)
  const startMs = nowMs()
  const say = (text: string) =>
    void process.stderr.write(`${((nowMs() - startMs) / 1000).toFixed(1).padStart(6)} s ${item.name}: ${text}\n`)
  try {
    return await item.run({ quick, scope, say })
  } catch (error) {
    const { stack = String(error), cause } = error as Error
    const notes = cause === undefined ? [stack] : [stack, `because of ${String(cause)}`]
    return { figure: `broke off: ${(error as Error).message.split('\n')[0]?.slice(0, 160)}`, aim: '', ok: false, notes }
  } finally {
    await scope.close()
  }
}

function line(name: string, { figure, aim, ok }: Verdict, width: number): string {
  return `${name.padEnd(width)}  ${figure.padEnd(FIGURE_WIDTH)}  ${aim.padEnd(AIM_WIDTH)}  ${ok ? 'ok' : 'short'}`
}

/**
 * Also those in groups of their own, like the servers of a gate that was cut short: all have our folder in their
 * environment.
 */
function killDescendants(): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
      if (environment.includes(`TMPDIR=${folder}`)) process.kill(Number(pid), 'SIGKILL')
    } catch {
      // it has gone, or is somebody else's
    }
  }
}
