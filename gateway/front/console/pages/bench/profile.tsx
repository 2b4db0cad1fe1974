/**
 * What was found behind displays becomes a profile: each place gets a name, and the gateway makes the text. It is saved
 * with the first device that uses it, in the forms of the site file; until then it is only in this page.
 * Read next: look.tsx (who finds), file.tsx (who saves), front/api/bench/profiles.ts (who makes the text).
 */
import { useState } from 'preact/hooks'
import type { Found } from '../../model/look.ts'
import type { Problem } from '../../model/wire.ts'
import { Refused } from '../../parts/parts.tsx'
import { ask, keepFile } from '../../shell/api.ts'
import { useConnected, useWords } from '../../shell/context.ts'
import type { Word } from '../../words/words.ts'

type NamedSignal = Found & { readonly name: string; readonly unit?: string; readonly counts: boolean }
export type Drafts = {
  readonly signals: readonly NamedSignal[]
  /** Texts by the names of their profiles. */
  readonly texts: Readonly<Record<string, string>>
}
export const noDrafts: Drafts = { signals: [], texts: {} }

/** One place that was found, to be named. */
export function NameIt({ found, add }: { readonly found: Found; readonly add: (signal: NamedSignal) => void }) {
  const { t } = useWords()
  const [name, setName] = useState('')
  const [unit, setUnit] = useState('')
  const [counts, setCounts] = useState(false)
  const isNamed = /^[a-z][A-Za-z0-9]{0,31}$/.test(name)
  return (
    <div class="row name-it">
      <Line word="profile.signal" value={name} bad={name !== '' && !isNamed} change={setName} />
      <Line word="profile.unit" value={unit} change={setUnit} />
      <label class="check">
        <input type="checkbox" checked={counts} onChange={({ currentTarget }) => setCounts(currentTarget.checked)} />
        <span>{t('profile.counts')}</span>
      </label>
      <button
        type="button"
        disabled={!isNamed}
        onClick={() => add({ ...found, name, counts, ...(unit.trim() === '' ? {} : { unit: unit.trim() }) })}
      >
        {t('profile.add')}
      </button>
    </div>
  )
}

type MakeProps = { readonly drafts: Drafts; readonly change: (next: Drafts) => void }

/** The places that have names, and the profile that is made of them. */
export function MakeProfile({ drafts, change }: MakeProps) {
  const { t } = useWords()
  const { signals, texts } = drafts
  const made = Object.entries(texts)
  if (signals.length === 0 && made.length === 0) return null
  return (
    <section class="make-profile" aria-label={t('profile.title')}>
      <h3>{t('profile.title')}</h3>
      <ul class="notes">
        {signals.map(({ name, unit, counts, table, address, type, order, scale }) => (
          <li key={name}>
            <strong>{name}</strong>{' '}
            <code>
              {table} {address} {type} {order} × {scale} {unit}
            </code>{' '}
            {counts ? <span class="muted">{t('profile.counts')}</span> : null}{' '}
            <button
              type="button"
              class="quiet"
              onClick={() => change({ ...drafts, signals: signals.filter((each) => each.name !== name) })}
            >
              {t('file.without', { name })}
            </button>
          </li>
        ))}
      </ul>
      {signals.length === 0 ? null : (
        <Make signals={signals} done={(name, text) => change({ signals: [], texts: { ...texts, [name]: text } })} />
      )}
      {made.map(([name, text]) => (
        <div key={name} role="status">
          <p>{t('profile.made', { name })}</p>
          <details>
            <summary>{t('profile.text', { name })}</summary>
            <pre lang="en">{text}</pre>
          </details>
          <button type="button" onClick={() => keepFile(`${name}.yaml`, text, 'application/yaml')}>
            {t('profile.keep')}
          </button>
        </div>
      ))}
    </section>
  )
}

type MakingProps = {
  readonly signals: readonly NamedSignal[]
  readonly done: (name: string, text: string) => void
}

function Make({ signals, done }: MakingProps) {
  const { t } = useWords()
  const connected = useConnected()
  const [profile, setProfile] = useState('')
  const [maker, setMaker] = useState('')
  const [model, setModel] = useState('')
  const [refused, setRefused] = useState<{ readonly problem: Problem | undefined }>()
  const isNamed = /^[a-z0-9-]{1,32}$/.test(profile)
  async function make(event: Event): Promise<void> {
    event.preventDefault()
    setRefused(undefined)
    const body = { profile, maker: maker.trim(), model: model.trim(), signals }
    const answer = await ask<{ text: string }>('POST', '/v1/bench/profiles', { body })
    if (answer.ok) done(profile, answer.body.text)
    else setRefused({ problem: answer.problem })
  }
  return (
    <form class="row" onSubmit={make}>
      <Line word="profile.name" value={profile} bad={profile !== '' && !isNamed} change={setProfile} />
      <Line word="profile.maker" value={maker} change={setMaker} />
      <Line word="profile.model" value={model} change={setModel} />
      <button type="submit" disabled={!connected || !isNamed || maker.trim() === '' || model.trim() === ''}>
        {t('profile.do')}
      </button>
      {refused === undefined ? null : <Refused problem={refused.problem} />}
    </form>
  )
}

type LineProps = {
  readonly word: Word
  readonly value: string
  readonly bad?: boolean
  readonly change: (value: string) => void
}

function Line({ word, value, bad = false, change }: LineProps) {
  const { t } = useWords()
  return (
    <label>
      <span class="small">{t(word)}</span>
      <input
        name={word}
        value={value}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        aria-invalid={bad || undefined}
        onInput={({ currentTarget }) => change(currentTarget.value)}
      />
    </label>
  )
}
