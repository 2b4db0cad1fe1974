/** Signing in, for people of the site: a page of its own, and what stands in place of a page that they may not see. */
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Role } from '../model/wire.ts'
import { SignIn } from '../parts/sign-in.tsx'
import { Asleep, useDesk, useViewer, useWords, whoIs } from '../shell/context.ts'
import { useStore } from '../shell/store.ts'
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

type GateProps = {
  readonly roles: readonly Role[]
  readonly word: Word
  readonly whose: Word
  readonly children: ComponentChildren
}

/**
 * A page of these roles. Who is signed out without having asked for it, as when the gateway starts again, finds what
 * they have typed once they are back; who signs out leaves nothing, and nobody finds what somebody else has typed.
 */
export function Gate({ roles, word, whose, children }: GateProps) {
  const { t } = useWords()
  const viewer = useViewer()
  const left = useStore(useDesk().left, (times) => times)
  const last = useRef<{ readonly who: string; readonly left: number }>(undefined)
  const may = viewer?.role !== undefined && roles.includes(viewer.role)
  if (may) last.current = { who: whoIs(viewer), left }
  const isKept = may || (viewer?.role === undefined && last.current?.left === left)
  return (
    <>
      {may ? null : (
        <div class="narrow">
          <h1>{t(word)}</h1>
          <p class="note">{viewer?.role === undefined ? t('sign.needed') : t('sign.role', { roles: t(whose) })}</p>
          <SignIn />
        </div>
      )}
      {isKept ? (
        <div class="kept" key={last.current?.who} hidden={!may}>
          <Asleep.Provider value={!may}>{children}</Asleep.Provider>
        </div>
      ) : null}
    </>
  )
}
