/** Counters: what each has made today, this week and altogether, and whether it counts. */
import { dayOf } from '../../../../core/ground/day.ts'
import { daysAround, madeOf } from '../../model/made.ts'
import { showQuantity } from '../../model/quantity.ts'
import type { Meter, MeterDay } from '../../model/wire.ts'
import { Empty, Heads, Scroll, Section } from '../../parts/parts.tsx'
import { useAnswer, useNow, useViewer, useWords } from '../../shell/context.ts'

const EVERY_MS = 5_000
/** What was recorded of a day changes with each reading that is recorded; between them the total grows. */
const DAYS_EVERY_MS = 60_000

export function Meters({ id }: { readonly id: string }) {
  const { t } = useWords()
  const zone = useViewer()?.timezone ?? 'UTC'
  const today = dayOf(useNow(DAYS_EVERY_MS), zone)
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
                { number: t('machine.today') },
                { number: t('machine.week') },
                { number: t('machine.total') },
              ]}
            />
            <tbody>
              {body.meters.map((meter) => (
                <Row key={meter.meter} meter={meter} today={today} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </Section>
  )
}

function Row({ meter, today }: { readonly meter: Meter; readonly today: string }) {
  const { t, of, seconds, title } = useWords()
  const { from, to } = daysAround(today)
  const path = `/v1/meters/${meter.meter}/days?from=${from}&to=${to}`
  const { body } = useAnswer<{ days: readonly MeterDay[] }>(today.startsWith('20') ? path : '', DAYS_EVERY_MS)
  const made = body && madeOf(meter, body.days, today)
  const short = meter.meter.slice(meter.machine.length + 1)
  return (
    <tr data-quality={meter.counting ? 'good' : 'bad'}>
      <th scope="row">
        {title(meter, short)}
        <span class="small id">{short}</span>
        {meter.counting ? null : (
          <span class="small">
            {t('machine.notCounting', { reason: of('reason', meter.reason ?? '', 'reason.other') })}
          </span>
        )}
        {meter.at === undefined ? null : <span class="small">{seconds(Date.parse(meter.at))}</span>}
      </th>
      <td class="number">{made === undefined ? '' : <Amount quantity={made.today} unit={meter.unit} />}</td>
      <td class="number">{made === undefined ? '' : <Amount quantity={made.week} unit={meter.unit} />}</td>
      <td class="number">
        <Amount quantity={meter.total} unit={meter.unit} />
      </td>
    </tr>
  )
}

const HOUR_MS = 3_600_000

/** A quantity of a meter. Time is said in hours and minutes, and from a day on in hours, as machines are serviced. */
export function Amount({ quantity, unit }: { readonly quantity: string; readonly unit: string }) {
  const { t, tag, duration, has } = useWords()
  if (unit === 'ms') {
    const hours = Number(quantity) / HOUR_MS
    if (hours < 24) return <>{duration(Number(quantity))}</>
    return <>{t('unit.h', { n: new Intl.NumberFormat(tag, { maximumFractionDigits: 1 }).format(hours) })}</>
  }
  const shown = showQuantity(quantity, unit, tag)
  const word = `count.${shown.unit}`
  return (
    <>
      {shown.value}
      <span class="unit"> {has(word) ? t(word) : shown.unit}</span>
    </>
  )
}
