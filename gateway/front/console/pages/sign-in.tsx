/** Signing in, for people of the site: a page of its own, and what stands in place of a page that they may not see. */
import { useEffect } from 'preact/hooks'
import type { Role } from '../model/wire.ts'
import { SignIn } from '../parts/sign-in.tsx'
import { useDesk, useViewer, useWords } from '../shell/context.ts'
import type { Word } from '../words/words.ts'

export function SignInPage() {
  const { t } = useWords()
  const desk = useDesk()
  const viewer = useViewer()
  useEffect(() => {
    if (viewer?.role !== undefined) desk.go(viewer.booking === undefined ? '/' : `/m/${viewer.booking.machine}`)
  }, [viewer])
  return (
    <div class="narrow">
      <h1>{t('sign.title')}</h1>
      <SignIn />
    </div>
  )
}

/** Undefined: the viewer may see the page. */
export function useGate(roles: readonly Role[], title: Word, whose: Word): preact.JSX.Element | undefined {
  const { t } = useWords()
  const viewer = useViewer()
  if (viewer?.role !== undefined && roles.includes(viewer.role)) return undefined
  return (
    <div class="narrow">
      <h1>{t(title)}</h1>
      <p class="note">{viewer?.role === undefined ? t('sign.needed') : t('sign.role', { roles: t(whose) })}</p>
      <SignIn />
    </div>
  )
}
