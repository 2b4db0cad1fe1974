/**
 * What the lock shows while a drill runs: its state, how long its permission still holds, what was written last, and
 * the last seconds of all that as a picture. Read next: model/sights.ts (what is drawn where).
 */
import { type Picture, pictureOf, SHOWN_MS } from '../../model/sights.ts'
import type { DrillSight } from '../../model/wire.ts'
import { Facts } from '../../parts/parts.tsx'
import { useWords } from '../../shell/context.ts'

/** Of the drawing; its width follows the page. */
const TALL = 40

export function Sights({ sights }: { readonly sights: readonly DrillSight[] }) {
  const { t, of, seconds } = useSaid()
  const picture = pictureOf(sights)
  const { read, write, link } = picture.last
  const state = link === 'there' ? of('plc', read?.state ?? '', 'sight.unread') : t(`sight.${link}`)
  const written =
    write === undefined
      ? t('sight.nothing')
      : [
          of('command', write.command ?? '', 'command.other'),
          write.heartbeat === undefined ? undefined : t('sight.heartbeat', { count: write.heartbeat }),
          of('written', write.result ?? '', 'written.unknown'),
        ]
          .filter(Boolean)
          .join(' · ')
  return (
    <div class="sights">
      <h3>{t('sight.title')}</h3>
      <Facts
        rows={[
          [t('sight.state'), <strong key="state">{state}</strong>],
          ...(read?.leaseLeftMs === undefined
            ? []
            : ([[t('sight.lease'), <span key="lease">{seconds(read.leaseLeftMs)}</span>]] as const)),
          [t('sight.written'), written],
        ]}
      />
      <Drawing picture={picture} />
      <p class="legend small" aria-hidden="true">
        <span data-mark="lease">{t('sight.legend.lease', { most: seconds(picture.mostMs) })}</span>
        <span data-mark="renew">{t('sight.legend.renew')}</span>
        <span data-mark="take">{t('sight.legend.take')}</span>
        <span data-mark="refused">{t('sight.legend.refused')}</span>
        <span data-mark="away">{t('sight.legend.away')}</span>
      </p>
    </div>
  )
}

function useSaid() {
  const words = useWords()
  const number = new Intl.NumberFormat(words.tag, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
  return { ...words, seconds: (ms: number) => words.t('unit.s', { n: number.format(ms / 1000) }) }
}

function Drawing({ picture: { states, lease, writes, away } }: { readonly picture: Picture }) {
  const { t, of, duration } = useSaid()
  const line = lease.map(([x, y]) => `${x.toFixed(2)},${(TALL - (y / 100) * TALL).toFixed(2)}`).join(' ')
  return (
    <figure>
      <svg viewBox={`0 0 100 ${TALL}`} preserveAspectRatio="none" role="img" aria-label={t('sight.drawing')}>
        {away.map(({ left, width }) => (
          <rect key={`away ${left}`} class="away" x={left} width={width} y={0} height={TALL} />
        ))}
        <polyline class="lease" points={line} />
        {writes.map(({ left, kind }) => (
          <line
            key={`${kind} ${left}`}
            class={kind}
            x1={left}
            x2={left}
            y1={kind === 'renew' ? TALL - 8 : 0}
            y2={TALL}
          />
        ))}
      </svg>
      <div class="bands" aria-hidden="true">
        {states.map(({ state, left, width }) => (
          <span key={`${state} ${left}`} data-state={state} style={{ left: `${left}%`, width: `${width}%` }}>
            {width > 12 ? of('plc', state, 'sight.unread') : ''}
          </span>
        ))}
      </div>
      <figcaption class="small">
        <span>{t('sight.ago', { time: duration(SHOWN_MS) })}</span>
        <span>{t('sight.now')}</span>
      </figcaption>
    </figure>
  )
}
