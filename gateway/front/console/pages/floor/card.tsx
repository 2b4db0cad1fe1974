/** One machine on the floor. It looks at its own card alone, so that one change draws one card. */
import { ageOf } from '../../model/live.ts'
import { showPower } from '../../model/quantity.ts'
import { machinePath } from '../../model/route.ts'
import { AGE_MATTERS_MS, isDrillDue, lateMs, toneOf } from '../../model/state.ts'
import type { Card } from '../../model/wire.ts'
import { State, useReason } from '../../parts/parts.tsx'
import { useDesk, useNow, useWords } from '../../shell/context.ts'
import { useStore } from '../../shell/store.ts'
import type { Word } from '../../words/words.ts'

export function MachineCard({ id }: { readonly id: string }) {
  const { name, t } = useWords()
  const reasonOf = useReason()
  const { live } = useDesk()
  const card = useStore(live, ({ cards }) => cards[id])
  const now = useNow()
  if (card === undefined) return null
  const { machine } = card
  const { availability } = machine
  const reason =
    availability.state === 'InUse' && availability.reason === 'session' ? undefined : reasonOf(availability)
  return (
    <li class="card" data-tone={toneOf(availability)}>
      <a href={machinePath(id)}>
        <h2>{name(machine.name, id)}</h2>
        <State availability={availability} />
        <p class="when">{useWhen(card, now)}</p>
        {reason === undefined ? null : <p class="why">{reason}</p>}
        <Plan card={card} now={now} />
      </a>
      <footer>
        <Tags card={card} now={now} />
        <span class="spring" />
        <Power id={id} />
        <Age id={id} />
      </footer>
      <span class="hidden">
        {t('machine.owner')} {machine.owner}
      </span>
    </li>
  )
}

/** Until when it is free, or from when. */
function useWhen({ machine: { availability } }: Card, now: number): string {
  const { t, time } = useWords()
  const { state, freeAt, freeUntil } = availability
  if (state === 'Available')
    return freeUntil === undefined ? t('card.noBooking') : t('card.until', { time: time(Date.parse(freeUntil), now) })
  return freeAt === undefined ? '' : t('card.freeFrom', { time: time(Date.parse(freeAt), now) })
}

function Plan({ card, now }: { readonly card: Card; readonly now: number }) {
  const { t, time } = useWords()
  const late = lateMs(card, now)
  const { problem } = card
  return (
    <>
      {problem === undefined ? null : (
        <p class="problem">
          {[
            t(`report.mark.${problem.severity}`),
            t(`report.state.${problem.state}`),
            ...(problem.expectedEnd === undefined
              ? []
              : [t('report.until', { time: time(Date.parse(problem.expectedEnd), now) })]),
          ].join(' · ')}
        </p>
      )}
      {late === undefined ? null : (
        <p class="late">{t('card.late', { time: time(Date.parse(card.now!.start), now) })}</p>
      )}
      {card.next === undefined ? null : (
        <p class="next">
          {t('card.next', {
            from: time(Date.parse(card.next.start), now),
            to: time(Date.parse(card.next.end), Date.parse(card.next.start)),
          })}
        </p>
      )}
    </>
  )
}

function Tags({ card, now }: { readonly card: Card; readonly now: number }) {
  const { t } = useWords()
  const { failSafe, simulated, access } = card.machine
  const tags: readonly (readonly [boolean, Word, boolean])[] = [
    [failSafe === false, 'tag.noFailSafe', true],
    [card.silent > 0, 'tag.silent', true],
    [isDrillDue(card, now), 'tag.drillDue', true],
    [failSafe === undefined && access !== '' && card.kind !== '', 'tag.noLock', false],
    [simulated, 'tag.simulated', false],
  ]
  return (
    <ul class="tags">
      {tags.map(([holds, word, matters]) =>
        holds ? (
          <li key={word} data-matters={matters ? '' : undefined}>
            {t(word)}
          </li>
        ) : null,
      )}
    </ul>
  )
}

function Power({ id }: { readonly id: string }) {
  const { t, tag } = useWords()
  const watts = useStore(useDesk().live, ({ power }) => power[id])
  if (watts === undefined || watts === null) return null
  const { value, unit } = showPower(watts, tag)
  return (
    <span class="power" title={t('card.power')}>
      <span class="hidden">{t('card.power')} </span>
      {value}
      {'\u202f'}
      {unit}
    </span>
  )
}

/** Said once it is older than a reading normally is, or when nothing is known. */
export function Age({ id }: { readonly id: string }) {
  const { t, duration } = useWords()
  const { live } = useDesk()
  const seconds = useStore(live, (value) => {
    const age = ageOf(value, id, value.heardAtMs)
    return age === undefined ? -1 : Math.floor(age / 1_000)
  })
  if (seconds < 0) return <span class="age">{t('card.never')}</span>
  if (seconds * 1_000 < AGE_MATTERS_MS) return null
  return <span class="age">{t('card.age', { age: duration(seconds * 1_000) })}</span>
}
