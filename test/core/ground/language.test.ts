import { describe, expect, it } from 'vitest'
import { bestName, canonicalTag, isKnownLanguage } from '../../../gateway/core/ground/language.ts'

describe('a language tag', () => {
  it.each([
    ['zh-hans', 'zh-Hans'],
    ['ZH-cn', 'zh-CN'],
    ['iw', 'he'],
    ['sr-Latn-RS', 'sr-Latn-RS'],
    ['en-x', undefined],
    ['e', undefined],
    ['de_DE', undefined],
    ['', undefined],
  ])('%s is %s', (tag, canonical) => {
    expect(canonicalTag(tag)).toBe(canonical)
  })

  it.each([
    ['zh', true],
    ['gsw', true],
    ['cn', false],
    ['english', false],
  ])('%s names a language: %s', (tag, known) => {
    expect(isKnownLanguage(tag)).toBe(known)
  })
})

describe('the best name', () => {
  const names = { en: 'Saw', 'zh-Hans': '锯', 'zh-Hant-HK': '鋸（港）', 'zh-Hant': '鋸', 'de-CH': 'Säge' }
  it.each([
    ['the same tag', 'zh-Hant-HK', '鋸（港）'],
    ['the script that the region means', 'zh-TW', '鋸'],
    ['the region that the language means', 'zh', '锯'],
    ['another region of the script', 'zh-SG', '锯'],
    ['another region of the language', 'de', 'Säge'],
    ['a tag written otherwise', 'ZH-hans', '锯'],
    ['English for another language', 'fr', 'Saw'],
  ])('is that of %s', (_, wanted, name) => {
    expect(bestName(names, wanted)).toBe(name)
  })

  it('is the first where there is neither the language nor English', () => {
    expect(bestName({ fr: 'Scie', de: 'Säge' }, 'zh')).toBe('Scie')
  })
})
