/**
 * Writing what stands beside the entries: each change puts its row in place of the one before, within the transaction
 * of the commit.
 * Read next: writer.ts (whose transaction it is), read-rows.ts, core/machine/change.ts.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Booking } from '../../core/booking/booking.ts'
import type { Change } from '../../core/machine/change.ts'
import { ERASED } from '../../core/permission/erasure.ts'
import type { Session } from '../../core/session/session.ts'
import { fromJson, toJson } from './json.ts'

export type RowChange = Exclude<Change, { readonly kind: 'entry' | 'simulated' }>

export function createRowWriter(db: DatabaseSync): (change: RowChange) => void {
  const sql = statements(db)
  return (change) => writeRow(sql, change)
}

type Statements = ReturnType<typeof statements>

function writeRow(sql: Statements, change: RowChange): void {
  switch (change.kind) {
    case 'meter':
      return run(sql.meter, change.state.meter, change.state.machine, toJson(change.state))
    case 'session':
      return writeSession(sql, change.session)
    case 'booking':
      return writeBooking(sql, change.booking)
    case 'booking-snapshot':
      return run(sql.fact, 'booking-snapshot', String(change.version))
    case 'tombstones':
      return run(sql.fact, 'tombstones', toJson(change.tombstones))
    case 'revocations':
      return run(sql.fact, `revocations:${change.list.issuer}`, toJson(change.list))
    case 'contact':
      return run(sql.fact, 'contact', toJson(change.contact))
    case 'token-used':
      return run(sql.tokenUsed, change.jti, change.session, change.expMs)
    case 'restored':
      return run(sql.fact, 'restored', String(change.atMs))
    case 'token-released':
      return run(sql.tokenReleased, change.jti)
    case 'machine':
      return run(sql.machine, change.row.machine, change.row.fencingCounter, toJson(change.row))
    case 'key':
      return run(sql.key, change.row.id, toJson(change.row))
    case 'subscription':
      return run(sql.subscription, change.subscription.id, toJson(change.subscription))
    case 'subscription-gone':
      return run(sql.subscriptionGone, change.id)
    case 'pseudonym':
      return run(sql.pseudonym, change.tenant, change.ref)
    case 'tenant-erased':
      return eraseTenant(sql, change.tenant)
  }
}

function writeSession(sql: Statements, session: Session): void {
  const { id, machine, tenant, owner, booking, status, intendedAtMs, endedAtMs = null } = session
  run(sql.session, id, machine, tenant, owner, booking, status, intendedAtMs, endedAtMs, toJson(session))
}

function writeBooking(sql: Statements, booking: Booking): void {
  const { id, machine, startMs, endMs, status } = booking
  run(sql.booking, id, machine, startMs, endMs, status, toJson(booking))
}

/** Takes the tenant out of every row that names them; see core/permission/erasure.ts. */
function eraseTenant(sql: Statements, tenant: string): void {
  run(sql.pseudonymErased, tenant)
  run(sql.subscriptionsOf, tenant)
  for (const { body } of sql.sessionsOf.all(tenant) as { body: string }[]) {
    const { jti: _jti, idempotencyKey: _key, ...session } = fromJson<Session>(body)
    writeSession(sql, { ...session, tenant: ERASED })
  }
  for (const { body } of sql.bookingsOf.all(tenant) as { body: string }[])
    writeBooking(sql, { ...fromJson<Booking>(body), tenant: ERASED })
}

function statements(db: DatabaseSync) {
  const upsert = (table: string, columns: string, key: string) => prepareUpsert(db, table, columns, key)
  return {
    meter: upsert('meter', 'meter machine body', 'meter'),
    session: upsert('session', 'id machine tenant owner booking status intended_at ended_at body', 'id'),
    sessionsOf: db.prepare('SELECT body FROM session WHERE tenant = ?'),
    booking: upsert('booking', 'id machine start_at end_at status body', 'id'),
    bookingsOf: db.prepare(`SELECT body FROM booking WHERE json_extract(body, '$.tenant') = ?`),
    machine: upsert('machine', 'machine fencing_counter body', 'machine'),
    key: upsert('access_key', 'id body', 'id'),
    subscription: upsert('subscription', 'id body', 'id'),
    subscriptionGone: db.prepare('DELETE FROM subscription WHERE id = ?'),
    subscriptionsOf: db.prepare(`DELETE FROM subscription WHERE json_extract(body, '$.tenant') = ?`),
    pseudonym: db.prepare('INSERT INTO pseudonym (tenant, ref) VALUES (?, ?)'),
    pseudonymErased: db.prepare('DELETE FROM pseudonym WHERE tenant = ?'),
    fact: upsert('fact', 'name value', 'name'),
    tokenUsed: db.prepare('INSERT INTO used_token (jti, session, exp) VALUES (?, ?, ?)'),
    tokenReleased: db.prepare('DELETE FROM used_token WHERE jti = ?'),
  }
}

/** `columns`, `key`: names with one space between them; a row of the same key is replaced. */
export function prepareUpsert(db: DatabaseSync, table: string, columns: string, key: string): StatementSync {
  const names = columns.split(' ')
  const marks = names.map(() => '?').join(', ')
  const updates = names.map((name) => `${name} = excluded.${name}`).join(', ')
  return db.prepare(
    `INSERT INTO ${table} (${names.join(', ')}) VALUES (${marks}) ON CONFLICT (${key.split(' ').join(', ')}) DO UPDATE SET ${updates}`,
  )
}

function run(statement: StatementSync, ...values: (string | number | null)[]): void {
  statement.run(...values)
}
