/** Upkeep of every machine in one table: each rule as configured, and whether it is due. Their pages record it. */
import { machinePath } from '../../model/route.ts'
import type { Service } from '../../model/wire-upkeep.ts'
import { Heads, Scroll, Section } from '../../parts/parts.tsx'
import { useAnswer, useDesk, useNameOf, useWords } from '../../shell/context.ts'
import { useStore } from '../../shell/store.ts'
import { Amount } from '../machine/meters.tsx'

const EVERY_MS = 60_000

export function Services() {
  const { t } = useWords()
  const order = useStore(useDesk().live, (live) => live.order)
  return (
    <Section title={t('upkeep.title')} note={t('services.about')}>
      <Scroll label={t('upkeep.title')}>
        <table class="services">
          <Heads
            columns={[
              t('books.machine'),
              t('services.rule'),
              t('services.state'),
              { number: t('services.every') },
              { number: t('services.used') },
              t('services.expected'),
              t('services.closes'),
            ]}
          />
          {order.map((id) => (
            <Machine key={id} id={id} />
          ))}
        </table>
      </Scroll>
    </Section>
  )
}

function Machine({ id }: { readonly id: string }) {
  const { t } = useWords()
  const nameOf = useNameOf()
  const { body, failed } = useAnswer<{ services: readonly Service[] }>(`/v1/machines/${id}/services`, EVERY_MS)
  const services = body?.services ?? []
  const said = body === undefined ? t(failed ? 'do.failed' : 'do.loading') : t('upkeep.none')
  const head = (
    <th scope="rowgroup" rowSpan={Math.max(1, services.length)}>
      <a href={machinePath(id)}>{nameOf(id)}</a>
    </th>
  )
  if (services.length === 0)
    return (
      <tbody>
        <tr>
          {head}
          <td colSpan={6} class="muted">
            {said}
          </td>
        </tr>
      </tbody>
    )
  return (
    <tbody>
      {services.map((service, index) => (
        <tr key={service.id} data-quality={service.due ? 'bad' : 'good'}>
          {index === 0 ? head : null}
          <Rule service={service} />
        </tr>
      ))}
    </tbody>
  )
}

function Rule({ service }: { readonly service: Service }) {
  const { t, date } = useWords()
  const { kind, text, every, used, unit = '', days, due, overdue, closes, expected, certificate } = service
  return (
    <>
      <td>
        <bdi>{kind === 'drill' ? t('upkeep.drill') : text}</bdi>
        <span class="small block">
          {t(`upkeep.kind.${kind}`)}
          {certificate === undefined ? null : ` · ${t('upkeep.certificate', certificate)}`}
        </span>
      </td>
      <td>{t(overdue ? 'upkeep.overdue' : due ? 'upkeep.due' : 'upkeep.fine')}</td>
      <td class="number">
        {every === undefined ? null : <Amount quantity={every} unit={unit} />}
        {days === undefined ? null : <span class="small block">{t('upkeep.days', { days })}</span>}
      </td>
      <td class="number">{used === undefined ? null : <Amount quantity={used} unit={unit} />}</td>
      <td>{expected === undefined ? null : date(Date.parse(expected))}</td>
      <td>{t(closes ? 'services.closes.yes' : 'services.closes.no')}</td>
    </>
  )
}
