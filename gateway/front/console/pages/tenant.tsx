/**
 * A tenant at the machine: opened from the code on its label. Sign in, unlock, use, end, keep the receipt. Every answer
 * is the gateway's; what it says no to is said with what to do.
 * Read next: model/tenant.ts (what is shown when), tenant/ (each stage).
 */
import { useEffect, useState } from 'preact/hooks'
import { tenantPath } from '../model/route.ts'
import { type Stage, stageOf } from '../model/tenant.ts'
import type { Card, Session } from '../model/wire.ts'
import { CalendarAddresses } from '../parts/calendar-addresses.tsx'
import { FreeTimes } from '../parts/free-times.tsx'
import { Label } from '../parts/label.tsx'
import { Empty, State } from '../parts/parts.tsx'
import { Reports } from '../parts/reports.tsx'
import { SignIn } from '../parts/sign-in.tsx'
import { useAnswer, useDesk, useNow, useViewer, useWords } from '../shell/context.ts'
import { useStore } from '../shell/store.ts'
import type { Word } from '../words/words.ts'
import { Age } from './floor/card.tsx'
import { Before } from './tenant/before.tsx'
import { Ended } from './tenant/ended.tsx'
import { Running } from './tenant/running.tsx'
import { Suspended } from './tenant/suspended.tsx'

const EVERY_MS = 2_000

export function TenantPage({ id }: { readonly id: string }) {
  const { t, name } = useWords()
  const viewer = useViewer()
  const card = useStore(useDesk().live, ({ cards }) => cards[id])
  const signedOut = viewer !== undefined && viewer.role === undefined
  return (
    <div class="tenant">
      <OwnLabel id={id} />
      <h1>{card === undefined ? id : name(card.machine.name, id)}</h1>
      {card === undefined ? null : (
        <p class="now">
          <State availability={card.machine.availability} /> <Age id={id} />
        </p>
      )}
      {card !== undefined && card.machine.failSafe === undefined && card.kind !== '' ? (
        <Empty>{t('tenant.noLock')}</Empty>
      ) : card === undefined && !signedOut ? (
        <Empty>{t('floor.waiting')}</Empty>
      ) : (
        <Stages id={id} card={card} />
      )}
      {viewer?.booking?.machine === id ? <Reports machine={id} may="make" /> : null}
      {viewer?.booking?.machine === id && !viewer.booking.pin ? (
        <>
          <FreeTimes machine={id} />
          <CalendarAddresses />
        </>
      ) : null}
      <p class="small quiet-end">{t('machine.safety')}</p>
    </div>
  )
}

/** The session of this booking: the one that is open, or the one that has just ended here. */
function useOwnSession(id: string) {
  const { booking } = useViewer() ?? {}
  const own = booking?.machine === id ? booking : undefined
  const place = `session ${own?.id}`
  const [, redraw] = useState({})
  const open = own?.session
  useEffect(() => {
    if (open !== undefined) keep(open)
  }, [open])
  const keep = (session: string | undefined) => {
    if (session === undefined) sessionStorage.removeItem(place)
    else sessionStorage.setItem(place, session)
    redraw({})
  }
  const session = own === undefined ? undefined : (sessionStorage.getItem(place) ?? undefined)
  const asked = useAnswer<Session>(session === undefined ? '' : `/v1/sessions/${session}`, EVERY_MS)
  return { session: asked.body, again: asked.again, keep }
}

function Stages({ id, card }: { readonly id: string; readonly card: Card | undefined }) {
  const { t } = useWords()
  const viewer = useViewer()
  const now = useNow()
  const own = useOwnSession(id)
  const stage = stageOf(viewer, id, own.session, now)
  return (
    <>
      <p class="hidden" role="status">
        {said[stage.kind] === undefined ? '' : t(said[stage.kind]!)}
      </p>
      <Shown id={id} card={card} stage={stage} own={own} />
    </>
  )
}

/** What is said aloud when the use comes to another stage. */
const said: Readonly<Partial<Record<Stage['kind'], Word>>> = {
  running: 'tenant.running',
  finishing: 'tenant.ending',
  suspended: 'tenant.suspended',
  ended: 'tenant.ended',
}

type ShownProps = {
  readonly id: string
  readonly card: Card | undefined
  readonly stage: Stage
  readonly own: ReturnType<typeof useOwnSession>
}

function Shown({ id, card, stage, own }: ShownProps) {
  const { t, name } = useWords()
  switch (stage.kind) {
    case 'sign-in':
      return (
        <section class="stage">
          <h2>{t('tenant.signIn')}</h2>
          <p class="note">{t('tenant.link')}</p>
          <SignIn machine={id} />
        </section>
      )
    case 'other-machine':
      return (
        <section class="stage">
          <h2>{t('tenant.other')}</h2>
          <a class="button primary" href={tenantPath(stage.machine)}>
            {t('tenant.other.go', { machine: name({}, stage.machine) })}
          </a>
        </section>
      )
    case 'over':
      return (
        <section class="stage">
          <h2>{t('tenant.over')}</h2>
          <SignIn machine={id} />
        </section>
      )
    case 'before':
      return <Before id={id} card={card} stage={stage} took={(session) => own.keep(session.id)} />
    case 'running':
    case 'finishing':
      return <Running session={stage.session} again={own.again} />
    case 'suspended':
      return <Suspended session={stage.session} card={card} again={own.again} />
    case 'ended':
      return <Ended session={stage.session} leave={() => own.keep(undefined)} />
  }
}

/** The code and the picture that the label on the machine has too. */
function OwnLabel({ id }: { readonly id: string }) {
  const { t } = useWords()
  const viewer = useViewer()
  if (viewer === undefined) return null
  return (
    <Label site={viewer.site} id={id}>
      <span>{t('tenant.code')}</span>
    </Label>
  )
}
