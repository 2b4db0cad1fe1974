/** Live values with quality and age, and the trend of the one that is chosen. */
import { useEffect, useState } from 'preact/hooks'
import { addPoint, noTrend, type Trend } from '../../model/trend.ts'
import type { Signal } from '../../model/wire.ts'
import { Empty, Heads, Scroll, Section } from '../../parts/parts.tsx'
import { Said } from '../../parts/said.tsx'
import { useAnswer, useWords } from '../../shell/context.ts'
import { TrendOf } from './trend.tsx'

const EVERY_MS = 1_000

export function Signals({ id }: { readonly id: string }) {
  const { t, title } = useWords()
  const { body, failed } = useAnswer<{ signals: readonly Signal[] }>(`/v1/machines/${id}/signals`, EVERY_MS)
  const [chosen, setChosen] = useState<string>()
  const signals = body?.signals ?? []
  const numbers = signals.filter(({ value }) => typeof value === 'number')
  const telling =
    numbers.find(({ unit }) => unit === 'W' || unit === 'kW') ?? numbers.find(({ unit }) => unit !== undefined)
  const shown = chosen ?? (telling ?? numbers[0])?.id
  const trends = useTrends(signals)
  const signal = signals.find((each) => each.id === shown)
  if (body === undefined)
    return (
      <Section title={t('machine.signals')}>
        {failed ? <Empty>{t('do.failed')}</Empty> : <Empty>{t('do.loading')}</Empty>}
      </Section>
    )
  return (
    <>
      {signal === undefined ? null : (
        <TrendOf
          machine={id}
          signal={signal}
          title={title(signal, shortOf(signal.id))}
          seen={trends.get(signal.id) ?? noTrend}
        />
      )}
      <Section title={t('machine.signals')}>
        <Scroll label={t('machine.signals')}>
          <table>
            <Heads columns={[t('machine.signal'), { number: t('machine.value') }, { number: t('machine.age') }]} />
            <tbody>
              {signals.map((each) => (
                <Row key={each.id} signal={each} chosen={each.id === shown} choose={() => setChosen(each.id)} />
              ))}
            </tbody>
          </table>
        </Scroll>
      </Section>
    </>
  )
}

const shortOf = (id: string) => id.slice(id.indexOf('/') + 1)

type RowProps = { readonly signal: Signal; readonly chosen: boolean; readonly choose: () => void }

function Row({ signal, chosen, choose }: RowProps) {
  const { t, duration, of, title } = useWords()
  const { id, quality, value, cause, detail, ageMs } = signal
  const plots = typeof value === 'number'
  const named = title(signal, shortOf(id))
  return (
    <tr data-quality={quality} aria-selected={chosen}>
      <th scope="row">
        {plots ? (
          <button
            type="button"
            class="link"
            aria-pressed={chosen}
            aria-label={t('machine.trend.choose', { signal: named })}
            onClick={choose}
          >
            {named}
          </button>
        ) : (
          named
        )}
        <span class="small id">{shortOf(id)}</span>
      </th>
      <td class="number">
        {value === undefined ? (
          <span class="no-value">
            {cause === undefined ? t('quality.bad') : of('reason', cause, 'quality.bad')}
            {detail === undefined ? null : (
              <span class="small">
                <Said text={detail} />
              </span>
            )}
          </span>
        ) : (
          <ValueText signal={signal} />
        )}
        {quality === 'uncertain' ? <span class="small">{t('quality.uncertain')}</span> : null}
      </td>
      <td class="number age">{ageMs === undefined ? '' : duration(ageMs)}</td>
    </tr>
  )
}

function ValueText({ signal: { value, unit } }: { readonly signal: Signal }) {
  const { t, has, tag, duration } = useWords()
  const word = `count.${unit}`
  if (typeof value === 'boolean') return <>{t(value ? 'bool.true' : 'bool.false')}</>
  if (typeof value !== 'number') return <bdi>{Array.isArray(value) ? value.join(' ') : value}</bdi>
  if (unit === 'ms') return <>{duration(value)}</>
  const maximumSignificantDigits = Math.abs(value) >= 1e6 ? 15 : 7
  // What has no unit may be a serial number or a code, which nobody groups.
  const format = new Intl.NumberFormat(tag, { maximumSignificantDigits, useGrouping: unit !== undefined })
  return (
    <>
      {format.format(value)}
      {unit === undefined ? null : <span class="unit"> {has(word) ? t(word) : unit}</span>}
    </>
  )
}

/** What was seen of each signal while the page is open. */
function useTrends(signals: readonly Signal[]): ReadonlyMap<string, Trend> {
  const [trends, setTrends] = useState<ReadonlyMap<string, Trend>>(new Map())
  useEffect(() => {
    if (signals.length === 0) return
    const nowS = Date.now() / 1_000
    setTrends((before) => {
      const next = new Map(before)
      for (const { id, value, quality, ageMs = 0 } of signals)
        if (typeof value === 'number' || before.has(id))
          next.set(
            id,
            addPoint(
              next.get(id) ?? noTrend,
              nowS - ageMs / 1_000,
              typeof value === 'number' && quality !== 'bad' ? value : null,
            ),
          )
      return next
    })
  }, [signals])
  return trends
}
