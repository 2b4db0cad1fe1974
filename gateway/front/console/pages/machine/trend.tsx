/** The line of one signal: what the page has seen since it was opened, or what the gateway keeps of hours and days. */
import { useEffect, useState } from 'preact/hooks'
import { type Span, spans, type Trend, trendOf } from '../../model/trend.ts'
import type { Signal, TrendAnswer } from '../../model/wire.ts'
import { Section } from '../../parts/parts.tsx'
import { useAnswer, useWords } from '../../shell/context.ts'
import { Chart } from './chart.tsx'

const EVERY_MS = 15_000
/** With so many steps an hour says more than what the page has seen. */
const ENOUGH_STEPS = 20

type TrendProps = {
  readonly machine: string
  readonly signal: Signal
  readonly title: string
  readonly seen: Trend
}

export function TrendOf({ machine, signal, title, seen }: TrendProps) {
  const { t } = useWords()
  const [chosen, setChosen] = useState<Span>()
  const short = signal.id.slice(machine.length + 1)
  const span = chosen ?? 'hour'
  const path = `/v1/machines/${machine}/trend?signal=${short}&span=${span}`
  const { body } = useAnswer<TrendAnswer>(span === 'minutes' ? '' : path, EVERY_MS)
  useEffect(() => {
    if (body !== undefined && chosen === undefined) setChosen(body.values.length < ENOUGH_STEPS ? 'minutes' : 'hour')
  }, [body])
  const shown = span === 'minutes' || body === undefined ? seen : trendOf(body)
  const side = (
    <p class="choice">
      {spans.map((each) => (
        <button type="button" key={each} aria-pressed={each === span} onClick={() => setChosen(each)}>
          {t(`machine.trend.${each}`)}
        </button>
      ))}
    </p>
  )
  return (
    <Section
      title={`${t('machine.trend')}: ${title}`}
      side={side}
      note={t(span === 'minutes' ? 'machine.trend.seen' : 'machine.trend.kept')}
    >
      <Chart trend={shown} span={span} unit={signal.unit ?? ''} label={title} />
    </Section>
  )
}
