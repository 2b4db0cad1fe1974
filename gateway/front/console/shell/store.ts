/** A value that the page shows, and who shows it. Small on purpose: one place, replaced whole. */
import { useEffect, useState } from 'preact/hooks'

export type Store<T> = {
  get(): T
  set(next: T): void
  listen(heard: () => void): () => void
}

export function createStore<T>(first: T): Store<T> {
  let value = first
  const heard = new Set<() => void>()
  return {
    get: () => value,
    set(next) {
      if (next === value) return
      value = next
      for (const each of heard) each()
    },
    listen(each) {
      heard.add(each)
      return () => heard.delete(each)
    },
  }
}

/** Shown anew when what is picked is another value. */
export function useStore<T, Part>(store: Store<T>, pick: (value: T) => Part): Part {
  const [, redraw] = useState({})
  const part = pick(store.get())
  useEffect(() => {
    let shown = part
    const look = () => {
      const now = pick(store.get())
      if (Object.is(now, shown)) return
      shown = now
      redraw({})
    }
    look()
    return store.listen(look)
  })
  return part
}
