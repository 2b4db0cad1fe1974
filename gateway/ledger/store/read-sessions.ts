/**
 * Reading sessions. A row changes until its session has ended; what it was is in the entries.
 * Read next: reader.ts, write-rows.ts, core/session/session.ts.
 */
import type { Session } from '../../core/session/session.ts'
import type { Sql } from './database.ts'
import { readRows } from './json.ts'

export type SessionFilter = {
  readonly machine?: string
  readonly tenant?: string
  readonly owner?: string
  /** Sessions whose unlock was intended at or after `fromMs` and before `toMs`, UTC ms. */
  readonly fromMs?: number
  readonly toMs?: number
  /** Only sessions with ids after this one (UUIDv7: in order of intent). */
  readonly after?: string
  readonly onlyOpen?: boolean
  readonly limit: number
}

export function sessionReads(sql: Sql) {
  return {
    session(id: string): Session | undefined {
      return readRows<Session>(sql, 'SELECT body FROM session WHERE id = ?', id)[0]
    },
    /** By id. */
    sessions(filter: SessionFilter): Session[] {
      const where: string[] = ['id > ?']
      const values: (string | number)[] = [filter.after ?? '']
      const add = (clause: string, value: string | number | undefined) => {
        if (value === undefined) return
        where.push(clause)
        values.push(value)
      }
      add('machine = ?', filter.machine)
      add('tenant = ?', filter.tenant)
      add('owner = ?', filter.owner)
      add('intended_at >= ?', filter.fromMs)
      add('intended_at < ?', filter.toMs)
      if (filter.onlyOpen) where.push(`status NOT IN ('ended', 'refused', 'lapsed')`)
      const text = `SELECT body FROM session WHERE ${where.join(' AND ')} ORDER BY id LIMIT ?`
      return readRows<Session>(sql, text, ...values, filter.limit)
    },
  }
}
