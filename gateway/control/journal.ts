/**
 * What waits for the ledger. Changes gather here in order; polls are committed together every `commitEveryMs`, commands
 * at once, and either way everything before goes first. Bounded: more pending than `maxPending` ends the process.
 * Read next: ledger/client.ts (where it goes), board.ts (what is shown once it is durable).
 */
import type { EntryDraft, EntryKind, JsonObject, Stamp } from '../core/ground/entry.ts'
import { GatewayError } from '../core/ground/failure.ts'
import { isWellFormed, toWellFormed } from '../core/ground/text.ts'
import type { Change } from '../core/machine/change.ts'
import type { LedgerClient } from '../ledger/client.ts'

export type Journal = {
  append(change: Change): void
  /** Resolves when everything appended so far is durable. */
  flush(): Promise<void>
  /** Calls `cut` as each batch is cut, and what that returns when the batch is durable. */
  onCut(cut: Cut): void
  readonly counters: { readonly commits: number; readonly changes: number }
  pending(): number
}
type Cut = () => () => void

/** An entry of the gateway itself, or of a machine. */
export type RecordEntry = (kind: EntryKind, data: JsonObject, machine?: string) => void

export function createJournal(ledger: LedgerClient, maxPending: number, fatal: (error: Error) => void): Journal {
  const counters = { commits: 0, changes: 0 }
  const cuts: Cut[] = []
  let waiting: Change[] = []
  let sent = 0

  return {
    counters,
    pending: () => waiting.length + sent,
    onCut: (cut) => void cuts.push(cut),
    append(change) {
      waiting.push(change.kind === 'entry' ? { kind: 'entry', entry: storable(change.entry) } : change)
      if (waiting.length + sent > maxPending)
        fatal(new GatewayError('ledger', 'append', `more than ${maxPending} changes wait for the ledger`))
    },
    async flush() {
      const changes = waiting
      waiting = []
      sent += changes.length
      const onDurable = cuts.map((cut) => cut())
      if (changes.length > 0) {
        await ledger.commit(changes)
        counters.commits += 1
        counters.changes += changes.length
      }
      sent -= changes.length
      for (const show of onDurable) show()
    },
  }
}

/** A device may say anything of itself; that must not be what the ledger cannot store. */
function storable(entry: EntryDraft): EntryDraft {
  return isWellFormed(entry.data) ? entry : { ...entry, data: toWellFormed(entry.data) as JsonObject }
}

export function recordTo(append: (change: Change) => void, stamp: () => Stamp): RecordEntry {
  return (kind, data, machine) =>
    append({
      kind: 'entry',
      entry: { kind, version: 1, ...(machine === undefined ? {} : { machine }), at: stamp(), data },
    })
}
