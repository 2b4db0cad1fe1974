/** One Chinese word for one thing: no Chinese text of the product uses a word that GLOSSARY.zh.md rules out. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { advice } from '../gateway/core/ground/advice.ts'

const ROOT = join(import.meta.dirname, '..')
const GLOSSARY = 'GLOSSARY.zh.md'

type Term = {
  readonly english: string
  readonly chinese: string
  readonly not: readonly string[]
  readonly why: string
}

const terms: readonly Term[] = readFileSync(join(ROOT, GLOSSARY), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(1)
  .map((line) => {
    const [, english, chinese, not, source, why] = line.split('|').map((cell) => cell.trim())
    return { english: english!, chinese: chinese!, not: not === '' ? [] : not!.split('、'), why: `${source} ${why}` }
  })

/** Tests may say what they like; the built page is made of the sources. */
const texts = ['', 'gateway', 'adapters', 'config', 'simulators']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: folder !== '', encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  .filter((file) => /\.(ts|md|html|yaml|st)$/.test(file) && file !== GLOSSARY && !file.endsWith('latchkey-verify.html'))
  .map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }))
  .filter(({ text }) => /\p{Script=Han}/u.test(text))

describe('the glossary', () => {
  it('has one row per term and per word', () => {
    expect(terms.length).toBeGreaterThan(30)
    expect(new Set(terms.map(({ english }) => english)).size).toBe(terms.length)
    expect(new Set(terms.map(({ chinese }) => chinese)).size).toBe(terms.length)
    const words = new Set(terms.map(({ chinese }) => chinese))
    expect(terms.flatMap(({ not }) => not).filter((word) => words.has(word))).toEqual([])
  })

  it('is about texts that are there', () => {
    const files = texts.map(({ file }) => file)
    expect(files).toContain('README.zh-CN.md')
    expect(files).toContain('gateway/core/ground/advice.ts')
    expect(files).toContain('gateway/ledger/verify/words.ts')
    expect(files).toContain('config/sites/demo.yaml')
  })

  it.each(terms.map(({ english, chinese, not }) => [english, chinese, not] as const))(
    '%s is %s and nothing else',
    (_english, _chinese, not) => {
      const found = texts.flatMap(({ file, text }) =>
        not.flatMap((word) => (text.includes(word) ? [`${file}: ${word}`] : [])),
      )
      expect(found).toEqual([])
    },
  )

  it('what a tenant is told is about a machine, never about a device of it', () => {
    expect(Object.values(advice).filter(([, zh]) => zh.includes('设备'))).toEqual([])
  })
})
