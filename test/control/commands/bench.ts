/** The command loop over real machines of the core and the ledger of a bench, with nothing but time standing still. */
import { createCommandLoop } from '../../../gateway/control/commands/command-loop.ts'
import { createPseudonyms } from '../../../gateway/control/commands/pseudonyms.ts'
import { recallFrom } from '../../../gateway/control/commands/recall.ts'
import { recordTo } from '../../../gateway/control/journal.ts'
import { createMachineLoop, type MachineLoop } from '../../../gateway/control/loops/machine-loop.ts'
import { createReplies } from '../../../gateway/control/loops/replies.ts'
import { pinOf, type Tariff } from '../../../gateway/core/billing/tariff.ts'
import type { Command } from '../../../gateway/core/command/command.ts'
import type { Outcome } from '../../../gateway/core/command/outcome.ts'
import type { Stamp } from '../../../gateway/core/ground/entry.ts'
import type { Change } from '../../../gateway/core/machine/change.ts'
import { type Env, newMachine } from '../../../gateway/core/machine/state.ts'
import type { MeterState } from '../../../gateway/core/meter/meter.ts'
import type { RevocationList } from '../../../gateway/core/permission/revocation-list.ts'
import type { Session } from '../../../gateway/core/session/session.ts'
import type { Bench } from '../../front/api/bench.ts'
import { NOW_MS } from '../../front/api/rows.ts'

export const stamp: Stamp = { wallMs: NOW_MS, monoNs: '1', bootId: 'boot-1', clock: 'synchronised' }

export type CommandBench = {
  take(command: Command): Promise<Outcome>
  readonly machines: ReadonlyMap<string, MachineLoop>
  /** How often the platform has been heard of. */
  contacts(): number
}

/** What a ledger has kept. */
export type Kept = {
  readonly revocations?: readonly RevocationList[]
  readonly session?: Session
  readonly meters?: readonly MeterState[]
  readonly tariffs?: readonly Tariff[]
}

const HOUR_MS = 3_600_000
const now = { ms: NOW_MS, ns: 2n }
const env: Env = {
  now,
  stamp,
  fencingId: 0,
  earlyStartMs: 0,
  noShowMs: HOUR_MS,
  acceptSigned: true,
  flapsPerHour: 20,
  believedMs: NOW_MS,
  leastMs: NOW_MS,
  timeTrusted: true,
  ledgerProven: true,
  diskOk: true,
  stopping: false,
  offline: false,
}

export async function startCommands({ config, deps, commit }: Bench, kept: Kept = {}): Promise<CommandBench> {
  let contacts = 0
  let waiting: Change[] = []
  const append = (change: Change) => void waiting.push(change)
  const flush = async () => {
    const changes = waiting
    waiting = []
    await new Promise((resolve) => setImmediate(resolve))
    commit(...changes)
  }
  const nothing = () => undefined
  const replies = createReplies()
  const links = new Map()
  const live = { of: () => ({ take: () => undefined }) }
  const machines = new Map(
    config.machines.map((machine) => {
      const state = newMachine(machine, {
        meters: (kept.meters ?? []).filter((meter) => meter.machine === machine.id),
        bookings: [],
        ...(kept.session?.machine === machine.id ? { session: kept.session } : {}),
      })
      return [
        machine.id,
        createMachineLoop({
          state,
          links,
          live,
          env: () => env,
          append,
          flush,
          wait: nothing,
          hurry: nothing,
          reply: replies.settle,
        }),
      ]
    }),
  )
  const loop = createCommandLoop({
    config,
    machines,
    links,
    ask: replies.ask,
    spentBy: () => undefined,
    tariffs: new Map((kept.tariffs ?? []).map((tariff) => [pinOf(tariff), tariff])),
    pseudonyms: createPseudonyms([], append),
    snapshotVersion: 0,
    tombstones: deps.reader.tombstones(),
    revocations: kept.revocations ?? [],
    subscriptions: [],
    recall: recallFrom(deps.reader),
    anchorKnown: Promise.resolve(),
    contacted: () => {
      contacts++
    },
    offline: () => false,
    now: () => now,
    leastMs: () => NOW_MS,
    append,
    record: recordTo(append, () => stamp),
    flush,
    apply: async () => ({ kind: 'done' }),
    switchOver: async () => ({ kind: 'done' }),
    fatal(error) {
      throw error
    },
  })
  await loop.start()
  return { take: loop.take, machines, contacts: () => contacts }
}
