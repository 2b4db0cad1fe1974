/**
 * A form out of a JSON schema: what stands in it, which of several ways a value is written, and what has to be typed.
 * The gateway judges what comes of it; a form only helps. Pure. Read next: pages/bench/form.tsx (what is drawn).
 */

/** As much of JSON Schema as the site file uses. */
export type Schema = {
  readonly type?: string
  readonly const?: string | number | boolean
  readonly enum?: readonly (string | number | boolean)[]
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly description?: string
  readonly default?: unknown
}

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }
export type Values = { readonly [key: string]: Json }

type Shape =
  | { readonly kind: 'fixed'; readonly value: Json }
  | { readonly kind: 'choice'; readonly options: readonly (string | number | boolean)[] }
  | { readonly kind: 'text' | 'number' | 'flag' }
  | { readonly kind: 'group'; readonly members: readonly Member[] }
  /** Names that a person gives, each with the same. */
  | { readonly kind: 'map'; readonly each: Schema }
  | { readonly kind: 'ways'; readonly ways: readonly Schema[] }
  /** Anything else is written as JSON. */
  | { readonly kind: 'json' }

type Member = { readonly key: string; readonly schema: Schema; readonly needed: boolean }

export function shapeOf(schema: Schema): Shape {
  const { type, properties, additionalProperties, anyOf, required = [] } = schema
  if (schema.const !== undefined) return { kind: 'fixed', value: schema.const }
  if (schema.enum !== undefined) return { kind: 'choice', options: schema.enum }
  if (anyOf !== undefined) return { kind: 'ways', ways: anyOf }
  if (properties !== undefined)
    return {
      kind: 'group',
      members: Object.entries(properties).map(([key, each]) => ({ key, schema: each, needed: required.includes(key) })),
    }
  if (typeof additionalProperties === 'object') return { kind: 'map', each: additionalProperties }
  switch (type) {
    case 'string':
      return { kind: 'text' }
    case 'integer':
    case 'number':
      return { kind: 'number' }
    case 'boolean':
      return { kind: 'flag' }
    default:
      return { kind: 'json' }
  }
}

/** Which of several ways this value is written; the first where it is none of them. */
export function wayOf(ways: readonly Schema[], value: Json | undefined): number {
  const at = ways.findIndex((way) => isLike(way, value))
  return Math.max(0, at)
}

function isLike(schema: Schema, value: Json | undefined): boolean {
  if (value === undefined) return false
  if (!isValues(value))
    return schema.properties === undefined && typeof value === (schema.type === 'integer' ? 'number' : schema.type)
  const { properties = {}, required = [] } = schema
  if (schema.properties === undefined) return false
  const fixed = Object.entries(properties).filter(([, each]) => each.const !== undefined)
  const isFit = ([key, each]: [string, Schema]) =>
    value[key] === undefined ? !required.includes(key) : value[key] === each.const
  if (fixed.length > 0) return fixed.every(isFit)
  return required.every((key) => value[key] !== undefined)
}

/** What stands in a form before anybody has typed: only what has to be as it is. */
export function beginOf(schema: Schema): Json | undefined {
  const shape = shapeOf(schema)
  switch (shape.kind) {
    case 'fixed':
      return shape.value
    case 'group':
      return Object.fromEntries(
        shape.members.flatMap(({ key, schema: each, needed }) => {
          const value = needed ? beginOf(each) : undefined
          return value === undefined ? [] : [[key, value]]
        }),
      )
    case 'map':
      return {}
    case 'ways':
      return shape.ways[0] === undefined ? undefined : beginOf(shape.ways[0])
    default:
      return undefined
  }
}

/** With this member, or without it. */
export function withMember(values: Values, key: string, value: Json | undefined): Values {
  if (value !== undefined) return { ...values, [key]: value }
  const { [key]: _, ...rest } = values
  return rest
}

export const isValues = (value: Json | undefined): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** By what a person calls one of several ways: its fixed member, or what it is. */
export function nameOf({ properties, type }: Schema): string {
  const fixed = Object.values(properties ?? {}).find((each) => each.const !== undefined)?.const
  return String(fixed ?? Object.keys(properties ?? {})[0] ?? type ?? '')
}

/* ── the button that is its own state ── */

export type Planned = {
  readonly applied: boolean
  readonly from: string
  readonly changes: readonly { readonly what: string; readonly from?: string; readonly to?: string }[]
  readonly steps: readonly string[]
  readonly needsRestart: readonly string[]
  readonly waits: readonly { readonly machine: string; readonly why: string }[]
  readonly meters: readonly { readonly meter: string; readonly text: string }[]
  readonly notes: readonly string[]
}

/** What the button does next, and why it wants a reason. */
export type Saving =
  | { readonly kind: 'validate' }
  | { readonly kind: 'save' }
  | { readonly kind: 'save-anyway'; readonly doubts: readonly string[] }
  | { readonly kind: 'cannot'; readonly why: readonly string[] }
  | { readonly kind: 'nothing' }

/** `known`: notes that there were before anything was changed. */
export function savingOf(planned: Planned | undefined, known: readonly string[]): Saving {
  if (planned === undefined) return { kind: 'validate' }
  const { changes, needsRestart, waits, notes, meters } = planned
  if (changes.length === 0) return { kind: 'nothing' }
  const why = [...needsRestart, ...waits.map(({ machine, why: each }) => `${machine}: ${each}`)]
  if (why.length > 0) return { kind: 'cannot', why }
  const doubts = [
    ...notes.filter((note) => !known.includes(note)),
    ...meters.map(({ meter, text }) => `${meter}: ${text}`),
    ...changes.flatMap(({ what, to }) => (to === undefined ? [`− ${what}`] : [])),
  ]
  return doubts.length === 0 ? { kind: 'save' } : { kind: 'save-anyway', doubts }
}
