/** Configurations that were in force, newest first: who changed what, from what to what. */
import type { EarlierConfiguration } from '../../model/wire.ts'
import { Empty, Section } from '../../parts/parts.tsx'
import { useAnswer, useWords } from '../../shell/context.ts'

const EVERY_MS = 60_000
const SHOWN = 20

export function History() {
  const { t } = useWords()
  const { body, failed } = useAnswer<{ configurations: readonly EarlierConfiguration[] }>(
    '/v1/configuration/history',
    EVERY_MS,
  )
  return (
    <Section title={t('history.title')} note={t('history.note')}>
      {body === undefined ? <Empty>{t(failed ? 'do.failed' : 'do.loading')}</Empty> : null}
      {body?.configurations.length === 0 ? <Empty>{t('history.none')}</Empty> : null}
      <ol class="history">
        {body?.configurations.slice(0, SHOWN).map((each) => (
          <Applied key={each.entry} applied={each} />
        ))}
      </ol>
    </Section>
  )
}

function Applied({ applied }: { readonly applied: EarlierConfiguration }) {
  const { t, date, seconds } = useWords()
  const { entry, at, by, changes = [], more, rollbackTo, configurationId } = applied
  return (
    <li>
      <p>
        <strong>
          {date(Date.parse(at))} {seconds(Date.parse(at))}
        </strong>{' '}
        {by === undefined ? t('history.start') : <bdi>{t('history.by', { who: by })}</bdi>}
        <span class="small block">
          {t('books.entry', { seq: entry })} · <span class="id">{configurationId.slice(0, 12)}</span>
          {rollbackTo === undefined ? '' : ` · ${t('history.rollback', { seq: rollbackTo })}`}
        </span>
      </p>
      {changes.length === 0 ? null : (
        <dl class="changes">
          {changes.map(({ what, from, to }) => (
            <div key={what}>
              <dt class="id">{what}</dt>
              <dd>
                {from === undefined ? <span class="muted">{t('history.absent')}</span> : <del>{from}</del>}
                <span aria-hidden="true"> → </span>
                {to === undefined ? <span class="muted">{t('history.gone')}</span> : <ins>{to}</ins>}
              </dd>
            </div>
          ))}
        </dl>
      )}
      {more === undefined ? null : <p class="small">{t('history.more', { count: more })}</p>}
    </li>
  )
}
