/**
 * Which box of a pair is the active one at a start. Pure. A box that cannot ask the other begins only if it knows that
 * the other can have nothing that it lacks. Read next: hold.ts, watch.ts, control/pair/pair.ts (who asks).
 */

import type { Why } from './stand-by.ts'

/** What a box remembers over a restart. `alone`: the other box was not following, so nothing can have gone on there. */
export type Standing = { readonly term: number; readonly role: 'active' | 'spare'; readonly alone: boolean }

/** What a box says of itself. Without a standing it has never been one of a pair. */
export type Said = { readonly now: 'active' | 'spare' | 'undecided'; readonly standing?: Standing | undefined }

type Begin = 'active' | 'spare' | 'wait'

/** `isFirst`: listed first in the site file. `other`: undefined when it does not answer. */
export function beginAs(own: Standing | undefined, isFirst: boolean, other: Said | undefined): Begin {
  if (other === undefined) return own?.role === 'active' && own.alone ? 'active' : 'wait'
  const ahead = order(own, other.standing)
  if (other.now === 'active') return ahead > 0 ? 'wait' : 'spare'
  if (ahead === 0) return isFirst && other.now === 'undecided' && own?.role !== 'active' ? 'active' : 'wait'
  return ahead > 0 && own?.role === 'active' ? 'active' : 'wait'
}

/** For people, where `beginAs` says to wait. What passes by itself within a second is `asking`. */
export function whyWait(own: Standing | undefined, other: Said | undefined): Why {
  if (other === undefined) return 'absent'
  const ahead = order(own, other.standing)
  if (ahead === 0) return own?.role === 'active' ? 'both' : 'asking'
  if (ahead > 0) return own?.role === 'active' ? 'later' : 'apart'
  return other.standing?.role === 'active' ? 'asking' : 'apart'
}

/** Above 0: `a` was the active box later. */
function order(a: Standing | undefined, b: Standing | undefined): number {
  const rank = (standing: Standing | undefined) =>
    standing === undefined ? 0 : 2 * standing.term + (standing.role === 'active' ? 1 : 0)
  return rank(a) - rank(b)
}
