/**
 * The pseudonyms of tenants in entries: random, made when an entry first names a tenant, kept in a table beside the
 * entries. Without its row nobody can tell whose a pseudonym was. A tenant who comes back after an erasure gets another
 * one. Read next: core/permission/erasure.ts.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { Change } from '../../core/machine/change.ts'

export type Pseudonyms = {
  /** A new one becomes durable with the entry that needs it. */
  of(tenant: string): string
  /** Undefined when no entry ever named the tenant. */
  known(tenant: string): string | undefined
  erase(tenant: string): void
}

export function createPseudonyms(
  rows: readonly { readonly tenant: string; readonly ref: string }[],
  append: (change: Change) => void,
): Pseudonyms {
  const refs = new Map(rows.map(({ tenant, ref }) => [tenant, ref]))
  return {
    of(tenant) {
      const known = refs.get(tenant)
      if (known !== undefined) return known
      const ref = `t-${randomBytes(16).toString('base64url')}`
      refs.set(tenant, ref)
      append({ kind: 'pseudonym', tenant, ref })
      return ref
    },
    known: (tenant) => refs.get(tenant),
    erase(tenant) {
      refs.delete(tenant)
      append({ kind: 'tenant-erased', tenant })
    },
  }
}

/**
 * An older gateway made pseudonyms with one key for all, so that anybody with the key could try guessed ids. They
 * become rows, as they are. Then the key has to go: `dropKey`, once the rows are durable.
 */
export function adoptKeyed(
  keyPath: string,
  tenants: readonly string[],
  append: (change: Change) => void,
): { readonly rows: readonly { readonly tenant: string; readonly ref: string }[]; dropKey(): void } {
  if (!existsSync(keyPath)) return { rows: [], dropKey: () => undefined }
  const key = readFileSync(keyPath)
  const rows = tenants.map((tenant) => ({
    tenant,
    ref: `t-${createHmac('sha256', key).update(tenant).digest('base64url').slice(0, 22)}`,
  }))
  for (const row of rows) append({ kind: 'pseudonym', ...row })
  return {
    rows,
    dropKey() {
      writeFileSync(keyPath, Buffer.alloc(statSync(keyPath).size), { flag: 'r+', flush: true })
      rmSync(keyPath)
    },
  }
}
