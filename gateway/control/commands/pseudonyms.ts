/**
 * The pseudonyms under which tenants stand in entries: random, made when a tenant is first written of, kept in a table
 * beside the entries. Without its row nobody can tell whose a pseudonym was. A tenant who comes back after having been
 * erased gets another one. Read next: core/permission/erasure.ts.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { Change } from '../../core/machine/change.ts'

export type Pseudonyms = {
  /** Made durable with the entry that needs it, if it is new. */
  of(tenant: string): string
  /** Undefined when nothing was ever written of the tenant. */
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
 * Pseudonyms of an older gateway were made with one key for all, so that a guessed id could be tried as long as the key
 * was there. They become rows, as they are; then the key has to go: `dropKey`, once the rows are durable.
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
