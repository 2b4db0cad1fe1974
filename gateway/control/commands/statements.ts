/**
 * The hash of a statement goes into the log, so that nobody can make another one of it afterwards. What it says was
 * computed from the log by the front, and the verifier computes it again. Read next: ledger/issue.ts.
 */
import type { Command } from '../../core/command/command.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import { refuse } from '../../core/ground/refusal.ts'
import type { RecordEntry } from '../journal.ts'

type StatementDeps = { record: RecordEntry; flush(): Promise<void> }

export async function issueStatement(
  { principal, issued }: Extract<Command, { kind: 'issue-statement' }>,
  { record, flush }: StatementDeps,
): Promise<Outcome> {
  if (principal.role !== 'platform' && principal.role !== 'auditor') return refused(refuse('forbidden'))
  record('StatementIssued', { ...issued, by: principal.role === 'platform' ? principal.issuer : principal.id })
  await flush()
  return { kind: 'done' }
}
