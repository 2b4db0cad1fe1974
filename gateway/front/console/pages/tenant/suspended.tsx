/** After the machine locked itself: why, and the way back, step by step as the machine reports it. */
import { useState } from 'preact/hooks'
import { isStopped } from '../../model/tenant.ts'
import type { Card, Problem, Session } from '../../model/wire.ts'
import { Refused, useWhyNot } from '../../parts/parts.tsx'
import { ask } from '../../shell/api.ts'
import { useConnected, useWords } from '../../shell/context.ts'
import { End, Used } from './running.tsx'

type SuspendedProps = {
  readonly session: Session
  readonly card: Card | undefined
  readonly again: () => void
}

export function Suspended({ session, card, again }: SuspendedProps) {
  const { t, of } = useWords()
  const connected = useConnected()
  const whyNot = useWhyNot()
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState<{ problem: Problem | undefined }>()
  const { suspendedReason = '' } = session
  const byStop = suspendedReason === 'emergency-stop'
  const stopped = card !== undefined && isStopped(card)

  async function resume(): Promise<void> {
    setBusy(true)
    setRefused(undefined)
    const answer = await ask<Session>('POST', `/v1/sessions/${session.id}/resume`, { body: {} })
    setBusy(false)
    if (!answer.ok) setRefused({ problem: answer.problem })
    again()
  }

  return (
    <section class="stage" data-attention="">
      <h2>{byStop ? t('tenant.suspended.emergency-stop') : t('tenant.suspended')}</h2>
      <p class="note">{byStop ? t('tenant.suspended') : of('suspension', suspendedReason, 'suspension.other')}</p>
      <p class="note">{t('tenant.suspended.note')}</p>
      <h3>{t('tenant.back')}</h3>
      <ol class="steps">
        {byStop || stopped ? (
          <>
            <li data-step="next">{t('tenant.back.look')}</li>
            <li data-step={stopped ? 'doing' : 'done'}>
              {t('tenant.back.release')}
              <span class="small">{t(stopped ? 'tenant.back.waiting' : 'tenant.back.released')}</span>
            </li>
            <li data-step="next">{t('tenant.back.reset')}</li>
          </>
        ) : null}
        <li data-step={stopped ? 'next' : 'doing'}>{t('tenant.back.resume')}</li>
      </ol>
      <button
        type="button"
        class="primary large"
        disabled={!connected || busy || stopped}
        onClick={() => void resume()}
      >
        {t(busy ? 'tenant.unlocking' : 'tenant.resume')}
      </button>
      {refused === undefined ? null : (
        <Refused title={t('tenant.refused')} problem={refused.problem} why={whyNot(refused.problem, card)} />
      )}
      <Used session={session} />
      <End session={session} again={again} />
    </section>
  )
}
