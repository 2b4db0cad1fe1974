/** The words in which a technician reads faults of shape. Pure. Read next: validate.ts, which finds them. */
import { DATE, DURATION, ID, LANGUAGE, NAME, SIGNAL } from '../schema/field.ts'
import { isLiteral, type Keywords, optionsOf } from '../schema/keywords.ts'
import type { Path } from './document.ts'

export function formOf(
  pattern: string,
  description?: string,
): { code: 'bad-id' | 'bad-duration' | 'bad-url' | 'bad-format'; advice: string } {
  switch (pattern) {
    case ID:
      return { code: 'bad-id', advice: 'use 1 to 32 of a–z, 0–9 and -' }
    case NAME:
      return { code: 'bad-id', advice: 'start with a–z and use up to 32 letters and digits' }
    case SIGNAL:
      return { code: 'bad-format', advice: 'write the alias of a device, a dot and its signal: energy.power' }
    case DATE:
      return { code: 'bad-format', advice: 'write a day as year-month-day: 2026-01-31' }
    case LANGUAGE:
      return { code: 'bad-format', advice: 'write a language tag of BCP 47: en, de, zh-Hans' }
    case DURATION:
      return { code: 'bad-duration', advice: 'write a number and ms, s, m, h or d: 500ms, 5s, 10m' }
    default: {
      if (pattern.endsWith('://')) {
        const schemes = pattern.replace(/^\^|[()\\]|:\/\/$/g, '').split('|')
        return { code: 'bad-url', advice: `it must start with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}` }
      }
      const advice = description === undefined ? `use the form ${pattern}` : `write: ${description}`
      return { code: 'bad-format', advice }
    }
  }
}

export function kindOf(rules: Keywords): string {
  const kinds: Record<string, string> = {
    string: 'text',
    integer: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a map of keys',
  }
  return kinds[rules.type ?? ''] ?? 'a value'
}

export function expected(rules: Keywords): string {
  const options = optionsOf(rules)
  if (options) return `one of ${options.join(', ')}`
  if (rules.pattern === DURATION) return 'a duration such as 5s'
  if (rules.anyOf === undefined) return kindOf(rules)
  const words = rules.anyOf.filter(isLiteral).map(({ const: word }) => String(word))
  const kinds = rules.anyOf.filter((form) => !isLiteral(form)).map(kindOf)
  return [...words, ...new Set(kinds)].join(', or ')
}

export function sentence(rules: Keywords): string {
  const text = rules.description?.replace(/\.$/, '')
  return text === undefined ? expected(rules) : `${expected(rules)} – ${text}`
}

export function boundsOf(rules: Keywords): string {
  const from = rules.minimum ?? rules.minLength
  const to = rules.maximum ?? rules.maxLength
  const unit = rules.type === 'string' ? ' characters' : ''
  if (rules.exclusiveMinimum !== undefined) return `above ${rules.exclusiveMinimum}`
  if (to === undefined) return `at least ${from}${unit}`
  return from === undefined ? `at most ${to}${unit}` : `${from} to ${to}${unit}`
}

export function quote(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  return typeof value === 'number' ? String(value) : cut(JSON.stringify(value) ?? String(value))
}

export function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

export const nameOf = (path: Path): string => String(path.at(-1) ?? 'the file')

export const within = (path: Path): string => (path.length === 0 ? 'in this file' : `in "${path.join('.')}"`)
