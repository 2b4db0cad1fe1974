/**
 * Starts the sinks that are configured, and loads the packages of those alone. Read next: sinks/sink-loop.ts,
 * sinks/sink.ts.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { SiteConfig } from '../../config/site.ts'
import { NS_PER_MS } from '../core/ground/moment.ts'
import { ANCHOR_WITHIN_MS, type Anchor } from '../ledger/anchor.ts'
import type { LedgerClient } from '../ledger/client.ts'
import type { Reader } from '../ledger/store/reader.ts'
import { findSuperseded, SUPERSEDED } from '../ledger/superseded.ts'
import type { LivePoint } from '../live/point.ts'
import { type RingMemory, type RingReader, ringReader } from '../live/ring.ts'
import type { Batch } from '../live/sample.ts'
import type { SinkHealth } from './api/api.ts'
import type { BoardCopy } from './api/board.ts'
import { type Outside, watchOutside } from './sinks/outside.ts'
import { createParkedDesk, type ParkedDesk } from './sinks/parked.ts'
import { type Memory, openMemory, RETAINED } from './sinks/published.ts'
import { createRate } from './sinks/rate.ts'
import { createDrops } from './sinks/samples/drops.ts'
import { openKept } from './sinks/samples/kept.ts'
import { createTaker } from './sinks/samples/taker.ts'
import { createWaiting, type Waiting } from './sinks/samples/waiting.ts'
import { type Sink, type Snapshot, systemClock } from './sinks/sink.ts'
import { type SinkHandle, startSink } from './sinks/sink-loop.ts'
import { createTopics } from './sinks/topics.ts'
import type { Webhook } from './sinks/webhook.ts'

/** Between two looks at what waits in memory, and between two reads of the meters, ms. */
const SETTLE_MS = 1000
const METERS_MS = 1000
/** Over which the rate of a sink is taken, ms. */
const RATE_OVER_MS = 10_000
/** A broker that was away, or hid its checkpoint, is asked again this often, ms. */
const LOOK_AGAIN_MS = 60_000
/** One that has answered is asked this often whether a copy of this gateway goes on elsewhere, ms. */
const LOOK_ON_MS = 300_000

type Sinks = {
  changed(): void
  /** There are samples in the ring. */
  sampled(): void
  status(): readonly SinkHealth[]
  readonly webhooks: readonly Webhook[]
  readonly parked: ParkedDesk
  stop(): Promise<void>
}

type SinksDeps = {
  readonly config: SiteConfig
  readonly reader: Reader
  readonly ledger: LedgerClient
  readonly board: BoardCopy
  readonly ring?: RingMemory
  /** Of the samples in the ring; it grows while the gateway runs. */
  readonly points: readonly LivePoint[]
  readonly log: Logger
  /** Public keys of the log. */
  readonly vkeys: readonly string[]
  anchored(anchor: Anchor): void
}

type Running = {
  readonly sink: Sink
  readonly waiting: Waiting
  readonly handle: SinkHandle
  readonly rate: ReturnType<typeof createRate>
}

/**
 * The ledger is held against the broker's checkpoint while the sinks begin: only a checkpoint of ours would replace
 * that one, and none is published before.
 */
export async function startSinks(deps: SinksDeps): Promise<Sinks> {
  const { config, reader, ledger, log } = deps
  const memory = openMemory(join(config.dataDir, RETAINED), log)
  const ring = deps.ring && ringReader(deps.ring)
  const outside = config.mqtt?.publish === 'all' ? await watched(config.mqtt, deps, memory) : undefined
  const snapshot = snapshots(deps, outside)
  const { reconnectMaxMs, backlogPerSecond } = config.bounds
  const webhooks = await hooked(config, reader, log)
  const configuredSinks = [...(await configured(config, log, memory)), ...webhooks.map(({ sink }) => sink)]
  const sinks = configuredSinks.map((sink): Running => {
    const waiting = waitingFor(sink.name, deps, ring)
    const shared = { reader, ledger, waiting, snapshot, log, clock: systemClock, reconnectMaxMs, backlogPerSecond }
    return { sink, waiting, handle: startSink(sink, shared), rate: createRate(RATE_OVER_MS) }
  })
  const changed = () => {
    for (const { handle } of sinks) handle.changed()
  }
  void outside?.looked.then(changed)
  const settle = () => {
    for (const { handle } of sinks) handle.sampled()
  }
  const give = (batch: Batch) => {
    for (const { waiting, sink } of sinks) if (sink.sampleBatch > 0) waiting.put(batch)
    settle()
  }
  const taker = ring && createTaker(ring, give)
  taker?.told()
  const settling = setInterval(() => {
    settle()
    for (const { handle, rate } of sinks) rate.note(handle.status().delivered, performance.now())
  }, SETTLE_MS)
  return {
    changed,
    sampled: () => taker?.told(),
    webhooks,
    parked: createParkedDesk(reader, sinks),
    status: () => sinks.map(toHealth),
    async stop() {
      outside?.stop()
      clearInterval(settling)
      taker?.stop()
      await Promise.all(sinks.map(({ handle }) => handle.stop()))
    },
  }
}

function waitingFor(name: string, { config, points, log }: SinksDeps, ring: RingReader | undefined): Waiting {
  const { samples: most, samplesMaxAgeMs: maxAgeMs, samplesInMemory, diskReserve } = config.bounds
  const drops = createDrops(points, ring?.dropped ?? new Uint32Array(points.length))
  const folder = join(config.dataDir, 'samples', name)
  return createWaiting(
    points,
    samplesInMemory,
    openKept({ folder, points, most, maxAgeMs, diskReserve, drops, log }),
    drops,
  )
}

async function watched(mqtt: NonNullable<SiteConfig['mqtt']>, deps: SinksDeps, memory: Memory): Promise<Outside> {
  const { findCheckpoint } = await import('./sinks/mqtt-anchor.ts')
  const { config, reader, vkeys, anchored } = deps
  const { checkpoint, superseded } = createTopics(config.site, config.fencingId)
  const beside = { topic: superseded, find: (text: string) => findSuperseded(text, vkeys) }
  return watchOutside({
    find: () => findCheckpoint(mqtt, checkpoint, reader.checkpoint()?.note ?? '', ANCHOR_WITHIN_MS, beside),
    remembered: memory.read().checkpoint,
    ...{ reader, vkeys, anchored },
    againMs: LOOK_AGAIN_MS,
    onMs: LOOK_ON_MS,
  })
}

async function configured(config: SiteConfig, log: Logger, memory: Memory): Promise<Sink[]> {
  const sinks: Sink[] = []
  if (config.mqtt) sinks.push((await import('./sinks/mqtt.ts')).createMqttSink(config, { log, memory }))
  if (config.sparkplug) sinks.push(await sparkplugOf(config, log))
  if (config.influx) sinks.push((await import('./sinks/influx.ts')).createInfluxSink(config))
  return sinks
}

async function sparkplugOf(config: SiteConfig, log: Logger): Promise<Sink> {
  const { createSparkplugSink } = await import('./sinks/sparkplug/sparkplug.ts')
  const { nextBdSeq } = await import('./sinks/sparkplug/birth-count.ts')
  const path = join(config.dataDir, 'sparkplug-bdseq.json')
  return createSparkplugSink(config, { nextBdSeq: () => nextBdSeq(path, log) })
}

async function hooked({ webhooks, dataDir }: SiteConfig, reader: Reader, log: Logger): Promise<Webhook[]> {
  if (webhooks.length === 0) return []
  const { createWebhook } = await import('./sinks/webhook.ts')
  const { openDeliveryRecord } = await import('./sinks/delivery-record.ts')
  const origin = () => reader.logOrigin() ?? ''
  const folder = join(dataDir, 'webhooks')
  return webhooks.map((options) => {
    const record = openDeliveryRecord({ folder, id: options.id, most: options.record, log })
    return createWebhook(options, { origin, clock: systemClock, record })
  })
}

/** Without the checkpoint as long as it may not replace the one outside; of meters, those that are configured. */
function snapshots({ config, reader, ledger, board }: SinksDeps, outside: Outside | undefined): () => Snapshot {
  const meters = metersByHead(reader, ledger, () => metersOf(config))
  const path = join(config.dataDir, SUPERSEDED)
  const superseded = existsSync(path) ? { superseded: readFileSync(path, 'utf8') } : {}
  return () => {
    const signed = outside?.mayPublish() ? reader.checkpoint() : undefined
    return {
      ...superseded,
      rows: board.rows(),
      meters: meters(),
      ...(signed ? { checkpoint: signed.note } : {}),
      ...asOf(board),
    }
  }
}

function asOf(board: BoardCopy): Pick<Snapshot, 'asOfMs'> {
  const tookAtNs = board.tookAtNs()
  if (tookAtNs === undefined) return {}
  const { ms, ns } = systemClock.now()
  return { asOfMs: ms - Number((ns - tookAtNs) / NS_PER_MS) }
}

function toHealth({ handle, waiting: { drops }, rate }: Running): SinkHealth {
  const { name, state, backlog, backlogAgeMs, samples, samplesWaiting, skipped, parked, lastError } = handle.status()
  return {
    name,
    connected: state === 'up',
    behind: backlog,
    behindMs: backlogAgeMs,
    rate: rate.perSecond(),
    samples,
    samplesWaiting,
    skipped,
    drops: drops.list(),
    parked,
    ...(lastError === undefined ? {} : { note: lastError }),
  }
}

const metersOf = ({ machines }: SiteConfig): ReadonlySet<string> =>
  new Set(machines.flatMap(({ meters }) => meters.map(({ id }) => id)))

/** Meter rows are read again at most once a second, and only when something was committed. */
function metersByHead(
  reader: Reader,
  ledger: LedgerClient,
  configured: () => ReadonlySet<string>,
): () => Snapshot['meters'] {
  let committed = true
  let readMs = Number.NEGATIVE_INFINITY
  let rows: Snapshot['meters'] = []
  ledger.onHead(() => {
    committed = true
  })
  return () => {
    if (!committed || performance.now() - readMs < METERS_MS) return rows
    committed = false
    readMs = performance.now()
    const wanted = configured()
    rows = reader.meters().filter(({ meter }) => wanted.has(meter))
    return rows
  }
}
