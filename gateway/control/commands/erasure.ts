/**
 * Forgets who a tenant was, when the platform asks: in the ledger, in the bookings of the machines, and in the outcomes
 * that are kept for repeats. Read next: core/permission/erasure.ts, decisions/011-erasable-pseudonyms.md.
 */
import { type Outcome, refused } from '../../core/command/outcome.ts'
import { refuse } from '../../core/ground/refusal.ts'
import { ERASED, refuseErasure } from '../../core/permission/erasure.ts'
import type { RecordEntry } from '../journal.ts'
import type { MachineLoop } from '../loops/machine-loop.ts'
import type { Bookings } from './bookings.ts'
import type { Pseudonyms } from './pseudonyms.ts'
import type { Sessions } from './sessions.ts'
import type { Subscriptions } from './subscriptions.ts'

type ErasureDeps = {
  readonly machines: ReadonlyMap<string, MachineLoop>
  readonly bookings: Bookings
  readonly sessions: Sessions
  readonly pseudonyms: Pseudonyms
  readonly subscriptions: Pick<Subscriptions, 'forget'>
  nowMs(): number
  record: RecordEntry
  flush(): Promise<void>
}

export async function eraseTenant(tenant: string, deps: ErasureDeps): Promise<Outcome> {
  const { machines, bookings, sessions, pseudonyms } = deps
  const inUse = [...machines.values()].flatMap(({ state }) => state.session ?? [])
  const refusal = refuseErasure(tenant, bookings.all(), inUse, deps.nowMs())
  if (refusal) return refused(refusal)
  const ref = pseudonyms.known(tenant)
  if (ref === undefined) return refused(refuse('not-found', 'nothing here is of such a tenant'))
  for (const machine of machines.values()) forgetBookings(machine, tenant)
  sessions.forget(tenant)
  deps.subscriptions.forget(tenant)
  pseudonyms.erase(tenant)
  deps.record('TenantErased', { tenant: ref, by: 'platform' })
  await deps.flush()
  return { kind: 'done' }
}

function forgetBookings({ state, dispatch }: MachineLoop, tenant: string): void {
  if (state.bookings.every((booking) => booking.tenant !== tenant)) return
  const bookings = state.bookings.map((booking) =>
    booking.tenant === tenant ? { ...booking, tenant: ERASED } : booking,
  )
  dispatch({ kind: 'bookings', bookings })
}
