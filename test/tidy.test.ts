/**
 * Files that stay readable: no long comment line, function or file, no comment that names a file which is not there, no
 * export that nobody takes. The rules are in support/tidy.ts; what is still forgiven is in shrinking.txt, which only
 * shrinks. Each rule is also run on a broken source.
 */
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LAYERS, readRepository, TIDY } from './support/guards.ts'
import { entriesOf, readList, unforgiven } from './support/shrinking.ts'
import { type Source, sourceOf } from './support/source.ts'
import { longComments, longFiles, longFunctions, lostInPages, lostNames, untaken } from './support/tidy.ts'

const ROOT = resolve(import.meta.dirname, '..')
const repository = readRepository(ROOT)
const list = readList(ROOT)

describe('tidy', () => {
  it.each(Object.entries(TIDY))('%s: nothing but what is still forgiven', (rule, judge) => {
    expect(unforgiven(rule, judge(repository), list)).toEqual([])
  })

  it('says which functions are long', () => {
    const long = entriesOf('long function', list)
    console.log(`functions over 70 lines: ${long.length}\n${long.join('\n')}`)
    expect(new Set(long).size).toBe(long.length)
  })

  it('the list has no entry of a rule that is not there', () => {
    const rules = Object.keys({ ...LAYERS, ...TIDY })
    expect(list.filter((line) => !rules.some((rule) => line.startsWith(`${rule}: `)))).toEqual([])
  })
})

describe('a rule finds what is broken, in one line', () => {
  const source = (text: string): Source => sourceOf('gateway/core/ground/broken.ts', text)
  const said = (faults: readonly { readonly line: string }[]) => faults.map(({ line }) => line)

  it('a comment line of 121 columns', () => {
    const text = `const a = 1\n/**\n * ${'x'.repeat(117)}\n * ${'x'.repeat(118)}\n */\n`
    expect(said(longComments([source(text)]))).toEqual([
      'gateway/core/ground/broken.ts:4 is a comment line of 121 columns: wrap it at 120',
    ])
  })

  it('a comment that names a file which is not there', () => {
    const names = 'entry.ts core/ground/entry.ts gateway/README.md test/README.md read-*.ts gone-*.ts core/gone.ts'
    const there = new Set(['gateway/core/ground/entry.ts', 'gateway/README.md', 'test/README.md', 'gateway/read-a.ts'])
    expect(said(lostNames([source(`/**\n * Read ${names}. */`)], there))).toEqual([
      'gateway/core/ground/broken.ts:2 names gone-*.ts, which is not there: give its path',
      'gateway/core/ground/broken.ts:2 names core/gone.ts, which is not there: give its path',
    ])
  })

  it('a page that names a file which is not there', () => {
    const text = '| `entry.ts` | `../core/ground/entry.ts` |\n| `ground/*.ts` | [gone](../core/gone.ts) |\n'
    expect(said(lostInPages([{ file: 'gateway/README.md', text }], new Set(['gateway/core/ground/entry.ts'])))).toEqual(
      ['gateway/README.md:2 names ../core/gone.ts, which is not there: give its path'],
    )
  })

  it('a function of 71 lines, and only the blocks of tests are let off', () => {
    const body = (lines: number) => 'go()\n'.repeat(lines - 2)
    const text = `function fits() {\n${body(70)}}\nconst rule = () => {\n${body(71)}}\ndescribe.each([])('', () => {\n${body(80)}})`
    expect(said(longFunctions([source(text)]))).toEqual([
      'gateway/core/ground/broken.ts:71 rule has 71 lines: move a part out, at most 70',
    ])
  })

  it('a file of 401 lines', () => {
    expect(longFiles([source('go()\n'.repeat(400))])).toEqual([])
    expect(said(longFiles([source('go()\n'.repeat(401))]))).toEqual([
      'gateway/core/ground/broken.ts has 401 lines: split it by noun, at most 400',
    ])
  })

  it('an export that no other file takes', () => {
    const taker = sourceOf(
      'test/taker.ts',
      `import { taken as other } from '../gateway/core/ground/broken.ts'\nother()`,
    )
    const text = 'export type Left = 1\nexport const taken = () => spare\nexport const spare = 1\n'
    expect(said(untaken([source(text), taker]))).toEqual([
      'gateway/core/ground/broken.ts exports Left, which no other file takes: drop the export, or the code',
      'gateway/core/ground/broken.ts exports spare, which no other file takes: drop the export, or the code',
    ])
  })
})
