/**
 * What the ledger hears of one link: its loss and its return, once each, and of one that flaps no more than a quota.
 * What is over it is counted in the next entry. The last word of the ledger is right in the end: what could not be
 * recorded at once is recorded as soon as there is quota again. Pure; time is an argument. Read next:
 * control/links.ts.
 */
import { fullQuota, type Quota, spend } from '../../core/ground/quota.ts'
import type { LinkState } from './link-loop.ts'

export type Losses = {
  readonly quota: Quota
  /** As the link is. */
  readonly state: LinkState | undefined
  /** As the ledger has it. */
  readonly recorded: LinkState | undefined
  /** Losses of which the ledger has not heard. */
  readonly unheard: number
}

type LinkEntry =
  | { readonly kind: 'LinkLost'; readonly cause: string; readonly unrecorded?: number }
  | { readonly kind: 'LinkRestored'; readonly downMs: number; readonly unrecorded?: number }

export function noLosses(perHour: number, nowNs: bigint): Losses {
  return { quota: fullQuota(perHour, nowNs), state: undefined, recorded: undefined, unheard: 0 }
}

/** The link is found like this. */
export function found(losses: Losses, state: LinkState): Losses {
  const isLoss = state.state === 'down' && losses.state?.state !== 'down'
  return { ...losses, state, unheard: losses.unheard + (isLoss ? 1 : 0) }
}

/** Whether the link is otherwise than the ledger has it. */
export function isUnheard({ state, recorded }: Losses): boolean {
  return state !== undefined && state.state !== 'connecting' && state.state !== recorded?.state
}

/** What is to be recorded now, if anything. */
export function takeEntry(losses: Losses, nowNs: bigint): { readonly losses: Losses; readonly entry?: LinkEntry } {
  const { state, recorded, unheard } = losses
  if (state === undefined || !isUnheard(losses)) return { losses }
  // That it came up after the start goes without saying.
  if (state.state === 'up' && recorded === undefined && unheard === 0) return { losses: { ...losses, recorded: state } }
  const quota = spend(losses.quota, nowNs)
  if (quota === undefined) return { losses }
  const others = state.state === 'down' ? unheard - 1 : unheard
  const count = others > 0 ? { unrecorded: others } : {}
  const entry: LinkEntry =
    state.state === 'down'
      ? { kind: 'LinkLost', cause: state.cause ?? 'unknown', ...count }
      : { kind: 'LinkRestored', downMs: state.sinceMs - (recorded ?? state).sinceMs, ...count }
  return { losses: { quota, state, recorded: state, unheard: 0 }, entry }
}
