/**
 * Bodies of rows as JSON: a BigInt is written as {"$int":"…"} and comes back as one. Entries do not use this; their
 * text is canonical.
 * Read next: write-rows.ts, read-rows.ts.
 */
import type { Sql } from './database.ts'

export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? { $int: item.toString() } : item))
}

export function fromJson<T>(text: string): T {
  return JSON.parse(text, (_key, item) =>
    item !== null && typeof item === 'object' && typeof item.$int === 'string' ? BigInt(item.$int) : item,
  ) as T
}

/** The column `body` of the rows that a statement finds. */
export function readRows<T>(sql: Sql, text: string, ...values: (string | number)[]): T[] {
  return (sql(text).all(...values) as { body: string }[]).map(({ body }) => fromJson<T>(body))
}
