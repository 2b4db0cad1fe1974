/**
 * Whether a command can become entries: its text is well-formed, and it is far shorter than an entry may be, so that
 * neither can ever stop the ledger writer. The API refuses both earlier; this is the last gate before a machine.
 */
import type { Command } from '../../core/command/command.ts'
import { type Refusal, refuse } from '../../core/ground/refusal.ts'
import { isWellFormed } from '../../core/ground/text.ts'

/** UTF-8 bytes of a command that makes one entry; an entry may have 65,535, and adds what the machine knows. */
export const MAX_COMMAND_BYTES = 16_384
/** Each item makes its own entry or row, and the API bounds them; of a configuration its entry holds what fits. */
const LISTS: ReadonlySet<Command['kind']> = new Set(['put-bookings', 'put-revocations', 'apply'])

export function refuseUnfit(command: Command): Refusal | undefined {
  if (!isWellFormed(command)) return refuse('bad-request', 'its text is not well-formed Unicode')
  if (LISTS.has(command.kind) || Buffer.byteLength(JSON.stringify(command)) <= MAX_COMMAND_BYTES) return undefined
  return refuse('bad-request', `it is longer than ${MAX_COMMAND_BYTES} bytes`)
}
