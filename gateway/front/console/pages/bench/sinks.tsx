/**
 * Sinks: whether each broker, store and webhook takes entries now, why not, how far it is behind, how fast it comes on,
 * and what it has set aside. Read next: parked.tsx, front/sinks/sink-loop.ts (who delivers).
 */
import { useState } from 'preact/hooks'
import type { Sink } from '../../model/wire-sinks.ts'
import { Empty, Section } from '../../parts/parts.tsx'
import { Said } from '../../parts/said.tsx'
import { useAnswer, useWords } from '../../shell/context.ts'
import { Parked } from './parked.tsx'

const EVERY_MS = 2_000

export function Sinks() {
  const { t } = useWords()
  const { body, failed, again } = useAnswer<{ sinks: readonly Sink[] }>('/v1/sinks', EVERY_MS)
  return (
    <Section title={t('sink.title')} note={t('sink.note')}>
      {body === undefined ? <Empty>{t(failed ? 'do.failed' : 'do.loading')}</Empty> : null}
      {body?.sinks.length === 0 ? <Empty>{t('sink.none')}</Empty> : null}
      <ul class="sinks">
        {body?.sinks.map((sink) => (
          <One key={sink.name} sink={sink} again={again} />
        ))}
      </ul>
    </Section>
  )
}

function One({ sink, again }: { readonly sink: Sink; readonly again: () => void }) {
  const { t } = useWords()
  const { name, connected, parked } = sink
  const [open, setOpen] = useState(false)
  const id = `parked-${name}`
  return (
    <li data-sink={name} data-state={connected ? 'up' : 'down'}>
      <p>
        <strong>{name}</strong>
        <span class="spring" />
        <span class="link-state">{t(connected ? 'bench.sink.ok' : 'bench.sink.down')}</span>
      </p>
      <Figures sink={sink} />
      {parked === 0 && !open ? null : (
        <button type="button" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
          {t(open ? 'sink.close' : 'sink.open', { sink: name })}
        </button>
      )}
      <div id={id}>{open ? <Parked sink={name} count={parked} again={again} /> : null}</div>
    </li>
  )
}

function Figures({ sink: { connected, behind, behindMs, rate, parked, note } }: { readonly sink: Sink }) {
  const { t, tag, duration } = useWords()
  return (
    <dl>
      {note === undefined ? null : (
        <div>
          <dt>{t(connected ? 'sink.refusal' : 'bench.cause')}</dt>
          <dd>
            <Said text={note} />
          </dd>
        </div>
      )}
      <div>
        <dt>{t('sink.waits')}</dt>
        <dd>
          {behind === 0 ? t('sink.waits.none') : t('sink.waits.some', { count: behind, time: duration(behindMs) })}
        </dd>
      </div>
      <div>
        <dt>{t('sink.rate')}</dt>
        <dd>{t('sink.rate.is', { rate: rate.toLocaleString(tag) })}</dd>
      </div>
      <div>
        <dt>{t('sink.parked')}</dt>
        <dd class={parked === 0 ? undefined : 'failed'}>{parked}</dd>
      </div>
    </dl>
  )
}
