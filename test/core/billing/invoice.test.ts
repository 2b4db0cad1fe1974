/** Invoices of credits that move units into another tax category, or take off tax alone. */
import { expect, it } from 'vitest'
import { invoicesOf } from '../../../gateway/core/billing/invoice.ts'
import { creditEntries } from '../../simulate/money/any-credit.ts'
import { readExamples } from '../../simulate/money/examples.ts'
import { stated } from '../../simulate/money/sums.ts'

const examples = readExamples()
const named = (name: string) => examples.find(({ title }) => title === name)!
type Kinds = Record<string, [net: string, tax: string][]>
const linesIn = (statement: Parameters<typeof invoicesOf>[0]): Kinds =>
  Object.fromEntries(
    invoicesOf(statement, 'ab').map(({ kind, lines }) => [kind, lines.map(({ net, tax }) => [net, tax])]),
  )

it('a red one only takes off: what falls into another category stands in the blue one', () => {
  const { tariff, entry, credits } = named('Units that fall into another tax')
  expect(linesIn(stated({ tariffs: [tariff], entries: [entry], credits }))).toEqual({
    blue: [
      ['45.00', '2.70'],
      ['60.00', '7.80'],
      ['20.00', '1.80'],
    ],
    red: [
      ['-15.00', '-0.90'],
      ['-30.00', '-3.90'],
    ],
  })
})

it('a credit of tax alone is in a red one', () => {
  const { tariff, entry } = named('Minutes in which the machine stood still')
  const { minimum: _, ...terms } = tariff
  const [time] = terms.elements
  const cents = { ...terms, taxIncluded: true, elements: [{ ...time!, price: '0.01', per: '1080000' }] }
  const at = Date.parse(String(entry.data.startedAt))
  const credits = creditEntries(entry, { reduce: [{ of: 'occupied', at, quantity: '1080000' }] }, 1, 2)
  expect(linesIn(stated({ tariffs: [cents], entries: [entry], credits }))).toEqual({
    blue: [['0.04', '0.01']],
    red: [['0.00', '-0.01']],
  })
})
