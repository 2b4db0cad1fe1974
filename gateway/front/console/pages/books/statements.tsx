/**
 * What uses of the period cost, and who gets it: computed from entries and published tariffs whenever it is asked for.
 * Auditors may issue it, once the period is over: its hash is an entry then, and the file proves every amount. What is
 * too high in it gets a credit of two of them.
 * Read next: bills.tsx, credits.tsx, issued.tsx.
 */
import { useState } from 'preact/hooks'
import type { Problem } from '../../model/wire.ts'
import type { IssuedStatement, ProposedCredit, Statement } from '../../model/wire-statement.ts'
import { Empty, Refused, Section } from '../../parts/parts.tsx'
import { ask } from '../../shell/api.ts'
import { useAnswer, useConnected, useViewer, useWords } from '../../shell/context.ts'
import { Bills, Sums } from './bills.tsx'
import { Credits, Waiting } from './credits.tsx'
import { Issued } from './issued.tsx'
import { Propose } from './propose.tsx'

const EVERY_MS = 15_000

/** `times`: from and to, as the gateway takes them; without both nothing is asked. */
export function Statements({ times }: { readonly times: Readonly<Record<string, string>> }) {
  const { t } = useWords()
  const auditor = useViewer()?.role === 'auditor'
  const whole = times.from !== undefined && times.to !== undefined
  const query = String(new URLSearchParams(times))
  const { body, failed, again } = useAnswer<Statement>(whole ? `/v1/statements?${query}` : '')
  const waiting = useAnswer<{ credits: readonly ProposedCredit[] }>(auditor ? '/v1/credits' : '', EVERY_MS)
  const issued = useAnswer<{ statements: readonly IssuedStatement[] }>(auditor ? '/v1/statements/issued' : '', EVERY_MS)
  const side = whole ? (
    <a class="button" href={`/v1/statements?${query}&format=csv`} download="statement.csv">
      {t('books.csv')}
    </a>
  ) : undefined
  const approved = () => {
    waiting.again()
    again()
  }
  return (
    <>
      <Section title={t('statement.title')} note={t('statement.note')} side={side}>
        {whole ? null : <Empty>{t('statement.period')}</Empty>}
        {whole && body === undefined ? <Empty>{t(failed ? 'do.failed' : 'do.loading')}</Empty> : null}
        {whole && body !== undefined ? (
          <Shown statement={body} {...(auditor ? { proposed: waiting.again } : {})} />
        ) : null}
        {auditor && body !== undefined ? <Issue times={times} done={issued.again} /> : null}
      </Section>
      {auditor ? <Waiting credits={waiting.body?.credits} failed={waiting.failed} changed={approved} /> : null}
      {auditor ? <Issued statements={issued.body?.statements} failed={issued.failed} /> : null}
    </>
  )
}

/** `proposed`: a credit was; absent: the viewer may not propose one. */
type ShownProps = { readonly statement: Statement; readonly proposed?: () => void }

function Shown({ statement, proposed }: ShownProps) {
  const { t, of } = useWords()
  const { bills, totals, unbilled, credits = [] } = statement
  const free = Map.groupBy(unbilled, ({ reason }) => reason)
  return (
    <>
      {totals.map((total) => (
        <Sums key={total.currency} of={total} />
      ))}
      {bills.length === 0 ? <Empty>{t('statement.none')}</Empty> : null}
      {bills.length === 0 ? null : (
        <Bills
          bills={bills}
          {...(proposed === undefined ? {} : { act: (bill) => <Propose bill={bill} done={proposed} /> })}
        />
      )}
      {credits.length === 0 ? null : <Credits credits={credits} />}
      {free.size === 0 ? null : (
        <p class="small">
          {t('statement.unbilled')}{' '}
          {[...free]
            .map(([reason, uses]) => `${of('unbilled', reason, 'unbilled.other')} × ${uses.length}`)
            .join(t('list.and'))}
        </p>
      )}
    </>
  )
}

type IssueProps = { readonly times: Readonly<Record<string, string>>; readonly done: () => void }

function Issue({ times, done }: IssueProps) {
  const { t } = useWords()
  const connected = useConnected()
  const [busy, setBusy] = useState(false)
  const [issued, setIssued] = useState<string>()
  const [refused, setRefused] = useState<{ problem: Problem | undefined }>()

  async function issue(): Promise<void> {
    setBusy(true)
    setRefused(undefined)
    const answer = await ask<{ sha256: string }>('POST', '/v1/statements', { body: times })
    setBusy(false)
    if (!answer.ok) return setRefused({ problem: answer.problem })
    setIssued(answer.body.sha256)
    done()
  }

  return (
    <div class="issue">
      <p class="small">{t('statement.issue.note')}</p>
      <p class="actions-line">
        <button type="button" disabled={busy || !connected} onClick={() => void issue()}>
          {t('statement.issue')}
        </button>
      </p>
      <p class="small id" role="status">
        {issued === undefined ? '' : t('statement.issued', { hash: issued })}
      </p>
      {refused === undefined ? null : <Refused problem={refused.problem} />}
    </div>
  )
}
