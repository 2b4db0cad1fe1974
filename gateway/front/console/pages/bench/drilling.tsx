/**
 * The drill: begun from here once somebody has looked, and seen as it goes: step by step, and what the lock shows.
 * Read next: sights.tsx (the picture), control/commands/drills.ts (who runs it).
 */
import { useState } from 'preact/hooks'
import type { Card, Drill } from '../../model/wire.ts'
import { Section } from '../../parts/parts.tsx'
import { Said } from '../../parts/said.tsx'
import { WithReason } from '../../parts/with-reason.tsx'
import { useAnswer, useWords } from '../../shell/context.ts'
import { Sights } from './sights.tsx'

const EVERY_MS = 500

export function Drilling({ card }: { readonly card: Card }) {
  const { t, of, duration } = useWords()
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
              ? t('bench.drill.running', { step: of('step', drill.step ?? '', 'step.other') })
              : drill.state === 'passed'
                ? t('bench.drill.passed', { time: duration(drill.relockMs ?? 0) })
                : t(`bench.drill.${drill.state}`)}
          </p>
          {running ? <Sights sights={drill.sights} /> : null}
          <ol class="steps">
            {drill.steps.map(({ step, passed, detail }) => (
              <li key={step} data-step={passed ? 'done' : 'failed'}>
                {of('step', step, 'step.other')}
                <span class="small">
                  <Said text={detail} />
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
