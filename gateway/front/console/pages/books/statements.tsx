/**
 * What uses of the period cost, and who gets it: computed from entries and published tariffs whenever it is asked for.
 * Auditors may issue it, once the period is over: its hash is an entry then, and the file proves every amount.
 */
import { useState } from 'preact/hooks'
import type { Bill, Problem, Statement } from '../../model/wire.ts'
import { Empty, Facts, Heads, Refused, Scroll, Section } from '../../parts/parts.tsx'
import { ask } from '../../shell/api.ts'
import { useAnswer, useConnected, useDesk, useViewer, useWords } from '../../shell/context.ts'
import { useStore } from '../../shell/store.ts'

/** `times`: from and to, as the gateway takes them; without both nothing is asked. */
export function Statements({ times }: { readonly times: Readonly<Record<string, string>> }) {
  const { t } = useWords()
  const whole = times.from !== undefined && times.to !== undefined
  const query = String(new URLSearchParams(times))
  const { body, failed } = useAnswer<Statement>(whole ? `/v1/statements?${query}` : '')
  const side = whole ? (
    <a class="button" href={`/v1/statements?${query}&format=csv`} download="statement.csv">
      {t('books.csv')}
    </a>
  ) : undefined
  return (
    <Section title={t('statement.title')} note={t('statement.note')} side={side}>
      {whole ? null : <Empty>{t('statement.period')}</Empty>}
      {whole && body === undefined ? <Empty>{t(failed ? 'do.failed' : 'do.loading')}</Empty> : null}
      {whole && body !== undefined ? <Shown statement={body} times={times} /> : null}
    </Section>
  )
}

type ShownProps = { readonly statement: Statement; readonly times: Readonly<Record<string, string>> }

function Shown({ statement, times }: ShownProps) {
  const { t, of } = useWords()
  const { bills, totals, unbilled } = statement
  const free = Map.groupBy(unbilled, ({ reason }) => reason)
  return (
    <>
      {totals.map(({ currency, net, tax, total, split }) => (
        <Facts
          key={currency}
          rows={[
            [t('statement.total'), <strong key="total">{`${total} ${currency}`}</strong>],
            [t('statement.net'), `${net} ${currency}`],
            [t('statement.tax'), `${tax} ${currency}`],
            ...split.map(({ party, amount }) => [t('statement.share', { party }), `${amount} ${currency}`] as const),
          ]}
        />
      ))}
      {bills.length === 0 ? <Empty>{t('statement.none')}</Empty> : <Bills bills={bills} />}
      {free.size === 0 ? null : (
        <p class="small">
          {t('statement.unbilled')}{' '}
          {[...free]
            .map(([reason, uses]) => `${of('unbilled', reason, 'unbilled.other')}: ${uses.length}`)
            .join(t('list.and'))}
        </p>
      )}
      <Issue times={times} />
    </>
  )
}

function Bills({ bills }: { readonly bills: readonly Bill[] }) {
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
          />
        ))}
      </table>
    </Scroll>
  )
}

type BillProps = { readonly bill: Bill; readonly open: boolean; readonly toggle: () => void }

function BillRows({ bill, open, toggle }: BillProps) {
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
            <ul class="bill">
              {bill.lines.map((line) => (
                <li key={`${line.of} ${line.element} ${line.quantity}`}>
                  <span>
                    <bdi>{line.element ?? line.of}</bdi> <span class="small">{line.why}</span>
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
                  <span class="number">{line.amount}</span>
                </li>
              ))}
            </ul>
          </td>
        </tr>
      ) : null}
    </tbody>
  )
}

function Issue({ times }: { readonly times: Readonly<Record<string, string>> }) {
  const { t } = useWords()
  const auditor = useViewer()?.role === 'auditor'
  const connected = useConnected()
  const [busy, setBusy] = useState(false)
  const [issued, setIssued] = useState<string>()
  const [refused, setRefused] = useState<{ problem: Problem | undefined }>()
  if (!auditor) return null

  async function issue(): Promise<void> {
    setBusy(true)
    setRefused(undefined)
    const answer = await ask<{ sha256: string }>('POST', '/v1/statements', { body: times })
    setBusy(false)
    if (answer.ok) setIssued(answer.body.sha256)
    else setRefused({ problem: answer.problem })
  }

  return (
    <div class="issue">
      <p class="small">{t('statement.issue.note')}</p>
      <p class="actions-line">
        <button type="button" disabled={busy || !connected} onClick={() => void issue()}>
          {t('statement.issue')}
        </button>
        {issued === undefined ? null : (
          <a class="button" href={`/v1/statements/${issued}`} download={`statement-${issued.slice(0, 8)}.json`}>
            {t('statement.file')}
          </a>
        )}
      </p>
      <p class="small id" role="status">
        {issued === undefined ? '' : t('statement.issued', { hash: issued })}
      </p>
      {refused === undefined ? null : (
        <Refused title={refused.problem?.title ?? t('problem.network')} problem={refused.problem} />
      )}
    </div>
  )
}
