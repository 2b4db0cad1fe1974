/** An act of a person of the site: with why, for the ledger, and the gateway's answer. */
import { useState } from 'preact/hooks'
import { isReason } from '../model/bench.ts'
import type { Problem } from '../model/wire.ts'
import { ask } from '../shell/api.ts'
import { useConnected, useWords } from '../shell/context.ts'
import type { Word } from '../words/words.ts'
import { Refused } from './parts.tsx'
import { Said } from './said.tsx'

type WithReasonProps = {
  readonly word: Word
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
  readonly method?: 'POST' | 'PUT'
  /** The field of the body that says why. */
  readonly why?: 'reason' | 'text'
  /** What else has to be said is said. */
  readonly ready?: boolean
  /** Tells forms with the same word apart. */
  readonly of?: string
  /** Why it was not done all the same, by what the gateway answered. */
  readonly notDone?: (body: unknown) => string | undefined
  /** Given what the gateway answered. */
  readonly done?: (body: unknown) => void
}

/** An act that goes into the ledger with the name of the person and why. */
export function WithReason(props: WithReasonProps) {
  const { word, path, body, method = 'POST', why: given = 'reason', ready = true, of, notDone, done } = props
  const { t } = useWords()
  const connected = useConnected()
  const [why, setWhy] = useState('')
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState<{ problem: Problem | undefined }>()
  const [went, setWent] = useState(false)
  const [note, setNote] = useState<string>()
  const field = of === undefined ? `why-${word}` : `why-${word}-${of}`

  async function act(event: Event): Promise<void> {
    event.preventDefault()
    if (!isReason(why) || !ready || busy) return
    setBusy(true)
    setRefused(undefined)
    setWent(false)
    setNote(undefined)
    const answer = await ask(method, path, { body: { ...body, [given]: why.trim() } })
    setBusy(false)
    if (!answer.ok) return setRefused({ problem: answer.problem })
    const left = notDone?.(answer.body)
    if (left !== undefined) return setNote(left)
    setWhy('')
    setWent(true)
    done?.(answer.body)
  }

  return (
    <form class="reason" onSubmit={act}>
      <label for={field}>{t('bench.reason')}</label>
      <div class="row">
        <input id={field} value={why} maxLength={200} onInput={({ currentTarget }) => setWhy(currentTarget.value)} />
        <button type="submit" disabled={!connected || busy || !ready || !isReason(why)}>
          {t(word)}
        </button>
      </div>
      <p class="small" role="status">
        {went ? t('bench.done') : t('bench.reason.note')}
      </p>
      {note === undefined ? null : (
        <div class="refused" role="alert">
          <h2>{t('bench.notDone')}</h2>
          <p>
            <Said text={note} />
          </p>
        </div>
      )}
      {refused === undefined ? null : <Refused problem={refused.problem} />}
    </form>
  )
}
