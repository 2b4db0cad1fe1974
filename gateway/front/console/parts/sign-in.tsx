/** Signing in: with a key or a booking token; at a machine with the PIN of a booking. Both fields take paste. */
import { useState } from 'preact/hooks'
import type { Problem } from '../model/wire.ts'
import { useDesk, useWords } from '../shell/context.ts'
import { useStore } from '../shell/store.ts'
import { Refused } from './parts.tsx'

/** `machine`: take a PIN there; otherwise a key or a token. */
export function SignIn({ machine }: { readonly machine?: string }) {
  const { t } = useWords()
  const desk = useDesk()
  const notice = useStore(desk.notice, (value) => value)
  const [text, setText] = useState('')
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState<{ problem: Problem | undefined }>()
  const kind = machine === undefined ? 'key' : 'pin'

  async function submit(event: Event): Promise<void> {
    event.preventDefault()
    const given = text.trim()
    if (given === '' || busy) return
    setBusy(true)
    setRefused(undefined)
    const isPin = machine !== undefined && /^[0-9]{4,8}$/.test(given)
    const answer = await desk.signIn(isPin ? `Pin ${machine}:${given}` : `Bearer ${given}`)
    setBusy(false)
    if (!answer.ok) setRefused({ problem: answer.problem })
    else setText('')
  }

  return (
    <form class="sign-in" onSubmit={submit}>
      {notice === undefined ? null : <p class="note">{t('sign.idle')}</p>}
      <label for="credential">{t(`sign.${kind}`)}</label>
      <input
        id="credential"
        class={kind}
        type="text"
        inputMode={kind === 'pin' ? 'numeric' : 'text'}
        autocomplete={kind === 'pin' ? 'one-time-code' : 'off'}
        autocapitalize="off"
        spellcheck={false}
        value={text}
        aria-describedby="credential-note"
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
      <p id="credential-note" class="small">
        {t(`sign.${kind}.note`)}
      </p>
      <button type="submit" class="primary" disabled={busy || text.trim() === ''}>
        {t(busy ? 'sign.doing' : 'sign.do')}
      </button>
      {refused === undefined ? null : <Refused problem={refused.problem} />}
    </form>
  )
}
