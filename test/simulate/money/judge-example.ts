/** Whether the engine and the verifier come to the numbers of an example. Read next: examples.ts. */
import { isDeepStrictEqual } from 'node:util'
import canonicalize from 'canonicalize'
import { fractionText } from '../../../gateway/core/billing/fraction.ts'
import type { Statement } from '../../../gateway/core/billing/statement.ts'
import type { Example } from './examples.ts'
import { restated, stated } from './sums.ts'

export function wrongIn({ tariff, entry, credits, ...expected }: Example): string[] {
  const story = { tariffs: [tariff], entries: [entry], credits }
  const statement = stated(story)
  const [bill] = statement.bills
  if (bill === undefined) return [`it is not billed: ${JSON.stringify(statement.unbilled)}`]
  const { net, tax, total, split } = bill
  const lines = [
    ...bill.lines.map(({ element = 'free', begin, quantity, free, amount }) => ({
      element,
      begin,
      quantity,
      free,
      amount,
    })),
    ...bill.adjustments.map(({ kind, amount }) => ({ element: kind, free: '0', amount })),
  ]
  return [
    ...differs(
      'lines',
      lines,
      expected.lines.map((line) => ({ ...line, amount: fractionText(line.amount) })),
    ),
    ...differs('sums', { net, tax, total }, { net: expected.net, tax: expected.tax, total: expected.total }),
    ...(expected.split === undefined ? [] : differs('split', split, expected.split)),
    ...differs('number of credits', statement.credits?.length ?? 0, expected.worth.length),
    ...expected.worth.flatMap(({ split: shared, ...sums }, index) => {
      const is = statement.credits?.[index]
      const wrong = differs('credit', { net: is?.net, tax: is?.tax, total: is?.total }, sums)
      return shared === undefined ? wrong : [...wrong, ...differs('its split', is?.split, shared)]
    }),
    ...(canonicalize(statement) === canonicalize(restated(story) as Statement) ? [] : ['the verifier differs']),
  ]
}

const differs = (what: string, is: unknown, expected: unknown): string[] =>
  isDeepStrictEqual(is, expected) ? [] : [`${what}: ${JSON.stringify(is)}, not ${JSON.stringify(expected)}`]
