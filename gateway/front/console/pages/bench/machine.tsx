/** One machine on the bench: how far it has come, its drill, maintenance, an unlock without a booking, closed times. */
import { wayOf } from '../../model/bench.ts'
import type { Card, Meter } from '../../model/wire.ts'
import { Section, State, useReason } from '../../parts/parts.tsx'
import { WithReason } from '../../parts/with-reason.tsx'
import { useAnswer, useDesk, useWords } from '../../shell/context.ts'
import { useStore } from '../../shell/store.ts'
import { Acceptance } from './accept.tsx'
import { Blocks } from './blocks.tsx'
import { Drilling } from './drilling.tsx'

const EVERY_MS = 3_000

export function MachineBench({ id }: { readonly id: string }) {
  const { t } = useWords()
  const card = useStore(useDesk().live, ({ cards }) => cards[id])
  const reasonOf = useReason()
  if (card === undefined) return null
  const hasLock = card.machine.failSafe !== undefined
  const reason = reasonOf(card.machine.availability)
  return (
    <>
      <Section title={t('bench.way')}>
        <p class="way-state">
          <State availability={card.machine.availability} />
          {reason === undefined ? null : <span class="muted"> {reason}</span>}
        </p>
        <WaySteps card={card} />
      </Section>
      {hasLock ? <Drilling card={card} /> : null}
      <Section title={t('bench.maintenance')} note={t('bench.maintenance.note')}>
        <WithReason
          key={String(card.maintenance)}
          word={card.maintenance ? 'bench.maintenance.off' : 'bench.maintenance.on'}
          path={`/v1/machines/${id}/maintenance`}
          body={{ on: !card.maintenance }}
        />
      </Section>
      {hasLock ? (
        <Section title={t('bench.override')} note={t('bench.override.note')}>
          <WithReason word="bench.override.do" path={`/v1/machines/${id}/override`} body={{}} />
        </Section>
      ) : null}
      <Blocks id={id} />
      <Acceptance id={id} />
    </>
  )
}

function WaySteps({ card }: { readonly card: Card }) {
  const { t } = useWords()
  const { body } = useAnswer<{ meters: readonly Meter[] }>(`/v1/meters?machine=${card.machine.id}`, EVERY_MS)
  const steps = wayOf(card, body?.meters ?? [])
  const first = steps.findIndex(({ done }) => !done)
  return (
    <ol class="steps">
      {steps.map(({ step, done }, index) => (
        <li key={step} data-step={done ? 'done' : index === first ? 'doing' : 'next'}>
          {t(`bench.way.${step}`)}
          <span class="hidden"> {t(done ? 'bench.way.done' : 'bench.way.todo')}</span>
        </li>
      ))}
    </ol>
  )
}
