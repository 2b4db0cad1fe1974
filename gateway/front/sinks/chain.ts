/**
 * Which entry came before each: on the same machine, or without a machine. A reader of one topic sees by it that
 * something is missing.
 */
import type { Entry } from '../../core/ground/entry.ts'
import type { Reader } from '../../ledger/store/reader.ts'
import type { Delivery } from './sink.ts'

/** Entries in order, each with the sequence before it on its topic; null: none. */
export function withPrevious(reader: Pick<Reader, 'previousOf'>, entries: readonly Entry[]): Delivery[] {
  const last = new Map<string | undefined, number | null>()
  return entries.map((entry) => {
    const { machine, seq } = entry
    const known = last.get(machine)
    const prevSeq = known === undefined ? (reader.previousOf(machine, seq) ?? null) : known
    last.set(machine, seq)
    return { entry, prevSeq }
  })
}
