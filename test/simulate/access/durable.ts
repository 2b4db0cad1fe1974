/** What a crash leaves of one gateway: what its ledger would hold, in memory. */
import type { Booking } from '../../../gateway/core/booking/booking.ts'
import type { EntryDraft } from '../../../gateway/core/ground/entry.ts'
import type { Change, MachineRow } from '../../../gateway/core/machine/change.ts'
import type { MeterState } from '../../../gateway/core/meter/meter.ts'
import type { RevocationList } from '../../../gateway/core/permission/revocation-list.ts'
import type { Session } from '../../../gateway/core/session/session.ts'
import { holdDraft } from '../../support/described.ts'

export type Durable = {
  readonly meters: Map<string, MeterState>
  readonly sessions: Map<string, Session>
  readonly bookings: Map<string, Booking>
  readonly tokens: Map<string, string>
  readonly lists: Map<string, RevocationList>
  readonly entries: EntryDraft[]
  row: MachineRow | undefined
}

export const emptyDurable = (): Durable => ({
  meters: new Map(),
  sessions: new Map(),
  bookings: new Map(),
  tokens: new Map(),
  lists: new Map(),
  entries: [],
  row: undefined,
})

export const copyOf = (durable: Durable): Durable => ({
  meters: new Map(durable.meters),
  sessions: new Map(durable.sessions),
  bookings: new Map(durable.bookings),
  tokens: new Map(durable.tokens),
  lists: new Map(durable.lists),
  entries: [...durable.entries],
  row: durable.row,
})

export function storeIn(durable: Durable, changes: readonly Change[]): void {
  for (const change of changes) {
    if (change.kind === 'entry') {
      holdDraft(change.entry)
      durable.entries.push(change.entry)
    } else if (change.kind === 'meter') durable.meters.set(change.state.meter, change.state)
    else if (change.kind === 'session') durable.sessions.set(change.session.id, change.session)
    else if (change.kind === 'booking') durable.bookings.set(change.booking.id, change.booking)
    else if (change.kind === 'revocations') durable.lists.set(change.list.issuer, change.list)
    else if (change.kind === 'token-used') durable.tokens.set(change.jti, change.session)
    else if (change.kind === 'token-released') durable.tokens.delete(change.jti)
    else if (change.kind === 'machine') durable.row = change.row
  }
}
