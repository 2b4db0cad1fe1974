/**
 * The schema of a tariff in the site file. Prices are decimal text in quotes, because a number of YAML is a float; and
 * quantities are a whole number with its unit. Read next: config/document/tariff.ts (what it becomes),
 * config/check/tariff.ts (its sense), gateway/core/billing/EXAMPLES.md (what tariffs cost).
 */
import Type from 'typebox'
import { bases, occasions } from '../../gateway/core/billing/tariff.ts'
import { closed, DATE, duration, ID, id, literals } from './field.ts'

export const PIN = '^[a-z0-9-]{1,32}@[1-9][0-9]{0,5}$'
const PRICE = '^(0|[1-9][0-9]{0,11})([.][0-9]{1,9})?$'
export const AMOUNT = '^[1-9][0-9]{0,11}( (ms|s|min|h|d|Wh|kWh|MWh|pcs|use))?$'
const HOURS = '^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$'

const price = (description: string) => Type.String({ pattern: PRICE, description: `${description} As "12" or "0.85".` })
const amount = (description: string) =>
  Type.String({ pattern: AMOUNT, description: `${description} As 1 h, 10 min, 1 kWh, 100 pcs, or the meter’s units.` })

const element = Type.Object(
  {
    id: id('Name of the element, as the bill shows it.'),
    of: Type.String({
      pattern: '^(booked|occupied|powered|executing|energy|pieces|flat|[a-z0-9-]{1,32}[.][a-z][A-Za-z0-9]{0,31})$',
      description:
        'booked, occupied, powered, executing (time), energy, pieces (sums of the meters in Wh and pcs), flat (1 per use), or a meter as alias.name.',
    }),
    when: Type.Optional(
      literals(
        occasions,
        'A use until its grace is over, what comes after the grace, a booking nobody used, or one cancelled late.',
        'use',
      ),
    ),
    price: price('Price per `per`, without steps.'),
    per: amount('What the price is for.'),
    days: Type.Optional(
      Type.Array(literals(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const, 'Day.'), {
        minItems: 1,
        maxItems: 7,
        description: 'Only on these days of the site’s clock.',
      }),
    ),
    hours: Type.Optional(
      Type.String({
        pattern: HOURS,
        description: 'Only at these hours, as "22:00-06:00"; hours over midnight belong to the day they begin on.',
      }),
    ),
    above: Type.Optional(amount('Only what a use has of the quantity above this.')),
    free: Type.Optional(amount('As much of what the element matches in a use is free.')),
    classes: Type.Optional(
      Type.Array(id('Class of tenants.'), { minItems: 1, maxItems: 16, description: 'Only for these classes.' }),
    ),
    tax: id('Category of `taxes`.'),
  },
  { ...closed, description: 'A price. The first element that matches wins; what none matches is free.' },
)

const split = Type.Object(
  {
    parts: Type.Optional(
      Type.Array(
        Type.Object(
          {
            party: id('Who gets it: `site`, `platform`, a fund, or `owners` (by the shares of the session).'),
            percent: Type.Optional(price('Percent of the net of a use; or `fixed`.')),
            fixed: Type.Optional(price('Fixed amount per use, never more than is left.')),
          },
          closed,
        ),
        { maxItems: 16, default: [], description: 'In order, each never more than is left.' },
      ),
    ),
    remainder: id('Who gets the rest, and what rounding leaves.'),
  },
  { ...closed, default: { remainder: 'owners' }, description: 'Who receives the net of a use.' },
)

export const tariffs = Type.Optional(
  Type.Record(
    Type.String({ pattern: PIN }),
    Type.Object(
      {
        currency: Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217, such as CNY.' }),
        approvedBy: Type.String({ minLength: 1, maxLength: 120, description: 'Who approved it.' }),
        from: Type.Optional(Type.String({ pattern: DATE, description: 'First day on which a use may begin by it.' })),
        until: Type.Optional(Type.String({ pattern: DATE, description: 'Last day on which a use may begin by it.' })),
        basis: Type.Optional(
          literals(bases, 'Whether what is booked counts, what is used, or both; `flat` always counts.', 'use'),
        ),
        elements: Type.Array(element, { minItems: 1, maxItems: 64, description: 'Prices, in order.' }),
        minimum: Type.Optional(price('Least price of a use, before tax is added.')),
        maximum: Type.Optional(price('Highest price of a use, before tax is added.')),
        taxIncluded: Type.Optional(
          Type.Boolean({ default: false, description: 'Whether prices, minimum and maximum contain the tax.' }),
        ),
        taxes: Type.Record(Type.String({ pattern: ID }), price('Percent.'), {
          minProperties: 1,
          maxProperties: 32,
          description: 'Percent by tax category.',
        }),
        freeCancellation: Type.Optional(
          duration('A booking cancelled at least so long before its begin is free.', '24h', {
            shortest: '0s',
            longest: '31d',
          }),
        ),
        split: Type.Optional(split),
        accept: Type.Optional(
          Type.Array(literals(['gaps', 'overlaps'] as const, 'What is meant to be so.'), {
            maxItems: 2,
            default: [],
            description:
              'gaps: what no element matches is free; overlaps: the first of two elements that both match wins.',
          }),
        ),
      },
      { ...closed, description: 'A version of a tariff.' },
    ),
    {
      description:
        'Tariffs as name@version. A version that has been published never changes: write another version, and pin it.',
    },
  ),
)
