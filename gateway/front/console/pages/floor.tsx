/** The floor: a card per machine, what is free and until when, what needs somebody, and the day. */
import { useState } from 'preact/hooks'
import { floorPath } from '../model/route.ts'
import { countGroups, groups } from '../model/state.ts'
import type { Card } from '../model/wire.ts'
import { Empty } from '../parts/parts.tsx'
import { SignIn } from '../parts/sign-in.tsx'
import { useDesk, useNow, useViewer, useWords } from '../shell/context.ts'
import { useStore } from '../shell/store.ts'
import { MachineCard } from './floor/card.tsx'
import { DayLine } from './floor/day.tsx'
import { Plan } from './floor/plan.tsx'

export function Floor() {
  const { t } = useWords()
  const viewer = useViewer()
  const live = useDesk().live
  const order = useStore(live, (value) => value.order)
  const cards = useStore(live, (value) => value.cards)
  const asked = new URLSearchParams(location.search)
  const [plan, wall] = [asked.has('plan'), asked.has('wall')]
  const [owner, setOwner] = useState('')
  const [kind, setKind] = useState('')
  if (viewer !== undefined && viewer.role === undefined && viewer.board === 'nobody') return <ClosedFloor />
  const all = order.flatMap((id) => cards[id] ?? [])
  const shown = all.filter(
    (card) => (owner === '' || card.machine.owner === owner) && (kind === '' || card.kind === kind),
  )
  const ids = shown.map(({ machine }) => machine.id)
  return (
    <>
      <div class="title">
        <h1>{t('floor.title')}</h1>
        <Counts cards={shown} />
        <div class="tools">
          {wall ? <Clock /> : null}
          <Views plan={plan} wall={wall} />
          <Filter label={t('floor.filter.owner')} value={owner} values={distinct(all, ownerOf)} choose={setOwner} />
          <Filter label={t('floor.filter.kind')} value={kind} values={distinct(all, kindOf)} choose={setKind} />
          <WallSwitch plan={plan} wall={wall} />
        </div>
      </div>
      {all.length === 0 ? <Waiting /> : shown.length === 0 ? <Empty>{t('floor.empty')}</Empty> : null}
      {plan ? (
        <Plan cards={shown} />
      ) : (
        <ul class="cards">
          {ids.map((id) => (
            <MachineCard key={id} id={id} />
          ))}
        </ul>
      )}
      {ids.length > 0 && (viewer?.role !== undefined || viewer?.board === 'states') ? <DayLine ids={ids} /> : null}
    </>
  )
}

const ownerOf = ({ machine }: Card) => machine.owner
const kindOf = ({ kind }: Card) => kind
const distinct = (cards: readonly Card[], of: (card: Card) => string) =>
  [...new Set(cards.map(of))].filter((each) => each !== '').sort()

/** Who reads a wall looks for the time there too. */
function Clock() {
  const { time } = useWords()
  const now = useNow()
  return <time class="wall-clock">{now === 0 ? '' : time(now)}</time>
}

function Waiting() {
  const { t } = useWords()
  const connection = useStore(useDesk().live, (live) => live.connection)
  return <Empty>{t(connection === 'live' ? 'floor.none' : 'floor.waiting')}</Empty>
}

/** How many of each, in words; a screen reader hears it when it changes. */
function Counts({ cards }: { readonly cards: readonly Card[] }) {
  const { t } = useWords()
  const counts = countGroups(cards)
  return (
    <p class="counts" role="status">
      {groups.map((group) =>
        counts[group] === 0 && group !== 'free' ? null : (
          <span key={group} data-group={group}>
            <strong>{counts[group]}</strong> {t(`floor.count.${group}`)}
          </span>
        ),
      )}
    </p>
  )
}

type FilterProps = {
  readonly label: string
  readonly value: string
  readonly values: readonly string[]
  readonly choose: (value: string) => void
}

function Filter({ label, value, values, choose }: FilterProps) {
  const { t } = useWords()
  if (values.length < 2) return null
  return (
    <label class="filter">
      <span>{label}</span>
      <select value={value} onChange={({ currentTarget }) => choose(currentTarget.value)}>
        <option value="">{t('floor.filter.all')}</option>
        {values.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </label>
  )
}

type ViewProps = { readonly plan: boolean; readonly wall: boolean }

function Views({ plan, wall }: ViewProps) {
  const { t } = useWords()
  return (
    <nav class="choice" aria-label={t('floor.view')}>
      {[false, true].map((each) => (
        <a key={String(each)} href={floorPath(each, wall)} aria-current={each === plan ? 'true' : undefined}>
          {t(each ? 'floor.view.plan' : 'floor.view.cards')}
        </a>
      ))}
    </nav>
  )
}

function WallSwitch({ plan, wall }: ViewProps) {
  const { t } = useWords()
  return (
    <a class="button quiet wall-switch" href={floorPath(plan, !wall)}>
      {t(wall ? 'floor.wall.leave' : 'floor.wall')}
    </a>
  )
}

function ClosedFloor() {
  const { t } = useWords()
  return (
    <div class="narrow">
      <h1>{t('floor.closed')}</h1>
      <p class="note">{t('floor.closed.note')}</p>
      <SignIn />
    </div>
  )
}
