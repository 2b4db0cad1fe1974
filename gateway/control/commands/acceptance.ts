/**
 * The report of an acceptance goes into the log with the technician who made it; the checkpoints of the log sign it.
 * What it says was gathered by the front, from the board and the values that everybody is shown.
 * Read next: core/drill/acceptance.ts, front/api/machines/acceptance.ts, ledger/issue.ts.
 */
import { v7 as uuidv7 } from 'uuid'
import type { Command } from '../../core/command/command.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import type { JsonObject } from '../../core/ground/entry.ts'
import { authoriseTechnician } from '../../core/permission/permission.ts'
import type { RecordEntry } from '../journal.ts'

type Deps = { record: RecordEntry; flush(): Promise<void> }

export async function recordAcceptance(
  { principal, machine, acceptance, reason }: Extract<Command, { kind: 'accept' }>,
  { record, flush }: Deps,
): Promise<Outcome> {
  const refusal = authoriseTechnician(principal, machine)
  if (refusal) return refused(refusal)
  const id = uuidv7()
  record('AcceptanceRecorded', { id, ...(acceptance as unknown as JsonObject), by: principal.id, reason }, machine)
  await flush()
  return { kind: 'recorded', id }
}
