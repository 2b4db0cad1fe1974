/** Upkeep of a machine: what is due when, what it closes, and that somebody did it, with parts or a certificate. */
import { useState } from 'preact/hooks'
import type { Service } from '../../model/wire-upkeep.ts'
import { Empty, Section } from '../../parts/parts.tsx'
import { WithReason } from '../../parts/with-reason.tsx'
import { useAnswer, useWords } from '../../shell/context.ts'
import { Amount } from './meters.tsx'

const EVERY_MS = 30_000

export function Upkeep({ id, mayDo }: { readonly id: string; readonly mayDo: boolean }) {
  const { t } = useWords()
  const path = `/v1/machines/${id}/services`
  const { body, failed, again } = useAnswer<{ services: readonly Service[] }>(path, EVERY_MS)
  return (
    <Section title={t('upkeep.title')}>
      {body === undefined ? <Empty>{t(failed ? 'do.failed' : 'do.loading')}</Empty> : null}
      {body?.services.length === 0 ? <Empty>{t('upkeep.none')}</Empty> : null}
      <ul class="problems upkeep">
        {body?.services.map((service) => (
          <li key={service.id} data-severity={service.due && service.closes ? 'stop' : undefined}>
            <Said service={service} />
            {mayDo && (service.kind === 'service' || service.kind === 'calibration') ? (
              <Do service={service} path={`${path}/${service.id}/done`} again={again} />
            ) : null}
          </li>
        ))}
      </ul>
    </Section>
  )
}

function Said({ service }: { readonly service: Service }) {
  const { t, date } = useWords()
  const { kind, text, used, every, unit = '', days, since, due, overdue, closes, expected, certificate } = service
  const day = (text: string) => date(Date.parse(text))
  return (
    <div>
      <strong>
        <bdi>{kind === 'drill' ? t('upkeep.drill') : text}</bdi>
      </strong>
      <span class="small block">
        {[
          t(`upkeep.kind.${kind}`),
          t(overdue ? 'upkeep.overdue' : due ? 'upkeep.due' : 'upkeep.fine'),
          ...(due && closes ? [t('report.blocks')] : []),
          ...(due || expected === undefined ? [] : [t('upkeep.expected', { day: day(expected) })]),
          ...(certificate === undefined ? [] : [t('upkeep.certificate', certificate)]),
          ...(since === undefined ? [t('upkeep.never')] : [t('upkeep.since', { day: day(since) })]),
          ...(days === undefined ? [] : [t('upkeep.days', { days })]),
        ].join(' · ')}
      </span>
      {used === undefined || every === undefined ? null : (
        <span class="small block">
          <Amount quantity={used} unit={unit} /> / <Amount quantity={every} unit={unit} />
        </span>
      )}
    </div>
  )
}

type DoProps = { readonly service: Service; readonly path: string; readonly again: () => void }

function Do({ service: { id, kind }, path, again }: DoProps) {
  const { t } = useWords()
  const [open, setOpen] = useState(false)
  const [parts, setParts] = useState('')
  const [number, setNumber] = useState('')
  const [day, setDay] = useState('')
  if (!open)
    return (
      <button type="button" onClick={() => setOpen(true)}>
        {t('upkeep.open')}
      </button>
    )
  const list = parts.split(',').flatMap((part) => part.trim() || [])
  const certificate = kind === 'calibration' ? { certificate: { number, day } } : {}
  return (
    <div class="correct">
      {kind === 'calibration' ? (
        <>
          <label for={`number-${id}`}>{t('upkeep.number')}</label>
          <input
            id={`number-${id}`}
            value={number}
            maxLength={500}
            onInput={({ currentTarget }) => setNumber(currentTarget.value)}
          />
          <label for={`day-${id}`}>{t('upkeep.day')}</label>
          <input
            id={`day-${id}`}
            type="date"
            value={day}
            onInput={({ currentTarget }) => setDay(currentTarget.value)}
          />
        </>
      ) : (
        <>
          <label for={`parts-${id}`}>{t('upkeep.parts')}</label>
          <input
            id={`parts-${id}`}
            value={parts}
            maxLength={500}
            onInput={({ currentTarget }) => setParts(currentTarget.value)}
          />
        </>
      )}
      <WithReason
        word="upkeep.do"
        path={path}
        body={{ ...(list.length === 0 ? {} : { parts: list }), ...certificate }}
        why="text"
        of={id}
        done={() => {
          setOpen(false)
          again()
        }}
      />
    </div>
  )
}
