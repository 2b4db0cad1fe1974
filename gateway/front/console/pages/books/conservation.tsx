/** That every unit a counter made is in exactly one account. */
import type { Meter } from '../../model/wire.ts'
import { Heads, Scroll, Section } from '../../parts/parts.tsx'
import { useNameOf, useWords } from '../../shell/context.ts'
import { Amount } from '../machine/meters.tsx'

export function Conservation({ meters }: { readonly meters: readonly Meter[] }) {
  const { t } = useWords()
  if (meters.length === 0) return null
  return (
    <Section title={t('books.conservation')} note={t('books.conservation.note')}>
      <Scroll label={t('books.conservation')}>
        <table>
          <Heads
            columns={[
              t('books.meter'),
              { number: t('books.counted') },
              { number: t('books.inSessions') },
              { number: t('books.unassigned') },
              { number: t('books.disputed') },
              { hidden: t('books.standing') },
            ]}
          />
          <tbody>
            {meters.map((meter) => (
              <Row key={meter.meter} meter={meter} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </Section>
  )
}

function Row({ meter }: { readonly meter: Meter }) {
  const { t, title } = useWords()
  const nameOf = useNameOf()
  const { unit, counted, session, unassigned, disputed, conserved } = meter
  return (
    <tr>
      <th scope="row">
        {title(meter, meter.meter)}
        <span class="small">
          <bdi>{nameOf(meter.machine)}</bdi> <span class="id">{meter.meter.slice(meter.machine.length + 1)}</span>
        </span>
      </th>
      <td class="number">
        {counted === undefined ? (
          <span class="muted">{t('books.counted.none')}</span>
        ) : (
          <Amount quantity={counted} unit={unit} />
        )}
      </td>
      <td class="number">
        <Amount quantity={session} unit={unit} />
      </td>
      <td class="number">
        <Amount quantity={unassigned} unit={unit} />
      </td>
      <td class="number">
        <Amount quantity={disputed} unit={unit} />
      </td>
      <td class={conserved ? 'holds' : 'fails'}>{t(conserved ? 'books.adds' : 'books.addsNot')}</td>
    </tr>
  )
}
