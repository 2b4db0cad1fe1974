/**
 * Checks plain data against a TypeBox schema and reports every fault with its path, in a technician's words.
 * It walks maps, lists and unions itself, so that a union is decided by its discriminator and one fault never hides
 * another; value.ts judges single values. What is wrong is left out of the result, or replaced by its default, so that
 * later checks still see the rest. An absent key gets its default; an empty value never does.
 * Read next: value.ts, document.ts (path → line and column), config/check/site.ts (what no schema can say).
 */
import type { TSchema } from 'typebox'
import { discriminatorOf, isLiteral, type Keywords } from '../schema/keywords.ts'
import { isRecord, type Path } from './document.ts'
import { nearestOf, suggest } from './suggest.ts'
import { complainOfType, type Judge, judgeValue } from './value.ts'
import { cut, expected, formOf, nameOf, quote, sentence, within } from './words.ts'

/** The draft of `value`; `undefined` when nothing of it can be used. */
export function validate(schema: TSchema | Keywords, value: unknown, path: Path, judge: Judge): unknown {
  const rules = schema as Keywords
  if (value === null) {
    judge.fault(path, 'empty-value', `${nameOf(path)} has no value`, `write ${expected(rules)} after the colon`, 'key')
    return fallback(rules, path, judge)
  }
  if (rules.anyOf && !rules.anyOf.every(isLiteral)) return validateForms(rules, rules.anyOf, value, path, judge)
  if (rules.properties) return validateObject(rules, value, path, judge)
  if (rules.patternProperties) return validateRecord(rules, value, path, judge)
  if (rules.type === 'array') return validateList(rules, value, path, judge)
  return judgedValue(rules, value, path, judge)
}

/** Options that no longer exist, and what takes their place. */
const GONE: Readonly<Record<string, { readonly message: string; readonly advice: string }>> = {
  commissioned: {
    message: '"commissioned" is no longer an option: a passed drill takes its place',
    advice: 'remove the line, start the gateway, and run: latchkey drill <url> <machine>',
  },
}

function validateObject(rules: Keywords, value: unknown, path: Path, judge: Judge): unknown {
  if (!isRecord(value)) return wrongType(rules, value, path, judge)
  const properties = rules.properties ?? {}
  const result: Record<string, unknown> = {}
  /** Absent keys that stand there under a wrong name: one fault each, not two. */
  const meant = new Set<string>()
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(properties, key)) continue
    const gone = Object.hasOwn(GONE, key) ? GONE[key] : undefined
    if (gone !== undefined) {
      judge.fault([...path, key], 'unknown-key', gone.message, gone.advice, 'key')
      continue
    }
    const absent = Object.keys(properties).filter((known) => !Object.hasOwn(value, known))
    const nearest = nearestOf(key, absent)
    if (nearest !== undefined) meant.add(nearest)
    judge.fault(
      [...path, key],
      'unknown-key',
      `"${cut(key)}" means nothing ${within(path)}`,
      suggest(key, absent, 'remove it'),
      'key',
    )
  }
  for (const [key, rule] of Object.entries(properties)) {
    const here = [...path, key]
    if (Object.hasOwn(value, key)) put(result, key, validate(rule, value[key], here, judge))
    else if (rule.default !== undefined) put(result, key, fallback(rule, here, judge))
    else if (rules.required?.includes(key) && !meant.has(key)) {
      judge.fault(here, 'missing-key', `"${key}" is missing ${within(path)}`, `add it: ${sentence(rule)}`, 'key')
    }
  }
  return result
}

function validateRecord(rules: Keywords, value: unknown, path: Path, judge: Judge): unknown {
  if (!isRecord(value)) return wrongType(rules, value, path, judge)
  const [[pattern, rule] = ['', {}]] = Object.entries(rules.patternProperties ?? {})
  const allowed = new RegExp(pattern)
  const result: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) {
    const here = [...path, key]
    if (allowed.test(key)) put(result, key, validate(rule, item, here, judge))
    else {
      const { code, advice } = formOf(pattern)
      judge.fault(here, code, `"${cut(key)}" cannot be a key ${within(path)}`, advice, 'key')
    }
  }
  if (Object.keys(value).length < (rules.minProperties ?? 0)) {
    judge.fault(path, 'out-of-bounds', `${nameOf(path)} is empty`, `it needs at least ${rules.minProperties}`, 'key')
  }
  return result
}

function validateList(rules: Keywords, value: unknown, path: Path, judge: Judge): unknown {
  if (!Array.isArray(value)) return wrongType(rules, value, path, judge)
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = rules
  if (value.length < minItems || value.length > maxItems) {
    judge.fault(
      path,
      'out-of-bounds',
      `${nameOf(path)} has ${value.length} items`,
      `it takes ${minItems} to ${maxItems}`,
      'key',
    )
  }
  const items: unknown[] = value
  return items.map((item, index) => validate(rules.items ?? {}, item, [...path, index], judge))
}

/** Something that may be written in several forms, such as a word or a map: the kind of the value decides. */
function validateForms(rules: Keywords, forms: readonly Keywords[], value: unknown, path: Path, judge: Judge): unknown {
  const maps = forms.filter(({ properties }) => properties !== undefined)
  const plain = forms.filter((form) => !maps.includes(form) && !isLiteral(form))
  if (maps.length === forms.length || (isRecord(value) && maps.length > 0))
    return maps.length === 1 ? validate(maps[0]!, value, path, judge) : validateUnion(maps, value, path, judge)
  const words = forms.filter(isLiteral)
  const meant = plain.find((form) => isOfKind(form, value)) ?? (words.length === 0 ? plain[0] : undefined)
  return meant ? validate(meant, value, path, judge) : judgedValue({ ...rules, anyOf: words }, value, path, judge)
}

function isOfKind({ type }: Keywords, value: unknown): boolean {
  if (type === 'array') return Array.isArray(value)
  return type === 'integer' ? typeof value === 'number' : type === typeof value
}

/** Without a discriminator: the variant that knows most of the keys that are written, the first of several. */
function closest(variants: readonly Keywords[], value: Readonly<Record<string, unknown>>): Keywords {
  const known = ({ properties = {} }: Keywords) =>
    Object.keys(value).filter((key) => Object.hasOwn(properties, key)).length
  return variants.reduce((best, one) => (known(one) > known(best) ? one : best))
}

/** The discriminator decides which variant is meant, where there is one. */
function validateUnion(variants: readonly Keywords[], value: unknown, path: Path, judge: Judge): unknown {
  if (!isRecord(value)) return wrongType({ type: 'object' }, value, path, judge)
  const key = discriminatorOf(variants)
  if (key === undefined) return validateObject(closest(variants, value), value, path, judge)
  const names = variants.map((variant) => String(variant.properties?.[key]?.const))
  const chosen = Object.hasOwn(value, key) ? value[key] : undefined
  const variant = variants[names.indexOf(String(chosen))]
  if (variant) return validateObject(variant, value, path, judge)
  if (!Object.hasOwn(value, key))
    judge.fault(
      [...path, key],
      'missing-key',
      `"${key}" is missing ${within(path)}`,
      `add it: one of ${names.join(', ')}`,
      'key',
    )
  else if (chosen === null)
    judge.fault(
      [...path, key],
      'empty-value',
      `${key} has no value`,
      `write one of ${names.join(', ')} after the colon`,
      'key',
    )
  else judge.fault([...path, key], 'not-one-of', `${key} is ${quote(chosen)}`, suggest(String(chosen), names))
  return undefined
}

function judgedValue(rules: Keywords, value: unknown, path: Path, judge: Judge): unknown {
  const judged = judgeValue(rules, value, path, judge)
  if (judged.kind === 'good') return judged.value
  return judged.kind === 'replaced' ? fallback(rules, path, judge) : undefined
}

function wrongType(rules: Keywords, value: unknown, path: Path, judge: Judge): unknown {
  complainOfType(rules, value, path, judge)
  return fallback(rules, path, judge)
}

/** A default is checked against the schema too, so that a bad one, which is our mistake, is found. */
function fallback(rules: Keywords, path: Path, judge: Judge): unknown {
  return rules.default === undefined ? undefined : validate(rules, structuredClone(rules.default), path, judge)
}

function put(target: Record<string, unknown>, key: string, value: unknown): void {
  if (value !== undefined) target[key] = value
}
