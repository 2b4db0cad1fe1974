/**
 * The one writer. Takes groups of commits, writes each group in one transaction, and gives entries their sequence,
 * canonical bytes (RFC 8785) and leaf hash (RFC 6962, 2.1). Any error leaves the outcome unknown: the caller ends the
 * process.
 */
import { createHash } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import canonicalize from 'canonicalize'
import type { Booking } from '../../core/booking/booking.ts'
import type { EntryBody, EntryDraft, Stamp } from '../../core/ground/entry.ts'
import { GatewayError } from '../../core/ground/failure.ts'
import type { Change } from '../../core/machine/change.ts'
import { ERASED } from '../../core/permission/erasure.ts'
import type { Session } from '../../core/session/session.ts'
import { type LogOptions, openLog } from '../log/log.ts'
import type { HeldKey, LogKey } from '../log/log-keys.ts'
import { fromJson, toJson } from './json.ts'

/** C2SP tlog-tiles: an entry bundle holds entries of at most 65,535 bytes. */
const MAX_ENTRY_BYTES = 65_535
/** Samples deleted in one commit at most, so that a smaller ring shrinks without a stall. */
const MAX_PRUNE = 5_000

export type Writer = {
  readonly nextSeq: number
  readonly nextSample: number
  /** Size of the newest checkpoint; 0: none. */
  readonly signed: number
  /** Writes all groups in one transaction; answers each with its range of sequences. */
  commit(groups: readonly (readonly Change[])[]): { firstSeq: number; nextSeq: number }[]
  setCursor(sink: string, next: number, nextSample: number): void
  park(sink: string, item: string, reason: string, atMs: number): void
  /** Signs what is durable, if the tree grew since the last time; the size that was signed. */
  checkpoint(atMs: number): number | undefined
  /** The keys that sign from now on; a hand-over that they begin or end is recorded. Whether there was one. */
  takeKeys(held: readonly HeldKey[], at: Stamp): boolean
  readonly keys: readonly LogKey[]
  close(): void
}

export type WriterOptions = {
  readonly site: string
  readonly simulated: ReadonlySet<string>
  readonly samples: number
  /** The tree over the entries; without it nothing is signed. */
  readonly log?: LogOptions
}

export function createWriter(db: DatabaseSync, options: WriterOptions): Writer {
  const sql = statements(db)
  let nextSeq = count(db, 'SELECT coalesce(max(seq) + 1, 0) AS n FROM entry')
  let nextSample = count(db, 'SELECT coalesce(max(n) + 1, 0) AS n FROM sample')
  requireGapless(db, nextSeq)
  const log = options.log && openLog(db, options.log)

  function transaction<T>(work: () => T): T {
    db.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      db.exec('COMMIT')
      return result
    } catch (cause) {
      try {
        db.exec('ROLLBACK')
      } catch {
        // the transaction is gone already
      }
      throw new GatewayError('ledger', 'commit', `the ledger could not be written: ${(cause as Error).message}`, {
        cause,
      })
    }
  }

  function apply(change: Change): void {
    switch (change.kind) {
      case 'entry':
        return append(change.entry)
      case 'meter':
        return run(sql.meter, change.state.meter, change.state.machine, toJson(change.state))
      case 'session': {
        const s = change.session
        return run(
          sql.session,
          s.id,
          s.machine,
          s.tenant,
          s.owner,
          s.booking,
          s.status,
          s.intendedAtMs,
          s.endedAtMs ?? null,
          toJson(s),
        )
      }
      case 'booking': {
        const b = change.booking
        return run(sql.booking, b.id, b.machine, b.startMs, b.endMs, b.status, toJson(b))
      }
      case 'booking-snapshot':
        return run(sql.fact, 'booking-snapshot', String(change.version))
      case 'revocations':
        return run(sql.fact, `revocations:${change.list.issuer}`, toJson(change.list))
      case 'contact':
        return run(sql.fact, 'contact', toJson(change.contact))
      case 'token-used':
        return run(sql.tokenUsed, change.jti, change.session, change.expMs)
      case 'token-released':
        return run(sql.tokenReleased, change.jti)
      case 'machine':
        return run(sql.machine, change.row.machine, change.row.fencingCounter, toJson(change.row))
      case 'key':
        return run(sql.key, change.row.id, toJson(change.row))
      case 'pseudonym':
        return run(sql.pseudonym, change.tenant, change.ref)
      case 'tenant-erased':
        return forget(change.tenant)
      case 'sample': {
        const s = change.sample
        run(sql.sample, nextSample, s.kind, s.machine, s.id, s.atMs, s.quality, s.unit ?? null, s.value ?? null)
        nextSample += 1
        return
      }
    }
  }

  function forget(tenant: string): void {
    run(sql.pseudonymErased, tenant)
    for (const { body } of sql.sessionsOf.all(tenant) as { body: string }[]) {
      const { jti: _jti, idempotencyKey: _key, ...session } = fromJson<Session>(body)
      apply({ kind: 'session', session: { ...session, tenant: ERASED } })
    }
    for (const { body } of sql.bookingsOf.all(tenant) as { body: string }[])
      apply({ kind: 'booking', booking: { ...fromJson<Booking>(body), tenant: ERASED } })
  }

  function append(draft: EntryDraft): void {
    const body: EntryBody = {
      seq: nextSeq,
      kind: draft.kind,
      v: draft.version,
      site: options.site,
      ...(draft.machine === undefined ? {} : { machine: draft.machine }),
      ...(draft.session === undefined ? {} : { session: draft.session }),
      ...(draft.machine !== undefined && options.simulated.has(draft.machine) ? { simulated: true as const } : {}),
      at: new Date(draft.at.wallMs).toISOString(),
      clock: draft.at.clock,
      boot: draft.at.bootId,
      mono: draft.at.monoNs,
      data: draft.data,
    }
    const text = canonicalize(body)
    if (text === undefined) throw new Error(`entry ${draft.kind} has no canonical form`)
    const bytes = Buffer.from(text, 'utf8')
    if (bytes.length > MAX_ENTRY_BYTES)
      throw new Error(`entry ${draft.kind} has ${bytes.length} bytes; ${MAX_ENTRY_BYTES} is the most`)
    const leaf = createHash('sha256').update(LEAF_PREFIX).update(bytes).digest()
    run(sql.entry, nextSeq, draft.kind, draft.at.wallMs, draft.machine ?? null, draft.session ?? null, bytes, leaf)
    log?.append(leaf)
    nextSeq += 1
  }

  return {
    get nextSeq() {
      return nextSeq
    },
    get nextSample() {
      return nextSample
    },
    get signed() {
      return log?.signed ?? 0
    },
    commit(groups) {
      const ranges = transaction(() => {
        const ranges = groups.map((changes) => {
          const firstSeq = nextSeq
          changes.forEach(apply)
          return { firstSeq, nextSeq }
        })
        if (nextSeq > (ranges[0]?.firstSeq ?? nextSeq)) log?.save()
        sql.prune.run(nextSample - options.samples, MAX_PRUNE)
        return ranges
      })
      // the log of writes still holds what was erased; a reader at work makes this wait for the next time
      if (groups.some((changes) => changes.some(({ kind }) => kind === 'tenant-erased')))
        db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      return ranges
    },
    setCursor(sink, next, sample) {
      transaction(() => run(sql.cursor, sink, next, sample))
    },
    park(sink, item, reason, atMs) {
      transaction(() => run(sql.park, sink, item, reason, atMs))
    },
    checkpoint: (atMs) => log?.checkpoint(atMs)?.size,
    takeKeys(held, at) {
      const steps = log?.hold(held) ?? []
      if (steps.length === 0) return false
      transaction(() => {
        for (const step of steps) {
          const data = { key: step.vkey, role: 'log' }
          append({ kind: step.kind === 'add' ? 'KeyAdded' : 'KeyRevoked', version: 1, at, data })
          log!.turn(step)
        }
        log!.save()
      })
      return true
    },
    get keys() {
      return log?.keys ?? []
    },
    close() {
      db.close()
    },
  }
}

const LEAF_PREFIX = Buffer.from([0])

function statements(db: DatabaseSync) {
  const upsert = (table: string, columns: readonly string[], key: string) =>
    db.prepare(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ON CONFLICT (${key}) DO UPDATE SET ${columns.map((name) => `${name} = excluded.${name}`).join(', ')}`,
    )
  return {
    entry: db.prepare('INSERT INTO entry (seq, kind, at, machine, session, body, leaf) VALUES (?, ?, ?, ?, ?, ?, ?)'),
    meter: upsert('meter', ['meter', 'machine', 'body'], 'meter'),
    session: upsert(
      'session',
      ['id', 'machine', 'tenant', 'owner', 'booking', 'status', 'intended_at', 'ended_at', 'body'],
      'id',
    ),
    booking: upsert('booking', ['id', 'machine', 'start_at', 'end_at', 'status', 'body'], 'id'),
    machine: upsert('machine', ['machine', 'fencing_counter', 'body'], 'machine'),
    key: upsert('access_key', ['id', 'body'], 'id'),
    pseudonym: db.prepare('INSERT INTO pseudonym (tenant, ref) VALUES (?, ?)'),
    pseudonymErased: db.prepare('DELETE FROM pseudonym WHERE tenant = ?'),
    sessionsOf: db.prepare('SELECT body FROM session WHERE tenant = ?'),
    bookingsOf: db.prepare(`SELECT body FROM booking WHERE json_extract(body, '$.tenant') = ?`),
    fact: upsert('fact', ['name', 'value'], 'name'),
    cursor: upsert('cursor', ['sink', 'next', 'next_sample'], 'sink'),
    park: upsert('parked', ['sink', 'item', 'reason', 'at'], 'sink, item'),
    tokenUsed: db.prepare('INSERT INTO used_token (jti, session, exp) VALUES (?, ?, ?)'),
    tokenReleased: db.prepare('DELETE FROM used_token WHERE jti = ?'),
    sample: db.prepare(
      'INSERT INTO sample (n, kind, machine, id, at, quality, unit, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    prune: db.prepare('DELETE FROM sample WHERE n IN (SELECT n FROM sample WHERE n < ? ORDER BY n LIMIT ?)'),
  }
}

function run(statement: StatementSync, ...values: Parameters<StatementSync['run']>[1][]): void {
  statement.run(...(values as never[]))
}

function count(db: DatabaseSync, query: string): number {
  return (db.prepare(query).get() as { n: number }).n
}

function requireGapless(db: DatabaseSync, nextSeq: number): void {
  const rows = count(db, 'SELECT count(*) AS n FROM entry')
  if (rows !== nextSeq)
    throw new GatewayError(
      'ledger',
      'open',
      `the ledger has ${rows} entries and ends at ${nextSeq - 1}; entries are missing. Keep the file and restore a copy`,
    )
}
