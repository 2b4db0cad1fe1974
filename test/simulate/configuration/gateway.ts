/**
 * One run of a gateway over a ledger: the files it is configured by, the data folder, the writer, the machines as they
 * are restored and the loops that step them are the real ones; links, clocks and threads are not. Read next: plant.ts.
 */
import { readFileSync } from 'node:fs'
import type { Block, Point } from '../../../adapters/adapter.ts'
import type { SiteConfig } from '../../../config/site.ts'
import { type DataDir, openDataDir } from '../../../gateway/control/host/data-dir.ts'
import { watchKeys } from '../../../gateway/control/host/keys-file.ts'
import { writerOptions } from '../../../gateway/control/host/writer-options.ts'
import { recordTo } from '../../../gateway/control/journal.ts'
import type { MachineLoop, MachineLoopDeps } from '../../../gateway/control/loops/machine-loop.ts'
import { pointsOf } from '../../../gateway/control/loops/points.ts'
import { restoreMachines } from '../../../gateway/control/restore.ts'
import { boardRow } from '../../../gateway/core/board/board.ts'
import { machineNotes } from '../../../gateway/core/board/notes.ts'
import type { Outcome } from '../../../gateway/core/command/outcome.ts'
import type { Change } from '../../../gateway/core/machine/change.ts'
import type { MachineEvent } from '../../../gateway/core/machine/event.ts'
import type { Env } from '../../../gateway/core/machine/state.ts'
import { type HeldKey, parseKeysFile } from '../../../gateway/ledger/log/log-keys.ts'
import { openWriter } from '../../../gateway/ledger/store/database.ts'
import { createReader, type Reader } from '../../../gateway/ledger/store/reader.ts'
import { createWriter, type Writer } from '../../../gateway/ledger/store/writer.ts'
import type { Plant } from './plant.ts'

/** The clocks of the host. */
export type Host = { ms: number; ns: bigint; boot: number }

export type Gateway = {
  readonly config: SiteConfig
  readonly reader: Reader
  readonly writer: Writer
  readonly keys: readonly HeldKey[]
  readonly machines: ReadonlyMap<string, MachineLoop>
  readonly outcomes: readonly Outcome[]
  env(): Env
  /** Polls and ticks, every half second; what is asked meanwhile is settled. */
  live(ms: number, plant: Plant): Promise<void>
  ask(machine: string, event: (command: number) => MachineEvent): void
  /** Everything that a board shows, as one text. */
  shown(): string
  stop(how: 'asked' | 'killed'): void
}

const STEP_MS = 500
const quiet = { debug() {}, info() {}, warn() {}, error() {} }

/** Throws what keeps a gateway from starting. `tick` lets the timers of the loops pass. */
export function startGateway(config: SiteConfig, host: Host, plant: Plant, tick: (ms: number) => void): Gateway {
  const dir = openDataDir(config.dataDir, config.site)
  try {
    return begin(config, dir, host, plant, tick)
  } catch (error) {
    dir.unlock()
    throw error
  }
}

function begin(config: SiteConfig, dir: DataDir, host: Host, plant: Plant, tick: (ms: number) => void): Gateway {
  const { keys, writer, reader } = openLedger(config, dir)
  const outcomes: Outcome[] = []
  let pending: Change[] = []
  let isAlive = true

  const env = () => envOf(config, host)
  const append = (change: Change) => {
    if (isAlive) pending.push(change)
  }
  const commit = () => {
    if (!isAlive || pending.length === 0) return
    const changes = pending
    pending = []
    writer.commit([changes])
  }
  const links = new Map(config.links.map(({ id }) => [id, linkOf(id, plant, env)]))
  const machines = restoreMachines(config, reader, host.ms, {
    links: links as unknown as MachineLoopDeps['links'],
    env,
    append,
    // A process that was killed hears of no commit any more.
    flush: () => (isAlive ? Promise.resolve(commit()) : new Promise(() => undefined)),
    live: { of: () => ({ take() {} }) },
    ...{ wait() {}, hurry() {} },
    reply: (_, outcome) => void outcomes.push(outcome),
  })
  const record = recordTo(append, () => env().stamp)
  record('GatewayStarted', { version: '0.0.0', node: process.version, fencingId: config.fencingId })
  const { configurationId } = config
  record('ConfigurationApplied', { configurationId, machines: machines.size, links: links.size })
  watchKeys(dir.keysPath, reader.keys(), { append, record, log: quiet }).check()
  commit()

  async function pass(): Promise<void> {
    plant.pass(STEP_MS)
    host.ms += STEP_MS
    host.ns += BigInt(STEP_MS) * 1_000_000n
    for (const machine of machines.values()) poll(machine, plant, env())
    for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve))
    tick(STEP_MS)
    commit()
  }

  let commands = 0
  return {
    ...{ config, reader, writer, keys, machines, outcomes, env },
    async live(ms) {
      for (let left = ms; left > 0; left -= STEP_MS) await pass()
    },
    ask(machine, event) {
      commands += 1
      machines.get(machine)?.dispatch(event(commands))
    },
    shown: () =>
      [...machines.values()].map(({ state }) => [boardRow(state, env()), machineNotes(env(), state)].map(text)).join(),
    stop(how) {
      if (how === 'asked') {
        record('GatewayStopped', {
          openSessions: [...machines.values()].filter(({ state }) => state.session !== undefined).length,
        })
        commit()
      }
      isAlive = false
      reader.close()
      writer.close()
      dir.unlock()
    },
  }
}

function openLedger(config: SiteConfig, { ledgerPath, log: { origin, path } }: DataDir) {
  const keys = parseKeysFile(readFileSync(path, 'utf8')) as readonly HeldKey[]
  const log = { origin, signers: keys.map(({ signer }) => signer) }
  const writer = createWriter(openWriter(ledgerPath), { ...writerOptions(config), log })
  return { keys, writer, reader: createReader(ledgerPath) }
}

function poll({ state, take, dispatch }: MachineLoop, plant: Plant, { now }: Env): void {
  take([...pointsOf(state.config)].flatMap(([link, points]) => points.map((point) => plant.read(link, point, now))))
  dispatch({ kind: 'tick' })
}

const envOf = ({ fencingId, bookings, bounds }: SiteConfig, { ms, ns, boot }: Host): Env => ({
  now: { ms, ns },
  stamp: { wallMs: ms, monoNs: String(ns), bootId: `boot-${boot}`, clock: 'synchronised' },
  fencingId,
  earlyStartMs: bookings.earlyStartMs,
  noShowMs: bookings.noShowMs,
  acceptSigned: bookings.unknown === 'accept-signed',
  flapsPerHour: bounds.flapsPerHour,
  believedMs: ms,
  leastMs: ms,
  ...{ timeTrusted: true, ledgerProven: true, diskOk: true, stopping: false, offline: false },
})

const text = (value: unknown) => JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? String(item) : item))

function linkOf(id: string, plant: Plant, env: () => Env) {
  return {
    read: (points: readonly Point[]) => Promise.resolve(points.map((point) => plant.read(id, point, env().now))),
    write: (block: Block) => Promise.resolve(plant.write(id, block)),
    readEveryMs: (point: { readonly intervalMs: number }) => point.intervalMs,
  }
}
