/** Bills and statements as callers see them. Read next: statements.ts, quote.ts; core/billing/bill.ts (what it is). */
import Type from 'typebox'
import { MOST_REDUCTIONS } from '../../../core/billing/credit.ts'
import { correctionReasons } from '../../../core/session/correction.ts'
import { shownInstant } from '../http/instant.ts'
import { words } from '../http/schema.ts'

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

export const reductionsSchema = Type.Array(
  Type.Object(
    {
      of: Type.String({
        pattern: '^(occupied|powered|executing|[a-z0-9-]{1,32}/[A-Za-z0-9.-]{1,80})$',
        description: '`occupied`, `powered` or `executing`, or a meter as machine/alias.name.',
        examples: ['booth-1/meter.energy'],
      }),
      at: Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'UTC ms: between the last reading at or before it and the next, as `from` of a line.',
        examples: [1_780_000_000_000],
      }),
      quantity: Type.String({
        pattern: '^[1-9][0-9]{0,29}$',
        description: 'Smallest units, a whole number above 0 as text.',
        examples: ['600000'],
      }),
    },
    { additionalProperties: false },
  ),
  { maxItems: MOST_REDUCTIONS, description: 'Units taken out of the use.' },
)

/** What two people have said about a bill. */
export const creditSaid = {
  id: Type.String({ description: 'Credit.' }),
  bill: Type.String({ description: 'The `id` of the bill: a session, or a booking that nobody used.' }),
  reason: words(correctionReasons, 'What kind of credit.'),
  text: Type.String({ description: 'Why.' }),
  reduce: reductionsSchema,
  waive: Type.Optional(Type.Literal(true, { description: 'The whole bill.' })),
  proposedBy: Type.String({ description: 'A person.' }),
}

const creditSchema = Type.Object(
  {
    ...creditSaid,
    number: Type.Integer({ description: '1 for the first credit of the bill; each is worth what is left.' }),
    original: Type.Integer({ description: 'Sequence of the entry that was billed.' }),
    statements: Type.Array(Type.String(), { description: 'Hashes of the statements that had the bill.' }),
    approvedAt: shownInstant('It counts from here.'),
    approvedBy: Type.String({ description: 'Another person.' }),
    when: Type.String(),
    machine: Type.String(),
    booking: Type.String(),
    tenant: Type.String({ description: 'Pseudonym.' }),
    tariff: Type.String({ description: 'name@version' }),
    currency: Type.String(),
    exact: exact('The bill after less the bill before.'),
    taxes: Type.Array(taxLine),
    net: decimal('Below 0.'),
    tax: decimal('Of it.'),
    total: decimal('Net and tax.'),
    split: Type.Array(amount('Of the net.')),
  },
  { title: 'Credit' },
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
        reason: Type.String({ description: 'simulated, override, incomplete, no-tariff, cancelled-in-time.' }),
      }),
      { description: 'What is never billed.' },
    ),
    credits: Type.Optional(
      Type.Array(creditSchema, {
        description: 'What was approved in the period; the bill itself may be of an earlier one.',
      }),
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
      { description: 'Sums of what was rounded per use, less the credits.' },
    ),
  },
  { title: 'Statement' },
)
