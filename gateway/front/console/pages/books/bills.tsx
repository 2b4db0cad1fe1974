/** The bills of a statement, each with its lines, who gets what of each, and what auditors say is too much in it. */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { whyText } from '../../model/tariff.ts'
import type { Bill } from '../../model/wire.ts'
import { Facts, Heads, Scroll } from '../../parts/parts.tsx'
import { useDesk, useWords } from '../../shell/context.ts'
import { useStore } from '../../shell/store.ts'

type BillsProps = {
  readonly bills: readonly Bill[]
  /** What may be done about an open one. */
  readonly act?: (bill: Bill) => ComponentChildren
}

export function Bills({ bills, act }: BillsProps) {
  const { t } = useWords()
  const [open, setOpen] = useState<string>()
  return (
    <Scroll label={t('statement.title')}>
      <table>
        <Heads
          columns={[
            t('books.when'),
            t('books.machine'),
            t('books.tenant'),
            t('statement.tariff'),
            { number: t('statement.total') },
            { hidden: t('statement.lines') },
          ]}
        />
        {bills.map((bill) => (
          <BillRows
            key={bill.id}
            bill={bill}
            open={open === bill.id}
            toggle={() => setOpen(open === bill.id ? undefined : bill.id)}
            act={act}
          />
        ))}
      </table>
    </Scroll>
  )
}

type BillProps = {
  readonly bill: Bill
  readonly open: boolean
  readonly toggle: () => void
  readonly act: BillsProps['act']
}

function BillRows({ bill, open, toggle, act }: BillProps) {
  const { t, time, name } = useWords()
  const names = useStore(useDesk().live, ({ cards }) => cards[bill.machine]?.machine.name)
  return (
    <tbody data-open={open ? '' : undefined}>
      <tr>
        <th scope="row">{time(Date.parse(bill.endedAt), Date.now())}</th>
        <td>
          <bdi>{name(names ?? {}, bill.machine)}</bdi>
        </td>
        <td>
          <bdi>{bill.tenant}</bdi>
        </td>
        <td>
          <bdi>{bill.tariff}</bdi>
        </td>
        <td class="number strong">{`${bill.total} ${bill.currency}`}</td>
        <td class="number">
          <button type="button" class="link" aria-expanded={open} onClick={toggle}>
            {open ? t('books.close') : t('statement.lines')}
          </button>
        </td>
      </tr>
      {open ? (
        <tr class="behind">
          <td colSpan={6}>
            <div class="bill-more">
              <Lines bill={bill} />
              <Sums of={bill} />
              {act?.(bill)}
            </div>
          </td>
        </tr>
      ) : null}
    </tbody>
  )
}

function Lines({ bill: { lines, adjustments, currency } }: { readonly bill: Bill }) {
  const words = useWords()
  const { t, of } = words
  return (
    <ul class="bill">
      {lines.map((line) => (
        <li key={`${line.of} ${line.element} ${line.from} ${line.quantity}`}>
          <span>
            <bdi>{line.element ?? line.of}</bdi> <span class="small">{whyText(line.why, words)}</span>
          </span>
          <span class="number">
            {line.price === undefined
              ? t('statement.free', { quantity: line.quantity, unit: line.unit })
              : t('statement.line', {
                  quantity: line.quantity,
                  free: line.free,
                  unit: line.unit,
                  price: line.price,
                  per: line.per ?? '1',
                })}
          </span>
          <span class="number">{`${line.amount} ${currency}`}</span>
          {line.split.length === 0 ? null : <Shares split={line.split} />}
        </li>
      ))}
      {adjustments.map(({ kind, amount }) => (
        <li key={kind}>
          <span>{of('statement', kind, 'statement.adjustment')}</span>
          <span />
          <span class="number">{`${amount} ${currency}`}</span>
        </li>
      ))}
    </ul>
  )
}

/** Who gets what of a line; exact, so that it may be a fraction. */
function Shares({ split }: { readonly split: Bill['split'] }) {
  const { t } = useWords()
  const shares = split.map((each) => t('statement.amount', each)).join(t('list.and'))
  return (
    <span class="small shares">
      <bdi>{t('statement.shares', { shares })}</bdi>
    </span>
  )
}

type Summed = Pick<Bill, 'currency' | 'net' | 'tax' | 'total' | 'split'>

/** What it comes to, and who gets it. */
export function Sums({ of: { currency, net, tax, total, split } }: { readonly of: Summed }) {
  const { t } = useWords()
  return (
    <Facts
      rows={[
        [t('statement.total'), <strong key="total">{`${total} ${currency}`}</strong>],
        [t('statement.net'), `${net} ${currency}`],
        [t('statement.tax'), `${tax} ${currency}`],
        ...split.map(({ party, amount }) => [t('statement.share', { party }), `${amount} ${currency}`] as const),
      ]}
    />
  )
}
