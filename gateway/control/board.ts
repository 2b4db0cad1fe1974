/**
 * The board: what the front may show of machines, links and the gateway's own health. Cut with the batch that goes to
 * the ledger and shown when that is durable, so that nobody sees what a crash could take back.
 * Read next: core/board/board.ts, journal.ts (when it is cut), front/api/board.ts (who shows it).
 */
import type { Logger } from '../../adapters/adapter.ts'
import { boardRow } from '../core/board/board.ts'
import type { Health, ToFront } from '../core/board/message.ts'
import { isReady, machineNotes, type Note } from '../core/board/notes.ts'
import type { Env } from '../core/machine/state.ts'
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
  readonly log: Logger
}

/** From now on the front gets the board with each batch. */
export function followBoard(deps: BoardDeps, send: (message: ToFront) => void): void {
  const { machines, links, journal, surroundings, log } = deps
  const tell = createNoteLog(log)
  let signalsDueNs = 0n
  journal.onCut(() => {
    const at = surroundings.now()
    const withSignals = at.now.ns >= signalsDueNs
    if (withSignals) signalsDueNs = at.now.ns + SIGNALS_EVERY_NS
    const rows = [...machines.values()].map(({ state }) => boardRow(state, at))
    const signals = withSignals ? [...machines.values()].flatMap((machine) => machine.signals()) : []
    const notes = [...machines.values()].flatMap(({ state }) => machineNotes(at, state))
    tell(notes)
    return () => send({ kind: 'board', rows, signals, links: links.rows(), health: healthOf(deps, at, notes) })
  })
}

/** Logs a matter when it comes and when it is gone, however its words change meanwhile. */
function createNoteLog(log: Logger): (notes: readonly Note[]) => void {
  let told = new Set<string>()
  return (notes) => {
    for (const { about, text } of notes) if (!told.has(about)) log.warn({ about }, text)
    const now = new Set(notes.map(({ about }) => about))
    for (const about of told) if (!now.has(about)) log.info({ about }, 'this is over')
    told = now
  }
}

function healthOf(deps: BoardDeps, at: Env, ofMachines: readonly Note[]): Health {
  const { links, clock, anchor, contact, commands, disk, journal, ledger } = deps
  const contactAgeMs = contact.ageMs(at.now)
  return {
    ready: isReady(at),
    notes: [
      ...clock.notes(at.now),
      ...anchor.notes(),
      ...contact.notes(at.now),
      ...commands.notes(),
      ...disk.notes(),
      ...ofMachines.map(({ text }) => text),
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
