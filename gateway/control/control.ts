/**
 * The control thread: owns links, machines, heartbeats and the board, and starts the two other threads.
 *
 *   start: lock ─► ledger thread ─► restore ─► links ─► ticks ─► front thread
 *
 * The loss of any thread, a ledger failure, or a broken invariant ends the process: every permission then lapses at the
 * machine by itself, and the restart reads before it writes.
 * Read next: ticks.ts, links.ts, control/loops/machine-loop.ts, control/commands/command-loop.ts, board.ts,
 * core/step.ts.
 */

import type { Log } from '../../adapters/adapter.ts'
import type { SiteConfig } from '../../config/site.ts'
import type { Change } from '../core/machine/change.ts'
import { type Env, newMachine } from '../core/machine/state.ts'
import type { Adjustment } from '../core/session/correction.ts'
import { keyLines } from '../ledger/log/log-keys.ts'
import { createReader, type Reader } from '../ledger/store/reader.ts'
import { createBoard } from './board.ts'
import { type CommandLoopDeps, createCommandLoop } from './commands/command-loop.ts'
import { adoptKeyed, createPseudonyms } from './commands/pseudonyms.ts'
import { createFrontThread } from './front-thread.ts'
import { createAnchor } from './host/anchor.ts'
import { type Clock, createClock } from './host/clock.ts'
import { createContact } from './host/contact.ts'
import { openDataDir } from './host/data-dir.ts'
import { createDisk } from './host/disk.ts'
import { watchKeys, watchLogKeys } from './host/keys-file.ts'
import { createJournal, recordTo } from './journal.ts'
import { startLedger } from './ledger-thread.ts'
import { createLinks } from './links.ts'
import { createMachineLoop, type MachineLoop } from './loops/machine-loop.ts'
import { startTicks } from './ticks.ts'

export type ControlOptions = {
  /** Least level of the front's own log. */
  readonly logLevel: string
  readonly config: SiteConfig
  readonly version: string
  readonly log: Log
  onFatal(error: Error): void
}
export type Control = { readonly url: string; stop(): Promise<void> }

export async function startControl({ config, version, log, logLevel, onFatal }: ControlOptions): Promise<Control> {
  let failed = false
  const fatal = (error: Error) => {
    if (failed) return
    failed = true
    onFatal(error)
  }

  const dir = openDataDir(config.dataDir, config.site)
  const ledgerThread = await startLedger(config, dir, fatal)
  const ledger = ledgerThread.client
  const reader = createReader(dir.ledgerPath)
  const clock = createClock(reader.lastAtMs())
  const stamp = () => clock.stamp(clock.now())
  const anchor = createAnchor(config.mqtt !== undefined, log)
  const contact = createContact({
    heard: reader.contact(),
    contactMs: config.bookings.contactMs,
    clock,
    append: (change) => append(change),
  })
  const disk = createDisk(config)
  let stopping = false
  const env = (): Env => {
    const now = clock.now()
    const state = clock.state(now)
    return {
      now,
      stamp: clock.stamp(now),
      fencingId: config.fencingId,
      earlyStartMs: config.bookings.earlyStartMs,
      noShowMs: config.bookings.noShowMs,
      acceptSigned: config.bookings.unknown === 'accept-signed',
      sampleEveryMs: config.bounds.sampleEveryMs,
      timeTrusted: state === 'synchronised' || state === 'informative',
      offline: contact.isOffline(now),
      ledgerProven: anchor.isProven(),
      diskOk: disk.isOk(),
      stopping,
    }
  }

  const machines = new Map<string, MachineLoop>()
  const journal = createJournal({
    ledger,
    maxPending: config.bounds.maxPending,
    onFailure: fatal,
    onCut: () => board.cut(),
  })
  const keyed = adoptKeyed(dir.pseudonymKeyPath, reader.tenants(), (change) => journal.append(change))
  const pseudonyms = createPseudonyms([...reader.pseudonyms(), ...keyed.rows], (change) => journal.append(change))
  function append(change: Change): void {
    commands.note(change)
    journal.append(change)
  }
  const record = recordTo(append, stamp)
  /** Flushes that nobody waits for: a failure has been told to `fatal` already. */
  const flush = () => void journal.flush().catch(fatal)

  const links = createLinks({ config, dir, clock, log, machines, record, fatal })
  const commands = createCommandLoop({
    config,
    machines,
    links: links.loops,
    spent: new Map(reader.usedTokens().map(({ jti, session }) => [jti, session])),
    pseudonyms,
    snapshotVersion: reader.snapshotVersion(),
    revocations: reader.revocations(),
    anchorKnown: anchor.known,
    stamp,
    nowMs: () => clock.now().ms,
    nowNs: () => clock.now().ns,
    onFailure: fatal,
    append,
    flush: () => journal.flush(),
    contacted: contact.take,
    offline: () => contact.isOffline(clock.now()),
    recall: recallFrom(reader),
  })
  const front = createFrontThread((message) => {
    switch (message.kind) {
      case 'command':
        void commands
          .take(message.command)
          .then((outcome) => front.tell({ kind: 'outcome', id: message.id, outcome }))
          .catch(fatal)
        return
      case 'contact':
        contact.take()
        return
      case 'anchor':
        anchor.take(message)
    }
  }, fatal)
  const board = createBoard({ machines, links, anchor, contact, commands, disk, journal, ledger, front, env })

  restoreMachines(config, reader, clock, (state) =>
    machines.set(
      state.config.id,
      createMachineLoop({
        state,
        links: links.loops,
        env,
        append,
        flush: () => journal.flush(),
        reply: (command, outcome) => commands.settle(command, outcome),
      }),
    ),
  )
  const keys = watchKeys(dir.keysPath, reader.keys(), { append, record, log })

  record('GatewayStarted', { version, node: process.version, fencingId: config.fencingId })
  record('ConfigurationApplied', {
    configurationId: config.configurationId,
    machines: config.machines.length,
    links: config.links.length,
  })
  keys.check()
  await journal.flush()
  keyed.dropKey()
  const logKeys = watchLogKeys(dir.log.path, log, (text) => ledger.takeLogKeys(text, stamp()))
  await logKeys.check()

  await commands.start()
  await links.open()
  await disk.look()
  const tooSmall = await disk.measure()
  if (tooSmall !== undefined) log.warn({ disk: tooSmall }, 'the disk is too small for the years to be kept')
  const ticks = startTicks({ config, clock, links, machines, keys, logKeys, disk, record, flush, fatal })

  // After the ticks, since a session that is still held cannot wait for an API.
  const url = await front.start({
    workerData: {
      config,
      ledgerPath: dir.ledgerPath,
      ledgerPort: ledgerThread.frontPort,
      version,
      instance: clock.bootId,
      logLevel,
      vkeys: keyLines(reader.logKeys()),
    },
    transferList: [ledgerThread.frontPort],
  })
  flush()

  async function stop(): Promise<void> {
    stopping = true
    await front.stop()
    await commands.stop()
    ticks.stop()
    await links.stop()
    record('GatewayStopped', {
      openSessions: [...machines.values()].filter(({ state }) => state.session !== undefined).length,
    })
    await journal.flush()
    failed = true // threads may now end
    await front.terminate()
    reader.close()
    await ledgerThread.stop()
    dir.unlock()
  }

  return { url, stop }
}

/** What is no longer in memory. */
function recallFrom(reader: Reader): CommandLoopDeps['recall'] {
  return {
    booking: (id) => reader.booking(id),
    session: (id) => reader.session(id),
    entry: (seq) => reader.entries(seq, 1).find((entry) => entry.seq === seq),
    adjustments: (session) =>
      reader.corrections(session).flatMap(({ body }) => body.data.adjust as unknown as Adjustment[]),
  }
}

function restoreMachines(
  config: SiteConfig,
  reader: Reader,
  clock: Clock,
  add: (state: ReturnType<typeof newMachine>) => void,
): void {
  const meters = reader.meters()
  const rows = reader.machines()
  const bookings = reader.bookings(clock.now().ms - 86_400_000, config.bounds.maxBookings)
  for (const machine of config.machines) {
    const session = reader.sessions({ machine: machine.id, onlyOpen: true, limit: 1 })[0]
    const row = rows.find((item) => item.machine === machine.id)
    add(
      newMachine(machine, {
        meters: meters.filter(
          (meter) => meter.machine === machine.id && machine.meters.some((known) => known.id === meter.meter),
        ),
        bookings: bookings.filter((booking) => booking.machine === machine.id),
        ...(session ? { session } : {}),
        ...(row ? { row } : {}),
      }),
    )
  }
}
