/**
 * Holds plain data against a TypeBox schema and names every fault with its path, in a technician's words.
 * It walks maps, lists and unions itself, so that a union is decided by its discriminator and one fault never hides
 * another; single values are judged by TypeBox. What is wrong is left out of the result (or replaced by its default),
 * so that later checks still see the rest. Absent keys get their defaults; an empty value never does.
 * Read next: document.ts (path → line and column), check-*.ts (what no schema can say).
 */
import ms from 'ms'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { DURATION } from '../schema/field.ts'
import type { Complain, Path } from './document.ts'
import { suggest } from './suggest.ts'
import {
  boundsOf,
  cut,
  expected,
  formOf,
  isLiteral,
  kindOf,
  nameOf,
  optionsOf,
  quote,
  sentence,
  within,
} from './words.ts'

/** A schema as JSON Schema sees it: the keywords this file understands. */
export type Keywords = {
  readonly type?: string
  readonly const?: unknown
  readonly anyOf?: readonly Keywords[]
  readonly properties?: Readonly<Record<string, Keywords>>
  readonly patternProperties?: Readonly<Record<string, Keywords>>
  readonly additionalProperties?: unknown
  readonly required?: readonly string[]
  readonly items?: Keywords
  readonly pattern?: string
  readonly default?: unknown
  readonly description?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly minProperties?: number
  /** Ours: the value comes from the environment and is never shown. */
  readonly secret?: boolean
  /** Ours: bounds of a duration. */
  readonly shortest?: string
  readonly longest?: string
}

/** What is left of a T after its faults were taken out. */
export type Draft<T> = T extends readonly (infer Item)[]
  ? Draft<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]?: Draft<T[Key]> | undefined }
    : T

export type Env = Readonly<Record<string, string | undefined>>
type Judge = { readonly env: Env; readonly fault: Complain }

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A password is a secret even where an adapter's schema forgets to say so. */
export const isSecret = (key: string | number | undefined, schema: Keywords): boolean =>
  schema.secret === true || key === 'password'

export function milliseconds(duration: string): number {
  return ms(duration as ms.StringValue)
}

/** The draft of `value`; `undefined` when nothing of it can be used. */
export function validate(schema: TSchema | Keywords, value: unknown, path: Path, judge: Judge): unknown {
  const rules = schema as Keywords
  if (value === null) {
    judge.fault(path, 'empty-value', `${nameOf(path)} has no value`, `write ${expected(rules)} after the colon`, 'key')
    return fallback(rules, path, judge)
  }
  if (rules.anyOf && !rules.anyOf.every(isLiteral)) {
    const words = rules.anyOf.filter(isLiteral)
    if (words.length === 0) return validateUnion(rules.anyOf, value, path, judge)
    const map = rules.anyOf.find((variant) => !isLiteral(variant))!
    return isRecord(value)
      ? validate(map, value, path, judge)
      : validateLeaf({ ...rules, anyOf: words }, value, path, judge)
  }
  if (rules.properties) return validateObject(rules, value, path, judge)
  if (rules.patternProperties) return validateRecord(rules, value, path, judge)
  if (rules.type === 'array') return validateList(rules, value, path, judge)
  return validateLeaf(rules, value, path, judge)
}

/** Options that were, and what takes their place. */
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
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(properties, key)) continue
    const gone = Object.hasOwn(GONE, key) ? GONE[key] : undefined
    if (gone !== undefined) {
      judge.fault([...path, key], 'unknown-key', gone.message, gone.advice, 'key')
      continue
    }
    const absent = Object.keys(properties).filter((known) => !Object.hasOwn(value, known))
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
    else if (rules.required?.includes(key)) {
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
      const choices = /^\^\(([a-z|]+)\)\$$/.exec(pattern)?.[1]?.split('|')
      const { code, advice } = choices
        ? { code: 'unknown-key' as const, advice: suggest(key, choices) }
        : formOf(pattern, undefined)
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

/** Variants are told apart by the one key that is a literal in all of them. */
function validateUnion(variants: readonly Keywords[], value: unknown, path: Path, judge: Judge): unknown {
  if (!isRecord(value)) return wrongType({ type: 'object' }, value, path, judge)
  const key = discriminatorOf(variants)
  if (key === undefined) throw new Error(`the schema of ${path.join('.')} is a union without a discriminator`)
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

export function discriminatorOf(variants: readonly Keywords[]): string | undefined {
  const keys = Object.keys(variants[0]?.properties ?? {})
  return keys.find((key) => variants.every((variant) => variant.properties?.[key]?.const !== undefined))
}

function validateLeaf(rules: Keywords, given: unknown, path: Path, judge: Judge): unknown {
  const opened = openSecret(rules, given, path, judge)
  if ('refused' in opened) return opened.refused
  const { value } = opened
  const [error] = checkerOf(rules).Errors(value)
  if (error === undefined) {
    return withinBounds(rules, value, path, judge) ? value : fallback(rules, path, judge)
  }
  const shown = isSecret(path.at(-1), rules) ? 'a secret' : quote(value)
  const name = nameOf(path)
  const options = optionsOf(rules)
  if (options) judge.fault(path, 'not-one-of', `${name} is ${shown}`, suggest(String(value), options))
  else if (error.keyword === 'type') return wrongType(rules, value, path, judge)
  else if (error.keyword === 'pattern') {
    const { code, advice } = formOf(rules.pattern ?? '', rules.description)
    judge.fault(path, code, `${name} is ${shown}`, advice)
  } else judge.fault(path, 'out-of-bounds', `${name} is ${shown}`, `it must be ${boundsOf(rules)}`)
  return fallback(rules, path, judge)
}

const ENV = /^\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}$/

function openSecret(
  rules: Keywords,
  value: unknown,
  path: Path,
  judge: Judge,
): { value: unknown } | { refused: undefined } {
  const name = nameOf(path)
  const variable = typeof value === 'string' ? ENV.exec(value)?.[1] : undefined
  if (!isSecret(path.at(-1), rules)) {
    if (typeof value !== 'string' || !value.includes('${env:')) return { value }
    judge.fault(
      path,
      'env-not-here',
      `${name} cannot come from the environment`,
      'write the value itself; only secrets are taken from the environment',
    )
    return { refused: undefined }
  }
  if (variable === undefined) {
    judge.fault(
      path,
      'secret-in-file',
      `${name} is written in the file`,
      `put it in the environment and write ${name}: \${env:NAME}; change the secret, since it was on disk`,
    )
    return { refused: undefined }
  }
  const found = judge.env[variable]
  if (found !== undefined && found !== '') return { value: found }
  judge.fault(
    path,
    'env-missing',
    `the environment variable ${variable} is ${found === '' ? 'empty' : 'not set'}`,
    `set ${variable} before starting the gateway`,
  )
  return { refused: undefined }
}

function withinBounds(rules: Keywords, value: unknown, path: Path, judge: Judge): boolean {
  if (rules.pattern !== DURATION || typeof value !== 'string') return true
  const { shortest = '0ms', longest = '1d' } = rules
  const length = milliseconds(value)
  if (length >= milliseconds(shortest) && length <= milliseconds(longest)) return true
  judge.fault(path, 'out-of-bounds', `${nameOf(path)} is ${value}`, `it must be ${shortest} to ${longest}`)
  return false
}

function wrongType(rules: Keywords, value: unknown, path: Path, judge: Judge): unknown {
  if (rules.pattern === DURATION && typeof value === 'number') {
    judge.fault(path, 'bad-duration', `${nameOf(path)} is ${value}, without a unit`, formOf(DURATION, undefined).advice)
    return fallback(rules, path, judge)
  }
  const advice =
    rules.type === 'string' && typeof value !== 'object'
      ? `write it in quotes: "${String(value)}"`
      : `write ${expected(rules)}`
  judge.fault(path, 'wrong-type', `${nameOf(path)} is ${quote(value)}, not ${kindOf(rules)}`, advice)
  return fallback(rules, path, judge)
}

/** Defaults are held against the schema too: a bad one is a bug of ours, and shows. */
function fallback(rules: Keywords, path: Path, judge: Judge): unknown {
  return rules.default === undefined ? undefined : validate(rules, structuredClone(rules.default), path, judge)
}

function put(target: Record<string, unknown>, key: string, value: unknown): void {
  if (value !== undefined) target[key] = value
}

const checkers = new WeakMap<Keywords, ReturnType<typeof Compile>>()

function checkerOf(rules: Keywords): ReturnType<typeof Compile> {
  const known = checkers.get(rules)
  if (known) return known
  const made = Compile(rules as TSchema)
  checkers.set(rules, made)
  return made
}
