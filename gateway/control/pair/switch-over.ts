/**
 * A person asks the active box of a pair to leave the site to the other one. It is refused while that could not take
 * over; else the process ends as it ends when it is stopped, and its supervisor starts it again, as the spare.
 * Read next: active.ts `handOver` (what the spare is told), cli/pair.ts (the command).
 */
import type { Logger } from '../../../adapters/adapter.ts'
import type { Command } from '../../core/command/command.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import { refuse } from '../../core/ground/refusal.ts'
import type { Active } from './active.ts'

/** The answer leaves before the API does, ms. */
const ANSWER_MS = 100

type Deps = { readonly pair: Active | undefined; readonly log: Logger; leave(): void }
export type SwitchOver = (command: Extract<Command, { kind: 'switch-over' }>) => Promise<Outcome>

export const switchOverBy =
  ({ pair, log, leave }: Deps): SwitchOver =>
  async ({ principal, reason }) => {
    if (principal.role !== 'technician' || principal.machines !== undefined) return refused(refuse('forbidden'))
    if (pair === undefined) return refused(refuse('no-spare', 'this gateway is not one of a pair'))
    const { followed, other } = pair.health()
    if (!followed) return refused(refuse('no-spare', `box ${other} does not have everything, or is out of reach`))
    log.warn({ other, by: principal.id, reason }, 'a person has asked that the other box takes over; this one stops')
    setTimeout(leave, ANSWER_MS)
    return { kind: 'done' }
  }
