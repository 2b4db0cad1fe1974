/** What a technician asks for who connects a machine; each goes to its noun. Read next: registers.ts, trust.ts. */
import type { SiteConfig } from '../../../config/site.ts'
import type { Command } from '../../core/command/command.ts'
import { type Outcome, refused } from '../../core/command/outcome.ts'
import { refuse } from '../../core/ground/refusal.ts'
import type { RecordEntry } from '../journal.ts'
import type { LinkLoop } from '../loops/link-loop.ts'
import { recordAcceptance } from './acceptance.ts'
import { browseLink } from './nodes.ts'
import { recordParked } from './parked.ts'
import { readRegisters } from './registers.ts'
import { onTrust } from './trust.ts'

const KINDS = ['accept', 'browse', 'trust', 'read-registers', 'handle-parked'] as const
type BenchCommand = Extract<Command, { kind: (typeof KINDS)[number] }>
type Deps = {
  readonly config: SiteConfig
  readonly machines: ReadonlyMap<string, unknown>
  readonly links: ReadonlyMap<string, LinkLoop>
  record: RecordEntry
  flush(): Promise<void>
}

export const isOfBench = (command: Command): command is BenchCommand => KINDS.some((kind) => kind === command.kind)

export async function onBench(command: BenchCommand, deps: Deps): Promise<Outcome> {
  switch (command.kind) {
    case 'accept':
      return deps.machines.has(command.machine) ? recordAcceptance(command, deps) : refused(refuse('not-found'))
    case 'browse':
      return browseLink(command, deps)
    case 'trust':
      return onTrust(command, deps)
    case 'handle-parked':
      return recordParked(command, deps)
    case 'read-registers':
      return readRegisters(command, deps)
  }
}
