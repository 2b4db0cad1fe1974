/**
 * What a person did with an entry that a sink has set aside, for the log. The front has done it, or does it once this
 * is durable. Read next: front/api/sinks/sinks.ts (who asks), front/sinks/released.ts.
 */
import type { Command } from '../../core/command/command.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import { refuse } from '../../core/ground/refusal.ts'
import type { RecordEntry } from '../journal.ts'

type Deps = { record: RecordEntry; flush(): Promise<void> }

export async function recordParked(
  {
    principal,
    parked: { sink, entry, what, refused: refusal, lines },
    reason,
  }: Extract<Command, { kind: 'handle-parked' }>,
  { record, flush }: Deps,
): Promise<Outcome> {
  // A sink is of all machines.
  if (principal.role !== 'technician' || principal.machines !== undefined) return refused(refuse('forbidden'))
  const sent = lines === undefined ? {} : { lines }
  record('ParkedHandled', { sink, entry, what, refused: refusal, ...sent, by: principal.id, reason })
  await flush()
  return { kind: 'done' }
}
