/**
 * The revocation lists of the platforms, one per issuer: in force at once, durable, and held against every token.
 * What a list names ends, also what began while it was on its way. Read next: core/permission/revocation-list.ts,
 * bookings.ts.
 */

import type { SiteConfig } from '../../../config/site.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import type { Change } from '../../core/machine/change.ts'
import {
  decideList,
  type RevocationList,
  type Revocations,
  refuseRevoked,
  refuseStale,
} from '../../core/permission/revocation-list.ts'
import type { RecordEntry } from '../journal.ts'
import type { MachineLoop } from '../loops/machine-loop.ts'
import type { Bookings } from './bookings.ts'

type RevocationListsDeps = {
  readonly config: SiteConfig
  readonly machines: ReadonlyMap<string, MachineLoop>
  readonly bookings: Bookings
  /** One per issuer, as they were stored. */
  readonly revocations: readonly RevocationList[]
  nowMs(): number
  append(change: Change): void
  record: RecordEntry
  flush(): Promise<void>
  /** The platform has been heard of. */
  contacted(): void
}

export type RevocationLists = {
  /** What a token is held against. */
  known(): Revocations
  put(list: RevocationList): Promise<Outcome>
  /** Called once, at the start: what was stored is in force. */
  start(): Promise<void>
  endIfRevoked(machine: MachineLoop, what: { booking: string; jti: string | undefined }): void
  /** What people should look at, for health. */
  notes(): string[]
}

export function createRevocationLists(deps: RevocationListsDeps): RevocationLists {
  const { config, machines, bookings } = deps
  const lists = new Map(deps.revocations.map((list) => [list.issuer, list]))

  function known(): Revocations {
    const { maxAgeMs } = config.bookings.revocations ?? {}
    return { lists: [...lists.values()], nowMs: deps.nowMs(), ...(maxAgeMs === undefined ? {} : { maxAgeMs }) }
  }

  /** In force at once; answered when it is durable and has reached every machine. */
  async function put(list: RevocationList): Promise<Outcome> {
    deps.contacted()
    const decision = decideList(lists.get(list.issuer), list)
    if (decision.kind === 'refused') return refused(decision.refusal)
    if (decision.kind === 'taken') {
      const { issuer, number, issuedAtMs, bookings: ids, jtis } = list
      lists.set(issuer, list)
      deps.append({ kind: 'revocations', list })
      const issuedAt = new Date(issuedAtMs).toISOString()
      deps.record('RevocationsTaken', { issuer, number, issuedAt, bookings: ids.length, jtis: jtis.length })
    }
    await enforce(list)
    return { kind: 'done' }
  }

  /** Also for a list that is known: a restart may have cut short what it began. */
  async function enforce({ jtis, issuedAtMs, ...list }: RevocationList): Promise<void> {
    for (const machine of machines.values()) machine.dispatch({ kind: 'revoked', jtis, issuedAtMs })
    const ids = new Set(list.bookings)
    const gone = bookings.all().flatMap(({ id }) => (ids.has(id) ? [id] : []))
    await bookings.revokeAll(gone, { reason: 'revoked', issuedAtMs })
    await deps.flush()
  }

  /** What a list revoked while the machine was being asked ends at once. */
  function endIfRevoked(machine: MachineLoop, { booking, jti }: { booking: string; jti: string | undefined }): void {
    const list = [...lists.values()].find((each) => refuseRevoked({ lists: [each] }, { booking, jti }))
    if (list === undefined) return
    if (list.bookings.includes(booking)) bookings.revoke(booking, { reason: 'revoked', issuedAtMs: list.issuedAtMs })
    machine.dispatch({ kind: 'revoked', jtis: list.jtis, issuedAtMs: list.issuedAtMs })
  }

  return {
    known,
    put,
    async start() {
      for (const list of lists.values()) await enforce(list)
    },
    endIfRevoked,
    notes() {
      const now = known()
      return config.issuers.flatMap(({ issuer }) => {
        const stale = refuseStale(now, issuer)
        return stale ? [`the revocation list of ${issuer} is too old, its tenants are refused: ${stale.detail}`] : []
      })
    },
  }
}
