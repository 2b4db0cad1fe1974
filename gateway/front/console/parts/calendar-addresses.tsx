/**
 * Calendar addresses: made, told once in a field to copy from, and revoked. Not for a viewer with a PIN.
 * Read next: front/api/subscriptions/ (what one shows).
 */
import { useState } from 'preact/hooks'
import type { Problem, Subscription } from '../model/wire.ts'
import { ask, pressKey } from '../shell/api.ts'
import { useAnswer, useConnected, useWords } from '../shell/context.ts'
import { Refused, Section } from './parts.tsx'

/** `machine`: of it alone; absent: of all that the viewer may see. */
export function CalendarAddresses({ machine }: { readonly machine?: string }) {
  const { t, lang, date } = useWords()
  const connected = useConnected()
  const { body, again } = useAnswer<{ subscriptions: readonly Subscription[] }>('/v1/subscriptions')
  const [address, setAddress] = useState<string>()
  const [refused, setRefused] = useState<{ problem: Problem | undefined }>()
  if (body === undefined) return null
  const shown = body.subscriptions.filter((each) => machine === undefined || each.machine === machine)

  async function make(): Promise<void> {
    const headers = { 'idempotency-key': pressKey() }
    const asked = machine === undefined ? {} : { machine }
    const answer = await ask<{ path: string }>('POST', '/v1/subscriptions', { body: asked, headers })
    setRefused(answer.ok ? undefined : { problem: answer.problem })
    if (answer.ok) setAddress(`${location.origin}${answer.body.path}?lang=${lang}`)
    again()
  }

  async function revoke(id: string): Promise<void> {
    const answer = await ask('DELETE', `/v1/subscriptions/${id}`)
    setRefused(answer.ok ? undefined : { problem: answer.problem })
    if (address?.includes(`/${id}/`)) setAddress(undefined)
    again()
  }

  return (
    <Section title={t('calendar.title')} note={t('calendar.note')}>
      <button type="button" disabled={!connected} onClick={() => void make()}>
        {t('calendar.make')}
      </button>
      {address === undefined ? null : <Address text={address} />}
      {refused === undefined ? null : <Refused problem={refused.problem} />}
      <ul class="calendar-addresses">
        {shown.map(({ id, made, name }) => (
          <li key={id}>
            <span>
              {t('calendar.made', { day: date(Date.parse(made)) })} <code>{id}</code>
              {name === undefined ? null : <bdi class="small"> {name}</bdi>}
            </span>
            <button type="button" class="quiet" disabled={!connected} onClick={() => void revoke(id)}>
              {t('calendar.revoke')}
            </button>
          </li>
        ))}
      </ul>
    </Section>
  )
}

/** In a field, since a page over plain http may not copy. */
function Address({ text }: { readonly text: string }) {
  const { t } = useWords()
  const [copied, setCopied] = useState(false)
  const clipboard = navigator.clipboard as Clipboard | undefined
  return (
    <div class="log-key">
      <label>
        <span class="small">{t('calendar.once')}</span>
        <input class="id" readOnly value={text} onFocus={({ currentTarget }) => currentTarget.select()} />
      </label>
      {clipboard === undefined ? null : (
        <button type="button" onClick={() => void clipboard.writeText(text).then(() => setCopied(true))}>
          {t(copied ? 'calendar.copied' : 'calendar.copy')}
        </button>
      )}
    </div>
  )
}
