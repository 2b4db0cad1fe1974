/**
 * The board: what the front may show of machines, links and the gateway's own health. Cut with the batch that goes to
 * the ledger and shown when that is durable, so that nobody sees what a crash could take back. Only what changed is
 * sent.
 * Read next: core/board/board.ts, journal.ts (when it is cut), front/api/board.ts (who shows it).
 */
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from '../../adapters/adapter.ts'
import { asOfNow, boardRow } from '../core/board/board.ts'
import type { BoardRow, Health, LinkRow, ResourceHealth, ToFront } from '../core/board/message.ts'
import { isReady, machineNotes, type Note } from '../core/board/notes.ts'
import { NS_PER_MS } from '../core/ground/moment.ts'
import type { Env } from '../core/machine/state.ts'
import type { LedgerClient } from '../ledger/client.ts'
import type { CommandLoop } from './commands/command-loop.ts'
import type { AnchorCheck } from './host/anchor.ts'
import type { Clock } from './host/clock.ts'
import type { PlatformContact } from './host/contact.ts'
import type { Disk } from './host/disk.ts'
import type { Resources } from './host/resources.ts'
import type { Journal } from './journal.ts'
import type { Links } from './links.ts'
import type { Live } from './live.ts'
import type { MachineLoop } from './loops/machine-loop.ts'
import { createNoteLog, type NoteLog } from './note-log.ts'
import type { Active } from './pair/active.ts'
import type { Surroundings } from './surroundings.ts'

/** Health is sent this often, ns. */
const EVERY_NS = 1_000_000_000n
/** A machine is looked at this often although nothing happened to it, ms: what time changes of it is an event too. */
const LOOK_EVERY_MS = 10_000

type BoardDeps = {
  readonly machines: ReadonlyMap<string, MachineLoop>
  readonly links: Links
  readonly clock: Clock
  readonly anchor: AnchorCheck
  readonly contact: PlatformContact
  readonly commands: CommandLoop
  readonly disk: Disk
  readonly resources: Resources
  readonly journal: Journal
  readonly live: Live
  readonly ledger: LedgerClient
  readonly surroundings: Surroundings
  readonly log: Logger
  /** This box is the active one of a pair. */
  readonly pair?: Active
  /** The proposal that has come into force since this was asked last. */
  takeApplied(): string | undefined
}

/** What was sent of a machine, and when it was looked at last, monotonic ms. */
type Known = { row: BoardRow | undefined; lookedMs: number }

/** From now on the front gets with each batch what changed; the first time, everything. */
export function followBoard(deps: BoardDeps, send: (message: ToFront) => void): void {
  const { links, journal, surroundings, log } = deps
  const tell = createNoteLog(log, surroundings.now().flapsPerHour)
  const known = new Map([...deps.machines.keys()].map((id): [string, Known] => [id, { row: undefined, lookedMs: 0 }]))
  const sentLinks = new Map<string, LinkRow>()
  let healthDueNs = 0n
  journal.onCut(() => {
    const at = surroundings.now()
    const applied = deps.takeApplied()
    if (applied !== undefined) forgetGone(deps, known, sentLinks)
    const { rows, asOf } = changedRows(deps.machines, known, at)
    const changedLinks = links.rows().filter((row) => row !== sentLinks.get(row.id))
    for (const row of changedLinks) sentLinks.set(row.id, row)
    const isDue = at.now.ns >= healthDueNs
    if (isDue) healthDueNs = at.now.ns + EVERY_NS
    const health = isDue ? healthNow(deps, at, tell) : undefined
    const isNews = rows.length + asOf.length + changedLinks.length > 0 || health !== undefined
    const numbers = Float64Array.from(asOf)
    return () => {
      if (applied !== undefined) send({ kind: 'configured', id: applied })
      if (isNews) send({ kind: 'board', rows, asOf: numbers, links: changedLinks, ...(health && { health }) })
    }
  })
}

/** Machines and links that came with a configuration begin as unknown ones; of those that left nothing is kept. */
function forgetGone({ machines, links }: BoardDeps, known: Map<string, Known>, sentLinks: Map<string, LinkRow>): void {
  for (const id of known.keys()) if (!machines.has(id)) known.delete(id)
  for (const id of machines.keys()) if (!known.has(id)) known.set(id, { row: undefined, lookedMs: 0 })
  for (const id of sentLinks.keys()) if (!links.loops.has(id)) sentLinks.delete(id)
}

/** Only machines to which something happened are looked at; of one that was read alone the time of that is new. */
function changedRows(
  machines: BoardDeps['machines'],
  known: ReadonlyMap<string, Known>,
  at: Env,
): { readonly rows: BoardRow[]; readonly asOf: number[] } {
  const rows: BoardRow[] = []
  const asOf: number[] = []
  const nowMs = Number(at.now.ns / NS_PER_MS)
  let place = -1
  for (const machine of machines.values()) {
    place += 1
    const before = known.get(machine.state.config.id)!
    const news = machine.takeNews()
    const isOld = nowMs - before.lookedMs >= LOOK_EVERY_MS
    if (news === undefined && !isOld) continue
    if (news === 'read' && !isOld) {
      const { asOfMs, asOfNs, maxAgeMs } = asOfNow(machine.state, at)
      asOf.push(place, asOfMs, Number(asOfNs))
      if (maxAgeMs === before.row?.maxAgeMs) continue
    }
    before.lookedMs = nowMs
    const row = boardRow(machine.state, at)
    const { asOfMs, asOfNs } = row
    if (before.row === undefined || !saysSame(row, before.row)) rows.push(row)
    else if (asOfNs !== before.row.asOfNs) asOf.push(place, asOfMs, Number(asOfNs))
    before.row = row
  }
  return { rows, asOf }
}

const TIMES: readonly string[] = ['asOfMs', 'asOfNs'] satisfies (keyof BoardRow)[]

/** Whether two rows say the same of a machine, however old what they say is. */
function saysSame(row: BoardRow, before: BoardRow): boolean {
  const names = Object.keys(row) as (keyof BoardRow)[]
  if (names.length !== Object.keys(before).length) return false
  return names.every((name) => {
    const [a, b] = [row[name], before[name]]
    return a === b || TIMES.includes(name) || (typeof a === 'object' && isDeepStrictEqual(a, b))
  })
}

function healthNow(deps: BoardDeps, at: Env, tell: NoteLog): Health {
  const machines = [...deps.machines.values()].map(({ state }) => state)
  const notes = machines.flatMap((machine) => machineNotes(at, machine))
  tell(notes, at.now.ns)
  return healthOf(deps, at, isReady(at, machines), notes)
}

function healthOf(deps: BoardDeps, at: Env, ready: boolean, ofMachines: readonly Note[]): Health {
  const { links, clock, anchor, contact, commands, disk, resources, journal, live, ledger } = deps
  const contactAgeMs = contact.ageMs(at.now)
  const diskFreeBytes = disk.freeBytes()
  return {
    ready,
    notes: [
      ...clock.notes(at.now),
      ...anchor.notes(),
      ...contact.notes(at.now),
      ...commands.notes(),
      ...disk.notes(),
      ...resources.notes(),
      ...(deps.pair?.notes() ?? []),
      ...ofMachines.map(({ text }) => text),
      ...links.notes(),
    ],
    clock: at.stamp.clock,
    counters: {
      ...journal.counters,
      pending: journal.pending(),
      samples: live.count,
      entries: ledger.head().nextSeq,
      ...links.counters(),
    },
    resources: withDisk(resources.health(), disk.isOk()),
    ...(diskFreeBytes === undefined ? {} : { diskFreeBytes }),
    ...(deps.pair === undefined ? {} : { pair: deps.pair.health() }),
    ...(contactAgeMs === undefined ? {} : { contactAgeMs }),
  }
}

function withDisk(health: ResourceHealth, isOk: boolean): ResourceHealth {
  return isOk ? health : { ...health, short: [...health.short, 'disk'] }
}
