/** Starts the sinks that are configured, and only those: their packages are loaded on the way. */
import type { Logger } from 'pino'
import type { SiteConfig } from '../../config/site.ts'
import { type Anchor, holdAgainst } from '../ledger/anchor.ts'
import type { LedgerClient } from '../ledger/client.ts'
import type { Reader } from '../ledger/store/reader.ts'
import type { SinkStatus } from './api/api.ts'
import type { Board } from './api/board.ts'
import type { Sink, Snapshot } from './sinks/sink.ts'
import { systemClock } from './sinks/sink.ts'
import { type SinkHandle, startSink } from './sinks/sink-loop.ts'
import { createTopics } from './sinks/topics.ts'

export type Sinks = { changed(): void; status(): readonly SinkStatus[]; stop(): Promise<void> }

export type SinksDeps = {
  readonly config: SiteConfig
  readonly reader: Reader
  readonly ledger: LedgerClient
  readonly board: Board
  readonly log: Logger
  /** Public keys of the log. */
  readonly vkeys: readonly string[]
  anchored(anchor: Anchor): void
}

/** The outside is waited for this long before the sinks start, ms. */
const ANCHOR_MS = 5000

/** The ledger is held against the broker's checkpoint first: what a sink publishes replaces it. */
export async function startSinks({ config, reader, ledger, board, log, vkeys, anchored }: SinksDeps): Promise<Sinks> {
  const made: Sink[] = []
  const { mqtt } = config
  if (mqtt) made.push((await import('./sinks/mqtt.ts')).createMqttSink(config, log))
  if (config.influx) made.push((await import('./sinks/influx.ts')).createInfluxSink(config, log))
  const meters = metersByHead(reader, ledger)
  /** A ledger that contradicts the checkpoint outside does not replace it: it is the evidence, also for the next start. */
  let contradicted = false
  const snapshot = (): Snapshot => {
    const signed = contradicted ? undefined : reader.checkpoint()
    return { rows: board.rows(), meters: meters(), ...(signed ? { checkpoint: signed.note } : {}) }
  }
  const handles: SinkHandle[] = []
  let stopped = false
  const start = (sink: Sink) => {
    if (stopped) return
    const handle = startSink(sink, {
      reader,
      ledger,
      snapshot,
      log,
      clock: systemClock,
      reconnectMaxMs: config.bounds.reconnectMaxMs,
    })
    handles.push(handle)
  }
  if (mqtt) {
    const { findCheckpoint } = await import('./sinks/mqtt-anchor.ts')
    void findCheckpoint(mqtt, createTopics(config.site).checkpoint, ANCHOR_MS).then((found) => {
      if (stopped) return
      const anchor = holdAgainst(reader, found, vkeys)
      contradicted = anchor.kind === 'contradicted'
      anchored(anchor)
      for (const sink of made) start(sink)
    })
  } else for (const sink of made) start(sink)
  return {
    changed() {
      for (const handle of handles) handle.changed()
    },
    status: () =>
      handles.map((handle) => {
        const { name, state, backlog, backlogAgeMs, delivered, skipped, parked, lastError } = handle.status()
        return {
          name,
          state,
          connected: state === 'up',
          behind: backlog,
          behindMs: backlogAgeMs,
          delivered,
          skipped,
          parked,
          ...(lastError === undefined ? {} : { note: lastError }),
        }
      }),
    async stop() {
      stopped = true
      await Promise.all(handles.map((handle) => handle.stop()))
    },
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
