/**
 * The schema of a value that is composed of other signals of its device: what a device spreads over several registers.
 * Read next: profile-schema.ts, config/check/composed.ts (what no schema can say), gateway/core/meter/composed.ts.
 */
import Type from 'typebox'
import { closed, literals, NAME } from './field.ts'

/** A decimal above zero, at most nine digits before and after the point. */
export const STEP = '^(?=.*[1-9])[0-9]{1,9}([.][0-9]{1,9})?$'

const signal = (description: string) => Type.String({ pattern: NAME, description })
const signals = (description: string, minItems = 0) =>
  Type.Array(signal('A signal of this profile.'), { minItems, maxItems: 16, description })

const instant = Type.Optional(
  literals(
    ['cycle', 'request'] as const,
    'Of which moment the parts must be: read in one cycle, or in one request. Write `request` where a part carries into another, such as thousandths into whole units.',
    'cycle',
  ),
)

const counted = {
  instant,
  step: Type.Optional(
    Type.String({
      pattern: STEP,
      description:
        'What one count of the value is worth in its unit; needed where a meter counts it. What does not fill a step is counted once the step is full.',
    }),
  ),
  resolution: Type.Optional(
    Type.String({
      pattern: STEP,
      description: 'Step in which the parts that are floats count; needed where they are counted exactly.',
    }),
  ),
  finer: Type.Optional(Type.Boolean({ description: 'The floats may count in finer steps than `resolution`.' })),
}

export const composed = Type.Union(
  [
    Type.Object(
      {
        kind: Type.Literal('sum', { description: 'Signals added up, and others taken off: tariffs, import − export.' }),
        add: Type.Optional({ ...signals('Added.'), default: [] }),
        subtract: Type.Optional({ ...signals('Taken off.'), default: [] }),
        ...counted,
      },
      closed,
    ),
    Type.Object(
      {
        kind: Type.Literal('product', { description: 'A signal whose scale the device keeps in registers.' }),
        of: signal('The signal that is multiplied.'),
        times: Type.Optional({ ...signals('Ratios it is multiplied with.'), default: [] }),
        tenTo: Type.Optional(signal('A signal that holds a power of ten: −1 makes 10 one.')),
        tenToMinus: Type.Optional(signal('A signal that holds a number of decimals: 1 makes 10 one.')),
        by: Type.Optional(
          Type.Object(
            {
              signal: signal('A signal that chooses the factor, such as a prefix.'),
              factors: Type.Record(
                Type.String({ pattern: '^-?[0-9]{1,10}$' }),
                Type.String({ pattern: STEP, description: 'The factor.' }),
                { minProperties: 1, description: 'Value → factor. With any other value there is none.' },
              ),
            },
            closed,
          ),
        ),
        ...counted,
      },
      closed,
    ),
    Type.Object(
      {
        kind: Type.Literal('sign', { description: 'An amount whose sign stands in a register of its own.' }),
        of: signal('The amount.'),
        negative: signal('The signal that makes it negative.'),
        when: Type.Optional(
          Type.Integer({ default: 1, description: 'The value of `negative` with which it is; a bit is 1.' }),
        ),
        ...counted,
      },
      closed,
    ),
    Type.Object(
      {
        kind: Type.Literal('time', {
          description: 'A date and a time of day, by the clock of the device: 2026-11-27T09:30:00.',
        }),
        year: signal('All four digits; one that counts from 2000 has offset 2000.'),
        month: signal('1 to 12.'),
        day: signal('1 to 31.'),
        hour: Type.Optional(signal('0 to 23.')),
        minute: Type.Optional(signal('0 to 59.')),
        second: Type.Optional(signal('0 to 59.')),
        instant,
      },
      closed,
    ),
    Type.Object(
      {
        kind: Type.Literal('text', {
          description: 'Several signals as one text, such as a serial number and the ratios of a counter.',
        }),
        of: signals('In this order, with a slash between them.', 1),
        instant,
      },
      closed,
    ),
  ],
  { description: 'Signals of this profile that make the value, read in one cycle; in place of `address`.' },
)
