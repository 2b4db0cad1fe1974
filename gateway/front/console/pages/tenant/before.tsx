/** Before the use: what is booked, and the unlock, step by step as it is seen. */
import { useEffect, useState } from 'preact/hooks'
import { type Stage, steps, stepsDone } from '../../model/tenant.ts'
import type { Card, Problem, Session } from '../../model/wire.ts'
import { Refused, useWhyNot } from '../../parts/parts.tsx'
import { ask, pressKey } from '../../shell/api.ts'
import { useConnected, useDesk, useNow, useViewer, useWords } from '../../shell/context.ts'
import { AskedBefore, useQuestions } from './questions.tsx'

const LOOK_MS = 400

type BeforeProps = {
  readonly id: string
  readonly card: Card | undefined
  readonly stage: Extract<Stage, { kind: 'before' }>
  readonly took: (session: Session) => void
}

export function Before({ id, card, stage, took }: BeforeProps) {
  const { t, time, duration } = useWords()
  const desk = useDesk()
  const now = useNow()
  const connected = useConnected()
  const whyNot = useWhyNot()
  const asked = useQuestions(id)
  const [press, setPress] = useState<string>()
  const [refused, setRefused] = useState<{ problem: Problem | undefined }>()
  const busy = press !== undefined

  async function unlock(): Promise<void> {
    const key = pressKey()
    setPress(key)
    setRefused(undefined)
    const headers = { 'idempotency-key': key }
    const answer = await ask<Session>('POST', `/v1/machines/${id}/unlock`, { body: asked.body, headers })
    setPress(undefined)
    await desk.refresh()
    if (!answer.ok) asked.again()
    if (answer.ok) took(answer.body)
    else setRefused({ problem: answer.problem })
  }

  return (
    <section class="stage">
      <h2>{t('tenant.booked')}</h2>
      <p class="booked">
        {t('tenant.booked.from', { from: time(stage.startMs, now), to: time(stage.endMs, stage.startMs) })}
        {stage.startMs > now ? (
          <span class="small">{t('tenant.begins', { time: duration(stage.startMs - now) })}</span>
        ) : null}
      </p>
      {busy ? null : <AskedBefore asked={asked} />}
      {busy ? (
        <Progress access={card?.machine.access ?? ''} />
      ) : (
        <button
          type="button"
          class="primary large"
          disabled={!connected || !asked.complete}
          onClick={() => void unlock()}
        >
          {t(refused === undefined ? 'tenant.unlock' : 'tenant.again')}
        </button>
      )}
      {refused === undefined ? null : (
        <Refused title={t('tenant.refused')} problem={refused.problem} why={whyNot(refused.problem, card)} />
      )}
    </section>
  )
}

/** The session is there once the intent is durable; the last step is the answer itself. */
function Progress({ access }: { readonly access: string }) {
  const { t } = useWords()
  const desk = useDesk()
  const viewer = useViewer()
  useEffect(() => {
    const timer = setInterval(() => void desk.refresh(), LOOK_MS)
    return () => clearInterval(timer)
  }, [])
  const done = stepsDone({ access, session: viewer?.booking?.session !== undefined, confirmed: false })
  return (
    <ol class="steps" data-live="">
      {steps.map((step, index) => (
        <li key={step} data-step={index < done ? 'done' : index === done ? 'doing' : 'next'}>
          {t(`tenant.step.${step}`)}
        </li>
      ))}
    </ol>
  )
}
