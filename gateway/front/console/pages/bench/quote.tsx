/**
 * What a use would cost, with its reasons: asked of the gateway, which bills it by the same function. Nothing is
 * reckoned here. Read next: front/api/money/quote.ts.
 */
import { useState } from 'preact/hooks'
import { dayBounds, dayOf } from '../../../../core/ground/day.ts'
import { amountText, countedText, elementText, pinOf } from '../../model/tariff.ts'
import type { Problem } from '../../model/wire.ts'
import type { Quote, Tariff } from '../../model/wire-money.ts'
import { Facts, Refused, Section } from '../../parts/parts.tsx'
import { ask } from '../../shell/api.ts'
import { useConnected, useDesk, useViewer, useWords } from '../../shell/context.ts'
import { useStore } from '../../shell/store.ts'

const MINUTE_MS = 60_000

type Given = Readonly<Record<'machine' | 'class' | 'day' | 'time' | 'minutes' | 'kWh' | 'pieces', string>>

/** Undefined: no such time. */
function queryOf({ machine, day, time, minutes, kWh, pieces, ...given }: Given, zone: string): string | undefined {
  const midnightMs = dayBounds(day, zone)?.fromMs
  const [hour, minute] = time.split(':').map(Number)
  const lastsMs = Number(minutes) * MINUTE_MS
  if (midnightMs === undefined || hour === undefined || minute === undefined || !(lastsMs > 0)) return undefined
  const fromMs = midnightMs + (hour * 60 + minute) * MINUTE_MS
  const instant = (ms: number) => new Date(ms).toISOString()
  const query = new URLSearchParams({ from: instant(fromMs), to: instant(fromMs + lastsMs) })
  if (given.class !== '') query.set('class', given.class)
  if (kWh !== '') query.set('energyWh', String(Math.round(Number(kWh) * 1000)))
  if (pieces !== '') query.set('pieces', pieces)
  return `/v1/machines/${machine}/quote?${query}`
}

export function QuoteForm({ tariffs }: { readonly tariffs: readonly Tariff[] }) {
  const { t } = useWords()
  const zone = useViewer()?.timezone ?? 'UTC'
  const connected = useConnected()
  const machines = [...new Set(tariffs.flatMap((each) => each.machines))].toSorted()
  const classes = [...new Set(tariffs.flatMap(({ elements }) => elements.flatMap((each) => each.classes ?? [])))]
  const [given, give] = useState<Given>({
    ...{ machine: machines[0] ?? '', class: '', day: dayOf(Date.now(), zone), time: '09:00' },
    ...{ minutes: '60', kWh: '', pieces: '' },
  })
  const [quote, setQuote] = useState<Quote>()
  const [refused, setRefused] = useState<{ readonly problem: Problem | undefined }>()
  const path = queryOf(given, zone)

  async function look(event: Event): Promise<void> {
    event.preventDefault()
    const answer = await ask<Quote>('GET', path!)
    setQuote(answer.ok ? answer.body : undefined)
    setRefused(answer.ok ? undefined : { problem: answer.problem })
  }

  if (machines.length === 0) return null
  return (
    <Section title={t('quote.title')} note={t('quote.about')}>
      <form class="row quote" onSubmit={(event) => void look(event)}>
        <Fields machines={machines} classes={classes} given={given} give={give} />
        <button type="submit" class="primary" disabled={!connected || path === undefined}>
          {t('quote.do')}
        </button>
      </form>
      <div role="status">{quote === undefined ? null : <Shown quote={quote} tariffs={tariffs} />}</div>
      {refused === undefined ? null : <Refused problem={refused.problem} />}
    </Section>
  )
}

type FieldsProps = {
  readonly machines: readonly string[]
  readonly classes: readonly string[]
  readonly given: Given
  readonly give: (given: Given) => void
}

function Fields({ machines, classes, given, give }: FieldsProps) {
  const { t, name } = useWords()
  const cards = useStore(useDesk().live, (live) => live.cards)
  const field = (key: keyof Given, type: 'date' | 'time' | 'number', step: number | 'any' = 1) => (
    <label>
      <span class="small">{t(`quote.${key}`)}</span>
      <input
        name={key}
        type={type}
        min={type === 'number' ? 0 : undefined}
        step={type === 'number' ? step : undefined}
        value={given[key]}
        onInput={({ currentTarget }) => give({ ...given, [key]: currentTarget.value })}
      />
    </label>
  )
  const choice = (key: 'machine' | 'class', options: readonly (readonly [value: string, text: string])[]) => (
    <label>
      <span class="small">{t(`quote.${key}`)}</span>
      <select
        name={key}
        value={given[key]}
        onChange={({ currentTarget }) => give({ ...given, [key]: currentTarget.value })}
      >
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  )
  const named = machines.map((id) => [id, name(cards[id]?.machine.name ?? {}, id)] as const)
  const anyClass = [['', t('quote.class.none')], ...classes.map((each) => [each, each] as const)] as const
  return (
    <>
      {choice('machine', named)}
      {classes.length === 0 ? null : choice('class', anyClass)}
      {field('day', 'date')}
      {field('time', 'time')}
      {field('minutes', 'number')}
      {field('kWh', 'number', 'any')}
      {field('pieces', 'number')}
    </>
  )
}

type ShownProps = { readonly quote: Quote; readonly tariffs: readonly Tariff[] }

function Shown({ quote, tariffs }: ShownProps) {
  const words = useWords()
  const { t, time } = words
  const { currency, lines, unnamed, adjustments, net, tax, total } = quote
  const tariff = tariffs.find((each) => pinOf(each) === quote.tariff)
  const span = (from: string, to: string) => `${time(Date.parse(from), Date.now())}–${time(Date.parse(to), Date.now())}`
  return (
    <>
      <ul class="bill">
        {lines.map(({ of, element, from, to, quantity, free, unit, amount }) => {
          const named = tariff?.elements.find(({ id }) => id === element)
          return (
            <li key={`${of} ${element} ${from}`}>
              <span>
                <strong>
                  <bdi>{element ?? countedText(of, words)}</bdi>
                </strong>{' '}
                {amountText(quantity, unit, words)}
                {free === '0' ? '' : ` · ${t('tariff.free', { amount: amountText(free, unit, words) })}`}
                <span class="small block">{span(from, to)}</span>
                <span class="small block">
                  {named === undefined || tariff === undefined ? t('quote.free') : elementText(named, tariff, words)}
                </span>
              </span>
              <span class="number">{`${amount} ${currency}`}</span>
            </li>
          )
        })}
        {adjustments.map(({ kind, amount }) => (
          <li key={kind}>
            <span>{t(kind === 'minimum' ? 'tariff.minimum' : 'tariff.maximum')}</span>
            <span class="number">{`${amount} ${currency}`}</span>
          </li>
        ))}
      </ul>
      {unnamed.length === 0 ? null : (
        <p class="small">
          {t('quote.unnamed', { what: unnamed.map((of) => countedText(of, words)).join(t('list.and')) })}
        </p>
      )}
      <Facts
        rows={[
          [t('statement.net'), `${net} ${currency}`],
          [t('statement.tax'), `${tax} ${currency}`],
          [t('statement.total'), <strong key="total">{`${total} ${currency}`}</strong>],
          [t('statement.tariff'), <bdi key="tariff">{quote.tariff}</bdi>],
        ]}
      />
    </>
  )
}
