/**
 * The newest entries for many streams: read once for all that wait at the same place, and written once for each role
 * that sees the same of them. Bounded: what was read is forgotten with the next commit. Read next: event-stream.ts.
 */
import type { Entry } from '../../../core/ground/entry.ts'
import type { Principal } from '../../../core/permission/principal.ts'
import type { Api } from '../api.ts'
import { toShown } from './shown.ts'

export const BATCH = 200
/** Places that are kept: streams that have caught up wait at one. */
const MAX_PLACES = 8

export type Tail = {
  /** At most a batch of entries from this sequence on. */
  read(from: number): readonly Entry[]
  /** There are more entries. Each stream says so before it reads on. */
  grown(): void
  /** An event as it is sent; undefined when the role sees nothing of it. `chained`: it names the one before it. */
  written(entry: Entry, role: Principal['role'], id: string, chained?: boolean): string | undefined
}

export function openTail({ reader }: Pick<Api, 'reader'>): Tail {
  const places = new Map<number, readonly Entry[]>()
  const texts = new WeakMap<Entry, Map<string, string | undefined>>()
  return {
    read(from) {
      const known = places.get(from)
      if (known !== undefined) return known
      const entries = reader.entries(from, BATCH)
      if (places.size < MAX_PLACES) places.set(from, entries)
      return entries
    },
    grown: () => places.clear(),
    written(entry, role, id, chained = false) {
      const known = texts.get(entry) ?? new Map<string, string | undefined>()
      texts.set(entry, known)
      const key = `${role} ${id} ${chained}`
      if (known.has(key)) return known.get(key)
      const shown = toShown(entry, role)
      const before = chained ? { prevSeq: reader.previousOf(entry.machine, entry.seq) ?? null } : {}
      const text = shown && `id: ${id}\nevent: ${entry.kind}\ndata: ${JSON.stringify({ ...shown, ...before })}\n\n`
      known.set(key, text)
      return text
    },
  }
}
