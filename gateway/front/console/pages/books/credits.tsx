/**
 * Credits: those that wait, with the act of a second person, and those of a statement, each with its number, the two
 * people, and the statements whose bill it corrects. Read next: propose.tsx, core/billing/credit.ts.
 */
import { useState } from 'preact/hooks'
import { shift } from '../../model/quantity.ts'
import type { Problem } from '../../model/wire.ts'
import type { Credit, ProposedCredit } from '../../model/wire-statement.ts'
import { Empty, Refused, Section } from '../../parts/parts.tsx'
import { ask } from '../../shell/api.ts'
import { useConnected, useViewer, useWords } from '../../shell/context.ts'

/** Of the statement that is shown. */
export function Credits({ credits }: { readonly credits: readonly Credit[] }) {
  const { t } = useWords()
  return (
    <>
      <h3>{t('credit.title')}</h3>
      <ul class="credits approved">
        {credits.map((credit) => (
          <li key={credit.id}>
            <div>
              <strong>{t('credit.number', { number: credit.number })}</strong> <Of bill={credit.bill} />
              <Said credit={credit} />
              <span class="small block">
                <bdi>{t('credit.people', { first: credit.proposedBy, second: credit.approvedBy })}</bdi>
              </span>
              {credit.statements.length === 0 ? <span class="small block">{t('credit.unissued')}</span> : null}
              {credit.statements.map((hash) => (
                <span class="small block id" key={hash}>
                  {t('credit.corrects', { hash })}
                </span>
              ))}
            </div>
            <strong class="number">{`${credit.total} ${credit.currency}`}</strong>
          </li>
        ))}
      </ul>
    </>
  )
}

type WaitingProps = {
  readonly credits: readonly ProposedCredit[] | undefined
  readonly failed: boolean
  readonly changed: () => void
}

/** What one auditor has proposed and no other approved, of any bill. */
export function Waiting({ credits, failed, changed }: WaitingProps) {
  const { t } = useWords()
  const [approved, setApproved] = useState(false)
  const done = () => {
    setApproved(true)
    changed()
  }
  return (
    <Section title={t('credit.waiting')} note={t('credit.waiting.note')}>
      {credits === undefined ? <Empty>{t(failed ? 'do.failed' : 'do.loading')}</Empty> : null}
      {credits?.length === 0 ? <Empty>{t('credit.waiting.none')}</Empty> : null}
      <ul class="credits waiting">
        {credits?.map((credit) => (
          <li key={credit.id}>
            <div>
              <strong>
                <bdi>{t('credit.proposed', { who: credit.proposedBy })}</bdi>
              </strong>{' '}
              <Of bill={credit.bill} />
              <Said credit={credit} />
            </div>
            <Approve credit={credit} done={done} />
          </li>
        ))}
      </ul>
      <p class="small" role="status">
        {approved ? t('credit.approved') : ''}
      </p>
    </Section>
  )
}

function Of({ bill }: { readonly bill: string }) {
  const { t } = useWords()
  return <span class="small id">{t('credit.of', { bill })}</span>
}

/** What is taken out, of which kind, and why. */
function Said({ credit: { text, reason, waive, reduce } }: { readonly credit: ProposedCredit }) {
  const { t, of } = useWords()
  const taken = reduce.map((each) =>
    each.of.includes('/')
      ? t('credit.reduce', each)
      : t('credit.reduceTime', { of: each.of, quantity: shift(String(BigInt(each.quantity) / 60n), 3) }),
  )
  return (
    <>
      <span class="block">
        <bdi>{text}</bdi>
      </span>
      <span class="small block">
        {[...(waive ? [t('credit.waive')] : taken), of('correct.reason', reason, 'correct.reason.other')].join(' · ')}
      </span>
    </>
  )
}

type ApproveProps = { readonly credit: ProposedCredit; readonly done: () => void }

/** Who proposed it sees why the button is not for him. */
function Approve({ credit: { id, proposedBy }, done }: ApproveProps) {
  const { t } = useWords()
  const connected = useConnected()
  const isOwn = useViewer()?.id === proposedBy
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState<{ problem: Problem | undefined }>()
  const note = `own-${id}`

  async function approve(): Promise<void> {
    setBusy(true)
    setRefused(undefined)
    const answer = await ask('POST', `/v1/credits/${id}/approval`, { body: {} })
    setBusy(false)
    if (answer.ok) done()
    else setRefused({ problem: answer.problem })
  }

  return (
    <>
      <button
        type="button"
        disabled={busy || isOwn || !connected}
        aria-describedby={isOwn ? note : undefined}
        onClick={() => void approve()}
      >
        {t('credit.approve')}
      </button>
      {isOwn ? (
        <p class="small wide" id={note}>
          {t('credit.own')}
        </p>
      ) : null}
      {refused === undefined ? null : (
        <div class="wide">
          <Refused problem={refused.problem} />
        </div>
      )}
    </>
  )
}
