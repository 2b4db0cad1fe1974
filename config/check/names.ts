/**
 * What no pattern can say about names by language: that each key is a language tag, and that no language stands twice.
 * Pure. Read next: gateway/core/ground/language.ts.
 */
import { canonicalTag, isKnownLanguage } from '../../gateway/core/ground/language.ts'
import type { ConfigDocument, Path } from '../document/document.ts'

export function checkNames(document: ConfigDocument, path: Path, names: Readonly<Record<string, unknown>>): void {
  const seen = new Map<string, string>()
  for (const key of Object.keys(names)) {
    const tag = canonicalTag(key)
    const before = tag === undefined ? undefined : seen.get(tag)
    if (tag === undefined)
      document.fault(
        [...path, key],
        'language-tag',
        `"${key}" is not a language tag`,
        'write one of BCP 47: en, de, zh-Hans',
        'key',
      )
    else if (before !== undefined)
      document.fault(
        [...path, key],
        'language-tag',
        `"${key}" is the same language as "${before}"`,
        'remove one of them',
        'key',
      )
    else if (!isKnownLanguage(tag))
      document.note(
        [...path, key],
        'language-unknown',
        `no language is known as "${key}"`,
        'a tag begins with a language, such as zh for Chinese; a country comes after it: zh-CN',
        'key',
      )
    if (tag !== undefined) seen.set(tag, key)
  }
}
