/**
 * `node test/field/checker/run.ts --runs 5000 [--from N] [--json]`: does a verifier written from
 * gateway/ledger/evidence/FORMAT.md alone agree with `latchkey verify` on all vectors and on generated forgeries, half
 * of them signed with the real key? Ends with 1 when they differ anywhere. Read next: forgeries.ts, compare.ts.
 */
import { Command } from 'commander'
import { compare } from './compare.ts'
import { createForger } from './forgeries.ts'
import { answers, startChecker } from './python.ts'
import { vectorCases } from './vectors.ts'

const SAY_EVERY = 500

type Count = { good: number; refused: number }
type Options = { readonly runs: string; readonly from: string; readonly json?: true }

const { runs, from, json } = new Command()
  .option('--runs <count>', 'forgeries', '5000')
  .option('--from <number>', 'the first of them', '0')
  .option('--json', 'one object at the end')
  .parse()
  .opts<Options>()

const say = (text: string) => process.stderr.write(`${text}\n`)
const checker = startChecker()
const forger = createForger()
const kinds = new Map<string, Count>()
const faults = new Map<string, number>()
const differing: string[] = []
const halves = { signed: 0, unsigned: 0 }

const vectors = vectorCases()
for (const { file, evidence } of vectors) {
  const { differs } = compare(evidence, await checker.check(evidence), true)
  if (differs !== undefined) differing.push(`vector ${file}: ${differs}`)
}
const began = performance.now()
for await (const [{ number, signed, kind, what, evidence }, answer] of answers(
  checker,
  forger,
  Number(from),
  Number(runs),
)) {
  const { ok, fault, differs } = compare(evidence, answer, kind === 'checkpoint')
  const name = signed ? `signed, ${kind}` : `unsigned, ${kind}`
  const count = kinds.get(name) ?? { good: 0, refused: 0 }
  kinds.set(name, ok ? { ...count, good: count.good + 1 } : { ...count, refused: count.refused + 1 })
  if (fault !== undefined) faults.set(fault, (faults.get(fault) ?? 0) + 1)
  halves[signed ? 'signed' : 'unsigned'] += 1
  if (differs !== undefined) differing.push(`${number}, ${name}: ${what}: ${differs}`)
  if ((number + 1) % SAY_EVERY === 0) say(`${number + 1}: ${differing.length} differ`)
}
await checker.close()

const summary = {
  ...{
    vectors: vectors.length,
    runs: Number(runs),
    from: Number(from),
    ...halves,
    differing: differing.length,
    seconds: Math.round((performance.now() - began) / 1000),
  },
  kinds: Object.fromEntries([...kinds].sort()),
  firstFaults: Object.fromEntries([...faults].sort()),
}
for (const line of differing.slice(0, 100)) say(`DIFFERS ${line}`)
if (json) console.log(JSON.stringify({ ...summary, differences: differing }))
else console.log(summary)
process.exitCode = differing.length === 0 ? 0 : 1
