/**
 * What waits for the ledger. Changes gather here in order; polls are committed together every `commitEveryMs`, commands
 * at once, and either way everything before goes first. Bounded: more records pending than `maxPending` end the
 * process. Read next: ledger/client.ts (where it goes), board.ts (what is shown once it is durable).
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
  readonly counters: { readonly commits: number; readonly changes: number; readonly samplesDropped: number }
  pending(): number
}
type Cut = () => () => void

/** An entry of the gateway itself, or of a machine. */
export type RecordEntry = (kind: EntryKind, data: JsonObject, machine?: string) => void

/**
 * Records wait in order and are never dropped; of a meter only its newest state waits, and samples, which may be
 * dropped, wait apart: more than `maxPending` of them and the oldest go, counted. No load of samples can end the
 * process.
 */
export function createJournal(ledger: LedgerClient, maxPending: number, fatal: (error: Error) => void): Journal {
  const counters = { commits: 0, changes: 0, samplesDropped: 0 }
  const cuts: Cut[] = []
  let records: Change[] = []
  let meters = new Map<string, Change>()
  let samples: Change[] = []
  let sent = 0
  let dropped = 0

  const recordsWaiting = () => records.length + meters.size + sent

  function takeSample(change: Change): void {
    samples.push(change)
    if (samples.length - dropped <= maxPending) return
    dropped += 1
    counters.samplesDropped += 1
    // The oldest are passed over, and taken out together once they are half of what waits.
    if (dropped < samples.length / 2) return
    samples = samples.slice(dropped)
    dropped = 0
  }

  /** What waits goes out together; what comes meanwhile waits for the next time. */
  function cut(): { readonly changes: readonly Change[]; readonly recordCount: number } {
    const recordCount = records.length + meters.size
    const changes = [...records, ...meters.values(), ...samples.slice(dropped)]
    records = []
    meters = new Map()
    samples = []
    dropped = 0
    return { changes, recordCount }
  }

  return {
    counters,
    pending: recordsWaiting,
    onCut: (show) => void cuts.push(show),
    append(change) {
      if (change.kind === 'sample') return takeSample(change)
      if (change.kind === 'meter') meters.set(change.state.meter, change)
      else records.push(change.kind === 'entry' ? { kind: 'entry', entry: storable(change.entry) } : change)
      if (recordsWaiting() > maxPending)
        fatal(new GatewayError('ledger', 'append', `more than ${maxPending} changes wait for the ledger`))
    },
    async flush() {
      const { changes, recordCount } = cut()
      sent += recordCount
      const onDurable = cuts.map((show) => show())
      if (changes.length > 0) {
        await ledger.commit(changes)
        counters.commits += 1
        counters.changes += changes.length
      }
      sent -= recordCount
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
