/**
 * The schema of the ledger, step by step. A step that has shipped never changes; a new one is appended. Entries and
 * checkpoints are immutable, which triggers enforce; everything else is state that follows from entries and readings.
 * Read next: database.ts (what runs the steps), writer.ts, read-rows.ts.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE entry (
    seq     INTEGER PRIMARY KEY,
    kind    TEXT NOT NULL,
    at      INTEGER NOT NULL,
    machine TEXT,
    session TEXT,
    body    BLOB NOT NULL,
    leaf    BLOB NOT NULL CHECK (length(leaf) = 32)
  ) STRICT;
  CREATE INDEX entry_machine ON entry (machine, seq) WHERE machine IS NOT NULL;
  CREATE INDEX entry_site ON entry (seq) WHERE machine IS NULL;
  CREATE INDEX entry_session ON entry (session, seq) WHERE session IS NOT NULL;
  CREATE TRIGGER entry_stays BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'entries are immutable'); END;
  CREATE TRIGGER entry_remains BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'entries are immutable'); END;

  CREATE TABLE meter (meter TEXT PRIMARY KEY, machine TEXT NOT NULL, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE session (
    id TEXT PRIMARY KEY, machine TEXT NOT NULL, tenant TEXT NOT NULL, owner TEXT NOT NULL, booking TEXT NOT NULL,
    status TEXT NOT NULL, intended_at INTEGER NOT NULL, ended_at INTEGER, body TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX session_machine ON session (machine, id);
  CREATE INDEX session_tenant ON session (tenant, id);
  CREATE INDEX session_owner ON session (owner, id);
  CREATE TABLE booking (id TEXT PRIMARY KEY, machine TEXT NOT NULL, start_at INTEGER NOT NULL, end_at INTEGER NOT NULL, status TEXT NOT NULL, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX booking_end ON booking (end_at);
  CREATE TABLE used_token (jti TEXT PRIMARY KEY, session TEXT NOT NULL, exp INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE machine (machine TEXT PRIMARY KEY, fencing_counter INTEGER NOT NULL, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE access_key (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE cursor (sink TEXT PRIMARY KEY, next INTEGER NOT NULL, next_sample INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE parked (sink TEXT NOT NULL, item TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (sink, item)) STRICT, WITHOUT ROWID;
  CREATE TABLE sample (
    n INTEGER PRIMARY KEY, kind TEXT NOT NULL, machine TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL,
    quality TEXT NOT NULL, unit TEXT, value TEXT
  ) STRICT;
  CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE tree_node (level INTEGER NOT NULL, n INTEGER NOT NULL, hash BLOB NOT NULL CHECK (length(hash) = 32), PRIMARY KEY (level, n)) STRICT, WITHOUT ROWID;
  CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, at INTEGER NOT NULL, note TEXT NOT NULL) STRICT;
  CREATE TRIGGER checkpoint_stays BEFORE UPDATE ON checkpoint BEGIN SELECT RAISE(ABORT, 'checkpoints are immutable'); END;
  CREATE TRIGGER checkpoint_remains BEFORE DELETE ON checkpoint BEGIN SELECT RAISE(ABORT, 'checkpoints are immutable'); END;
  `,
  // `readingKinds` in read-readings.ts must name the kinds in the same words, or this index is not used.
  `
  CREATE INDEX entry_reading ON entry (machine, seq, at)
    WHERE kind IN ('UnlockIntended', 'SessionFinishing', 'SessionEnded', 'MeterSampled', 'MeterChanged');
  `,
  // What people look after: `problemWhen`, `byHandKinds` and `corrected` in read-problems.ts, in the same words.
  `
  CREATE INDEX entry_problem ON entry (seq)
    WHERE (kind = 'UnlockUnconfirmed'
      OR (kind = 'SessionEnded' AND json_extract(CAST(body AS TEXT), '$.data.incomplete'))
      OR (kind = 'SessionFinishing' AND json_extract(CAST(body AS TEXT), '$.data.overrun'))
      OR (kind = 'MeterChanged' AND json_extract(CAST(body AS TEXT), '$.data.change') IN ('exchange', 'regress', 'out-of-range')));
  CREATE INDEX entry_by_hand ON entry (seq) WHERE kind IN ('Correction', 'ManualEntry');
  CREATE INDEX entry_correction ON entry (CAST(json_extract(CAST(body AS TEXT), '$.data.original') AS INTEGER))
    WHERE kind = 'Correction';
  `,
  // Who a tenant of the entries is. To delete a row is to forget the tenant; see core/permission/erasure.ts.
  `
  CREATE TABLE pseudonym (tenant TEXT PRIMARY KEY, ref TEXT NOT NULL UNIQUE) STRICT, WITHOUT ROWID;
  `,
  // A failed inspection is one more thing to look after: `problemWhen` in read-problems.ts, in the same words.
  `
  DROP INDEX entry_problem;
  CREATE INDEX entry_problem ON entry (seq)
    WHERE (kind = 'UnlockUnconfirmed'
      OR (kind = 'SessionEnded' AND json_extract(CAST(body AS TEXT), '$.data.incomplete'))
      OR (kind = 'SessionFinishing' AND json_extract(CAST(body AS TEXT), '$.data.overrun'))
      OR (kind = 'InspectionRecorded' AND NOT json_extract(CAST(body AS TEXT), '$.data.passed'))
      OR (kind = 'MeterChanged' AND json_extract(CAST(body AS TEXT), '$.data.change') IN ('exchange', 'regress', 'out-of-range')));
  `,
  // What is billed besides sessions: `creditWhen` and `missedWhen` in read-money.ts, in the same words.
  `
  CREATE INDEX entry_credit ON entry (at, seq) WHERE kind IN ('CreditProposed', 'CreditApproved');
  CREATE INDEX entry_missed ON entry (at, seq)
    WHERE kind = 'BookingCancelled' AND json_extract(CAST(body AS TEXT), '$.data.billing') IS NOT NULL;
  `,
  // What happened at a machine in a time: `timelineKinds` in read-entries.ts, in the same words.
  `
  CREATE INDEX entry_timeline ON entry (machine, at, seq) WHERE kind IN ('UnlockIntended', 'UnlockRefused', 'SessionEnded', 'ForeignUse', 'AvailabilityChanged', 'InspectionRecorded', 'ReportMade', 'ReportChanged', 'MaintenanceStarted', 'MaintenanceEnded', 'Override', 'LockUnconfirmed');
  `,
  // Answers and services as well.
  `
  DROP INDEX entry_timeline;
  CREATE INDEX entry_timeline ON entry (machine, at, seq) WHERE kind IN ('UnlockIntended', 'UnlockRefused', 'SessionEnded', 'ForeignUse', 'AvailabilityChanged', 'InspectionRecorded', 'ReportMade', 'ReportChanged', 'MaintenanceStarted', 'MaintenanceEnded', 'Override', 'LockUnconfirmed', 'AnswersGiven', 'ServiceDone');
  `,
  // Calendar addresses; how often a booking was changed: `revisionWhen` in read-subscriptions.ts, in the same words.
  `
  CREATE TABLE subscription (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX entry_booking ON entry (json_extract(CAST(body AS TEXT), '$.data.booking'), at)
    WHERE kind IN ('BookingPut', 'BookingCancelled', 'BookingRestored');
  `,
]
