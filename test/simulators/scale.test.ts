/** The page about growth shows what its script computes from what was measured. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readMeasured, scaleTable } from '../../simulators/rollup/scale.ts'

const PAGE = new URL('../../simulators/rollup/SCALE.md', import.meta.url)

test('SCALE.md has the table of `node simulators/rollup/scale.ts`', () => {
  expect(readFileSync(PAGE, 'utf8')).toContain(`\n${scaleTable(readMeasured())}\n`)
})

test('a hundred times the gateways need a hundred times as much', () => {
  const measured = { gateways: 1_000, machines: 10, messages: 3, bytes: 1e6, rows: 2, answers: 1, walBytes: 5e6 }
  const table = scaleTable({ ...measured, cpuMs: { rollup: 100, broker: 10, database: 50 }, tableBytes: 1e6 })
  expect(table).toContain('| messages to the broker | 3/s | 30/s | 300/s |')
  expect(table).toContain('| cores of roll-ups, half busy | 0.2 | 2 | 20 |')
})
