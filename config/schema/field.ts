/**
 * What the fields of a schema are made of: ids, names, days, durations, secrets, addresses, words. Advice for a value
 * that does not fit a pattern is in config/document/words.ts. Read next: site-schema.ts (the site), profile-schema.ts.
 */
import ms from 'ms'
import Type from 'typebox'

export const closed = { additionalProperties: false }
/** Ids become keys of objects, and every object has a `constructor` already. */
export const ID = '^(?!constructor$)[a-z0-9-]{1,32}$'
export const NAME = '^[a-z][A-Za-z0-9]{0,31}$'
/** A signal of a machine: `alias.signal`. */
export const SIGNAL = '^[a-z0-9-]{1,32}\\.[a-z][A-Za-z0-9]{0,31}$'
export const DATE = '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
/** The shape of a language tag of BCP 47; config/check/names.ts judges the rest. */
export const LANGUAGE = '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$'
export const DURATION = '^[0-9]{1,7}(ms|s|m|h|d)$'
export const id = (description: string) => Type.String({ pattern: ID, description })

/** What people call a signal or a meter. */
export const titled = {
  title: Type.Optional(Type.String({ maxLength: 80, description: 'For people.' })),
  titles: Type.Optional(
    Type.Record(Type.String({ pattern: LANGUAGE }), Type.String({ minLength: 1, maxLength: 80 }), {
      description: 'The title in other languages, by language tag (BCP 47): `zh`, `de`.',
    }),
  ),
}

/** `250ms`, `30s`, `5m`, `2h`, `1d`; config/document/validate.ts obeys `shortest` and `longest`. */
export const duration = (description: string, fallback?: string, bounds?: { shortest?: string; longest?: string }) =>
  Type.String({
    pattern: DURATION,
    description,
    ...(fallback ? { default: fallback } : {}),
    shortest: '10ms',
    longest: '1d',
    ...bounds,
  })

export function milliseconds(duration: string): number {
  return ms(duration as ms.StringValue)
}

export const secret = (description: string) => Type.String({ minLength: 1, description, secret: true })

export const url = (description: string, schemes: string) =>
  Type.String({ pattern: `^(${schemes})://`, maxLength: 512, description })

/** A picture beside the site file. */
export const picture = (description: string) =>
  Type.String({
    pattern: '^[^:]+\\.(png|jpg|jpeg|webp|svg)$',
    maxLength: 512,
    description: `${description}: a PNG, JPEG, WebP or SVG file of at most 4 MB, relative to the site file.`,
  })

export const literals = <T extends string>(values: readonly T[], description: string, fallback?: T) =>
  Type.Unsafe<T>(
    Type.Union(
      values.map((value) => Type.Literal(value)),
      { description, ...(fallback ? { default: fallback } : {}) },
    ),
  )

export const itemState = literals(
  ['NotAvailable', 'OutOfService', 'NotExecuting', 'Executing'] as const,
  'OPC 40001-1 MachineryItemState.',
)

export const operationMode = literals(
  ['None', 'Maintenance', 'Setup', 'Processing'] as const,
  'OPC 40001-1 MachineryOperationMode.',
)
