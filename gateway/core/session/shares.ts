/** Whose the usage of a machine is. A session keeps the set that held when it began, whatever the site says later. */
import type { MachineConfig, Share } from '../ground/config.ts'
import type { Session } from './session.ts'

/** The set that holds at a moment, UTC ms. */
export function sharesAt(
  { owner, shares = [] }: Pick<MachineConfig, 'owner' | 'shares'>,
  ms: number,
): readonly Share[] {
  return shares.findLast(({ fromMs }) => fromMs <= ms)?.owners ?? [{ owner, percent: '100' }]
}

export function sharesOf({ owner, shares }: Pick<Session, 'owner' | 'shares'>): readonly Share[] {
  return shares ?? [{ owner, percent: '100' }]
}
