/** What the pages say: every key in each language, with the same gaps, and no text that stands in a part itself. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'vite'
import { describe, expect, it, test } from 'vitest'
import { siteJsonSchema } from '../../../config/generate/json-schema.ts'
import { entryKinds } from '../../../gateway/core/ground/entry.ts'
import { chooseLang, createWords, dictionaries } from '../../../gateway/front/console/words/words.ts'
import { availabilityReasons, availabilityStates, meterChanges, suspensions } from '../../../gateway/reference/words.ts'
import { isNode, type Node, walk } from '../../support/source.ts'

const CONSOLE = join(import.meta.dirname, '../../../gateway/front/console')
const parts = readdirSync(CONSOLE, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tsx'))

/** Text between tags, and in what a person is told by an attribute, that has a letter of any script. */
function literals(file: string, text: string): string[] {
  const found: string[] = []
  const { program } = parseSync(file, text)
  walk(program as unknown as Node, (node) => {
    if (node.type === 'JSXText' && /\p{L}/u.test(String(node.value))) found.push(String(node.value).trim())
    if (node.type !== 'JSXAttribute' || !isNode(node.value) || node.value.type !== 'Literal') return true
    const { name } = node.name as unknown as { name: string }
    const value = String((node.value as { value?: unknown }).value)
    if (['title', 'alt', 'placeholder', 'aria-label', 'aria-description'].includes(name)) found.push(`${name}=${value}`)
    return true
  })
  return found
}

/** Names of members in a schema, but those with one value. */
function fieldsOf(schema: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof schema !== 'object' || schema === null) return found
  const { properties = {} } = schema as { properties?: Readonly<Record<string, { const?: unknown }>> }
  for (const [key, each] of Object.entries(properties)) if (each.const === undefined) found.add(key)
  for (const each of Object.values(schema)) fieldsOf(each, found)
  return found
}

describe('the words of the pages', () => {
  const { en, zh } = dictionaries
  it('are the same keys in each language, none empty', () => {
    expect(Object.keys(zh).toSorted()).toEqual(Object.keys(en).toSorted())
    for (const words of [en, zh]) expect(Object.entries(words).filter(([, text]) => text.trim() === '')).toEqual([])
  })

  it('have the same gaps in each language', () => {
    const gaps = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([gap]) => gap).toSorted()
    const differ = Object.entries(en).filter(([key, text]) => gaps(text).join() !== gaps(zh[key as never]).join())
    expect(differ).toEqual([])
  })

  it('have one for each state, reason and kind of entry there is', () => {
    const wanted = [
      ...Object.keys(availabilityStates).map((word) => `state.${word}`),
      ...Object.keys(availabilityReasons).map((word) => `reason.${word}`),
      ...Object.keys(suspensions).map((word) => `suspension.${word}`),
      ...Object.keys(meterChanges).map((word) => `change.${word}`),
      ...entryKinds.map((kind) => `event.${kind}`),
    ]
    expect(wanted.filter((key) => !Object.hasOwn(en, key))).toEqual([])
  })

  it('have one for each field of a link or a machine', () => {
    const { links, machines } = (siteJsonSchema() as { properties: Record<string, unknown> }).properties
    expect([...fieldsOf({ links, machines })].filter((key) => !Object.hasOwn(en, `field.${key}`))).toEqual([])
  })

  test.each(parts)('%s says nothing of its own', (name) => {
    expect(literals(name, readFileSync(join(CONSOLE, name), 'utf8'))).toEqual([])
  })

  it('and a text of its own would be seen', () => {
    expect(literals('a.tsx', '<p title="Now">{t("a")} free</p>')).toEqual(['title=Now', 'free'])
  })
})

test('times are those of the site, and numbers and names those of the language', () => {
  const at = Date.UTC(2026, 10, 27, 17, 5)
  const [en, zh] = [createWords('en', 'Asia/Shanghai'), createWords('zh', 'Asia/Shanghai')]
  expect([en.time(at), en.time(at, at - 86_400_000), zh.time(at, at - 86_400_000)]).toEqual([
    '01:05',
    '28 Nov 01:05',
    '11月28日 01:05',
  ])
  expect([en.duration(3_725_000), zh.duration(3_725_000), en.duration(59_000)]).toEqual([
    '1 h 2 min',
    '1 小时 2 分钟',
    '59 s',
  ])
  expect([zh.name({ en: 'Saw', 'zh-Hans': '锯' }, 'saw-1'), zh.name({ en: 'Saw' }, 'saw-1')]).toEqual(['锯', 'Saw'])
})

test.each([
  ['zh-CN', null, ['en-US'], 'zh'],
  [null, 'zh', ['en-US'], 'zh'],
  ['fr', null, ['de-DE', 'zh-TW'], 'zh'],
  [null, null, ['de-DE'], 'en'],
] as const)('the language is that of the link %s, of before %s, of the browser %s', (asked, kept, preferred, lang) => {
  expect(chooseLang(asked, kept, preferred)).toBe(lang)
})
