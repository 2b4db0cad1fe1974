/** One machine: what it does and why, what it reports and how old that is, its meters, and what happened. */
import { tenantPath } from '../model/route.ts'
import type { Card, Role } from '../model/wire.ts'
import { CalendarAddresses } from '../parts/calendar-addresses.tsx'
import { FreeTimes } from '../parts/free-times.tsx'
import { Empty, Facts, Section, State, useReason } from '../parts/parts.tsx'
import { Problems } from '../parts/problems.tsx'
import { Reports } from '../parts/reports.tsx'
import { useDesk, useViewer, useWords } from '../shell/context.ts'
import { useStore } from '../shell/store.ts'
import { Age } from './floor/card.tsx'
import { About } from './machine/about.tsx'
import { Happened } from './machine/happened.tsx'
import { Meters } from './machine/meters.tsx'
import { Sessions } from './machine/sessions.tsx'
import { Signals } from './machine/signals.tsx'
import { Timeline } from './machine/timeline.tsx'
import { Upkeep } from './machine/upkeep.tsx'

export function MachinePage({ id }: { readonly id: string }) {
  const { t, name } = useWords()
  const viewer = useViewer()
  const card = useStore(useDesk().live, ({ cards }) => cards[id])
  const waiting = useStore(useDesk().live, ({ order }) => order.length === 0)
  if (card === undefined) return <Empty>{t(waiting ? 'floor.waiting' : 'page.nowhere')}</Empty>
  const { machine } = card
  const sees = (...roles: readonly Role[]) => viewer?.role !== undefined && roles.includes(viewer.role)
  return (
    <>
      <div class="title">
        <h1>{name(machine.name, id)}</h1>
        <State availability={machine.availability} />
        <Age id={id} />
        <div class="tools">
          {machine.failSafe === undefined ? null : (
            <a class="button" href={tenantPath(id)}>
              {t('machine.tenantPage')}
            </a>
          )}
        </div>
      </div>
      <div class="columns">
        <div>
          <StateSection card={card} />
          {sees('technician', 'owner') ? (
            <Signals id={id} />
          ) : (
            <Closed word="machine.signals" note="machine.signals.none" />
          )}
          {sees('technician', 'owner', 'auditor') ? (
            <Meters id={id} />
          ) : (
            <Closed word="machine.meters" note="machine.meters.none" />
          )}
          {sees('owner', 'auditor') ? (
            <Sessions id={id} />
          ) : (
            <Closed word="machine.sessions" note="machine.sessions.closed" />
          )}
        </div>
        <div>
          {sees('technician', 'owner', 'auditor', 'platform') ? (
            <Happened id={id} />
          ) : (
            <Closed word="machine.hour" note="machine.hour.closed" />
          )}
          {sees('technician', 'owner', 'auditor') ? (
            <Problems machine={id}>
              <Reports machine={id} may={sees('auditor') ? 'look' : 'see-to'} />
            </Problems>
          ) : null}
          {viewer?.role === undefined ? null : <FreeTimes machine={id} />}
          {sees('technician', 'owner', 'platform') ? <CalendarAddresses machine={id} /> : null}
          {sees('technician', 'owner', 'auditor') ? <Upkeep id={id} mayDo={sees('technician')} /> : null}
          {sees('technician', 'owner', 'auditor') ? <Timeline id={id} /> : null}
          <About card={card} />
        </div>
      </div>
    </>
  )
}

type Closed = {
  readonly word: 'machine.signals' | 'machine.meters' | 'machine.sessions' | 'machine.hour'
  readonly note: 'machine.signals.none' | 'machine.meters.none' | 'machine.sessions.closed' | 'machine.hour.closed'
}

function Closed({ word, note }: Closed) {
  const { t } = useWords()
  return (
    <Section title={t(word)}>
      <Empty>{t(note)}</Empty>
    </Section>
  )
}

function StateSection({ card }: { readonly card: Card }) {
  const { t, of, time } = useWords()
  const reasonOf = useReason()
  const { availability, itemState, mode, access, failSafe } = card.machine
  const { freeAt, freeUntil, detail } = availability
  const reason = reasonOf(availability)
  const when =
    freeUntil !== undefined
      ? t('card.until', { time: time(Date.parse(freeUntil), Date.now()) })
      : freeAt !== undefined
        ? t('card.freeFrom', { time: time(Date.parse(freeAt), Date.now()) })
        : undefined
  return (
    <Section title={t('machine.state')}>
      <Facts
        rows={[
          [
            t('machine.availability'),
            <>
              <strong>{of('state', availability.state, 'state.Unknown')}</strong>
              {[reason, detail, when].map((each) => (each === undefined ? null : <span key={each}> · {each}</span>))}
            </>,
          ],
          [t('machine.item'), of('item', itemState, 'item.Unknown')],
          ...(mode === 'Unknown' ? [] : [[t('machine.mode'), of('mode', mode, 'mode.other')] as const]),
          [t('machine.access'), failSafe === undefined ? t('tag.noLock') : of('access', access, 'access.Unknown')],
        ]}
      />
    </Section>
  )
}
