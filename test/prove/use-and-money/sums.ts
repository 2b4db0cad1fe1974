/**
 * A hundred thousand generated uses under generated tariffs, billed by the engine and recomputed by the verifier; and
 * two thousand lies about receipts, tariffs and statements. Read next: test/simulate/money/.
 */
import { verifyStatement } from '../../../gateway/ledger/verify/verifier.ts'
import { statementFile, VKEY } from '../../simulate/money/statement-file.ts'
import { statementLies } from '../../simulate/money/statement-lies.ts'
import { runSums } from '../../simulate/money/sums.ts'
import type { Item } from '../item.ts'

const GOOD_FILES = 40
/** A seed now and then has nothing to lie about. */
const SPARE = 1.25

export const sums: Item = {
  name: 'sums',
  async run({ quick, say }) {
    const uses = quick ? 4000 : 100_000
    const lies = quick ? 200 : 2000
    const report = runSums(uses, 1, (done) => say(`${done} uses`))
    const wrong = [...report.wrong]
    for (let seed = 1; seed <= GOOD_FILES; seed++) {
      const { ok, faults } = verifyStatement(statementFile(seed, 6).text, [VKEY])
      if (!ok) wrong.push(`a good file: ${faults[0]?.message}`)
    }
    let told = 0
    for (const { what, text } of statementLies(Math.ceil(lies * SPARE))) {
      told += 1
      if (told % 500 === 0) say(`${told} lies`)
      if (verifyStatement(text, [VKEY]).ok) wrong.push(`believed: ${what}`)
    }
    return {
      figure: `${report.uses} uses, ${report.lines} lines, ${report.credits} credits, ${told} lies: ${wrong.length} wrong`,
      aim: `${uses} uses to the last digit, ${lies} lies found`,
      ok: wrong.length === 0 && report.uses >= uses && told >= lies,
      notes: wrong,
    }
  },
}
