/**
 * `node test/support/shrink.ts` takes off `test/shrinking.txt` what is mended. It never adds: a new fault is mended, not
 * listed. Read next: shrinking.ts.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { filesOf, isProduct, LAYERS, readAll, TIDY } from './guards.ts'
import { LIST } from './shrinking.ts'

const root = new URL('../..', import.meta.url).pathname
const sources = readAll(root)
const product = sources.filter(isProduct)
const files = filesOf(root)
const needed = new Set([
  ...Object.entries(LAYERS).flatMap(([rule, judge]) => judge(product).map(({ entry }) => `${rule}: ${entry}`)),
  ...Object.entries(TIDY).flatMap(([rule, judge]) => judge(sources, files).map(({ entry }) => `${rule}: ${entry}`)),
])
const lines = readFileSync(join(root, LIST), 'utf8').split('\n')
const kept = lines.filter((line) => line === '' || line.startsWith('#') || needed.has(line))
writeFileSync(join(root, LIST), kept.join('\n'))
process.stdout.write(`${LIST}: ${lines.length - kept.length} entries removed\n`)
