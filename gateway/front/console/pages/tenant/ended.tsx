/** After the end: what was used, and the receipt to keep and to check. */
import { Fragment } from 'preact'
import type { Session } from '../../model/wire.ts'
import { keepFile } from '../../shell/api.ts'
import { useAnswer, useViewer, useWords } from '../../shell/context.ts'
import { CostOf } from './cost.tsx'
import { AskedAfter } from './questions.tsx'
import { Used } from './running.tsx'

const AGAIN_MS = 3_000

/** The page that checks asks for it. It stands in a field, since a page over plain http may not copy. */
function LogKeys() {
  const { t } = useWords()
  const keys = useViewer()?.logKeys ?? []
  return (
    <>
      {keys.map((key, index) => (
        <label class="log-key" key={key}>
          <span class="small">{t(index === 0 ? 'tenant.receipt.key' : 'tenant.receipt.oldKey')}</span>
          <input class="id" readOnly value={key} onFocus={({ currentTarget }) => currentTarget.select()} />
        </label>
      ))}
      <p class="small">{t('tenant.receipt.keyNote')}</p>
    </>
  )
}

export function Ended({ session, leave }: { readonly session: Session; readonly leave: () => void }) {
  const { t, of, time, date } = useWords()
  const { startedAt, endedAt, stoppedReason = 'Other' } = session
  const path = `/v1/sessions/${session.id}/receipt`
  const receipt = useAnswer<unknown>(path, AGAIN_MS)

  /** As it was signed: what JSON.parse makes of it would be other bytes. */
  async function keep(): Promise<void> {
    const response = await fetch(path, { credentials: 'same-origin' })
    if (response.ok) keepFile(`receipt-${session.id}.json`, await response.text(), 'application/json')
  }

  return (
    <section class="stage">
      <h2>{t('tenant.ended')}</h2>
      <p class="note">
        {startedAt === undefined || endedAt === undefined ? null : (
          <Fragment>
            {date(Date.parse(startedAt))} {time(Date.parse(startedAt))}–
            {time(Date.parse(endedAt), Date.parse(startedAt))} ·{' '}
          </Fragment>
        )}
        {t('tenant.ended.reason', { reason: of('stop', stoppedReason, 'stop.Other') })}
      </p>
      <Used session={session} />
      <CostOf session={session} />
      <AskedAfter session={session} />
      <h3>{t('tenant.receipt')}</h3>
      {receipt.body === undefined ? (
        <p class="note">{t('tenant.receipt.wait')}</p>
      ) : (
        <>
          <div class="actions">
            <button type="button" class="primary large" onClick={() => void keep()}>
              {t('tenant.receipt.get')}
            </button>
            <a class="button large" href="/verify" target="_blank" rel="noreferrer">
              {t('tenant.receipt.check')}
            </a>
            <button type="button" class="large" onClick={() => print()}>
              {t('tenant.print')}
            </button>
          </div>
          <p class="small">{t('tenant.receipt.note')}</p>
          <LogKeys />
        </>
      )}
      <button type="button" class="quiet" onClick={leave}>
        {t('tenant.rest')}
      </button>
    </section>
  )
}
