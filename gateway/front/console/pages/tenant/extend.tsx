/** More time, as far as the terms of the booking and what comes after it leave some. */
import { useState } from 'preact/hooks'
import type { Extension, Problem, Session } from '../../model/wire.ts'
import { Refused } from '../../parts/parts.tsx'
import { ask } from '../../shell/api.ts'
import { useAnswer, useConnected, useDesk, useNow, useWords } from '../../shell/context.ts'

const EVERY_MS = 15_000
/** One press asks for so much, or for what there is. */
const STEP_MS = 15 * 60_000
const LEAST_MS = 60_000

export function Extend({ session, again }: { readonly session: Session; readonly again: () => void }) {
  const { t, time } = useWords()
  const desk = useDesk()
  const connected = useConnected()
  const now = useNow()
  const { body } = useAnswer<Extension>(`/v1/sessions/${session.id}/extension`, EVERY_MS)
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState<{ problem: Problem | undefined }>()
  if (body === undefined) return null
  const endMs = Date.parse(session.bookedUntil)
  const latestMs = Date.parse(body.latest)
  const untilMs = Math.min(endMs + STEP_MS, latestMs)

  async function extend(): Promise<void> {
    setBusy(true)
    setRefused(undefined)
    const until = new Date(untilMs).toISOString()
    const answer = await ask<Session>('POST', `/v1/sessions/${session.id}/extend`, { body: { until } })
    setBusy(false)
    if (!answer.ok) setRefused({ problem: answer.problem })
    await desk.refresh()
    again()
  }

  return (
    <div class="extend">
      {untilMs < endMs + LEAST_MS ? (
        <p class="small">{t('tenant.extend.none')}</p>
      ) : (
        <>
          <button type="button" class="large" disabled={busy || !connected} onClick={() => void extend()}>
            {t('tenant.extend', { time: time(untilMs, now) })}
          </button>
          <p class="small">{t('tenant.extend.latest', { time: time(latestMs, now) })}</p>
        </>
      )}
      {refused === undefined ? null : <Refused problem={refused.problem} />}
    </div>
  )
}
