/**
 * One value against its schema: text, a number, a word, a duration, a secret. TypeBox judges; this file says what is
 * wrong in a technician's words, and takes secrets from the environment.
 * Read next: validate.ts (maps, lists, unions), words.ts.
 */
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { NOT_IN_A_LINE } from '../../gateway/core/ground/text.ts'
import { DURATION, milliseconds } from '../schema/field.ts'
import { isSecret, type Keywords, optionsOf } from '../schema/keywords.ts'
import type { ConfigDocument, Path } from './document.ts'
import { suggest } from './suggest.ts'
import { boundsOf, expected, formOf, kindOf, nameOf, quote } from './words.ts'

/** The variables that `${env:NAME}` is looked up in. */
export type Env = Readonly<Record<string, string | undefined>>
export type Judge = Pick<ConfigDocument, 'fault' | 'written'> & { readonly env: Env }

/** `replaced`: the default takes the place of the value. `withheld`: the value is left out. */
type Judged =
  | { readonly kind: 'good'; readonly value: unknown }
  | { readonly kind: 'replaced' }
  | { readonly kind: 'withheld' }

export function judgeValue(rules: Keywords, given: unknown, path: Path, judge: Judge): Judged {
  const opened = openSecret(rules, given, path, judge)
  if (opened.kind !== 'good') return opened
  const { value } = opened
  const [error] = checkerOf(rules).Errors(value)
  if (error === undefined) return withinBounds(rules, value, path, judge) ? opened : { kind: 'replaced' }
  const shown = isSecret(path.at(-1), rules) ? 'a secret' : quote(value)
  const name = nameOf(path)
  const options = optionsOf(rules)
  if (options) judge.fault(path, 'not-one-of', `${name} is ${shown}`, suggest(String(value), options))
  else if (error.keyword === 'type') complainOfType(rules, value, path, judge)
  else if (error.keyword === 'pattern') {
    const { code, advice } = formOf(rules.pattern ?? '', rules.description)
    judge.fault(path, code, `${name} is ${shown}`, advice)
  } else judge.fault(path, 'out-of-bounds', `${name} is ${shown}`, `it must be ${boundsOf(rules)}`)
  return { kind: 'replaced' }
}

export function complainOfType(rules: Keywords, value: unknown, path: Path, { fault, written }: Judge): void {
  if (rules.pattern === DURATION && typeof value === 'number')
    return fault(path, 'bad-duration', `${nameOf(path)} is ${value}, without a unit`, formOf(DURATION).advice)
  const advice =
    rules.type === 'string' && typeof value !== 'object'
      ? `write it in quotes: "${written(path) ?? String(value)}"`
      : `write ${expected(rules)}`
  fault(path, 'wrong-type', `${nameOf(path)} is ${quote(value)}, not ${kindOf(rules)}`, advice)
}

/** No password holds one; the last line break of a file of secrets does get here. */
const BROKEN = new RegExp(`[${NOT_IN_A_LINE}]`)
const ENV = /^\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}$/

function openSecret(rules: Keywords, value: unknown, path: Path, judge: Judge): Judged {
  const name = nameOf(path)
  const variable = typeof value === 'string' ? ENV.exec(value)?.[1] : undefined
  if (!isSecret(path.at(-1), rules)) {
    if (typeof value !== 'string' || !value.includes('${env:')) return { kind: 'good', value }
    judge.fault(
      path,
      'env-not-here',
      `${name} cannot come from the environment`,
      'write the value itself; only secrets are taken from the environment',
    )
    return { kind: 'withheld' }
  }
  if (variable === undefined) {
    judge.fault(
      path,
      'secret-in-file',
      `${name} is written in the file`,
      `put it in the environment and write ${name}: "\${env:NAME}" with the quotes; change the secret, since it was on disk`,
    )
    return { kind: 'withheld' }
  }
  const found = judge.env[variable]
  if (found !== undefined && BROKEN.test(found)) {
    judge.fault(
      path,
      'env-broken',
      `the environment variable ${variable} holds a line break or another control character`,
      `set it without, as in ${variable}="$(cat FILE)", which leaves out the line break at the end of a file`,
    )
    return { kind: 'withheld' }
  }
  if (found !== undefined && found !== '') return { kind: 'good', value: found }
  judge.fault(
    path,
    'env-missing',
    `the environment variable ${variable} is ${found === '' ? 'empty' : 'not set'}`,
    `set ${variable} before starting the gateway`,
  )
  return { kind: 'withheld' }
}

function withinBounds(rules: Keywords, value: unknown, path: Path, judge: Judge): boolean {
  if (rules.pattern !== DURATION || typeof value !== 'string') return true
  const { shortest = '0ms', longest = '1d' } = rules
  const length = milliseconds(value)
  if (length >= milliseconds(shortest) && length <= milliseconds(longest)) return true
  judge.fault(path, 'out-of-bounds', `${nameOf(path)} is ${value}`, `it must be ${shortest} to ${longest}`)
  return false
}

const checkers = new WeakMap<Keywords, ReturnType<typeof Compile>>()

function checkerOf(rules: Keywords): ReturnType<typeof Compile> {
  const known = checkers.get(rules)
  if (known) return known
  const made = Compile(rules as TSchema)
  checkers.set(rules, made)
  return made
}
