/** Of a gateway on two boxes: whether the other one would take over. It says the rest itself, at its own address. */
import type { PairSight } from '../../model/wire.ts'
import { Section } from '../../parts/parts.tsx'
import { useWords } from '../../shell/context.ts'

export function TheSpare({ pair }: { readonly pair: PairSight }) {
  const { t } = useWords()
  const { box, other, otherUrl, spare, heardAgoMs, behindMs, behind, term } = pair
  const seconds = (ms: number | undefined) =>
    ms === undefined ? t('pair.unknown') : t('pair.seconds', { time: (ms / 1000).toFixed(1) })
  return (
    <Section title={t('pair.title')} note={t('pair.note', { box, other, term: String(term) })}>
      <ul class="links">
        <li data-state={spare === 'follows' ? 'up' : 'down'}>
          <p>
            {otherUrl === undefined ? <strong>{other}</strong> : <a href={otherUrl}>{other}</a>}
            <span class="spring" />
            <span class="link-state">{t(`pair.${spare}`)}</span>
          </p>
          <dl>
            <div>
              <dt>{t('pair.heard')}</dt>
              <dd>{seconds(heardAgoMs)}</dd>
            </div>
            <div>
              <dt>{t('pair.behind')}</dt>
              <dd>
                {seconds(behindMs)}
                {behind === undefined ? null : ` ${t('pair.changes', { count: String(behind) })}`}
              </dd>
            </div>
            {spare === 'follows' ? null : (
              <div>
                <dt>{t('bench.try')}</dt>
                <dd>{t(`pair.try.${spare}`)}</dd>
              </div>
            )}
          </dl>
        </li>
      </ul>
    </Section>
  )
}
