/**
 * The control thread: owns links, machines, heartbeats and the board, and starts the two other threads.
 *
 *   start: lock ─► ledger thread ─► restore ─► links ─► ticks ─► front thread
 *
 * The loss of any thread, a ledger failure, or a broken invariant ends the process: every permission then lapses at the
 * machine by itself, and the restart reads before it writes.
 * Read next: ticks.ts, links.ts, loops/machine-loop.ts, commands/command-loop.ts, board.ts, core/step.ts.
 */
import type { Logger } from '../../adapters/adapter.ts'
import type { SiteConfig, SiteFiles, Written } from '../../config/site.ts'
import { tariffJson } from '../core/billing/tariff.ts'
import type { Stamp } from '../core/ground/entry.ts'
import type { Change } from '../core/machine/change.ts'
import { keyLines } from '../ledger/log/log-keys.ts'
import { createReader, type Reader } from '../ledger/store/reader.ts'
import { createImage, type ImageMemory } from '../live/image.ts'
import { livePoints, roomFor } from '../live/point.ts'
import { createRing, type RingMemory } from '../live/ring.ts'
import { type Agenda, createAgenda } from './agenda.ts'
import { type Applier, createApplier } from './apply/apply.ts'
import { followBoard } from './board.ts'
import { type CommandLoop, createCommandLoop } from './commands/command-loop.ts'
import { adoptKeyed, createPseudonyms, type Pseudonyms } from './commands/pseudonyms.ts'
import { recallFrom } from './commands/recall.ts'
import { createSpentTokens } from './commands/spent-tokens.ts'
import { type FrontThread, startFront } from './front-thread.ts'
import { type AnchorCheck, createAnchorCheck } from './host/anchor.ts'
import { keepFiles } from './host/applied-files.ts'
import { type Clock, createClock } from './host/clock.ts'
import { createPlatformContact, type PlatformContact } from './host/contact.ts'
import { type DataDir, openDataDir } from './host/data-dir.ts'
import { createDisk, type Disk } from './host/disk.ts'
import { watchKeys, watchLogKeys } from './host/keys-file.ts'
import { createResources, type Resources } from './host/resources.ts'
import { joinTariffs, type Tariffs } from './host/tariffs.ts'
import { createJournal, type Journal, type RecordEntry, recordTo } from './journal.ts'
import { type LedgerThread, startLedger } from './ledger-thread.ts'
import { createLinks, type Links } from './links.ts'
import { createLive, type Live } from './live.ts'
import type { MachineLoop, MachineLoopDeps } from './loops/machine-loop.ts'
import { createReplies } from './loops/replies.ts'
import type { Active } from './pair/active.ts'
import { groundOf } from './pair/ground.ts'
import { type SwitchOver, switchOverBy } from './pair/switch-over.ts'
import { restoreMachines } from './restore.ts'
import { createSurroundings, type Surroundings } from './surroundings.ts'
import type { Threads } from './threads.ts'
import { startTicks, type Ticks } from './ticks.ts'

export type ControlOptions = {
  readonly config: SiteConfig
  /** Of the site file, absolute; its texts, and what is written in them. */
  readonly sitePath: string
  readonly files: SiteFiles
  readonly written: Written
  readonly threads: Threads
  readonly version: string
  readonly log: Logger
  /** Least level of the front's own log. */
  readonly logLevel: string
  /** The process has to end. Called once at most. */
  onFatal(error: Error): void
  /** `take` is asked first about an exception that nobody caught; true: it ended a link, and the process goes on. */
  onStray(take: (error: unknown) => boolean): void
  /** This box is the active one of a pair. */
  readonly pair?: Active
  /** As if it were asked to stop. */
  leave(): void
}
type Control = { readonly url: string; stop(): Promise<void> }
type Fatal = (error: Error) => void

export async function startControl(options: ControlOptions): Promise<Control> {
  const failure = firstFailure(options.onFatal)
  const store = await openLedger(options, failure.report)
  await adoptPseudonyms(store)
  const floor = await openMachines(options, store, failure.report)
  const ticks = await begin(options, store, floor, failure.report)
  options.pair?.serve(groundOf(floor.machines, store.clock))
  const front = openFront(options, store, floor, failure.report)
  const url = await front.url
  void store.journal.flush().catch(failure.report) // the first board

  async function stop(): Promise<void> {
    floor.surroundings.stop()
    await front.stop()
    await floor.commands.stop()
    ticks.stop()
    await floor.links.stop()
    const states = [...floor.machines.values()].map(({ state }) => state)
    floor.record('GatewayStopped', { openSessions: states.filter(({ session }) => session !== undefined).length })
    await store.journal.flush()
    failure.ignore() // threads may now end
    await front.terminate()
    store.reader.close()
    await store.thread.stop()
    store.dir.unlock()
  }

  return { url, stop }
}

/** What is durable, and the way there. */
type Store = {
  readonly dir: DataDir
  readonly thread: LedgerThread
  readonly reader: Reader
  readonly clock: Clock
  readonly journal: Journal
  readonly tariffs: Tariffs
  stamp(): Stamp
}

async function openLedger({ config, threads, pair }: ControlOptions, fatal: Fatal): Promise<Store> {
  const dir = openDataDir(config.dataDir, config.site)
  const thread = await startLedger(config, dir, threads.ledger, fatal, pair?.onChanges)
  pair?.keep({ ...thread.client, fatal })
  const reader = createReader(dir.ledgerPath)
  const clock = createClock(reader.lastTime())
  const journal = createJournal(thread.client, config.bounds.maxPending, fatal)
  const tariffs = joinTariffs(reader.tariffs(), config.tariffs)
  return { dir, thread, reader, clock, journal, tariffs, stamp: () => clock.stamp(clock.now()) }
}

/** Pseudonyms of an older gateway become rows; then its key goes. */
async function adoptPseudonyms({ dir, reader, journal }: Store): Promise<void> {
  const { dropKey } = adoptKeyed(dir.pseudonymKeyPath, reader.tenants(), journal.append)
  await journal.flush()
  dropKey()
}

/** The machines, their links, and what is decided about them. */
type Floor = {
  readonly machines: ReadonlyMap<string, MachineLoop>
  readonly agenda: Agenda
  readonly links: Links
  readonly commands: CommandLoop
  readonly surroundings: Surroundings
  readonly applier: Applier
  readonly anchor: AnchorCheck
  readonly contact: PlatformContact
  readonly disk: Disk
  readonly resources: Resources
  readonly shared: Shared
  readonly live: Live
  append(change: Change): void
  record: RecordEntry
}

/** The memory that the front sees too. Without a sink there is no ring, since nobody would take from it. */
type Shared = { readonly image: ImageMemory; readonly ring?: RingMemory }

function shareMemory({ machines, bounds, mqtt, influx }: SiteConfig): Shared {
  const points = roomFor(livePoints(machines))
  const image = createImage(points)
  if (mqtt === undefined && influx === undefined) return { image }
  return { image, ring: createRing(bounds.samplesInMemory, points) }
}

/** As the ledger has kept them. Nothing is asked of a machine yet. */
async function openMachines(
  { config, sitePath, log, onStray, pair, leave }: ControlOptions,
  store: Store,
  fatal: Fatal,
): Promise<Floor> {
  const { dir, reader, clock, journal, tariffs, stamp } = store
  const spent = createSpentTokens(reader.usedTokens())
  const append = (change: Change) => {
    spent.note(change)
    journal.append(change)
  }
  const { flush } = journal
  const record = recordTo(append, stamp)
  const anchor = createAnchorCheck(config.mqtt?.publish === 'all', log)
  const { contactMs } = config.bookings
  const contact = createPlatformContact({ heard: reader.contact(), contactMs, clock, append })
  const disk = createDisk(config)
  const resources = createResources(config)
  const pseudonyms = createPseudonyms(reader.pseudonyms(), append)
  const known = { tariffs: tariffs.known, tenantRef: pseudonyms.known }
  const surroundings = createSurroundings({ config, clock, contact, anchor, disk, resources, ...known })
  const shared = shareMemory(config)
  const live = createLive({ ...shared, machines: config.machines, sampleEveryMs: config.bounds.sampleEveryMs })
  const links = await createLinks({ config, dir, clock, log, show: live.show, record, fatal })
  onStray(links.takeStray)
  const replies = createReplies()
  const agenda = createAgenda(() => clock.now().ns)
  const forMachines: Omit<MachineLoopDeps, 'state'> = {
    links: links.loops,
    live,
    env: surroundings.now,
    append,
    flush,
    wait: agenda.put,
    hurry: together(() => void flush().catch(fatal)),
    reply: replies.settle,
  }
  const leastMs = () => surroundings.now().leastMs
  const machines = restoreMachines(config, reader, leastMs(), forMachines)
  const applier = createApplier({
    ...{ config, sitePath, reader, machines, forMachines, links, live, tariffs: tariffs.known },
    ...{ nowNs: () => clock.now().ns, leastMs, append, record, flush, offer: (id) => pair?.offer(id) },
    misplaced: (error) =>
      log.error(
        { err: error, sitePath },
        'the files that were applied are not in place; the next start puts them there',
      ),
  })
  const shell = {
    ...{ machines, links, replies, spent, pseudonyms, anchor },
    ...{ contact, applier, append, record, fatal, leastMs, switchOver: switchOverBy({ pair, log, leave }) },
  }
  const commands = openCommands(config, store, shell)
  return {
    machines,
    agenda,
    links,
    commands,
    surroundings,
    applier,
    anchor,
    contact,
    disk,
    resources,
    shared,
    live,
    append,
    record,
  }
}

/** The clock of an issuer may be ahead of ours. */
function tokensFrom({ issuers }: SiteConfig, reader: Reader): number | undefined {
  const restoredAtMs = reader.restoredAtMs()
  return restoredAtMs && restoredAtMs + Math.max(0, ...issuers.map(({ toleranceMs }) => toleranceMs))
}

type CommandShell = Pick<Floor, 'machines' | 'links' | 'anchor' | 'contact' | 'applier' | 'append' | 'record'> & {
  readonly replies: ReturnType<typeof createReplies>
  readonly spent: ReturnType<typeof createSpentTokens>
  readonly pseudonyms: Pseudonyms
  readonly fatal: Fatal
  leastMs(): number
  readonly switchOver: SwitchOver
}

function openCommands(
  config: SiteConfig,
  { reader, clock, journal, tariffs }: Store,
  {
    machines,
    links,
    replies,
    spent,
    pseudonyms,
    anchor,
    contact,
    applier,
    append,
    record,
    fatal,
    leastMs,
    switchOver,
  }: CommandShell,
): CommandLoop {
  const { flush } = journal
  return createCommandLoop({
    config,
    machines,
    links: links.loops,
    ask: replies.ask,
    spentBy: spent.by,
    tokensFromMs: tokensFrom(config, reader),
    tariffs: tariffs.known,
    pseudonyms,
    snapshotVersion: reader.snapshotVersion(),
    tombstones: reader.tombstones(),
    revocations: reader.revocations(),
    subscriptions: reader.subscriptions(),
    recall: recallFrom(reader),
    anchorKnown: anchor.known,
    apply: applier.take,
    switchOver,
    contacted: contact.take,
    offline: () => contact.isOffline(clock.now()),
    now: clock.now,
    leastMs,
    append,
    record,
    flush,
    fatal,
  })
}

/** Polls start, what was open is read, and the ledger has it that the gateway runs. */
async function begin(
  { config, files, version, log }: ControlOptions,
  store: Store,
  floor: Floor,
  fatal: Fatal,
): Promise<Ticks> {
  const { dir, thread, reader, clock, journal, tariffs, stamp } = store
  const { machines, agenda, links, commands, disk, resources, append, record } = floor
  record('GatewayStarted', { version, node: process.version, fencingId: config.fencingId })
  record('ConfigurationApplied', {
    configurationId: config.configurationId,
    machines: config.machines.length,
    links: config.links.length,
  })
  for (const tariff of tariffs.toPublish) record('TariffPublished', tariffJson(tariff))
  const keys = watchKeys(dir.keysPath, reader.keys(), { append, record, log })
  keys.check()
  await keepFiles(config.dataDir, config.configurationId, files)
  await journal.flush()
  const logKeys = watchLogKeys(dir.log.path, log, (text) => thread.client.takeLogKeys(text, stamp()))
  await logKeys.check()
  await commands.start()
  links.start(machines)
  await disk.look()
  const tooSmall = await disk.measure()
  if (tooSmall !== undefined) log.warn({ disk: tooSmall }, 'the disk is too small for the years to be kept')
  const flush = () => void journal.flush().catch(fatal)
  const { keepLock } = store.dir
  const hands = { record, flush, keepLock, fatal }
  return startTicks({ config, clock, links, machines, agenda, keys, logKeys, disk, resources, log, ...hands })
}

/** After the ticks, since a session that is still held cannot wait for an API. */
function openFront(
  { config, sitePath, written, threads, version, log, logLevel, pair }: ControlOptions,
  store: Store,
  floor: Floor,
  fatal: Fatal,
): FrontThread {
  const { dir, thread, reader, clock, journal } = store
  const { applier, commands, contact, anchor, shared, live } = floor
  const front = startFront(
    {
      config,
      sitePath,
      written,
      ledgerPath: dir.ledgerPath,
      ledgerPort: thread.frontPort,
      ...shared,
      version,
      instance: clock.bootId,
      logLevel,
      vkeys: keyLines(reader.logKeys()),
    },
    threads.front,
    (message, send) => {
      switch (message.kind) {
        case 'command':
          void commands
            .take(message.command)
            .then((outcome) => send({ kind: 'outcome', id: message.id, outcome }))
            .catch(fatal)
          return
        case 'contact':
          return contact.take()
        case 'anchor':
          return anchor.take(message)
      }
    },
    fatal,
  )
  live.onSamples(() => front.send({ kind: 'samples' }))
  const ofPair = pair === undefined ? {} : { pair }
  followBoard({ ...floor, ...applier, ...ofPair, clock, journal, log, ledger: thread.client }, front.send)
  return front
}

/** Does the work once, after all that happens now, however often it is asked for meanwhile. */
function together(work: () => void): () => void {
  let isAsked = false
  return () => {
    if (isAsked) return
    isAsked = true
    setImmediate(() => {
      isAsked = false
      work()
    })
  }
}

/** The first failure is the one that counts; after `ignore` none does. */
function firstFailure(onFatal: Fatal): { report: Fatal; ignore(): void } {
  let over = false
  return {
    report(error) {
      if (over) return
      over = true
      onFatal(error)
    },
    ignore() {
      over = true
    },
  }
}
