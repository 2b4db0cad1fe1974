/**
 * The control thread: owns links, machines, heartbeats and the board, and starts the two other threads.
 *
 *   start: lock ─► ledger thread ─► restore ─► links ─► front thread ─► ticks
 *
 * The loss of any thread, a ledger failure, or a broken invariant ends the process: every permission then lapses at the
 * machine by itself, and the restart reads before it writes.
 * Read next: link-loop.ts, machine-loop.ts, command-loop.ts, ../core/machine.ts.
 */
import { readFileSync } from 'node:fs'
import { MessageChannel, Worker } from 'node:worker_threads'
import type { Log } from '../../adapters/adapter.ts'
import { protocols } from '../../adapters/registry.ts'
import type { SiteConfig } from '../../config/site.ts'
import type { Health, LinkRow, ToControl, ToFront } from '../core/command.ts'
import { commissioningOf, DUE_SOON_MS, whyNot } from '../core/commissioning.ts'
import { contactAgeMs } from '../core/contact.ts'
import type { Adjustment } from '../core/correction.ts'
import type { EntryKind, JsonObject } from '../core/entry.ts'
import { GatewayError } from '../core/error.ts'
import { boardRow, newMachine } from '../core/machine.ts'
import type { Moment, Reading } from '../core/reading.ts'
import type { Env, MachineState } from '../core/turn.ts'
import { createLedgerClient } from '../ledger/client.ts'
import { keyLines } from '../ledger/log-keys.ts'
import { createReader, type Reader } from '../ledger/reader.ts'
import type { LedgerThreadData } from '../ledger/worker.ts'
import { type Clock, createClock } from './clock.ts'
import { createCommandLoop } from './command-loop.ts'
import { openDataDir } from './data-dir.ts'
import { diskShortfall, freeBytes } from './disk.ts'
import { createJournal } from './journal.ts'
import { watchKeys, watchLogKeys } from './keys-file.ts'
import { createLinkLoop, type LinkLoop, type LinkState } from './link-loop.ts'
import { createMachineLoop, type MachineLoop, pointsOf } from './machine-loop.ts'
import { adoptKeyed, createPseudonyms } from './pseudonyms.ts'

/** Machines are stepped this often, ms: the grain of heartbeats, deadlines and availability. */
const MACHINE_TICK_MS = 100
const HOUSEKEEPING_MS = 1000
const FRONT_START_MS = 20_000
const FRONT_STOP_MS = 8000
/** The outside is waited for this long, with what the front itself waits; then the ledger counts as unanchored. */
const ANCHOR_MS = 6000
const CONTACT_WRITE_NS = 5_000_000_000n

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
  const toFrontLedger = new MessageChannel()
  const ledgerData: LedgerThreadData = {
    path: dir.ledgerPath,
    writer: {
      site: config.site,
      simulated: new Set(config.machines.filter((machine) => machine.simulated).map((machine) => machine.id)),
      samples: config.bounds.samples,
    },
    log: {
      origin: dir.log.origin,
      keys: readFileSync(dir.log.path, 'utf8'),
      everyMs: config.bounds.checkpointEveryMs,
    },
    ports: [toFrontLedger.port1],
  }
  const ledgerThread = new Worker(new URL('../ledger/worker.ts', import.meta.url), {
    workerData: ledgerData,
    transferList: [toFrontLedger.port1],
  })
  guard(ledgerThread, 'ledger', fatal)
  const ledger = createLedgerClient(ledgerThread, config.bounds.ledgerTimeoutMs, fatal)
  await firstHead(ledger, ledgerThread)

  const reader = createReader(dir.ledgerPath)
  const clock = createClock(reader.lastAtMs())
  /** Without a broker there is nothing outside to hold the ledger against. */
  let anchor: 'checking' | 'anchored' | 'unanchored' | 'contradicted' = config.mqtt ? 'checking' : 'unanchored'
  let tellAnchor: () => void = () => undefined
  const anchorKnown = new Promise<void>((resolve) => {
    tellAnchor = resolve
    if (anchor !== 'checking') resolve()
    setTimeout(resolve, ANCHOR_MS).unref()
  })
  void anchorKnown.then(() => {
    if (anchor === 'checking') anchor = 'unanchored'
  })
  let contact = reader.contact()
  let contactWrittenNs: bigint | undefined
  const contactMs = (now: Moment) => contactAgeMs(contact, now, clock.bootId)
  const isOffline = (now: Moment) => contactMs(now) >= config.bookings.contactMs
  /** Written at most every few seconds: what a crash loses makes us offline sooner, never later. */
  function contacted(): void {
    const now = clock.now()
    const due = isOffline(now) || contactWrittenNs === undefined || now.ns - contactWrittenNs >= CONTACT_WRITE_NS
    contact = { atMs: now.ms, monoNs: now.ns.toString(), bootId: clock.bootId }
    if (!due) return
    contactWrittenNs = now.ns
    append({ kind: 'contact', contact })
  }
  const gates = { diskOk: true, stopping: false }
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
      offline: isOffline(now),
      ledgerProven: anchor === 'anchored' || anchor === 'unanchored',
      ...gates,
    }
  }

  const machines = new Map<string, MachineLoop>()
  const links = new Map<string, LinkLoop>()
  const linkStates = new Map<string, LinkState>()
  let front: Worker | undefined

  const tellFront = (message: ToFront) => front?.postMessage(message)
  const journal = createJournal({
    ledger,
    maxPending: config.bounds.maxPending,
    onFailure: fatal,
    onCut: () => cutBoard(),
  })
  const keyed = adoptKeyed(dir.pseudonymKeyPath, reader.tenants(), (change) => journal.append(change))
  const pseudonyms = createPseudonyms([...reader.pseudonyms(), ...keyed.rows], (change) => journal.append(change))
  const commands = createCommandLoop({
    config,
    machines,
    links,
    spent: new Map(reader.usedTokens().map(({ jti, session }) => [jti, session])),
    pseudonyms,
    snapshotVersion: reader.snapshotVersion(),
    revocations: reader.revocations(),
    anchorKnown,
    stamp: () => clock.stamp(clock.now()),
    nowMs: () => clock.now().ms,
    nowNs: () => clock.now().ns,
    onFailure: fatal,
    append: (change) => append(change),
    flush: () => journal.flush(),
    contacted,
    offline: () => isOffline(clock.now()),
    recall: {
      booking: (id) => reader.booking(id),
      session: (id) => reader.session(id),
      entry: (seq) => reader.entries(seq, 1).find((entry) => entry.seq === seq),
      adjustments: (session) =>
        reader.corrections(session).flatMap(({ body }) => body.data.adjust as unknown as Adjustment[]),
    },
  })

  function append(change: Parameters<typeof journal.append>[0]): void {
    commands.note(change)
    journal.append(change)
  }
  function record(kind: EntryKind, data: JsonObject): void {
    append({ kind: 'entry', entry: { kind, version: 1, at: clock.stamp(clock.now()), data } })
  }
  /** Flushes that nobody waits for: a failure has been told to `fatal` already. */
  const flush = () => void journal.flush().catch(fatal)

  restoreMachines(config, reader, clock, (state) =>
    machines.set(
      state.config.id,
      createMachineLoop({
        state,
        links,
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
  const logKeys = watchLogKeys(dir.log.path, log, (text) => ledger.takeLogKeys(text, clock.stamp(clock.now())))
  await logKeys.check()

  await openLinks()

  /* ── the board ── */

  let signalsDueNs = 0n
  /** What the front may show once the batch that is being cut is durable. */
  function cutBoard(): () => void {
    if (front === undefined) return () => undefined
    const at = env()
    const withSignals = at.now.ns >= signalsDueNs
    if (withSignals) signalsDueNs = at.now.ns + 1_000_000_000n
    const rows = [...machines.values()].map(({ state }) => boardRow(state, at))
    const signals = withSignals ? [...machines.values()].flatMap((machine) => machine.signals()) : []
    return () => tellFront({ kind: 'board', rows, signals, links: linkRows(), health: health(at) })
  }

  function linkRows(): LinkRow[] {
    return config.links.map(({ id, protocol }) => ({
      id,
      protocol,
      ...(linkStates.get(id) ?? { state: 'connecting', sinceMs: 0 }),
    }))
  }

  function health(at: Env): Health {
    const notes: string[] = []
    if (!at.timeTrusted) notes.push('the clock is not trusted: no new unlock')
    if (anchor === 'checking') notes.push('the ledger is being held against the outside: an unlock waits for it')
    if (anchor === 'contradicted') notes.push('the ledger contradicts a checkpoint it once signed: no new unlock')
    if (anchor === 'unanchored') notes.push('unanchored: no checkpoint of this ledger was found outside')
    if (at.offline)
      notes.push(
        `offline: ${contact === undefined ? 'the platform was never heard of' : `the platform was last heard of at ${new Date(contact.atMs).toISOString()}`}`,
      )
    notes.push(...commands.notes())
    if (!gates.diskOk) notes.push('the disk reserve is used up: no new unlock')
    if (diskTooSmall !== undefined) notes.push(diskTooSmall)
    for (const { state } of machines.values()) {
      const due = dueSoon(state, at.now.ms)
      if (due !== undefined) notes.push(due)
    }
    for (const row of linkRows()) if (row.state === 'down') notes.push(`link ${row.id} is down: ${row.cause ?? ''}`)
    const counters: Record<string, number> = {
      commits: journal.counters.commits,
      changes: journal.counters.changes,
      pending: journal.pending(),
      entries: ledger.head().nextSeq,
    }
    for (const link of links.values())
      for (const [name, value] of Object.entries(link.counters))
        counters[`link_${name}`] = (counters[`link_${name}`] ?? 0) + value
    const age = contact === undefined ? {} : { contactAgeMs: contactMs(at.now) }
    return { ready: !gates.stopping, notes, clock: clock.state(at.now), counters, ...age }
  }

  /* ── links ── */

  async function openLinks(): Promise<void> {
    const pointsOn = (link: string, which: 'gating' | 'display') =>
      config.machines.flatMap((machine) => pointsOf(machine, which).get(link) ?? [])
    for (const { id, protocol, options } of config.links) {
      const adapter = await protocols[protocol].load()
      const link = adapter.createLink(options, { now: clock.now, log, stateDir: dir.stateDirOf(id) })
      links.set(
        id,
        createLinkLoop({
          id,
          link,
          points: pointsOn(id, 'gating'),
          display: pointsOn(id, 'display'),
          now: clock.now,
          log,
          maxBackoffMs: config.bounds.reconnectMaxMs,
          onReadings: (readings) => {
            // Inside a library's callback a broken invariant would be swallowed.
            try {
              route(readings)
            } catch (error) {
              fatal(error as Error)
            }
          },
          onState: (state) => onLinkState(id, state),
        }),
      )
    }
  }

  function route(readings: readonly Reading[]): void {
    const byMachine = new Map<string, Reading[]>()
    for (const reading of readings) {
      const machine = reading.point.slice(0, reading.point.indexOf('/'))
      const list = byMachine.get(machine)
      if (list) list.push(reading)
      else byMachine.set(machine, [reading])
    }
    for (const [machine, list] of byMachine) machines.get(machine)?.take(list)
  }

  function onLinkState(id: string, next: LinkState): void {
    const before = linkStates.get(id)
    linkStates.set(id, next)
    if (next.state === before?.state) return
    if (next.state === 'down') record('LinkLost', { link: id, cause: next.cause ?? 'unknown' })
    else if (next.state === 'up' && before !== undefined)
      record('LinkRestored', { link: id, downMs: next.sinceMs - before.sinceMs })
  }

  /* ── ticks ── */

  /** A disk that does not answer is not taken for a full one: the next commit tells. */
  async function lookAtDisk(): Promise<void> {
    const free = await freeBytes(config.dataDir)
    if (free !== undefined) gates.diskOk = free >= config.bounds.diskReserve
  }
  await lookAtDisk()
  const diskTooSmall = await diskShortfall(config)
  if (diskTooSmall !== undefined) log.warn({ disk: diskTooSmall }, 'the disk is too small for the years to be kept')

  const tickMs = Math.round(1000 / config.bounds.ticksPerSecond)
  let machinesDueNs = 0n
  const guarded = (work: (now: Moment) => void) => () => {
    try {
      work(clock.now())
    } catch (error) {
      fatal(error as Error)
    }
  }
  const timers = [
    setInterval(
      guarded((now) => {
        for (const link of links.values()) link.tick(now)
        if (now.ns < machinesDueNs) return
        machinesDueNs = now.ns + BigInt(MACHINE_TICK_MS) * 1_000_000n - 5_000_000n
        const step = clock.takeStep(now)
        if (step !== 0) record('ClockChanged', { stepMs: step, state: clock.state(now) })
        for (const machine of machines.values()) machine.dispatch({ kind: 'tick' })
      }),
      tickMs,
    ),
    setInterval(flush, config.bounds.commitEveryMs),
    setInterval(
      guarded((now) => {
        keys.check()
        void logKeys.check().catch(fatal)
        if (clock.state(now) === 'synchronised') clock.raiseFloor(now.ms)
        void lookAtDisk()
      }),
      HOUSEKEEPING_MS,
    ),
  ]

  /* ── the front: after the ticks, since a session that is still held cannot wait for an API ── */

  const url = await startFront()

  function startFront(): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new GatewayError('thread', 'front', `the API did not start within ${FRONT_START_MS} ms`)),
        FRONT_START_MS,
      )
      front = new Worker(new URL('../api/front.ts', import.meta.url), {
        workerData: {
          config,
          ledgerPath: dir.ledgerPath,
          ledgerPort: toFrontLedger.port2,
          version,
          instance: clock.bootId,
          logLevel,
          vkeys: keyLines(reader.logKeys()),
        },
        transferList: [toFrontLedger.port2],
      })
      guard(front, 'front', (error) => {
        clearTimeout(timer)
        reject(error)
        fatal(error)
      })
      front.on('message', (message: ToControl) => {
        switch (message.kind) {
          case 'command':
            void commands
              .take(message.command)
              .then((outcome) => tellFront({ kind: 'outcome', id: message.id, outcome }))
              .catch(fatal)
            return
          case 'contact':
            contacted()
            return
          case 'listening':
            clearTimeout(timer)
            resolve(message.url)
            flush()
            return
          case 'anchor':
            anchor = message.state
            tellAnchor()
            if (anchor === 'contradicted')
              log.error(
                { why: message.why },
                'the ledger contradicts what it once signed: metering goes on, nothing is unlocked',
              )
            else log.info({ anchor, why: message.why }, 'ledger held against the outside')
            return
          case 'stopped':
            frontStopped?.()
        }
      })
    })
  }

  /* ── stop ── */

  let frontStopped: (() => void) | undefined
  async function stop(): Promise<void> {
    gates.stopping = true
    const stopped = new Promise<void>((resolve) => {
      frontStopped = resolve
    })
    tellFront({ kind: 'stop' })
    await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, FRONT_STOP_MS))])
    await commands.stop()
    for (const timer of timers) clearInterval(timer)
    await Promise.all([...links.values()].map((link) => link.stop()))
    record('GatewayStopped', {
      openSessions: [...machines.values()].filter(({ state }) => state.session !== undefined).length,
    })
    await journal.flush()
    failed = true // threads may now end
    await front?.terminate()
    reader.close()
    await ledger.close()
    await ledgerThread.terminate()
    dir.unlock()
  }

  return { url, stop }
}

/** A drill that has to be repeated within a month, or has not been passed at all. */
function dueSoon({ config, row }: MachineState, nowMs: number): string | undefined {
  const state = commissioningOf(config, row, nowMs)
  const missing = whyNot(state)
  if (missing !== undefined) return `${config.id} lets no tenant in: ${missing}`
  if (state.kind !== 'commissioned' || state.dueMs === undefined || state.dueMs - nowMs > DUE_SOON_MS) return undefined
  return `the drill of ${config.id} is due by ${new Date(state.dueMs).toISOString().slice(0, 10)}`
}

function guard(thread: Worker, name: string, fatal: (error: Error) => void): void {
  thread.on('error', (error) =>
    fatal(new GatewayError('thread', name, `the ${name} thread failed: ${error.message}`, { cause: error })),
  )
  thread.on('exit', (code) => fatal(new GatewayError('thread', name, `the ${name} thread ended (${code})`)))
}

function firstHead(ledger: ReturnType<typeof createLedgerClient>, thread: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = ledger.onHead(() => {
      stop()
      resolve()
    })
    thread.once('error', reject)
  })
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
