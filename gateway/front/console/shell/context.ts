/**
 * What every part of a page may ask for: the words, the floor, who looks, and where to go. main.tsx makes the one
 * object.
 */
import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import type { Live } from '../model/live.ts'
import { nowOf } from '../model/live.ts'
import type { Route } from '../model/route.ts'
import type { Problem, Viewer } from '../model/wire.ts'
import type { Lang, Words } from '../words/words.ts'
import { type Answer, ask } from './api.ts'
import { type Store, useStore } from './store.ts'

export type Theme = 'auto' | 'light' | 'dark'

export type Desk = {
  readonly live: Store<Live>
  readonly viewer: Store<Viewer | undefined>
  readonly words: Store<Words>
  readonly route: Store<Route>
  readonly theme: Store<Theme>
  /** Why the sign-in is shown, if there is something to say. */
  readonly notice: Store<'idle' | undefined>
  go(path: string): void
  speak(lang: Lang): void
  /** Undefined: it went well. */
  signIn(authorization: string): Promise<Answer<Viewer>>
  signOut(why?: 'idle'): Promise<void>
  refresh(): Promise<void>
}

export const DeskContext = createContext<Desk | undefined>(undefined)

export function useDesk(): Desk {
  const desk = useContext(DeskContext)
  if (desk === undefined) throw new Error('a part of a page stands outside of it')
  return desk
}

export const useWords = (): Words => useStore(useDesk().words, (words) => words)
export const useViewer = (): Viewer | undefined => useStore(useDesk().viewer, (viewer) => viewer)
export const useConnected = (): boolean => useStore(useDesk().live, ({ connection }) => connection === 'live')

/** UTC ms as the gateway counts, again each second. */
export function useNow(everyMs = 1_000): number {
  const { live } = useDesk()
  const known = useStore(live, ({ offsetMs }) => offsetMs !== 0)
  const [now, setNow] = useState(0)
  useEffect(() => {
    const look = () => setNow(nowOf(live.get(), performance.now()))
    look()
    const timer = setInterval(look, everyMs)
    return () => clearInterval(timer)
  }, [everyMs, known])
  return now
}

type Asked<T> = {
  readonly body: T | undefined
  readonly failed: boolean
  readonly again: () => void
}

/** The name of a machine in the language of the page; its id while it is not known. */
export function useNameOf(): (machine: string) => string {
  const { name } = useWords()
  const cards = useStore(useDesk().live, (live) => live.cards)
  return (machine) => name(cards[machine]?.machine.name ?? {}, machine)
}

/** What was asked once and failed for a reason that passes is asked again after this. */
const TRY_AGAIN_MS = 3_000
const isPassing = (problem: Problem | undefined) =>
  problem === undefined || problem.status >= 500 || problem.status === 429

/** What a path answers, asked again every so often, and when the connection is back. An empty path asks nothing. */
export function useAnswer<T>(path: string, everyMs = 0): Asked<T> {
  const [answer, setAnswer] = useState<{ path: string; body?: T; failed: boolean }>({ path, failed: false })
  const [round, setRound] = useState(0)
  const connected = useConnected()
  useEffect(() => {
    if (path === '' || !connected) return
    let over = false
    let again: ReturnType<typeof setTimeout> | undefined
    const look = async () => {
      const got = await ask<T>('GET', path)
      if (over) return
      if (!got.ok && everyMs === 0 && isPassing(got.problem)) again = setTimeout(look, TRY_AGAIN_MS)
      setAnswer((before) =>
        got.ok
          ? { path, body: got.body, failed: false }
          : { path, failed: true, ...(before.path === path && before.body !== undefined ? { body: before.body } : {}) },
      )
    }
    void look()
    const timer = everyMs === 0 ? undefined : setInterval(look, everyMs)
    return () => {
      over = true
      clearInterval(timer)
      clearTimeout(again)
    }
  }, [path, everyMs, round, connected])
  const isOwn = answer.path === path
  return {
    body: isOwn ? answer.body : undefined,
    failed: isOwn && answer.failed,
    again: () => setRound((each) => each + 1),
  }
}
