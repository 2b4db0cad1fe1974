/**
 * The text fields of anything that a JSON schema describes, found by walking it: members, items, keys, variants. For
 * each there is a way to put a text into it while everything around it is as its examples say.
 * Read next: texts.ts (what is put), api-fields.ts and site-fields.ts (whose schemas).
 */
import { type HostileText, literalOf } from './texts.ts'

export type Schema = {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly pattern?: string
  readonly minimum?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly propertyNames?: Schema
  readonly additionalProperties?: boolean | Schema
  readonly minItems?: number
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly $ref?: string
}

export type TextField = {
  /** Members from the root; `[]`: an item; `~`: a key. */
  readonly name: string
  readonly schema: Schema
  /** The whole, with this in the place of the text. */
  put(text: string): unknown
}

/** No document has it by chance. */
const PLACE = 'the place of the text'

type Replacer = (key: string, value: unknown) => unknown

/** What a field makes of a text, as JSON; `current` has the last word on what is around it. */
export function withText({ put }: Pick<TextField, 'put'>, text: HostileText, current?: Replacer): Buffer {
  const [before, ...after] = JSON.stringify(put(PLACE), current).split(JSON.stringify(PLACE))
  const literal = literalOf(text)
  return Buffer.concat([Buffer.from(before!), ...after.flatMap((piece) => [literal, Buffer.from(piece)])])
}

/** `resolve` follows a reference. */
export function textFields(given: Schema, resolve: (schema: Schema) => Schema = (schema) => schema): TextField[] {
  const schema = resolve(given)
  const whole = (part: Schema) => plausible(part, resolve)
  const below = (name: string, part: Schema, around: (inner: unknown) => unknown): TextField[] =>
    textFields(part, resolve).map((field) => ({
      name: [name, field.name].filter((word) => word !== '').join('.'),
      schema: field.schema,
      put: (text) => around(field.put(text)),
    }))
  const variants = schema.anyOf ?? schema.oneOf
  if (variants !== undefined) return variants.flatMap((variant) => textFields(variant, resolve))
  if (schema.items !== undefined) return below('[]', schema.items, (item) => [item])
  if (isText(schema)) return [{ name: '', schema, put: (text) => text }]
  const keyed = keyedBy(schema)
  const base = (schema.properties === undefined ? {} : whole(schema)) as object
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([key, part]) =>
      below(key, part, (inner) => ({ ...base, [key]: inner })),
    ),
    ...(keyed === undefined
      ? []
      : [
          { name: '~', schema: keyed.keys, put: (text: string) => ({ ...base, [text]: whole(keyed.values) }) },
          ...below('*', keyed.values, (inner) => ({ ...base, [fitting(keyed.keys.pattern)]: inner })),
        ]),
  ]
}

/** What nothing is said of may be a text as well. */
const isText = ({ type, const: constant, enum: words }: Schema) =>
  type === 'string' ||
  typeof constant === 'string' ||
  typeof words?.[0] === 'string' ||
  [type, constant, words].every((word) => word === undefined)

/** A map with keys that the writer chooses. */
const keyedBy = ({ propertyNames, additionalProperties }: Schema) =>
  propertyNames === undefined || typeof additionalProperties !== 'object'
    ? undefined
    : { keys: propertyNames, values: additionalProperties }

/** A value that the schema takes, as far as its examples tell. */
export function plausible(given: Schema, resolve: (schema: Schema) => Schema = (schema) => schema): unknown {
  const schema = resolve(given)
  const [known] = [schema.const, ...(schema.enum ?? []), ...(schema.examples ?? []), schema.default].filter(
    (value) => value !== undefined,
  )
  if (known !== undefined) return known
  const variant = (schema.anyOf ?? schema.oneOf)?.[0]
  if (variant !== undefined) return plausible(variant, resolve)
  switch (schema.type) {
    case 'array':
      return schema.minItems === undefined ? [] : [plausible(schema.items ?? {}, resolve)]
    case 'integer':
    case 'number':
      return schema.minimum ?? 1
    case 'boolean':
      return true
    case 'string':
      return fitting(schema.pattern)
    default:
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([key]) => schema.required?.includes(key))
          .map(([key, part]) => [key, plausible(part, resolve)]),
      )
  }
}

const CANDIDATES = [
  'a',
  'aa',
  '1',
  '1s',
  '1.0',
  'en',
  '127.0.0.1:0',
  'http://127.0.0.1:9',
  'opc.tcp://127.0.0.1:9',
  'mqtt://127.0.0.1:9',
  '2026-01-31',
  '08:00',
  '$' + '{env:HOME}',
  '2026-11-24T08:00:00Z',
]

const fitting = (pattern = '') => CANDIDATES.find((text) => new RegExp(pattern).test(text)) ?? 'text'
