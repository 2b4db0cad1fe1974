/** What a technician sees at a gateway that has no machine yet: the way to the first one. */
import { Section } from '../../parts/parts.tsx'
import { useWords } from '../../shell/context.ts'

const FIRST_STEPS = ['link', 'look', 'machine', 'accept'] as const

export function First({ begin }: { readonly begin: () => void }) {
  const { t } = useWords()
  return (
    <Section title={t('first.title')} note={t('first.note')}>
      <ol class="steps">
        {FIRST_STEPS.map((step, at) => (
          <li key={step} data-step={at === 0 ? 'doing' : 'next'}>
            {t(`first.${step}`)}
          </li>
        ))}
      </ol>
      <button type="button" class="primary" onClick={begin}>
        {t('first.begin')}
      </button>
    </Section>
  )
}
