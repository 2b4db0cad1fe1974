/** A statement as a table: a row per line, adjustment, tax category, bill and share, and per unbilled use. Pure. */
import type { Statement } from '../../../core/billing/statement.ts'

const columns = [
  'row',
  'id',
  'machine',
  'booking',
  'tenant',
  'class',
  'tariff',
  'startedAt',
  'endedAt',
  'of',
  'when',
  'element',
  'why',
  'from',
  'to',
  'begin',
  'end',
  'quantity',
  'free',
  'unit',
  'price',
  'per',
  'exact',
  'tax',
  'percent',
  'net',
  'taxAmount',
  'total',
  'currency',
  'party',
  'share',
] as const
export type StatementRow = Partial<Record<(typeof columns)[number], string>>
export const statementColumns: readonly (keyof StatementRow)[] = columns

export function statementRows({ bills, unbilled, credits = [] }: Statement): StatementRow[] {
  return [
    ...bills.flatMap((bill): StatementRow[] => {
      const { id, machine, booking, tenant, tariff, startedAt, endedAt, currency, exact, net, tax, total } = bill
      const head = {
        id,
        machine,
        booking,
        tenant,
        ...(bill.class && { class: bill.class }),
        tariff,
        startedAt,
        endedAt,
        currency,
      }
      return [
        ...bill.lines.map(({ meters: _, split: __, amount, ...line }) => ({
          row: 'line',
          ...head,
          ...line,
          exact: amount,
        })),
        ...bill.adjustments.map(({ kind, amount, ...rest }) => ({ row: kind, ...head, ...rest, exact: amount })),
        ...bill.taxes.map((line) => ({
          row: 'tax',
          ...head,
          tax: line.category,
          percent: line.percent,
          net: line.net,
          taxAmount: line.tax,
        })),
        { row: 'bill', ...head, exact, net, taxAmount: tax, total },
        ...bill.split.map(({ party, amount }) => ({ row: 'share', ...head, party, share: amount })),
      ]
    }),
    ...credits.flatMap(creditRows),
    ...unbilled.map(({ id, reason }) => ({ row: 'unbilled', id, why: reason })),
  ]
}

/** As those of a bill, with `why` it is and the bill it is of. */
function creditRows({ bill, taxes, split, ...credit }: NonNullable<Statement['credits']>[number]): StatementRow[] {
  const { id, machine, booking, tenant, tariff, currency, approvedAt, text, exact, net, tax, total } = credit
  const head = { id, machine, booking, tenant, tariff, endedAt: approvedAt, of: bill, why: text, currency }
  const rates = taxes.map((line) => ({
    row: 'credit-tax',
    ...head,
    tax: line.category,
    percent: line.percent,
    net: line.net,
    taxAmount: line.tax,
  }))
  const shares = split.map(({ party, amount }) => ({ row: 'credit-share', ...head, party, share: amount }))
  return [...rates, { row: 'credit', ...head, exact, net, taxAmount: tax, total }, ...shares]
}
