/**
 * A schema as JSON Schema sees it: the keywords that validation, the editors' schemas and the options table understand,
 * some of them our own. Pure. Read next: field.ts, which writes them; config/document/validate.ts, which obeys them.
 */

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

/** A password is a secret even where the schema of an adapter does not mark it. */
export const isSecret = (key: string | number | undefined, rules: Keywords): boolean =>
  rules.secret === true || key === 'password'

export const isLiteral = (rules: Keywords): boolean => rules.const !== undefined

/** The words a value is chosen from; `undefined` where it is not chosen from words. */
export function optionsOf(rules: Keywords): string[] | undefined {
  if (isLiteral(rules)) return [String(rules.const)]
  return rules.anyOf?.every(isLiteral) ? rules.anyOf.map((variant) => String(variant.const)) : undefined
}

/** The key by which the variants of a union are told apart: it is a literal in all of them. */
export function discriminatorOf(variants: readonly Keywords[]): string | undefined {
  const keys = Object.keys(variants[0]?.properties ?? {})
  return keys.find((key) => variants.every((variant) => variant.properties?.[key]?.const !== undefined))
}
