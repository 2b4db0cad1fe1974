/**
 * How the usage of a machine is divided among owners. A session keeps the shares that held when it began, even if the
 * site changes them later.
 */
import type { MachineConfig, Share } from '../ground/config.ts'
import type { Session } from './session.ts'

/** The shares that hold at a moment, UTC ms. */
export function sharesAt(
  { owner, shares = [] }: Pick<MachineConfig, 'owner' | 'shares'>,
  ms: number,
): readonly Share[] {
  return shares.findLast(({ fromMs }) => fromMs <= ms)?.owners ?? [{ owner, percent: '100' }]
}

export function sharesOf({ owner, shares }: Pick<Session, 'owner' | 'shares'>): readonly Share[] {
  return shares ?? [{ owner, percent: '100' }]
}
