/**
 * The tariffs that were published, each element in words, and what is to be known of them before somebody is billed.
 * Read next: quote.tsx (what a use would cost), model/tariff.ts (the words).
 */
import { elementText, noteText, pinOf, splitText } from '../../model/tariff.ts'
import type { Tariff } from '../../model/wire-money.ts'
import { Empty, Facts, Section } from '../../parts/parts.tsx'
import { useAnswer, useNameOf, useWords } from '../../shell/context.ts'
import { QuoteForm } from './quote.tsx'

const EVERY_MS = 60_000

export function Tariffs() {
  const { t } = useWords()
  const { body, failed } = useAnswer<{ tariffs: readonly Tariff[] }>('/v1/tariffs', EVERY_MS)
  return (
    <div class="columns">
      <Section title={t('tariff.title')} note={t('tariff.about')}>
        {body === undefined ? <Empty>{t(failed ? 'do.failed' : 'do.loading')}</Empty> : null}
        {body?.tariffs.length === 0 ? <Empty>{t('tariff.none')}</Empty> : null}
        {body?.tariffs.map((tariff) => (
          <One key={pinOf(tariff)} tariff={tariff} />
        ))}
      </Section>
      {body === undefined || body.tariffs.length === 0 ? null : <QuoteForm tariffs={body.tariffs} />}
    </div>
  )
}

function One({ tariff }: { readonly tariff: Tariff }) {
  const words = useWords()
  const { t } = words
  return (
    <article class="webhook tariff">
      <h3>
        <bdi>{pinOf(tariff)}</bdi>
      </h3>
      <ol class="elements">
        {tariff.elements.map((element) => (
          <li key={element.id}>
            <strong>
              <bdi>{element.id}</bdi>
            </strong>
            <span class="small block">{elementText(element, tariff, words)}</span>
          </li>
        ))}
      </ol>
      <Terms tariff={tariff} />
      {tariff.notes.length === 0 ? (
        <p class="small">{t('tariff.note.none')}</p>
      ) : (
        <ul class="notes">
          {tariff.notes.map((note) => (
            <li key={`${note.kind} ${note.element} ${note.other}`}>{noteText(note, tariff, words)}</li>
          ))}
        </ul>
      )}
    </article>
  )
}

function Terms({ tariff }: { readonly tariff: Tariff }) {
  const words = useWords()
  const { t, date, duration } = words
  const nameOf = useNameOf()
  const { approvedBy, publishedAt, validFrom, validUntil, basis, minimum, maximum, currency } = tariff
  const valid = [
    ...(validFrom === undefined ? [] : [t('tariff.from', { day: validFrom })]),
    ...(validUntil === undefined ? [] : [t('tariff.until', { day: validUntil })]),
  ]
  return (
    <Facts
      rows={[
        [t('tariff.valid'), valid.length === 0 ? t('tariff.always') : valid.join(' ')],
        [t('tariff.approved'), <bdi key="by">{approvedBy}</bdi>],
        [t('tariff.published'), date(Date.parse(publishedAt))],
        [t('tariff.basis'), t(`tariff.basis.${basis}`)],
        ...(minimum === undefined ? [] : [[t('tariff.minimum'), `${minimum} ${currency}`] as const]),
        ...(maximum === undefined ? [] : [[t('tariff.maximum'), `${maximum} ${currency}`] as const]),
        [t('statement.tax'), t(tariff.taxIncluded ? 'tariff.tax.in' : 'tariff.tax.added')],
        [t('tariff.cancel'), duration(tariff.freeCancellationMs)],
        [t('tariff.split'), splitText(tariff, words)],
        [t('tariff.machines'), tariff.machines.map(nameOf).join(t('list.and')) || t('tariff.machines.none')],
      ]}
    />
  )
}
