/** What is known of a machine that does not change by itself: whose it is, its lock, whom to ask; and what is not. */
import type { Card } from '../../model/wire.ts'
import { Facts, Section } from '../../parts/parts.tsx'
import { useWords } from '../../shell/context.ts'

export function About({ card }: { readonly card: Card }) {
  const { t, name } = useWords()
  const { machine, kind, about = {} } = card
  const { owner, failSafe } = machine
  const { contact, manual, photo } = about
  const drill = useDrill(card)
  const missing = [
    ...(contact === undefined ? [t('machine.contact')] : []),
    ...(manual === undefined ? [t('machine.manual')] : []),
    ...(photo === undefined ? [t('machine.photo')] : []),
  ]
  return (
    <Section title={t('machine.facts')}>
      {photo === undefined ? null : (
        <img
          class="photo"
          src={`/console/photos/${machine.id}`}
          alt={t('machine.photoOf', { machine: name(machine.name, machine.id) })}
        />
      )}
      <Facts
        rows={[
          [t('machine.owner'), <bdi key="owner">{owner}</bdi>],
          ...(kind === '' ? [] : [[t('machine.kind'), <bdi key="kind">{kind}</bdi>] as const]),
          ...(contact === undefined ? [] : [[t('machine.contact'), <bdi key="contact">{contact}</bdi>] as const]),
          ...(manual === undefined
            ? []
            : [
                [
                  t('machine.manual'),
                  <a key="manual" href={manual} target="_blank" rel="noreferrer">
                    {t('machine.manual.open')}
                  </a>,
                ] as const,
              ]),
          ...(failSafe === undefined
            ? []
            : [[t('machine.failSafe'), t(failSafe ? 'machine.failSafe.yes' : 'machine.failSafe.no')] as const]),
          ...(drill === undefined ? [] : [[t('machine.drill'), drill] as const]),
          ...(missing.length === 0
            ? []
            : [
                [
                  t('machine.later.note'),
                  <span class="muted" key="later">
                    {missing.join(t('list.and'))}
                  </span>,
                ] as const,
              ]),
        ]}
      />
      <p class="small">{t('machine.safety')}</p>
    </Section>
  )
}

/** How its drill stands; undefined: it is never unlocked. */
function useDrill({ machine: { commissioning } }: Card): string | undefined {
  const { t, date, of } = useWords()
  if (commissioning === undefined) return undefined
  const { state, due } = commissioning
  if (state !== 'commissioned') return of('machine.drill', state, 'machine.drill.never')
  return due === undefined
    ? t('machine.drill.passed')
    : t('machine.drill.commissioned', { date: date(Date.parse(due)) })
}
