/**
 * Links and machines of the site file, changed by forms and put in force while the gateway runs. The file stays what
 * people wrote, with their comments; the gateway judges every change before it does anything.
 * Read next: form.tsx (the fields), model/form.ts (what the button does next).
 */
import { useEffect, useState } from 'preact/hooks'
import { isReason } from '../../model/bench.ts'
import { beginOf, isValues, type Json, type Planned, type Schema, savingOf, type Values } from '../../model/form.ts'
import type { Problem } from '../../model/wire.ts'
import { Empty, Refused, Section } from '../../parts/parts.tsx'
import { ask } from '../../shell/api.ts'
import { useAnswer, useConnected, useWords } from '../../shell/context.ts'
import { Field } from './form.tsx'
import { Plan } from './plan.tsx'

type Held = {
  readonly configurationId: string
  readonly site: string
  readonly value: Values
  readonly profiles: readonly string[]
  readonly schema: Schema
}
const PARTS = ['links', 'machines'] as const
type Part = (typeof PARTS)[number]

/** `profiles`: texts of profiles that were just made; what is saved takes those along that it names. */
export function SiteFile({ profiles: made }: { readonly profiles: Readonly<Record<string, string>> }) {
  const { t } = useWords()
  const { body: held, failed, again } = useAnswer<Held>('/v1/configuration/files')
  const [part, setPart] = useState<Part>('links')
  const [name, setName] = useState('')
  const [round, setRound] = useState(0)
  const [saved, setSaved] = useState<string>()
  // Nobody's typing is lost to it: what was saved is shown once the file that has it is here.
  useEffect(() => {
    if (saved === undefined) return
    setSaved(undefined)
    setName(saved)
    setRound((each) => each + 1)
  }, [held?.configurationId])
  if (failed) return <Empty>{t('file.none')}</Empty>
  if (held === undefined) return <Empty>{t('do.loading')}</Empty>
  return (
    <>
      <Section title={t('file.title')} note={t('file.note')}>
        <Chooser
          {...{ held, part, name }}
          choose={(nextPart, nextName) => {
            setPart(nextPart)
            setName(nextName)
          }}
        />
        <Edit
          key={`${part} ${name} ${round}`}
          {...{ held, part, name, made }}
          done={(next) => {
            setSaved(next)
            again()
          }}
        />
      </Section>
      <details class="section">
        <summary>{t('file.text')}</summary>
        <pre lang="en">{held.site}</pre>
      </details>
    </>
  )
}

type ChooserProps = {
  readonly held: Held
  readonly part: Part
  readonly name: string
  readonly choose: (part: Part, name: string) => void
}

/** What is there, by its name, and what may be new. */
function Chooser({ held, part, name, choose }: ChooserProps) {
  const { t } = useWords()
  const names = (each: Part) => Object.keys(isValues(held.value[each]) ? held.value[each] : {})
  return (
    <>
      <div class="row">
        {PARTS.map((each) => (
          <label class="filter" key={each}>
            <span>{t(`file.${each}`)}</span>
            <select
              value={part === each ? name : ''}
              onChange={({ currentTarget }) => choose(each, currentTarget.value)}
            >
              <option value="">{t('file.new')}</option>
              {names(each).map((known) => (
                <option key={known} value={known}>
                  {known}
                </option>
              ))}
            </select>
          </label>
        ))}
      </div>
      <div class="row">
        {PARTS.map((each) => (
          <button type="button" key={each} aria-pressed={part === each && name === ''} onClick={() => choose(each, '')}>
            {t(`file.new.${each}`)}
          </button>
        ))}
      </div>
    </>
  )
}

type EditProps = {
  readonly held: Held
  readonly made: Readonly<Record<string, string>>
  readonly part: Part
  readonly name: string
  readonly done: (name: string) => void
}

function Edit({ held, made, part, name, done }: EditProps) {
  const { t } = useWords()
  const schema = schemaIn(held.schema, part)
  const known = isValues(held.value[part]) ? held.value[part][name] : undefined
  const [id, setId] = useState(name)
  const [value, setValue] = useState<Json | undefined>(known ?? beginOf(schema))
  const [isGone, setGone] = useState(false)
  const isNamed = /^[a-z0-9-]{1,32}$/.test(id)
  const edits = [{ path: [part, id], ...(isGone ? {} : { json: JSON.stringify(value ?? {}) }) }]
  const choices = {
    profile: [...Object.keys(made), ...held.profiles],
    link: Object.keys(isValues(held.value.links) ? held.value.links : {}),
  }
  return (
    <div class="edit">
      {name !== '' ? null : (
        <div class="field">
          <label for="edit-name">{t('file.name')} *</label>
          <input
            id="edit-name"
            value={id}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            aria-invalid={(id !== '' && !isNamed) || undefined}
            onInput={({ currentTarget }) => setId(currentTarget.value)}
          />
          <p class="small">{t('file.name.note')}</p>
        </div>
      )}
      {isGone ? (
        <Empty>{t('file.gone', { name: id })}</Empty>
      ) : (
        <Field name="" schema={schema} value={value} choices={choices} change={setValue} />
      )}
      {name === '' ? null : (
        <button type="button" class="quiet" onClick={() => setGone(!isGone)}>
          {t(isGone ? 'file.keep' : 'file.remove')}
        </button>
      )}
      <Save edits={edits} profiles={made} disabled={!isNamed} site={held.site} done={() => done(isGone ? '' : id)} />
    </div>
  )
}

function schemaIn(schema: Schema, part: Part): Schema {
  const { additionalProperties = {} } = schema.properties?.[part] ?? {}
  return typeof additionalProperties === 'object' ? additionalProperties : {}
}

type SaveProps = {
  readonly edits: readonly object[]
  readonly profiles: Readonly<Record<string, string>>
  readonly disabled: boolean
  readonly site: string
  readonly done: () => void
}

/** Asks first what it would do; what the button does next follows from the answer. */
function useSaving({ edits, profiles, site, done }: Omit<SaveProps, 'disabled'>) {
  const wanted = JSON.stringify([edits, profiles])
  const [known, setKnown] = useState<readonly string[]>([])
  const [judged, setJudged] = useState<{ readonly of: string; readonly planned: Planned }>()
  const [refused, setRefused] = useState<{ readonly problem: Problem | undefined }>()
  const [busy, setBusy] = useState(false)
  const planned = judged?.of === wanted ? judged.planned : undefined
  const saving = savingOf(planned, known)

  // What the file has to say already is no news.
  useEffect(() => {
    void ask<Planned>('POST', '/v1/configuration', { body: { site, dryRun: true } }).then(
      (answer) => answer.ok && setKnown(answer.body.notes),
    )
  }, [site])

  async function press(why: string): Promise<void> {
    if (busy) return
    setBusy(true)
    setRefused(undefined)
    const isTrial = saving.kind !== 'save' && saving.kind !== 'save-anyway'
    const answer = await ask<Planned>('POST', '/v1/configuration', {
      body: { edits, profiles, ...(isTrial ? { dryRun: true } : saving.kind === 'save' ? {} : { why }) },
      ...(isTrial || planned === undefined ? {} : { headers: { 'if-match': `"${planned.from}"` } }),
    })
    if (answer.ok && answer.body.applied) return done()
    setBusy(false)
    setJudged(answer.ok ? { of: wanted, planned: answer.body } : undefined)
    if (!answer.ok) setRefused({ problem: answer.problem })
  }

  return { saving, planned, refused, busy, press }
}

function Save({ disabled, ...props }: SaveProps) {
  const { t } = useWords()
  const connected = useConnected()
  const { saving, planned, refused, busy, press } = useSaving(props)
  const [why, setWhy] = useState('')
  const needsWhy = saving.kind === 'save-anyway'
  const isOver = saving.kind === 'nothing' || saving.kind === 'cannot'
  return (
    <form
      class="save"
      onSubmit={(event) => {
        event.preventDefault()
        void press(why.trim())
      }}
    >
      {planned === undefined ? null : <Plan planned={planned} saving={saving} />}
      {needsWhy ? (
        <div class="field">
          <label for="save-why">{t('bench.reason')}</label>
          <input
            id="save-why"
            value={why}
            maxLength={200}
            onInput={({ currentTarget }) => setWhy(currentTarget.value)}
          />
          <p class="small">{t('file.why')}</p>
        </div>
      ) : null}
      <button
        type="submit"
        class={needsWhy ? 'primary danger' : 'primary'}
        data-saving={saving.kind}
        disabled={!connected || disabled || busy || isOver || (needsWhy && !isReason(why))}
      >
        {t(busy ? 'file.busy' : `file.do.${saving.kind}`)}
      </button>
      {refused === undefined ? null : <Refused problem={refused.problem} />}
    </form>
  )
}
