/**
 * What every part of a page may ask for: the words, the floor, who looks, and where to go. main.tsx makes the one
 * object.
 */
import { createContext } from 'preact'
import { useContext, useEffect, useRef, useState } from 'preact/hooks'
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
  /** How often somebody has signed out here. */
  readonly left: Store<number>
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

/** True in a page that waits for its person to sign in again: it asks nothing, and keeps what it has. */
export const Asleep = createContext(false)

/** Who looks, in one text; empty: nobody is signed in. */
export const whoIs = (viewer: Viewer | undefined): string =>
  viewer?.role === undefined ? '' : [viewer.role, viewer.id, viewer.booking?.id].join(' ')

/**
 * What a path answers, asked again every so often, when the connection is back, and when somebody else looks: nobody is
 * shown what was answered to another. An empty path asks nothing.
 */
export function useAnswer<T>(path: string, everyMs = 0): Asked<T> {
  const desk = useDesk()
  const asleep = useContext(Asleep)
  const person = useRef('')
  const who = whoIs(useViewer())
  if (!asleep) person.current = who
  const of = `${person.current} ${path}`
  const [answer, setAnswer] = useState<{ of: string; body?: T; failed: boolean }>({ of, failed: false })
  const [round, setRound] = useState(0)
  const connected = useConnected()
  useEffect(() => {
    if (path === '' || !connected || asleep) return
    let over = false
    let again: ReturnType<typeof setTimeout> | undefined
    const look = async () => {
      const got = await ask<T>('GET', path)
      if (over) return
      if (!got.ok && got.problem?.status === 401 && who !== '') void desk.refresh()
      if (!got.ok && everyMs === 0 && isPassing(got.problem)) again = setTimeout(look, TRY_AGAIN_MS)
      setAnswer((before) =>
        got.ok
          ? { of, body: got.body, failed: false }
          : { of, failed: true, ...(before.of === of && before.body !== undefined ? { body: before.body } : {}) },
      )
    }
    void look()
    const timer = everyMs === 0 ? undefined : setInterval(look, everyMs)
    return () => {
      over = true
      clearInterval(timer)
      clearTimeout(again)
    }
  }, [of, everyMs, round, connected, asleep])
  const isOwn = answer.of === of
  return {
    body: isOwn ? answer.body : undefined,
    failed: isOwn && answer.failed,
    again: () => setRound((each) => each + 1),
  }
}
