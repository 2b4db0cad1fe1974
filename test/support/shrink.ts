/**
 * `node test/support/shrink.ts` takes off `test/shrinking.txt` what is mended. It never adds: a new fault is mended,
 * not listed. Read next: shrinking.ts.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LAYERS, readRepository, TIDY } from './guards.ts'
import { LIST } from './shrinking.ts'

const root = new URL('../..', import.meta.url).pathname
const repository = readRepository(root)
const needed = new Set(
  Object.entries({ ...LAYERS, ...TIDY }).flatMap(([rule, judge]) =>
    judge(repository).map(({ entry }) => `${rule}: ${entry}`),
  ),
)
const lines = readFileSync(join(root, LIST), 'utf8').split('\n')
const kept = lines.filter((line) => line === '' || line.startsWith('#') || needed.has(line))
writeFileSync(join(root, LIST), kept.join('\n'))
process.stdout.write(
  `${LIST}: ${lines.length - kept.length} removed, ${kept.filter((line) => needed.has(line)).length} left\n`,
)
