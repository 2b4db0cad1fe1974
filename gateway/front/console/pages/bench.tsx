/**
 * The bench, for technicians: what needs attention, links with the cause of a failure and what to try, and each
 * machine's way from "added" to "tenants let in", with the drill run from here.
 * Read next: model/bench.ts (the advice and the way), bench/ (each part).
 */
import { useEffect, useState } from 'preact/hooks'
import { adviceOf } from '../model/bench.ts'
import type { Ready } from '../model/wire.ts'
import { Empty, Scroll, Section } from '../parts/parts.tsx'
import { ask } from '../shell/api.ts'
import { useDesk, useNow, useWords } from '../shell/context.ts'
import { useStore } from '../shell/store.ts'
import { MachineBench } from './bench/machine.tsx'
import { useGate } from './sign-in.tsx'

const EVERY_MS = 2_000

export function Bench() {
  const gate = useGate(['technician'], 'bench.title', 'bench.for')
  return gate ?? <Open />
}

function Open() {
  const { t, name } = useWords()
  const ready = useReady()
  const live = useDesk().live
  const order = useStore(live, (value) => value.order)
  const cards = useStore(live, (value) => value.cards)
  const [chosen, setChosen] = useState('')
  const id = chosen !== '' ? chosen : (order[0] ?? '')
  return (
    <>
      <div class="title">
        <h1>{t('bench.title')}</h1>
      </div>
      <div class="columns">
        <div>
          {ready === undefined ? <Empty>{t('do.loading')}</Empty> : <Notes ready={ready} />}
          {ready === undefined ? null : <Links ready={ready} />}
          {ready === undefined || ready.sinks.length === 0 ? null : <Sinks ready={ready} />}
          <p class="small">{t('bench.later')}</p>
        </div>
        <div>
          <label class="filter chooser">
            <span>{t('books.machine')}</span>
            <select value={id} onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
              {order.map((each) => (
                <option key={each} value={each}>
                  {name(cards[each]?.machine.name ?? {}, each)}
                </option>
              ))}
            </select>
          </label>
          {id === '' ? null : <MachineBench key={id} id={id} />}
        </div>
      </div>
    </>
  )
}

/** It says so itself, with 503, when it is not ready: an answer like any other. */
function useReady(): Ready | undefined {
  const [ready, setReady] = useState<Ready>()
  useEffect(() => {
    const look = async () => {
      const answer = await ask<Ready>('GET', '/health/ready')
      const body = answer.ok ? answer.body : (answer.problem as unknown as Ready | undefined)
      if (body?.links !== undefined) setReady(body)
    }
    void look()
    const timer = setInterval(look, EVERY_MS)
    return () => clearInterval(timer)
  }, [])
  return ready
}

function Notes({ ready }: { readonly ready: Ready }) {
  const { t } = useWords()
  return (
    <Section title={t('bench.notes')}>
      {ready.notes.length === 0 ? <Empty>{t('bench.notes.none')}</Empty> : null}
      <ul class="notes">
        {ready.notes.map((note) => (
          <li key={note} lang="en">
            {note}
          </li>
        ))}
      </ul>
    </Section>
  )
}

function Links({ ready }: { readonly ready: Ready }) {
  const { t, of, time } = useWords()
  const now = useNow(10_000)
  return (
    <Section title={t('bench.links')}>
      <ul class="links">
        {ready.links.map(({ id, protocol, state, cause, since }) => (
          <li key={id} data-state={state}>
            <p>
              <strong>{id}</strong> <span class="muted">{protocol}</span>
              <span class="spring" />
              <span class="link-state">{of('bench.link', state, 'bench.link.down')}</span>{' '}
              <span class="small">{t('bench.link.since', { time: time(Date.parse(since), now) })}</span>
            </p>
            {state === 'up' || cause === undefined ? null : (
              <dl>
                <div>
                  <dt>{t('bench.cause')}</dt>
                  <dd lang="en">{cause}</dd>
                </div>
                <div>
                  <dt>{t('bench.try')}</dt>
                  <dd>{t(`try.${adviceOf(cause)}`)}</dd>
                </div>
              </dl>
            )}
          </li>
        ))}
      </ul>
    </Section>
  )
}

function Sinks({ ready }: { readonly ready: Ready }) {
  const { t } = useWords()
  return (
    <Section title={t('bench.sinks')}>
      <Scroll label={t('bench.sinks')}>
        <table>
          <tbody>
            {ready.sinks.map(({ name, connected, behind, note }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>
                  {t(connected ? 'bench.sink.ok' : 'bench.sink.down')}
                  {note === undefined ? null : (
                    <span class="small" lang="en">
                      {note}
                    </span>
                  )}
                </td>
                <td class="number">{behind === 0 ? '' : t('bench.sink.behind', { count: behind })}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Section>
  )
}
