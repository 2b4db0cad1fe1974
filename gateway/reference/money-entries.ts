/** Entries about money, and what others carry for their bill. Read next: entries.ts (all kinds), core/billing/. */
import Type from 'typebox'
import { occasions } from '../core/billing/tariff.ts'
import { correctionReasons } from '../core/session/correction.ts'
import { by, count, inWords, list, maybe, members, of, only, text, whole, word } from './parts.ts'

const decimal = text('Decimal text.')

const element = members({
  id: text('Name of the element.'),
  of: text('What is counted: a clock, `booked`, `energy`, `pieces`, `flat`, or a meter as `alias.name`.'),
  when: word('', occasions, 'What it is for.'),
  price: text('Decimal text, per `per`.'),
  per: count('Smallest units.'),
  days: maybe(list(whole('0 is Sunday.'), 'Days of the clock of the site.')),
  hours: maybe(members({ from: whole('Minutes from midnight.'), to: whole('Minutes from midnight.') })),
  above: maybe(count('Only what is above this.')),
  free: maybe(count('As much of it is free.')),
  classes: maybe(list(text('Class.'), 'Classes of tenants.')),
  tax: text('Tax category.'),
})

/** What a session or a missed booking carries for its bill. */
const terms = {
  tariff: text('`id@version`.'),
  class: maybe(text('Class of the tenant.')),
  bookedFrom: whole('Begin of the booking, UTC ms.'),
  bookedUntil: whole('Its end, UTC ms.'),
}

export const missedBilling = maybe(members(terms))

export const billing = maybe(
  members({
    ...terms,
    trace: list(
      members({
        at: whole('UTC ms.'),
        when: word('', ['use', 'overrun'], 'What follows.'),
        clocks: members({
          occupiedMs: whole('So far.'),
          poweredMs: whole('So far.'),
          executingMs: whole('So far.'),
        }),
        meters: list(
          members({
            meter: text('`machine/alias.name`.'),
            unit: text('The smallest unit.'),
            quantity: count('Used so far.'),
            total: count('As the meter shows it.'),
          }),
          'The meters that the tariff bills.',
        ),
      }),
      'Readings at each change of band, and at the begin of the overrun.',
    ),
  }),
)

const credit = {
  id: text('UUIDv7 of the credit.'),
  original: whole('Sequence of the entry whose bill it corrects.'),
  by,
}

export const moneyEntries = {
  CreditProposed: of('session', 'A person says that a bill is too high. Nothing counts before another approves.', {
    ...credit,
    reduce: list(
      members({
        of: text('`occupied`, `powered` or `executing`, or a meter as `machine/alias.name`.'),
        at: whole('UTC ms: between the last reading at or before it, and the next.'),
        quantity: count('Units taken out.'),
      }),
      'What is taken out of the use.',
    ),
    waive: maybe(only(true, 'The whole bill, and no units.')),
    reason: word('', correctionReasons, 'What kind of credit.'),
    text: inWords,
  }),
  CreditApproved: of('session', 'Another person approved a credit, and it counts from here.', {
    ...credit,
    number: whole('1 for the first credit of the bill.'),
    statements: list(text('SHA-256, hex.'), 'The statements that had the bill.'),
  }),
  TariffPublished: of('gateway', 'A version of a tariff, as it will always be.', {
    id: text('Its name.'),
    version: whole('Its version.'),
    currency: text('ISO 4217.'),
    digits: whole('Decimals of the currency.'),
    zone: text('IANA zone of the clock of the site.'),
    validFrom: maybe(text('First day.')),
    validUntil: maybe(text('Last day.')),
    approvedBy: text('Who approved it.'),
    freeCancellationMs: whole('A booking cancelled so long before its begin is free.'),
    basis: word('', ['reservation', 'use', 'both'], 'What counts.'),
    elements: list(element, 'Prices; the first that matches wins.'),
    minimum: maybe(decimal),
    maximum: maybe(decimal),
    taxIncluded: Type.Boolean({ description: 'Whether prices contain the tax.' }),
    taxes: Type.Record(Type.String(), decimal, { description: 'Percent by category.' }),
    split: members({
      parts: list(
        members({ party: text('Who.'), percent: maybe(decimal), fixed: maybe(decimal) }),
        'In order, each never more than is left.',
      ),
      remainder: text('Who gets the rest.'),
    }),
  }),
  StatementIssued: of('gateway', 'A statement was made, of which this is the hash.', {
    sha256: text('Of the statement in canonical JSON, hex.'),
    from: text('Begin of its period.'),
    to: text('End of its period.'),
    tenant: maybe(text('Pseudonym, when it is of one tenant.')),
    owner: maybe(text('When it is of one owner.')),
    entries: maybe(whole('Entries the log had when it was made; absent: those before this one.')),
    by: text('Who asked for it.'),
  }),
}
