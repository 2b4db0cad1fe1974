/**
 * A page of rows that only some entries of the ledger make: entries are looked through in batches until the page is
 * full or enough has been looked through. Such a page may be short, or empty, and still name where to go on.
 */
import type { Entry } from '../../../core/ground/entry.ts'

/** Entries looked through for one page. */
export const SCAN = 5_000
/** Entries read at once. */
export const BATCH = 500

/** `next` is the last entry that was looked at, when there may be more. Rows of one entry stay on one page. */
export function scanPage<Row>(
  entriesAfter: (seq: number, limit: number) => readonly Entry[],
  rowsOf: (entry: Entry) => readonly Row[],
  after: number,
  size: number,
): { readonly rows: Row[]; readonly next?: number } {
  const rows: Row[] = []
  let last = after
  for (let scanned = 0; scanned < SCAN; scanned += BATCH) {
    const entries = entriesAfter(last, BATCH)
    for (const entry of entries) {
      const found = rowsOf(entry)
      if (found.length > 0 && rows.length >= size) return { rows, next: last }
      rows.push(...found)
      last = entry.seq
    }
    if (entries.length < BATCH) return { rows }
  }
  return { rows, next: last }
}
