/** What a large run must have come to, or it has shown nothing about it. */
import type { Kind } from './draft.ts'

export const ENOUGH_RUNS = 1000

const CASES = [
  'a change while a session was open',
  'a session that is Unlocked after a change',
  'a session that is Suspended after a change',
  'a meter reconfigured',
  'a meter in another unit',
  'a meter that waits for the end of a session',
  'refused by check',
  'refused at start',
  'a session in evidence',
]

/** Cases and kinds that never came about. */
export const missing = (happened: Readonly<Record<string, number>>, kinds: readonly Kind[]): string[] =>
  [...CASES, ...kinds.map(({ name }) => name)].filter((name) => happened[name] === undefined)
