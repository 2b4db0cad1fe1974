/** The edits that kinds of change are made of. */
import { type Draft, type Edit, get, set } from './draft.ts'

/** Another of these values; `undefined`: it is left out. */
export const other =
  (path: string, ...values: readonly unknown[]): Edit =>
  (draft, dice) => {
    const now = JSON.stringify(get(draft, path))
    return set(draft, path, dice.pick(values.filter((value) => JSON.stringify(value) !== now)))
  }

/** Several places at once, each with the value of the same set; another set than the one that holds. */
export const together =
  (...sets: readonly Readonly<Record<string, unknown>>[]): Edit =>
  (draft, dice) => {
    const differs = (one: Readonly<Record<string, unknown>>) =>
      Object.entries(one).some(([path, value]) => JSON.stringify(get(draft, path)) !== JSON.stringify(value))
    return Object.entries(dice.pick(sets.filter(differs))).every(([path, value]) => set(draft, path, value))
  }

export const put =
  (path: string, make: (now: unknown) => unknown): Edit =>
  (draft) => {
    const now = get(draft, path)
    return now !== undefined && set(draft, path, make(now))
  }

/** All of them, in turn. */
export const all =
  (...edits: readonly Edit[]): Edit =>
  (draft, dice) =>
    edits.every((edit) => edit(draft, dice))

/** What stands at one place goes to another. */
export function move(draft: Draft, from: string, to: string): boolean {
  const value = get(draft, from)
  return value !== undefined && get(draft, to) === undefined && set(draft, to, value) && set(draft, from, undefined)
}
