/** The floor as a picture with each machine where it stands. What has no place on it is named below. */
import type { TargetedMouseEvent } from 'preact'
import { useState } from 'preact/hooks'
import { machinePath } from '../../model/route.ts'
import { shapeOf, toneOf } from '../../model/state.ts'
import type { Card } from '../../model/wire.ts'
import { Empty, Scroll, State } from '../../parts/parts.tsx'
import { ShapeMark } from '../../parts/shape.tsx'
import { useViewer, useWords } from '../../shell/context.ts'

export function Plan({ cards }: { readonly cards: readonly Card[] }) {
  const { t, name } = useWords()
  const viewer = useViewer()
  const [pressed, setPressed] = useState<string>()
  const places = viewer?.role === 'technician'
  if (viewer?.plan !== true) return <Empty>{t('plan.none')}</Empty>
  const elsewhere = cards.filter(({ about }) => about?.place === undefined)
  return (
    <>
      <Scroll label={t('plan.title')}>
        <div class="plan">
          {/* biome-ignore lint/a11y/useKeyWithClickEvents: it only reads a place off the picture, for the site file. */}
          <img
            src="/console/plan"
            alt={t('plan.title')}
            onClick={places ? (event) => setPressed(placeOf(event)) : undefined}
          />
          <ul>
            {cards.map((card) => (
              <Pin key={card.machine.id} card={card} />
            ))}
          </ul>
        </div>
      </Scroll>
      {places ? (
        <p class="small" role="status">
          {pressed === undefined ? t('plan.press') : t('plan.pressed', { place: pressed })}
        </p>
      ) : null}
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

/** As the site file writes it. */
function placeOf({ offsetX, offsetY, currentTarget }: TargetedMouseEvent<HTMLImageElement>): string {
  const percent = (at: number, of: number) => Math.round((at / of) * 1_000) / 10
  return `place: { x: ${percent(offsetX, currentTarget.width)}, y: ${percent(offsetY, currentTarget.height)} }`
}

function Pin({ card: { about, machine } }: { readonly card: Card }) {
  const { name, of } = useWords()
  const { id, name: names, availability } = machine
  if (about?.place === undefined) return null
  const { x, y } = about.place
  return (
    <li class="place" style={{ left: `${x}%`, top: `${y}%` }}>
      <a href={machinePath(id)} data-tone={toneOf(availability)}>
        <ShapeMark shape={shapeOf(availability.state)} />
        <strong>{name(names, id)}</strong>
        <span class="word">{of('state', availability.state, 'state.Unknown')}</span>
      </a>
    </li>
  )
}
