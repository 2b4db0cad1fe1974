/**
 * A platform's consumer of the events of a site, on MQTT, with the consumer helper: what it was handed on, and in which
 * order. It knows every node of the broker and is at home on the last one, so that messages cross the cluster.
 * Read next: gateway/client/inbox.ts; kills.ts (the caller).
 */
import { connect } from 'mqtt'
import { type Chained, createInbox } from '../../../gateway/client/inbox.ts'
import type { Broker } from '../../support/broker.ts'
import type { LedgerEntry } from '../../support/gateway-api.ts'
import type { Plant } from '../../support/gateway-plant.ts'
import type { Scope } from '../../support/proof.ts'

export type Event = Chained & Pick<LedgerEntry, 'kind' | 'data'>

export type Follower = {
  /** By sequence: how often it was handed on. */
  readonly taken: ReadonlyMap<number, number>
  /** By machine: the entry that was handed on last. */
  readonly last: ReadonlyMap<string, number>
  readonly ends: readonly Event[]
  disorder(): number
  doubles(): number
  /** Entries that were read from the log, because no message brought them. */
  filled(): number
  /** It is away from the broker, until it comes back. */
  leave(): Promise<void>
  back(): void
}

/** A gap that is older is read from the log. */
const LOOK_MS = 1_000

export function follow(scope: Scope, { nodes, version, login }: Broker, { api, site }: Plant): Follower {
  const inbox = createInbox<Event>()
  const taken = new Map<number, number>()
  const last = new Map<string, number>()
  const ends: Event[] = []
  let disorder = 0
  let filled = 0
  function take(events: readonly Event[]): void {
    for (const event of events) {
      const { seq, kind, machine = '' } = event
      taken.set(seq, (taken.get(seq) ?? 0) + 1)
      if ((last.get(machine) ?? -1) >= seq) disorder += 1
      last.set(machine, seq)
      if (kind === 'SessionEnded') ends.push(event)
    }
  }
  const client = connect({
    ...{ protocolVersion: version, reconnectPeriod: 200, connectTimeout: 5_000, ...login },
    servers: nodes.toReversed().map(({ port }) => ({ host: '127.0.0.1', port, protocol: 'mqtt' as const })),
  })
  client.on('error', () => undefined)
  // What came last while nobody listened leaves no gap.
  let wasAway = true
  const away = () => {
    wasAway = true
    return []
  }
  client.on('connect', () => client.subscribe(`latchkey/v1/${site}/+/events`, { qos: 1 }, away))
  client.on('message', (_topic, payload) => take(inbox.put(JSON.parse(payload.toString())) as readonly Event[]))
  let looking = false
  const look = async () => {
    if (looking) return
    looking = true
    // The gateway may be dead just now.
    if (wasAway) {
      wasAway = false // before the log is read: it may be away again meanwhile
      const found = inbox.read(await api.entries(inbox.unread()).catch(away)) as readonly Event[]
      filled += found.length
      take(found)
    }
    for (const gap of inbox.gaps()) {
      const found = inbox.fill(gap, await api.entries(gap.after + 1).catch(() => [])) as readonly Event[]
      filled += found.filter(({ seq }) => seq < gap.before).length
      take(found)
    }
    looking = false
  }
  const timer = setInterval(() => void look(), LOOK_MS)
  scope.defer(() => clearInterval(timer))
  scope.defer(() => client.endAsync(true))
  return {
    ...{ taken, last, ends, disorder: () => disorder, doubles: inbox.doubles, filled: () => filled },
    leave: () => client.endAsync(true),
    back: () => void client.reconnect(),
  }
}
