/**
 * Starts the sinks that are configured, and loads the packages of those alone. Read next: sinks/sink-loop.ts,
 * sinks/sink.ts.
 */
import type { Logger } from 'pino'
import type { SiteConfig } from '../../config/site.ts'
import { ANCHOR_WITHIN_MS, type Anchor, holdAgainst } from '../ledger/anchor.ts'
import type { LedgerClient } from '../ledger/client.ts'
import type { Reader } from '../ledger/store/reader.ts'
import type { SinkHealth } from './api/api.ts'
import type { BoardCopy } from './api/board.ts'
import { type Sink, type Snapshot, systemClock } from './sinks/sink.ts'
import { type SinkHandle, type SinkStatus, startSink } from './sinks/sink-loop.ts'
import { createTopics } from './sinks/topics.ts'

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
  const { config, reader, ledger, log, vkeys } = deps
  const sinks = await configured(config, log)
  const handles: SinkHandle[] = []
  let stopped = false
  const startAll = (anchor?: Anchor) => {
    const snapshot = snapshots(deps, anchor)
    const { reconnectMaxMs } = config.bounds
    for (const sink of sinks)
      handles.push(startSink(sink, { reader, ledger, snapshot, log, clock: systemClock, reconnectMaxMs }))
  }
  if (config.mqtt === undefined) startAll()
  else {
    const { findCheckpoint } = await import('./sinks/mqtt-anchor.ts')
    void findCheckpoint(config.mqtt, createTopics(config.site).checkpoint, ANCHOR_WITHIN_MS).then((found) => {
      if (stopped) return
      const anchor = holdAgainst(reader, found, vkeys)
      deps.anchored(anchor)
      startAll(anchor)
    })
  }
  return {
    changed() {
      for (const handle of handles) handle.changed()
    },
    status: () => handles.map((handle) => toHealth(handle.status())),
    async stop() {
      stopped = true
      await Promise.all(handles.map((handle) => handle.stop()))
    },
  }
}

async function configured(config: SiteConfig, log: Logger): Promise<Sink[]> {
  const sinks: Sink[] = []
  if (config.mqtt) sinks.push((await import('./sinks/mqtt.ts')).createMqttSink(config, log))
  if (config.influx) sinks.push((await import('./sinks/influx.ts')).createInfluxSink(config))
  return sinks
}

/**
 * Without the checkpoint where the one outside contradicts the ledger: that one is the evidence, also for the next
 * start.
 */
function snapshots({ reader, ledger, board }: SinksDeps, anchor: Anchor | undefined): () => Snapshot {
  const meters = metersByHead(reader, ledger)
  return () => {
    const signed = anchor?.kind === 'contradicted' ? undefined : reader.checkpoint()
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
function metersByHead(reader: Reader, ledger: LedgerClient): () => Snapshot['meters'] {
  let seen = ''
  let rows: Snapshot['meters'] = []
  return () => {
    const { nextSeq, nextSample } = ledger.head()
    const mark = `${nextSeq}:${nextSample}`
    if (mark !== seen) {
      seen = mark
      rows = reader.meters()
    }
    return rows
  }
}
