/**
 * What changes when a ledger is taken up from a backup. What happened since is not known, so nothing is used that may
 * have been used since: fencing counters jump over all that the box before can have given, tokens that were issued
 * before are spent, a session that was open then is over, its later units unassigned, and calendar addresses, some of
 * which may have been revoked, are made anew. Pure.
 * Read next: interlock/lease.ts (`isOurFuture`), permission/permission.ts, gateway/cli/keep/restore.ts.
 */
import { MAX_FENCING_COUNTER, RESTORE_STEP } from '../interlock/lease.ts'
import type { Subscription } from '../permission/subscription.ts'
import type { Session } from '../session/session.ts'
import type { Change, MachineRow } from './change.ts'

type Kept = {
  readonly machines: readonly MachineRow[]
  readonly open: readonly Session[]
  readonly subscriptions: readonly Subscription[]
}

/** Of rows as the backup has them; `atMs` is the time of the restore. */
export function restoredChanges({ machines, open, subscriptions }: Kept, atMs: number): Change[] {
  return [
    { kind: 'restored', atMs },
    ...machines.map((row): Change => ({ kind: 'machine', row: { ...row, fencingCounter: jumped(row) } })),
    ...subscriptions.map(({ id }): Change => ({ kind: 'subscription-gone', id })),
    ...open.map((session): Change => ({ kind: 'session', session: closed(session, atMs) })),
  ]
}

const jumped = ({ fencingCounter }: MachineRow) => Math.min(fencingCounter + RESTORE_STEP, MAX_FENCING_COUNTER)

/** Nobody read the machine at its end, and its receipt, if there is one, is in the log before. */
function closed(session: Session, atMs: number): Session {
  if (session.startedAtMs === undefined) return { ...session, status: 'lapsed' }
  return { ...session, status: 'ended', stoppedReason: 'Other', endedAtMs: atMs, incomplete: true }
}
