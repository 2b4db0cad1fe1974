/** Somebody says what is wrong with a machine: how bad, in words, with up to three photos. It is no emergency stop. */
import { useState } from 'preact/hooks'
import { isReason } from '../model/bench.ts'
import { type Problem, severities } from '../model/wire.ts'
import { ask } from '../shell/api.ts'
import { useConnected, useWords } from '../shell/context.ts'
import { photoText } from '../shell/photo.ts'
import { Refused } from './parts.tsx'

const MOST_PHOTOS = 3

export function ReportForm({ machine, done }: { readonly machine: string; readonly done?: () => void }) {
  const { t } = useWords()
  const [open, setOpen] = useState(false)
  const [went, setWent] = useState(false)
  if (open)
    return (
      <Form
        machine={machine}
        close={(sent) => {
          setOpen(false)
          setWent(sent)
          if (sent) done?.()
        }}
      />
    )
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        {t('report.open')}
      </button>
      <p class="small" role="status">
        {went ? t('report.sent') : ''}
      </p>
    </>
  )
}

type FormProps = { readonly machine: string; readonly close: (sent: boolean) => void }

function Form({ machine, close }: FormProps) {
  const { t } = useWords()
  const connected = useConnected()
  const [severity, setSeverity] = useState<Severity>('wrench')
  const [text, setText] = useState('')
  const [photos, setPhotos] = useState<readonly string[]>([])
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState<{ problem: Problem | undefined }>()

  async function take(files: FileList | null): Promise<void> {
    const texts = await Promise.all([...(files ?? [])].slice(0, MOST_PHOTOS).map(photoText))
    setPhotos(texts.filter((each) => each !== undefined))
  }

  async function send(event: Event): Promise<void> {
    event.preventDefault()
    if (!isReason(text) || busy) return
    setBusy(true)
    setRefused(undefined)
    const body = { severity, text: text.trim(), ...(photos.length === 0 ? {} : { photos }) }
    const answer = await ask('POST', `/v1/machines/${machine}/reports`, { body })
    setBusy(false)
    if (answer.ok) close(true)
    else setRefused({ problem: answer.problem })
  }

  return (
    <form class="report" onSubmit={send}>
      <HowBad severity={severity} choose={setSeverity} />
      <label for="report-text">{t('report.text')}</label>
      <textarea
        id="report-text"
        rows={3}
        maxLength={200}
        value={text}
        aria-describedby="report-note"
        onInput={({ currentTarget }) => setText(currentTarget.value.replace(/\s+/g, ' '))}
      />
      <label for="report-photos">{t('report.photos', { most: MOST_PHOTOS })}</label>
      <input
        id="report-photos"
        type="file"
        accept="image/*"
        multiple
        onChange={({ currentTarget }) => void take(currentTarget.files)}
      />
      <p id="report-note" class="small" role="status">
        {photos.length === 0 ? t('report.textNote') : t('report.photosTaken', { count: photos.length })}
      </p>
      <div class="row">
        <button type="submit" class="primary" disabled={!connected || busy || !isReason(text)}>
          {t('report.do')}
        </button>
        <button type="button" onClick={() => close(false)}>
          {t('report.leave')}
        </button>
      </div>
      {refused === undefined ? null : <Refused problem={refused.problem} />}
    </form>
  )
}

type Severity = (typeof severities)[number]
type HowBadProps = { readonly severity: Severity; readonly choose: (severity: Severity) => void }

function HowBad({ severity, choose }: HowBadProps) {
  const { t } = useWords()
  return (
    <fieldset>
      <legend>{t('report.severity')}</legend>
      {severities.map((each) => (
        <label class="check" key={each}>
          <input type="radio" name="severity" checked={each === severity} onChange={() => choose(each)} />
          <span>{t(`report.${each}`)}</span>
        </label>
      ))}
    </fieldset>
  )
}
