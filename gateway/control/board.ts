/**
 * The board: what the front may show of machines, links and the gateway's own health. Cut with the batch that goes to
 * the ledger and shown when that is durable, so that nobody sees what a crash could take back.
 * Read next: core/board/board.ts, journal.ts (when it is cut), front/api/board.ts (who shows it).
 */
import { boardRow } from '../core/board/board.ts'
import type { Health, ToFront } from '../core/board/message.ts'
import { commissioningOf, DUE_SOON_MS, whyNot } from '../core/drill/commissioning.ts'
import type { Env, MachineState } from '../core/machine/state.ts'
import { type Silent, silentMeters } from '../core/metering/silence.ts'
import type { LedgerClient } from '../ledger/client.ts'
import type { CommandLoop } from './commands/command-loop.ts'
import type { AnchorCheck } from './host/anchor.ts'
import type { Clock } from './host/clock.ts'
import type { PlatformContact } from './host/contact.ts'
import type { Disk } from './host/disk.ts'
import type { Journal } from './journal.ts'
import type { Links } from './links.ts'
import type { MachineLoop } from './loops/machine-loop.ts'
import type { Surroundings } from './surroundings.ts'

/** Live values go with it this often, ns. */
const SIGNALS_EVERY_NS = 1_000_000_000n

type BoardDeps = {
  readonly machines: ReadonlyMap<string, MachineLoop>
  readonly links: Links
  readonly clock: Clock
  readonly anchor: AnchorCheck
  readonly contact: PlatformContact
  readonly commands: CommandLoop
  readonly disk: Disk
  readonly journal: Journal
  readonly ledger: LedgerClient
  readonly surroundings: Surroundings
}

/** From now on the front gets the board with each batch. */
export function followBoard(deps: BoardDeps, send: (message: ToFront) => void): void {
  const { machines, links, journal, surroundings } = deps
  let signalsDueNs = 0n
  journal.onCut(() => {
    const at = surroundings.now()
    const withSignals = at.now.ns >= signalsDueNs
    if (withSignals) signalsDueNs = at.now.ns + SIGNALS_EVERY_NS
    const rows = [...machines.values()].map(({ state }) => boardRow(state, at))
    const signals = withSignals ? [...machines.values()].flatMap((machine) => machine.signals()) : []
    return () => send({ kind: 'board', rows, signals, links: links.rows(), health: healthOf(deps, at) })
  })
}

function healthOf(deps: BoardDeps, at: Env): Health {
  const { machines, links, clock, anchor, contact, commands, disk, journal, ledger } = deps
  const contactAgeMs = contact.ageMs(at.now)
  return {
    ready: !at.stopping,
    notes: [
      ...clock.notes(at.now),
      ...anchor.notes(),
      ...contact.notes(at.now),
      ...commands.notes(),
      ...disk.notes(),
      ...[...machines.values()].flatMap(({ state }) => drillNote(state, at.now.ms) ?? []),
      ...[...machines.values()].flatMap(({ state }) => silentMeters(at, state).map(silentNote)),
      ...links.notes(),
    ],
    clock: at.stamp.clock,
    counters: {
      ...journal.counters,
      pending: journal.pending(),
      entries: ledger.head().nextSeq,
      ...links.counters(),
    },
    ...(contactAgeMs === undefined ? {} : { contactAgeMs }),
  }
}

function silentNote({ meter, reason, detail }: Silent): string {
  const why = detail === undefined ? reason : `${reason} (${detail})`
  return `the meter ${meter} does not count: ${why}; what the machine makes is not metered`
}

/** A drill that is due within a month, or that has not been passed at all. */
function drillNote({ config, row }: MachineState, nowMs: number): string | undefined {
  const state = commissioningOf(config, row.drill, nowMs)
  const missing = whyNot(state)
  if (missing !== undefined) return `${config.id} lets no tenant in: ${missing}`
  if (state.kind !== 'commissioned' || state.dueMs === undefined || state.dueMs - nowMs > DUE_SOON_MS) return undefined
  return `the drill of ${config.id} is due by ${new Date(state.dueMs).toISOString().slice(0, 10)}`
}
