/** The fields of an e-invoice as callers see them. Read next: core/billing/invoice.ts (what they are made of). */
import Type from 'typebox'

const decimal = (description: string) => Type.String({ description: `${description} Decimal text.` })

export const invoiceSchema = Type.Object(
  {
    order: Type.String({ description: 'Unique order number (开票流水号), the same each time it is asked for.' }),
    kind: Type.Union([Type.Literal('blue'), Type.Literal('red')], { description: '`red` (红字): for credits.' }),
    corrects: Type.Optional(
      Type.Array(Type.String(), { description: 'Order numbers of the statements that had the bills.' }),
    ),
    currency: Type.String(),
    lines: Type.Array(
      Type.Object({
        name: Type.String({ description: 'Machine (项目名称).' }),
        specification: Type.String({ description: 'name@version of the tariff (规格型号).' }),
        unit: Type.String({ description: '单位' }),
        quantity: Type.String({ description: '1, of a red one -1 (数量).' }),
        unitPrice: decimal('Without tax (单价).'),
        net: decimal('金额.'),
        category: Type.String({ description: 'Tax category, for which the platform has the classification code.' }),
        rate: decimal('0.13 for 13 percent (税率).'),
        tax: decimal('税额.'),
        bill: Type.String({ description: 'The `id` of the bill.' }),
      }),
    ),
    net: decimal('合计金额.'),
    tax: decimal('合计税额.'),
    total: decimal('价税合计.'),
  },
  { title: 'Invoice' },
)
