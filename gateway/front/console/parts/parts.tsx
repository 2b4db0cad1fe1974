/** Small parts that several pages use: a state, an age, a section, a refusal, a table that scrolls. */
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { reasonSignal, reasonWord, shapeOf, toneOf } from '../model/state.ts'
import { isOfMachine } from '../model/tenant.ts'
import type { Availability, Card, Problem } from '../model/wire.ts'
import { useWords } from '../shell/context.ts'
import { Said } from './said.tsx'
import { ShapeMark } from './shape.tsx'

export function State({ availability }: { readonly availability: Availability }) {
  const { of } = useWords()
  return (
    <span class="state" data-tone={toneOf(availability)}>
      <ShapeMark shape={shapeOf(availability.state)} />
      <span class="word">{of('state', availability.state, 'state.Unknown')}</span>
    </span>
  )
}

/** Why it is so, in words; and the signal that it hangs on, for whoever looks further. */
export function useReason(): (availability: Availability) => string | undefined {
  const { of } = useWords()
  return ({ reason }) => {
    if (reason === undefined) return undefined
    const signal = reasonSignal(reason)
    return `${of('reason', reasonWord(reason), 'reason.other')}${signal === undefined ? '' : ` (${signal})`}`
  }
}

/** Why a machine was not unlocked, as it is now; undefined: the refusal is about something else. */
export function useWhyNot(): (problem: Problem | undefined, card: Card | undefined) => string | undefined {
  const { t } = useWords()
  const reasonOf = useReason()
  return (problem, card) => {
    if (card === undefined || !isOfMachine(problem)) return undefined
    const { availability } = card.machine
    return toneOf(availability) === 'calm' ? t('tenant.readyNow') : reasonOf(availability)
  }
}

type SectionProps = {
  readonly title: string
  readonly note?: string | undefined
  readonly side?: ComponentChildren
  readonly children: ComponentChildren
}

export function Section({ title, note, side, children }: SectionProps) {
  return (
    <section class="section">
      <header>
        <h2>{title}</h2>
        {side}
      </header>
      {note === undefined ? null : <p class="note">{note}</p>}
      {children}
    </section>
  )
}

type RefusedProps = {
  /** What was refused, where the page says it better than the gateway. */
  readonly title?: string
  readonly problem: Problem | undefined
  /** Why, where it is known better than by the detail. */
  readonly why?: string | undefined
}

/** A refusal: what, and what to do. It is read out at once, and holds the focus. */
export function Refused({ title, problem, why }: RefusedProps) {
  const { t, lang, said } = useWords()
  const place = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => place.current?.focus(), [problem])
  return (
    <div class="refused" role="alert" tabIndex={-1} ref={place}>
      <h2>{title ?? (problem === undefined ? t('problem.network') : (said(problem.title) ?? problem.title))}</h2>
      <p>{problem === undefined ? t('problem.network.advice') : problem.advice[lang]}</p>
      {why === undefined ? null : <p class="detail">{why}</p>}
      {why !== undefined || problem?.detail === undefined ? null : (
        <p class="detail">
          <Said text={problem.detail} />
        </p>
      )}
      {problem?.errors === undefined ? null : (
        <ul class="notes">
          {problem.errors.map(({ path, message }) => (
            <li key={`${path} ${message}`}>
              <code>{path}</code> <Said text={message} />
            </li>
          ))}
        </ul>
      )}
      {problem === undefined ? null : <p class="small">{t('tenant.reference', { instance: problem.instance })}</p>}
    </div>
  )
}

export function Facts({ rows }: { readonly rows: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** A tenant by name, or by pseudonym, of which the beginning is shown: it tells one from others. */
export function Tenant({ id }: { readonly id: string }) {
  return (
    <bdi class={/^t-.{12}/.test(id) ? 'pseudonym' : undefined} title={id}>
      {id}
    </bdi>
  )
}

export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="empty">{children}</p>
}

/** What a column holds: words, numbers, or what only a reader of the screen needs to be told. */
type Column = string | { readonly number: string } | { readonly hidden: string }

export function Heads({ columns }: { readonly columns: readonly Column[] }) {
  return (
    <thead>
      <tr>
        {columns.map((column) => {
          if (typeof column === 'string') return <th scope="col">{column}</th>
          if ('number' in column)
            return (
              <th scope="col" class="number">
                {column.number}
              </th>
            )
          return (
            <th scope="col">
              <span class="hidden">{column.hidden}</span>
            </th>
          )
        })}
      </tr>
    </thead>
  )
}

/** Wide tables scroll in themselves, also by keyboard. */
export function Scroll({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard.
    <section class="scroll" tabIndex={0} aria-label={label}>
      {children}
    </section>
  )
}
