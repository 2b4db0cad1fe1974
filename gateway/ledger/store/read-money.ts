/** Reading what prices were published and which statements were issued. Read next: reader.ts, ledger/statement.ts. */
import type { Tariff } from '../../core/billing/tariff.ts'
import type { Entry } from '../../core/ground/entry.ts'
import type { Sql } from './database.ts'
import { listEntries } from './read-entries.ts'

export function moneyReads(sql: Sql) {
  const tariffEntries = () => listEntries(sql, `entry WHERE machine IS NULL AND kind = 'TariffPublished' ORDER BY seq`)
  return {
    tariffEntries,
    /** Every version of a tariff that was published, in order. */
    tariffs: (): Tariff[] => tariffEntries().map(({ body }) => body.data as unknown as Tariff),
    /** The entry that holds the hash of a statement; the first, if it was issued twice. */
    statementIssued(sha256: string): Entry | undefined {
      const issued = `machine IS NULL AND kind = 'StatementIssued' AND instr(body, CAST(? AS BLOB)) > 0`
      return listEntries(sql, `entry WHERE ${issued} ORDER BY seq LIMIT 1`, `"sha256":"${sha256}"`)[0]
    },
  }
}
