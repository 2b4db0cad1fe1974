/** The floor as a picture with each machine where it stands. What has no place on it is named below. */
import { useState } from 'preact/hooks'
import { type Place, pressedAt } from '../../model/place.ts'
import { machinePath } from '../../model/route.ts'
import { shapeOf, toneOf } from '../../model/state.ts'
import type { Card } from '../../model/wire.ts'
import { Empty, Scroll, State } from '../../parts/parts.tsx'
import { ShapeMark } from '../../parts/shape.tsx'
import { useViewer, useWords } from '../../shell/context.ts'
import { PlaceIt, usePlacing } from './placing.tsx'

export function Plan({ cards }: { readonly cards: readonly Card[] }) {
  const { t, name } = useWords()
  const viewer = useViewer()
  const placing = usePlacing(cards)
  const [ratio, setRatio] = useState(2)
  const places = viewer?.role === 'technician'
  if (viewer?.plan !== true) return <Empty>{t('plan.none')}</Empty>
  const elsewhere = cards.filter(({ about }) => about?.place === undefined)
  return (
    <>
      <Scroll label={t('plan.title')}>
        <div class="plan" style={{ '--ratio': ratio }}>
          {/* biome-ignore lint/a11y/useKeyWithClickEvents: the arrows below do the same by keyboard. */}
          <img
            src="/console/plan"
            alt={t('plan.title')}
            onLoad={({ currentTarget: { width, height } }) => setRatio(width / height)}
            data-placing={placing.id === '' ? undefined : ''}
            onClick={({ offsetX: x, offsetY: y, currentTarget }) => {
              if (placing.id !== '') placing.put(pressedAt({ x, y }, currentTarget))
            }}
          />
          <ul>
            {cards.map((card) => {
              const isMoving = card.machine.id === placing.id
              const place = isMoving ? placing.place : card.about?.place
              return place === undefined ? null : (
                <Pin key={card.machine.id} card={card} place={place} isMoving={isMoving} />
              )
            })}
          </ul>
        </div>
      </Scroll>
      {places ? <PlaceIt cards={cards} placing={placing} /> : null}
      {elsewhere.length === 0 ? null : (
        <p class="elsewhere">
          <span>{t('plan.elsewhere')}</span>
          {elsewhere.map(({ machine: { id, name: names, availability } }) => (
            <a key={id} href={machinePath(id)}>
              {name(names, id)} <State availability={availability} />
            </a>
          ))}
        </p>
      )}
    </>
  )
}

type PinProps = { readonly card: Card; readonly place: Place; readonly isMoving: boolean }

function Pin({ card: { machine }, place: { x, y }, isMoving }: PinProps) {
  const { name, of } = useWords()
  const { id, name: names, availability } = machine
  return (
    <li class="place" data-moving={isMoving ? '' : undefined} style={{ left: `${x}%`, top: `${y}%` }}>
      <a href={machinePath(id)} data-tone={toneOf(availability)}>
        <ShapeMark shape={shapeOf(availability.state)} />
        <strong>{name(names, id)}</strong>
        <span class="word">{of('state', availability.state, 'state.Unknown')}</span>
      </a>
    </li>
  )
}
