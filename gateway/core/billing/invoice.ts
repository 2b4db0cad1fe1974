/**
 * What a platform needs to have a fully digitalised e-invoice (数电发票) issued for a statement: per currency one
 * invoice with a line for each bill and tax category, and a red one for its credits, which names the orders that it
 * corrects. What a credit moves into another tax category stands in the blue one, since a red one only takes off.
 * Buyer, seller and tax classification codes (税收分类编码) are added by the platform, which issues it.
 * Read next: statement.ts.
 */
import { decimal, moneyText, plus, sum } from './fraction.ts'
import type { Statement } from './statement.ts'

export type Invoice = {
  /** Unique, and the same each time it is asked for. */
  readonly order: string
  readonly kind: 'blue' | 'red'
  /** Orders of the invoices of the statements that had the bills; of a red one. */
  readonly corrects?: readonly string[]
  readonly currency: string
  readonly lines: readonly InvoiceLine[]
  readonly net: string
  readonly tax: string
  readonly total: string
}

type InvoiceLine = {
  readonly name: string
  readonly specification: string
  readonly unit: '次'
  /** -1 in a red one. */
  readonly quantity: string
  readonly unitPrice: string
  readonly net: string
  readonly category: string
  /** `0.13` for 13 percent. */
  readonly rate: string
  readonly tax: string
  readonly bill: string
}

/** Characters of the hash of a statement in an order. */
const ORDER = 20

export function invoicesOf({ bills, credits = [], totals }: Statement, sha256: string): Invoice[] {
  return totals.flatMap(({ currency }) => {
    const isOwn = (each: { readonly currency: string }) => each.currency === currency
    const order = orderOf(sha256, currency)
    const back = credits.filter(isOwn)
    const lines = [
      ...bills.filter(isOwn).flatMap((bill) => linesOf(bill, bill.id)),
      ...back.flatMap((credit) => linesOf(credit, credit.bill)),
    ]
    const blue = lines.filter(({ quantity }) => quantity === '1')
    const red = lines.filter(({ quantity }) => quantity === '-1')
    const corrects = [...new Set(back.flatMap(({ statements }) => statements))].map((hash) => orderOf(hash, currency))
    return [
      ...(blue.length === 0 ? [] : [{ order, kind: 'blue' as const, currency, ...summed(blue) }]),
      ...(red.length === 0 ? [] : [{ order: `${order}-R`, kind: 'red' as const, corrects, currency, ...summed(red) }]),
    ]
  })
}

const orderOf = (sha256: string, currency: string) => `${sha256.slice(0, ORDER)}-${currency}`

type Billed = Pick<Statement['bills'][number], 'machine' | 'tariff' | 'taxes'>

/** None for what costs nothing. */
function linesOf({ machine, tariff, taxes }: Billed, bill: string): InvoiceLine[] {
  return taxes.flatMap(({ category, percent, net, tax }) => {
    const { top } = plus(decimal(net), decimal(tax))
    if (top === 0n) return []
    const quantity = top < 0n ? '-1' : '1'
    const price = { unit: '次' as const, quantity, unitPrice: net.replace('-', '') }
    return [{ name: machine, specification: tariff, ...price, net, category, rate: rateOf(percent), tax, bill }]
  })
}

/** A percentage as a decimal part of 1. */
function rateOf(percent: string): string {
  const { top, bottom } = decimal(percent)
  const digits = (percent.split('.')[1]?.length ?? 0) + 2
  return moneyText({ top, bottom: bottom * 100n }, digits)
}

function summed(lines: readonly InvoiceLine[]): Pick<Invoice, 'lines' | 'net' | 'tax' | 'total'> {
  const digits = Math.max(...lines.map(({ net }) => net.split('.')[1]?.length ?? 0))
  const text = (amounts: readonly string[]) => moneyText(sum(amounts.map(decimal)), digits)
  const [nets, taxes] = [lines.map(({ net }) => net), lines.map(({ tax }) => tax)]
  return { lines, net: text(nets), tax: text(taxes), total: text([...nets, ...taxes]) }
}
