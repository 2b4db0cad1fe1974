/**
 * What waits for the ledger. Changes gather here in order; polls are committed together every `commitEveryMs`, commands
 * and changes of availability at once, and either way everything before goes first. Bounded: more changes pending than
 * `maxPending` end the process. Samples never come here. Read next: ledger/client.ts (where it goes), board.ts (what is
 * shown once it is durable), live.ts (samples).
 */
import type { EntryDraft, EntryKind, JsonObject, Stamp } from '../core/ground/entry.ts'
import { GatewayError } from '../core/ground/failure.ts'
import { isWellFormed, toWellFormed } from '../core/ground/text.ts'
import type { Change } from '../core/machine/change.ts'
import type { LedgerClient } from '../ledger/client.ts'

export type Journal = {
  append(change: Change): void
  /** Resolves when everything appended so far is durable, and shown. */
  flush(): Promise<void>
  /** Calls `cut` as each batch is cut, and what that returns when the batch is durable, in the order of the batches. */
  onCut(cut: Cut): void
  readonly counters: { readonly commits: number; readonly changes: number }
  pending(): number
}
type Cut = () => () => void

/** An entry of the gateway itself, or of a machine. */
export type RecordEntry = (kind: EntryKind, data: JsonObject, machine?: string, session?: string) => void

/** Records wait in order and are never dropped; of a meter only its newest state waits. */
export function createJournal(ledger: LedgerClient, maxPending: number, fatal: (error: Error) => void): Journal {
  const counters = { commits: 0, changes: 0 }
  const cuts: Cut[] = []
  let records: Change[] = []
  let meters = new Map<string, Change>()
  let sent = 0
  let shown = Promise.resolve()

  const waiting = () => records.length + meters.size + sent

  /** What waits goes out together; what comes meanwhile waits for the next time. */
  function cut(): readonly Change[] {
    const changes = [...records, ...meters.values()]
    records = []
    meters = new Map()
    return changes
  }

  function flush(): Promise<void> {
    const changes = cut()
    sent += changes.length
    const onDurable = cuts.map((show) => show())
    const before = shown
    shown = commit(changes).then(async () => {
      await before // an older board must not replace a newer one
      for (const show of onDurable) show()
    })
    return shown
  }

  async function commit(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return
    await ledger.commit(changes)
    counters.commits += 1
    counters.changes += changes.length
    sent -= changes.length
  }

  return {
    counters,
    pending: waiting,
    onCut: (show) => void cuts.push(show),
    append(change) {
      if (change.kind === 'meter') meters.set(change.state.meter, change)
      else records.push(change.kind === 'entry' ? { kind: 'entry', entry: storable(change.entry) } : change)
      if (waiting() > maxPending)
        fatal(new GatewayError('ledger', 'append', `more than ${maxPending} changes wait for the ledger`))
    },
    flush,
  }
}

/** A device may say anything of itself; that must not be what the ledger cannot store. */
function storable(entry: EntryDraft): EntryDraft {
  return isWellFormed(entry.data) ? entry : { ...entry, data: toWellFormed(entry.data) as JsonObject }
}

export function recordTo(append: (change: Change) => void, stamp: () => Stamp): RecordEntry {
  return (kind, data, machine, session) =>
    append({
      kind: 'entry',
      entry: { kind, version: 1, ...(machine && { machine }), ...(session && { session }), at: stamp(), data },
    })
}
