/** A part of the site file as fields, made of its schema. Read next: model/form.ts (shapes), file.tsx (who saves). */
import { useId, useState } from 'preact/hooks'
import {
  beginOf,
  isValues,
  type Json,
  nameOf,
  type Schema,
  shapeOf,
  type Values,
  wayOf,
  withMember,
} from '../../model/form.ts'
import { Said } from '../../parts/said.tsx'
import { useWords } from '../../shell/context.ts'

/** What there is to choose from, by the key of a field. */
type Choices = Readonly<Record<string, readonly string[]>>

type FieldProps = {
  readonly name: string
  readonly schema: Schema
  readonly value: Json | undefined
  readonly needed?: boolean
  readonly choices: Choices
  readonly change: (value: Json | undefined) => void
}

export function Field(props: FieldProps) {
  const shape = shapeOf(props.schema)
  switch (shape.kind) {
    case 'fixed':
      return null
    case 'group':
      return <Group {...props} />
    case 'map':
      return <Named {...props} each={shape.each} />
    case 'ways':
      return <Ways {...props} ways={shape.ways} />
    case 'choice':
      return <Choice {...props} options={shape.options} />
    case 'flag':
      return <Choice {...props} options={[true, false]} />
    case 'text':
    case 'number':
      return <Line {...props} isNumber={shape.kind === 'number'} />
    case 'json':
      return <AsJson {...props} />
  }
}

/** The name of a field as the site file has it, beside what it is called. */
function useLabel() {
  const { t, has } = useWords()
  return (name: string) => (has(`field.${name}`) ? t(`field.${name}` as never) : name)
}

type LabelProps = Pick<FieldProps, 'name' | 'schema' | 'needed'> & { readonly id: string }

function Label({ id, name, needed }: LabelProps) {
  const label = useLabel()(name)
  return (
    <label for={id}>
      {label} {label === name ? null : <code>{name}</code>}
      {needed ? <span aria-hidden="true"> *</span> : null}
    </label>
  )
}

function About({ id, schema }: Pick<LabelProps, 'id' | 'schema'>) {
  if (schema.description === undefined) return null
  return (
    <p class="small" id={`${id}-about`}>
      <Said text={schema.description} />
    </p>
  )
}

function Line({
  name,
  schema,
  value,
  needed = false,
  choices,
  change,
  isNumber,
}: FieldProps & { readonly isNumber: boolean }) {
  const id = useId()
  const [text, setText] = useState(value === undefined ? '' : String(value))
  const known = choices[name]
  const isOff = isNumber && text !== '' && Number.isNaN(Number(text))
  return (
    <div class="field">
      <Label id={id} name={name} schema={schema} needed={needed} />
      <input
        id={id}
        value={text}
        required={needed}
        aria-invalid={isOff || undefined}
        aria-describedby={`${id}-about`}
        inputMode={isNumber ? 'decimal' : 'text'}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        placeholder={schema.default === undefined ? '' : String(schema.default)}
        list={known === undefined ? undefined : `${id}-known`}
        onInput={({ currentTarget }) => {
          const typed = currentTarget.value
          setText(typed)
          const number = Number(typed)
          change(typed.trim() === '' ? undefined : isNumber && !Number.isNaN(number) ? number : typed.trim())
        }}
      />
      {known === undefined ? null : (
        <datalist id={`${id}-known`}>
          {known.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      )}
      <About id={id} schema={schema} />
    </div>
  )
}

type ChoiceProps = FieldProps & { readonly options: readonly (string | number | boolean)[] }

function Choice({ name, schema, value, needed = false, change, options }: ChoiceProps) {
  const { t } = useWords()
  const id = useId()
  const at = options.indexOf(value as string)
  const usual = schema.default === undefined ? '' : t('file.usual', { value: String(schema.default) })
  return (
    <div class="field">
      <Label id={id} name={name} schema={schema} needed={needed} />
      <select
        id={id}
        required={needed}
        aria-describedby={`${id}-about`}
        value={at < 0 ? '' : String(at)}
        onChange={({ currentTarget }) =>
          change(currentTarget.value === '' ? undefined : options[Number(currentTarget.value)])
        }
      >
        <option value="">{usual}</option>
        {options.map((each, index) => (
          <option key={String(each)} value={String(index)}>
            {String(each)}
          </option>
        ))}
      </select>
      <About id={id} schema={schema} />
    </div>
  )
}

/** What has to be there or is there first; the rest behind a door. */
function Group({ name, schema, value, choices, change }: FieldProps) {
  const { t } = useWords()
  const label = useLabel()
  const shape = shapeOf(schema)
  const values: Values = isValues(value) ? value : {}
  // Decided once, so that nothing moves away from under the finger that types.
  const [shown] = useState(() => new Set(Object.keys(values)))
  const members = shape.kind === 'group' ? shape.members : []
  const isFirst = ({ key, needed }: (typeof members)[number]) => needed || shown.has(key) || FIRST.has(key)
  const [first, rest] = [members.filter(isFirst), members.filter((each) => !isFirst(each))]
  const draw = ({ key, schema: each, needed }: (typeof members)[number]) => (
    <Field
      key={key}
      name={key}
      schema={each}
      needed={needed}
      value={values[key]}
      choices={choices}
      change={(next) => change(orNothing(withMember(values, key, next)))}
    />
  )
  const body = (
    <>
      {first.map(draw)}
      {rest.length === 0 ? null : (
        <details>
          <summary>{t('file.more', { count: rest.length })}</summary>
          {rest.map(draw)}
        </details>
      )}
    </>
  )
  if (name === '') return <div class="fields">{body}</div>
  return (
    <fieldset class="fields">
      <legend>{label(name)}</legend>
      {body}
    </fieldset>
  )
}

/** Optional by the schema, and wanted by nearly everybody. */
const FIRST = new Set(['host', 'port', 'unit', 'root', 'kind'])

const orNothing = (values: Values) => (Object.keys(values).length === 0 ? undefined : values)

function Named({ name, value, choices, change, each }: FieldProps & { readonly each: Schema }) {
  const { t } = useWords()
  const label = useLabel()
  const id = useId()
  const [named, setNamed] = useState('')
  const values: Values = isValues(value) ? value : {}
  const canAdd = /^[A-Za-z0-9-]{1,32}$/.test(named) && values[named] === undefined
  return (
    <fieldset class="fields">
      <legend>{label(name)}</legend>
      {Object.entries(values).map(([key, member]) => (
        <div class="member" key={key}>
          <Field
            name={key}
            schema={each}
            value={member}
            choices={choices}
            change={(next) => change(withMember(values, key, next ?? (isValues(member) ? {} : '')))}
          />
          <button type="button" class="quiet" onClick={() => change(withMember(values, key, undefined))}>
            {t('file.without', { name: key })}
          </button>
        </div>
      ))}
      <div class="row">
        <label class="hidden" for={id}>
          {t('file.newName', { what: label(name) })}
        </label>
        <input
          id={id}
          value={named}
          placeholder={t('file.newName', { what: label(name) })}
          onInput={({ currentTarget }) => setNamed(currentTarget.value.trim())}
        />
        <button
          type="button"
          disabled={!canAdd}
          onClick={() => {
            change(withMember(values, named, beginOf(each) ?? ''))
            setNamed('')
          }}
        >
          {t('file.add')}
        </button>
      </div>
    </fieldset>
  )
}

function Ways({ ways, ...props }: FieldProps & { readonly ways: readonly Schema[] }) {
  const { name, schema, value, change } = props
  const { t, has } = useWords()
  const label = useLabel()
  const id = useId()
  const wayName = (each: Schema) => {
    const word = `file.way.${nameOf(each)}`
    return has(word) ? t(word) : nameOf(each)
  }
  const [at, setAt] = useState(() => wayOf(ways, value))
  const way = ways[at] ?? {}
  return (
    <>
      <div class="field">
        <label for={id}>{name === '' ? t('field.protocol') : t('file.way', { what: label(name) })}</label>
        <select
          id={id}
          value={String(at)}
          aria-describedby={`${id}-about`}
          onChange={({ currentTarget }) => {
            const next = Number(currentTarget.value)
            setAt(next)
            change(beginOf(ways[next] ?? {}))
          }}
        >
          {ways.map((each, index) => (
            <option key={nameOf(each)} value={String(index)}>
              {wayName(each)}
            </option>
          ))}
        </select>
        <About id={id} schema={schema} />
      </div>
      <Field key={at} {...props} schema={way} />
    </>
  )
}

function AsJson({ name, schema, value, needed = false, change }: FieldProps) {
  const id = useId()
  const [text, setText] = useState(value === undefined ? '' : JSON.stringify(value, null, 1))
  const parsed = parse(text)
  return (
    <div class="field">
      <Label id={id} name={name} schema={schema} needed={needed} />
      <textarea
        id={id}
        rows={3}
        spellcheck={false}
        value={text}
        aria-invalid={'bad' in parsed || undefined}
        aria-describedby={`${id}-about`}
        onInput={({ currentTarget }) => {
          setText(currentTarget.value)
          const next = parse(currentTarget.value)
          // What is not JSON yet goes to the gateway as it is, which says what is wrong with it.
          change('bad' in next ? next.bad : next.value)
        }}
      />
      <About id={id} schema={schema} />
    </div>
  )
}

function parse(text: string): { readonly value: Json | undefined } | { readonly bad: string } {
  try {
    return { value: text.trim() === '' ? undefined : (JSON.parse(text) as Json) }
  } catch {
    return { bad: text }
  }
}
