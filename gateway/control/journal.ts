/**
 * What waits for the ledger. Changes gather here in order; polls are committed together every `commitEveryMs`, commands
 * at once, and either way everything before goes first. Bounded: more pending than `maxPending` ends the process.
 */
import type { EntryKind, JsonObject, Stamp } from '../core/ground/entry.ts'
import { GatewayError } from '../core/ground/failure.ts'
import type { Change } from '../core/machine/change.ts'
import type { LedgerClient } from '../ledger/client.ts'

export type Journal = {
  append(change: Change): void
  /** Durable when it resolves: everything appended so far. */
  flush(): Promise<void>
  readonly counters: { commits: number; changes: number }
  pending(): number
}

/** An entry of the gateway itself, or of a machine. */
export type RecordEntry = (kind: EntryKind, data: JsonObject, machine?: string) => void

export type JournalDeps = {
  readonly ledger: LedgerClient
  readonly maxPending: number
  onFailure(error: GatewayError): void
  /** Called as a batch is cut; what it returns is called when that batch is durable. */
  onCut(): () => void
}

export function createJournal({ ledger, maxPending, onFailure, onCut }: JournalDeps): Journal {
  const counters = { commits: 0, changes: 0 }
  let waiting: Change[] = []
  let sent = 0

  return {
    counters,
    pending: () => waiting.length + sent,
    append(change) {
      waiting.push(change)
      if (waiting.length + sent > maxPending)
        onFailure(new GatewayError('ledger', 'append', `more than ${maxPending} changes wait for the ledger`))
    },
    async flush() {
      const changes = waiting
      waiting = []
      sent += changes.length
      const durable = onCut()
      if (changes.length > 0) {
        await ledger.commit(changes)
        counters.commits += 1
        counters.changes += changes.length
      }
      sent -= changes.length
      durable()
    },
  }
}

export function recordTo(append: (change: Change) => void, stamp: () => Stamp): RecordEntry {
  return (kind, data, machine) =>
    append({
      kind: 'entry',
      entry: { kind, version: 1, ...(machine === undefined ? {} : { machine }), at: stamp(), data },
    })
}
