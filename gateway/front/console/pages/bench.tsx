/**
 * The bench, for technicians: what needs attention, links with the cause of a failure and what to try, and each
 * machine's way from "added" to "tenants let in", with the drill run from here. Beside that what a device has, upkeep
 * of all machines, tariffs and what a use would cost, certificates, the site file, and labels to print.
 * Read next: model/bench.ts (the advice and the way), bench/ (each part).
 */
import { useEffect, useState } from 'preact/hooks'
import { adviceOf } from '../model/bench.ts'
import type { Ready } from '../model/wire.ts'
import { Empty, Section } from '../parts/parts.tsx'
import { Said } from '../parts/said.tsx'
import { ask } from '../shell/api.ts'
import { useDesk, useNow, useWords } from '../shell/context.ts'
import { useStore } from '../shell/store.ts'
import { SiteFile } from './bench/file.tsx'
import { First } from './bench/first.tsx'
import { Labels } from './bench/labels.tsx'
import { Look } from './bench/look.tsx'
import { MachineBench } from './bench/machine.tsx'
import { type Drafts, noDrafts } from './bench/profile.tsx'
import { Reach } from './bench/reach.tsx'
import { Services } from './bench/services.tsx'
import { Sinks } from './bench/sinks.tsx'
import { TheSpare } from './bench/spare.tsx'
import { Tariffs } from './bench/tariffs.tsx'
import { Trust } from './bench/trust.tsx'
import { Webhooks } from './bench/webhooks.tsx'
import { Gate } from './sign-in.tsx'

const EVERY_MS = 2_000

export function Bench() {
  return (
    <Gate roles={['technician']} word="bench.title" whose="bench.for">
      <Open />
    </Gate>
  )
}

const VIEWS = ['overview', 'look', 'upkeep', 'tariffs', 'trust', 'file', 'labels'] as const
type View = (typeof VIEWS)[number]

/** A link may name the view. */
function firstView(): View {
  const asked = new URLSearchParams(location.search).get('view')
  return VIEWS.find((each) => each === asked) ?? 'overview'
}

function Open() {
  const { t } = useWords()
  const ready = useReady()
  const [view, setView] = useState(firstView)
  // Found in one view, and saved in another.
  const [drafts, draft] = useState<Drafts>(noDrafts)
  const go = (next: View) => {
    history.replaceState(null, '', next === 'overview' ? '/bench' : `/bench?view=${next}`)
    setView(next)
  }
  return (
    <>
      <div class="title unprinted">
        <h1>{t('bench.title')}</h1>
        <nav class="views" aria-label={t('bench.views')}>
          {VIEWS.map((each) => (
            <button type="button" key={each} aria-pressed={view === each} onClick={() => go(each)}>
              {t(`bench.view.${each}`)}
            </button>
          ))}
        </nav>
      </div>
      {view === 'overview' ? <Overview ready={ready} begin={() => go('file')} /> : null}
      {view === 'look' ? <Look links={ready?.links ?? []} drafts={drafts} draft={draft} /> : null}
      {view === 'upkeep' ? <Services /> : null}
      {view === 'tariffs' ? <Tariffs /> : null}
      {view === 'trust' ? <Trust /> : null}
      {view === 'file' ? <SiteFile profiles={drafts.texts} /> : null}
      {view === 'labels' ? <Labels /> : null}
    </>
  )
}

type OverviewProps = { readonly ready: Ready | undefined; readonly begin: () => void }

function Overview({ ready, begin }: OverviewProps) {
  const { t, name } = useWords()
  const live = useDesk().live
  const order = useStore(live, (value) => value.order)
  const cards = useStore(live, (value) => value.cards)
  const isFirst = useStore(live, ({ connection, order: each }) => connection === 'live' && each.length === 0)
  const [chosen, setChosen] = useState('')
  const id = chosen !== '' ? chosen : (order[0] ?? '')
  return (
    <div class="columns">
      <div class="unprinted">
        {ready === undefined ? <Empty>{t('do.loading')}</Empty> : <Notes ready={ready} />}
        {ready === undefined ? null : <Links ready={ready} />}
        {ready?.pair === undefined ? null : <TheSpare pair={ready.pair} />}
        <Sinks />
        <Reach />
        <Webhooks />
      </div>
      <div>
        <label class="filter chooser unprinted">
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
        {isFirst ? <First begin={begin} /> : null}
      </div>
    </div>
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
          <li key={note}>
            <Said text={note} />
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
              <span>
                <span class="link-state">{of('bench.link', state, 'bench.link.down')}</span>{' '}
                <span class="small">{t('bench.link.since', { time: time(Date.parse(since), now) })}</span>
              </span>
            </p>
            {state === 'up' || cause === undefined ? null : (
              <dl>
                <div>
                  <dt>{t('bench.cause')}</dt>
                  <dd>
                    <Said text={cause} />
                  </dd>
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
