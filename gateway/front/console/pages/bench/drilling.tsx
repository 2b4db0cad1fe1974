/** The drill: begun from here once somebody has looked, and seen step by step. */
import { useState } from 'preact/hooks'
import type { Card, Drill } from '../../model/wire.ts'
import { Section } from '../../parts/parts.tsx'
import { WithReason } from '../../parts/with-reason.tsx'
import { useAnswer, useWords } from '../../shell/context.ts'

const EVERY_MS = 1_000

export function Drilling({ card }: { readonly card: Card }) {
  const { t, duration } = useWords()
  const [clear, setClear] = useState(false)
  const path = `/v1/machines/${card.machine.id}/drill`
  const [seen, setSeen] = useState(false)
  const { body: drill, again } = useAnswer<Drill>(path, seen ? EVERY_MS : 0)
  if (drill?.state === 'running' && !seen) setSeen(true)
  const running = drill?.state === 'running'
  return (
    <Section title={t('bench.drill')} note={t('bench.drill.note')}>
      {drill === undefined ? null : (
        <>
          <p class="drill-state" data-state={drill.state} role="status">
            {drill.state === 'running'
              ? t('bench.drill.running', { step: drill.step ?? '' })
              : drill.state === 'passed'
                ? t('bench.drill.passed', { time: duration(drill.relockMs ?? 0) })
                : t(`bench.drill.${drill.state}`)}
          </p>
          <ol class="steps">
            {drill.steps.map(({ step, passed, detail, measuredMs }) => (
              <li key={step} data-step={passed ? 'done' : 'failed'} lang="en">
                {step}
                <span class="small">
                  {detail}
                  {measuredMs === undefined ? '' : ` · ${Math.round(measuredMs)} ms`}
                </span>
              </li>
            ))}
          </ol>
        </>
      )}
      {running ? null : card.maintenance ? (
        <>
          <label class="check">
            <input type="checkbox" checked={clear} onChange={({ currentTarget }) => setClear(currentTarget.checked)} />
            <span>{t('bench.drill.clear')}</span>
          </label>
          {clear ? (
            <WithReason
              word="bench.drill.begin"
              path={path}
              body={{}}
              done={() => {
                setClear(false)
                setSeen(true)
                again()
              }}
            />
          ) : null}
        </>
      ) : (
        <p class="empty">{t('bench.drill.needs')}</p>
      )}
    </Section>
  )
}
