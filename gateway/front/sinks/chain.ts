/** Which entry came before each on its topic, so that a reader of one topic sees when something is missing. */
import type { Entry } from '../../core/ground/entry.ts'
import type { Reader } from '../../ledger/store/reader.ts'
import type { Delivery } from './sink.ts'

/** Of entries that come in order; the topic is that of the machine, or that of entries without a machine. */
export function createChain(reader: Pick<Reader, 'previousOf'>): (entry: Entry) => Delivery {
  const last = new Map<string | undefined, number | null>()
  return (entry) => {
    const { machine, seq } = entry
    const known = last.get(machine)
    const prevSeq = known === undefined ? (reader.previousOf(machine, seq) ?? null) : known
    last.set(machine, seq)
    return { entry, prevSeq }
  }
}
