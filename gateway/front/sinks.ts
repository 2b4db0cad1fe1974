/**
 * Starts the sinks that are configured, and loads the packages of those alone. Read next: sinks/sink-loop.ts,
 * sinks/sink.ts.
 */
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { SiteConfig } from '../../config/site.ts'
import { ANCHOR_WITHIN_MS, type Anchor } from '../ledger/anchor.ts'
import type { LedgerClient } from '../ledger/client.ts'
import type { Reader } from '../ledger/store/reader.ts'
import type { SinkHealth } from './api/api.ts'
import type { BoardCopy } from './api/board.ts'
import { type Outside, watchOutside } from './sinks/outside.ts'
import { type Memory, openMemory } from './sinks/published.ts'
import { type Sink, type Snapshot, systemClock } from './sinks/sink.ts'
import { type SinkHandle, type SinkStatus, startSink } from './sinks/sink-loop.ts'
import { createTopics } from './sinks/topics.ts'

/** A broker that was away, or hid its checkpoint, is asked again this often, ms. */
const LOOK_AGAIN_MS = 60_000

type Sinks = { changed(): void; status(): readonly SinkHealth[]; stop(): Promise<void> }

type SinksDeps = {
  readonly config: SiteConfig
  readonly reader: Reader
  readonly ledger: LedgerClient
  readonly board: BoardCopy
  readonly log: Logger
  /** Public keys of the log. */
  readonly vkeys: readonly string[]
  anchored(anchor: Anchor): void
}

/** The ledger is held against the broker's checkpoint first: what a sink publishes replaces it. */
export async function startSinks(deps: SinksDeps): Promise<Sinks> {
  const { config, reader, ledger, log } = deps
  const memory = openMemory(join(config.dataDir, 'mqtt-retained.json'), log)
  const sinks = await configured(config, log, memory)
  const outside = config.mqtt && (await watched(config.mqtt, deps, memory))
  const handles: SinkHandle[] = []
  let stopped = false
  const startAll = () => {
    if (stopped) return
    const snapshot = snapshots(deps, outside)
    const { reconnectMaxMs } = config.bounds
    for (const sink of sinks)
      handles.push(startSink(sink, { reader, ledger, snapshot, log, clock: systemClock, reconnectMaxMs }))
  }
  if (outside === undefined) startAll()
  else void outside.looked.then(startAll)
  return {
    changed() {
      for (const handle of handles) handle.changed()
    },
    status: () => handles.map((handle) => toHealth(handle.status())),
    async stop() {
      stopped = true
      outside?.stop()
      await Promise.all(handles.map((handle) => handle.stop()))
    },
  }
}

async function watched(mqtt: NonNullable<SiteConfig['mqtt']>, deps: SinksDeps, memory: Memory): Promise<Outside> {
  const { findCheckpoint } = await import('./sinks/mqtt-anchor.ts')
  const { config, reader, vkeys, anchored } = deps
  const topic = createTopics(config.site, config.fencingId).checkpoint
  return watchOutside({
    find: () => findCheckpoint(mqtt, topic, reader.checkpoint()?.note ?? '', ANCHOR_WITHIN_MS),
    remembered: memory.read().checkpoint,
    ...{ reader, vkeys, anchored },
    againMs: LOOK_AGAIN_MS,
  })
}

async function configured(config: SiteConfig, log: Logger, memory: Memory): Promise<Sink[]> {
  const sinks: Sink[] = []
  if (config.mqtt) sinks.push((await import('./sinks/mqtt.ts')).createMqttSink(config, { log, memory }))
  if (config.influx) sinks.push((await import('./sinks/influx.ts')).createInfluxSink(config))
  return sinks
}

/** Without the checkpoint as long as it may not replace the one outside; of meters, those that are configured. */
function snapshots({ config, reader, ledger, board }: SinksDeps, outside: Outside | undefined): () => Snapshot {
  const configured = new Set(config.machines.flatMap(({ meters }) => meters.map(({ id }) => id)))
  const meters = metersByHead(reader, ledger, configured)
  return () => {
    const signed = outside?.mayPublish() ? reader.checkpoint() : undefined
    return { rows: board.rows(), meters: meters(), ...(signed ? { checkpoint: signed.note } : {}) }
  }
}

function toHealth({ name, state, backlog, backlogAgeMs, skipped, parked, lastError }: SinkStatus): SinkHealth {
  return {
    name,
    connected: state === 'up',
    behind: backlog,
    behindMs: backlogAgeMs,
    skipped,
    parked,
    ...(lastError === undefined ? {} : { note: lastError }),
  }
}

/** Meter rows are read again only when something was committed. */
function metersByHead(reader: Reader, ledger: LedgerClient, configured: ReadonlySet<string>): () => Snapshot['meters'] {
  let seen = ''
  let rows: Snapshot['meters'] = []
  return () => {
    const { nextSeq, nextSample } = ledger.head()
    const mark = `${nextSeq}:${nextSample}`
    if (mark !== seen) {
      seen = mark
      rows = reader.meters().filter(({ meter }) => configured.has(meter))
    }
    return rows
  }
}
