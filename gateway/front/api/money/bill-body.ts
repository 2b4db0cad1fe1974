/** Bills and statements as callers see them. Read next: statements.ts, quote.ts; core/billing/bill.ts (what it is). */
import Type from 'typebox'
import { shownInstant } from '../http/instant.ts'

const decimal = (description: string) => Type.String({ description: `${description} Decimal text.` })
const exact = (description: string) =>
  Type.String({ description: `${description} Exact: a whole number or a fraction.` })
const count = (description: string) => Type.String({ description: `${description} Smallest units, decimal text.` })

const amount = (description: string) =>
  Type.Object({
    party: Type.String({ description: '`site`, `platform`, a fund, or `owner/<id>`.' }),
    amount: exact(description),
  })

const lineSchema = Type.Object(
  {
    of: Type.String({ description: 'What is counted.' }),
    when: Type.String({ description: '`use`, `overrun`, `no-show` or `cancellation`.' }),
    element: Type.Optional(Type.String({ description: 'The element that won; absent: none matched, and it is free.' })),
    why: Type.String({ description: 'The conditions that held.' }),
    from: shownInstant('First reading.'),
    to: shownInstant('Second reading.'),
    begin: count('What the use had at the first reading.'),
    end: count('What it had at the second.'),
    meters: Type.Array(Type.Object({ meter: Type.String(), begin: Type.String(), end: Type.String() }), {
      description: 'What the meters showed.',
    }),
    quantity: count('`end` less `begin`.'),
    free: count('The free part of it.'),
    unit: Type.String(),
    price: Type.Optional(decimal('Per `per`.')),
    per: Type.Optional(count('What the price is for.')),
    amount: exact('price × (quantity − free) ÷ per.'),
    tax: Type.Optional(Type.String({ description: 'Tax category.' })),
    split: Type.Array(amount('Of the line.')),
  },
  { title: 'BillLine' },
)

const taxLine = Type.Object({
  category: Type.String(),
  percent: decimal('Rate.'),
  net: decimal('Rounded once.'),
  tax: decimal('Of the rounded net.'),
})

export const billSchema = Type.Object(
  {
    id: Type.String({ description: 'Session; of a booking that nobody used, the booking.' }),
    when: Type.String(),
    machine: Type.String(),
    booking: Type.String(),
    tenant: Type.String({ description: 'Pseudonym.' }),
    class: Type.Optional(Type.String()),
    tariff: Type.String({ description: 'name@version' }),
    currency: Type.String(),
    startedAt: shownInstant('Begin.'),
    endedAt: shownInstant('End.'),
    lines: Type.Array(lineSchema),
    unnamed: Type.Array(Type.String(), { description: 'Quantities that no element names: free.' }),
    adjustments: Type.Array(
      Type.Object({ kind: Type.String(), tax: Type.String(), amount: exact('What it adds or takes off.') }),
      { description: 'Minimum and maximum.' },
    ),
    exact: exact('Lines and adjustments before rounding.'),
    taxes: Type.Array(taxLine),
    net: decimal('Sum.'),
    tax: decimal('Sum.'),
    total: decimal('Net and tax.'),
    split: Type.Array(amount('Of the net.')),
  },
  { title: 'Bill' },
)

export const statementSchema = Type.Object(
  {
    site: Type.String(),
    from: shownInstant('Uses that ended at or after.'),
    to: shownInstant('And before.'),
    tenant: Type.Optional(Type.String({ description: 'Pseudonym.' })),
    owner: Type.Optional(Type.String()),
    bills: Type.Array(billSchema),
    unbilled: Type.Array(
      Type.Object({
        id: Type.String(),
        reason: Type.String({ description: 'simulated, override, incomplete, no-tariff.' }),
      }),
      { description: 'What is never billed.' },
    ),
    totals: Type.Array(
      Type.Object({
        currency: Type.String(),
        net: decimal('Sum of the bills.'),
        tax: decimal('Sum.'),
        total: decimal('Sum.'),
        taxes: Type.Array(taxLine),
        split: Type.Array(amount('Sum.')),
      }),
      { description: 'Sums of what was rounded per use.' },
    ),
  },
  { title: 'Statement' },
)
