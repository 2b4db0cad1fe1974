/**
 * The engine and the recomputation of the verifier agree on generated uses. `npm run prove -- use-and-money` runs a
 * hundred thousand. Read next: test/simulate/money/sums.ts.
 */
import { expect, it } from 'vitest'
import { runSums } from '../../simulate/money/sums.ts'

it('engine and verifier agree to the last digit, splits add up, order changes nothing, cost never falls', () => {
  const report = runSums(1000, 7000)
  expect(report.wrong).toEqual([])
  expect(report.lines).toBeGreaterThan(1500)
})
