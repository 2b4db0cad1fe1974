/**
 * Bytes a machine adds to the ledger in a year: `node test/bench/ledger-size.ts`. A working day is played through the
 * core against the simulated machine, written by the real writer as often as there are working days, and the file is
 * weighed: entries, tree, checkpoints, indexes, and the rows of sessions and bookings.
 *
 * Assumed: 250 working days; 6 bookings a day of an hour and twenty minutes, each used for an hour of cycles of 90 s;
 * three meters (parts, energy, running time); a checkpoint at each session's end and every five minutes in which the
 * tree grew; no faults. An idle machine writes nothing but what its meters still count.
 */

import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MachineConfig } from '../../gateway/core/ground/config.ts'
import type { EntryDraft } from '../../gateway/core/ground/entry.ts'
import type { Change } from '../../gateway/core/machine/change.ts'
import { createSigner } from '../../gateway/ledger/evidence/note.ts'
import { openWriter } from '../../gateway/ledger/store/database.ts'
import { createWriter } from '../../gateway/ledger/store/writer.ts'
import { createWorld, MACHINE, machineConfig } from '../support/world.ts'

const WORKING_DAYS = 250
const USES = 6
const SLOT_MS = 80 * 60_000
const USE_MS = 60 * 60_000
const CHECKPOINT_MS = 5 * 60_000
const ENERGY = `${MACHINE}/energy.energy`

const [template] = machineConfig.signals as [MachineConfig['signals'][number]]
const config: MachineConfig = {
  ...machineConfig,
  simulated: false,
  signals: [...machineConfig.signals, { ...template, id: ENERGY, alias: 'energy', name: 'energy' }],
  meters: [
    ...machineConfig.meters,
    {
      kind: 'register',
      id: ENERGY,
      machine: MACHINE,
      signal: ENERGY,
      unit: 'Wh',
      perCount: 10n,
      wrapAt: 4294967296n,
      maxRate: 100n,
      resets: 'never',
      gating: false,
    },
  ],
}

type Day = { readonly entries: EntryDraft[]; readonly rows: Change[] }

function playDay(): Day {
  const world = createWorld(config, 90_000, 0, ({ energyMWh }) => ({ [ENERGY]: Number(energyMWh / 10_000n) }))
  const startMs = Date.UTC(2026, 0, 5, 8)
  const all = Array.from({ length: USES }, (_, index) =>
    world.booking(`booking-${String(index).padStart(8, '0')}`, {
      startMs: startMs + index * SLOT_MS,
      endMs: startMs + (index + 1) * SLOT_MS,
    }),
  )
  world.operator(true)
  world.run(1000)
  world.putBookings(all)
  for (const [index, booking] of all.entries()) {
    world.run(Math.max(0, index * SLOT_MS + 5 * 60_000 - world.ms))
    const command = world.unlock({ booking, jti: `token-${index}-0123456789abcdef` })
    world.until(() => world.outcome(command) !== undefined, 10_000)
    if (world.outcome(command)?.kind !== 'session') throw new Error(JSON.stringify(world.outcome(command)))
    world.run(USE_MS)
    world.end()
    world.run(120_000)
  }
  world.run(10 * 60_000)
  const putBookings = all.map(
    ({ id, startMs: from, endMs }): EntryDraft => ({
      kind: 'BookingPut',
      version: 1,
      machine: MACHINE,
      at: { ...world.durable.entries[0]!.at, wallMs: startMs },
      data: {
        booking: id,
        version: 1,
        tenant: 't-0123456789abcdef012345',
        start: new Date(from).toISOString(),
        end: new Date(endMs).toISOString(),
        source: 'push',
        limits: {},
      },
    }),
  )
  const rows: Change[] = [
    ...[...world.durable.sessions.values()].map((session): Change => ({ kind: 'session', session })),
    ...[...world.durable.bookings.values()].map((booking): Change => ({ kind: 'booking', booking })),
  ]
  return { entries: [...putBookings, ...world.durable.entries], rows }
}

/** The day again, as another one: its own ids and its own time. */
function onDay({ entries, rows }: Day, day: number): { entry: EntryDraft }[] & { rows?: Change[] } {
  const other = (text: string) =>
    text.replaceAll('session-', `0190${String(day).padStart(4, '0')}-0000-7000-8000-session-`)
  const moved = entries.map((entry) => ({
    entry: {
      ...(JSON.parse(other(JSON.stringify(entry))) as EntryDraft),
      at: { ...entry.at, wallMs: entry.at.wallMs + day * 86_400_000 },
    },
  }))
  return Object.assign(moved, {
    rows: rows.map((row): Change => {
      if (row.kind === 'session') return { ...row, session: { ...row.session, id: other(row.session.id) } }
      if (row.kind === 'booking') return { ...row, booking: { ...row.booking, id: `${row.booking.id}-${day}` } }
      return row
    }),
  })
}

/** Bytes of the file, entries and checkpoints, after so many days. */
function weigh(day: Day, days: number): { bytes: number; entries: number } {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-size-'))
  const path = join(folder, 'ledger.sqlite')
  const origin = 'size/0011223344556677'
  const writer = createWriter(openWriter(path), {
    site: 'prep-centre',
    simulated: new Set(),
    log: { origin, signers: [createSigner(origin, new Uint8Array(32).fill(1))] },
  })
  for (let n = 0; n < days; n++) {
    const played = onDay(day, n)
    let signedAtMs = 0
    for (const { entry } of played) {
      writer.commit([[{ kind: 'entry', entry }]])
      if (entry.kind !== 'SessionEnded' && entry.at.wallMs - signedAtMs < CHECKPOINT_MS) continue
      writer.checkpoint(entry.at.wallMs)
      signedAtMs = entry.at.wallMs
    }
    writer.commit([played.rows ?? []])
  }
  const entries = writer.nextSeq
  writer.close()
  const bytes = statSync(path).size
  rmSync(folder, { recursive: true })
  return { bytes, entries }
}

const day = playDay()
const days = Number(process.argv[2] ?? WORKING_DAYS)
const { bytes, entries } = weigh(day, days)
const year = Math.round((bytes / days) * WORKING_DAYS)
process.stdout.write(
  `${JSON.stringify({ days, entries, entriesPerDay: day.entries.length, bytes, bytesPerMachineYear: year, mibPerMachineYear: Number((year / 1_048_576).toFixed(1)) })}\n`,
)
