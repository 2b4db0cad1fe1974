/**
 * The schema of what a device must be set to before its meters count.
 * Read next: profile-schema.ts, config/check/setting.ts (what no schema can say), gateway/core/metering/settings.ts.
 */
import Type from 'typebox'
import { closed, NAME } from './field.ts'

const shown = Type.Union([
  Type.Number({ description: 'A number.' }),
  Type.Boolean({ description: 'A bit.' }),
  Type.String({ minLength: 1, maxLength: 64, description: 'A text.' }),
])

export const setting = Type.Object(
  {
    signal: Type.String({ pattern: NAME, description: 'Signal that shows the setting, scaled.' }),
    equals: Type.Optional(shown),
    oneOf: Type.Optional(
      Type.Array(shown, { minItems: 1, maxItems: 16, description: 'Values with which the meters count.' }),
    ),
    atLeast: Type.Optional(Type.Number({ description: 'The least number with which they do.' })),
    atMost: Type.Optional(Type.Number({ description: 'The largest.' })),
    what: Type.String({ minLength: 1, maxLength: 80, description: 'What is set, for people: the word order.' }),
    todo: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'What to do about it, for people at the device.' }),
    ),
    meters: Type.Optional(
      Type.Array(Type.String({ pattern: NAME, description: 'A meter of this profile.' }), {
        minItems: 1,
        maxItems: 64,
        description: 'The meters that need it. Default: all that are on a signal.',
      }),
    ),
  },
  closed,
)
