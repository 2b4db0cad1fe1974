/** Counters: what each has made altogether, and whether it counts. */
import { showQuantity } from '../../model/quantity.ts'
import type { Meter } from '../../model/wire.ts'
import { Empty, Heads, Scroll, Section } from '../../parts/parts.tsx'
import { useAnswer, useWords } from '../../shell/context.ts'

const EVERY_MS = 5_000

export function Meters({ id }: { readonly id: string }) {
  const { t, of, seconds } = useWords()
  const { body, failed } = useAnswer<{ meters: readonly Meter[] }>(`/v1/meters?machine=${id}`, EVERY_MS)
  return (
    <Section title={t('machine.meters')}>
      {body === undefined ? <Empty>{t(failed ? 'do.failed' : 'do.loading')}</Empty> : null}
      {body === undefined ? null : (
        <Scroll label={t('machine.meters')}>
          <table>
            <Heads
              columns={[
                t('machine.meter'),
                { number: t('machine.total') },
                { number: t('books.inSessions') },
                { number: t('books.unassigned') },
                { hidden: t('books.standing') },
              ]}
            />
            <tbody>
              {body.meters.map((meter) => (
                <tr key={meter.meter} data-quality={meter.counting ? 'good' : 'bad'}>
                  <th scope="row">
                    {meter.title ?? meter.meter.slice(id.length + 1)}
                    <span class="small id">{meter.meter.slice(id.length + 1)}</span>
                  </th>
                  <td class="number">
                    <Amount quantity={meter.total} unit={meter.unit} />
                  </td>
                  <td class="number">
                    <Amount quantity={meter.session} unit={meter.unit} />
                  </td>
                  <td class="number">
                    <Amount quantity={meter.unassigned} unit={meter.unit} />
                  </td>
                  <td>
                    {meter.counting
                      ? t('machine.counting')
                      : t('machine.notCounting', { reason: of('reason', meter.reason ?? '', 'reason.other') })}
                    {meter.at === undefined ? null : <span class="small">{seconds(Date.parse(meter.at))}</span>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </Section>
  )
}

/** A quantity of a meter; time is said in hours and minutes. */
export function Amount({ quantity, unit }: { readonly quantity: string; readonly unit: string }) {
  const { tag, duration } = useWords()
  if (unit === 'ms') return <>{duration(Number(quantity))}</>
  const shown = showQuantity(quantity, unit, tag)
  return (
    <>
      {shown.value}
      <span class="unit"> {shown.unit}</span>
    </>
  )
}
