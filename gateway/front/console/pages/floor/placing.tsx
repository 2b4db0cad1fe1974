/**
 * A machine is placed on the picture of the floor, by a press or by arrow keys, and saved into the site file, where the
 * comments of people stay. Whoever sees the floor sees it there at once.
 * Read next: plan.tsx (the picture), front/api/configuration/configuration.ts (who saves).
 */
import { useState } from 'preact/hooks'
import { moved, type Place, samePlace } from '../../model/place.ts'
import type { Card, Problem } from '../../model/wire.ts'
import { Refused } from '../../parts/parts.tsx'
import { ask } from '../../shell/api.ts'
import { useConnected, useWords } from '../../shell/context.ts'

type Placing = {
  readonly id: string
  readonly place: Place | undefined
  choose(id: string): void
  put(place: Place | undefined): void
}

/** Which machine is being placed, and where it would stand. */
export function usePlacing(cards: readonly Card[]): Placing {
  const [id, setId] = useState('')
  const [place, setPlace] = useState<Place>()
  return {
    ...{ id, place },
    choose(next) {
      setId(next)
      setPlace(cards.find(({ machine }) => machine.id === next)?.about?.place)
    },
    put: setPlace,
  }
}

export function PlaceIt({ cards, placing }: { readonly cards: readonly Card[]; readonly placing: Placing }) {
  const { t, name } = useWords()
  const card = cards.find(({ machine }) => machine.id === placing.id)
  return (
    <div class="placing">
      <label class="filter">
        <span>{t('plan.place')}</span>
        <select value={placing.id} onChange={({ currentTarget }) => placing.choose(currentTarget.value)}>
          <option value="">{t('plan.place.none')}</option>
          {cards.map(({ machine }) => (
            <option key={machine.id} value={machine.id}>
              {name(machine.name, machine.id)}
            </option>
          ))}
        </select>
      </label>
      {card === undefined ? null : <Move key={placing.id} card={card} placing={placing} />}
    </div>
  )
}

const ARROWS = ['ArrowLeft', 'ArrowUp', 'ArrowDown', 'ArrowRight'] as const

function Move({ card, placing }: { readonly card: Card; readonly placing: Placing }) {
  const { t } = useWords()
  const connected = useConnected()
  const [busy, setBusy] = useState(false)
  const [saved, setSaved] = useState(false)
  const [refused, setRefused] = useState<{ readonly problem: Problem | undefined }>()
  const { place, id } = placing
  const isAsItWas = samePlace(place, card.about?.place)

  async function save(): Promise<void> {
    setBusy(true)
    setRefused(undefined)
    setSaved(false)
    const path = ['machines', id, 'about', 'place']
    const edits = [{ path, ...(place === undefined ? {} : { json: JSON.stringify(place) }) }]
    const answer = await ask('POST', '/v1/configuration', { body: { edits } })
    setBusy(false)
    if (answer.ok) setSaved(true)
    else setRefused({ problem: answer.problem })
  }

  return (
    <>
      <p class="small">{t('plan.press')}</p>
      <fieldset
        class="row arrows"
        onKeyDown={(event) => {
          const next = moved(place, event.key, event.shiftKey)
          if (next === undefined) return
          event.preventDefault()
          placing.put(next)
        }}
      >
        <legend class="hidden">{t('plan.move')}</legend>
        {ARROWS.map((key) => (
          <button
            type="button"
            key={key}
            aria-label={t(`plan.${key}`)}
            onClick={({ shiftKey }) => placing.put(moved(place, key, shiftKey))}
          >
            <span aria-hidden="true">{SIGNS[key]}</span>
          </button>
        ))}
        <span class="number" role="status">
          {place === undefined ? t('plan.nowhere') : `${place.x} % · ${place.y} %`}
        </span>
        <button type="button" class="quiet" disabled={place === undefined} onClick={() => placing.put(undefined)}>
          {t('plan.away')}
        </button>
        <button type="button" class="primary" disabled={!connected || busy || isAsItWas} onClick={() => void save()}>
          {t(busy ? 'file.busy' : 'file.do.save')}
        </button>
      </fieldset>
      <p class="small" role="status">
        {saved && isAsItWas ? t('plan.saved') : ''}
      </p>
      {refused === undefined ? null : <Refused problem={refused.problem} />}
    </>
  )
}

const SIGNS = { ArrowLeft: '←', ArrowUp: '↑', ArrowDown: '↓', ArrowRight: '→' } as const
