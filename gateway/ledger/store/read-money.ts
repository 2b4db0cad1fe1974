/**
 * Reading what prices were published, which statements were issued, and what is billed besides sessions: bookings that
 * nobody used, and credits. Read next: reader.ts, ledger/statement.ts.
 */
import type { Tariff } from '../../core/billing/tariff.ts'
import type { Entry } from '../../core/ground/entry.ts'
import type { Sql } from './database.ts'
import { ALL, listEntries } from './read-entries.ts'

/** These two in the words of the indexes, or those are not used. */
const creditWhen = `kind IN ('CreditProposed', 'CreditApproved')`
const missedWhen = `kind = 'BookingCancelled' AND json_extract(CAST(body AS TEXT), '$.data.billing') IS NOT NULL`
const data = (name: string, of = 'entry') => `json_extract(CAST(${of}.body AS TEXT), '$.data.${name}')`
/** A booking that was released by a clock that was wrong, and held again below a sequence, is no missed one. */
const restored = `EXISTS (SELECT 1 FROM entry AS later WHERE later.machine = entry.machine AND later.seq > entry.seq
  AND later.seq < ? AND later.kind = 'BookingRestored' AND ${data('booking', 'later')} = ${data('booking')})`

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
    /** The newest entries that hold the hash of a statement, newest first. */
    statementsIssued(limit: number): Entry[] {
      return listEntries(
        sql,
        `entry WHERE machine IS NULL AND kind = 'StatementIssued' ORDER BY seq DESC LIMIT ?`,
        limit,
      )
    },
    /** Bookings that nobody used and that carry a bill from `fromMs` to before `toMs`, as known below a sequence. */
    missedEntries(fromMs: number, toMs: number, limit: number, below = ALL): Entry[] {
      const when = `${missedWhen} AND at >= ? AND at < ? AND seq < ? AND NOT ${restored}`
      const found = `entry INDEXED BY entry_missed WHERE ${when} ORDER BY at, seq LIMIT ?`
      return listEntries(sql, found, fromMs, toMs, below, below, limit)
    },
    /** The bill of a booking that nobody used. */
    missedEntry(booking: string): Entry | undefined {
      const when = `${missedWhen} AND ${data('booking')} = ? AND NOT ${restored}`
      return listEntries(
        sql,
        `entry INDEXED BY entry_missed WHERE ${when} ORDER BY at DESC, seq DESC LIMIT 1`,
        booking,
        ALL,
      )[0]
    },
    /** Proposals and approvals of credits at or after `fromMs` and before `toMs`, below a sequence. */
    creditEntries(fromMs: number, toMs: number, limit: number, below = ALL): Entry[] {
      const when = `${creditWhen} AND at >= ? AND at < ? AND seq < ?`
      const found = `entry INDEXED BY entry_credit WHERE ${when} ORDER BY at, seq LIMIT ?`
      return listEntries(sql, found, fromMs, toMs, below, limit)
    },
    /** Those of one bill, in order: `original` is the sequence of its entry. */
    creditsOf(original: number): Entry[] {
      const when = `${creditWhen} AND ${data('original')} = ?`
      return listEntries(sql, `entry INDEXED BY entry_credit WHERE ${when} ORDER BY seq`, original)
    },
    /** Proposals that nobody has approved, newest first. */
    openProposals(limit: number): Entry[] {
      const credit = `entry INDEXED BY entry_credit WHERE ${creditWhen}`
      const approved = `SELECT ${data('id')} FROM ${credit} AND kind = 'CreditApproved'`
      const open = `${credit} AND kind = 'CreditProposed' AND ${data('id')} NOT IN (${approved})`
      return listEntries(sql, `${open} ORDER BY at DESC, seq DESC LIMIT ?`, limit)
    },
    /** The proposal of a credit and, once there is one, its approval. */
    creditEntriesOf(id: string): Entry[] {
      const when = `${creditWhen} AND ${data('id')} = ?`
      return listEntries(sql, `entry INDEXED BY entry_credit WHERE ${when} ORDER BY seq`, id)
    },
  }
}
