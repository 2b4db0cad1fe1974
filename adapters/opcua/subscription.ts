/**
 * Changes for display, as the server reports them. What gates permission or money is always read. A subscription that
 * ends or falls silent ends the connection: it would look like a machine on which nothing changes.
 * Read next: connection.ts, link.ts.
 */
import {
  AttributeIds,
  type ClientSubscription,
  coerceNodeId,
  type DataValue,
  TimestampsToReturn,
} from 'node-opcua-client'
import type { Moment } from '../../gateway/core/ground/moment.ts'
import type { Reading } from '../../gateway/core/reading/reading.ts'
import { type LinkDeps, LinkError, type Point, type Show } from '../adapter.ts'
import { settled, within } from '../deadline.ts'
import type { Connection } from './connection.ts'
import type { OpcuaOptions } from './options.ts'
import type { Live } from './read.ts'
import { bad, isShown, readingOfValue } from './services.ts'

/** A keep-alive at least this often while nothing changes. */
const KEEP_ALIVE_MS = 2000
/** After so many that did not come the subscription is gone. */
const KEEP_ALIVES_MISSED = 3
/** The server may forget the subscription after so many keep-alives without a request of ours. */
const LIFETIME_KEEP_ALIVES = 6
const MAX_NOTIFICATIONS = 1000
/** Small servers take few items in one request. */
const ITEMS_PER_CALL = 100
/** StatusCode, OPC UA Part 4, 7.39: the info bits are those of a data value, and its queue overflowed. */
const OVERFLOW = 0x480
const NO_ROOM =
  /BadTooManyMonitoredItems|BadOutOfMemory|BadResourceUnavailable|BadTooManyOperations|BadServiceUnsupported/

/** Where values go: `show` takes those that need no reading. */
type To = { readonly emit: (readings: Reading[]) => void; readonly show: Show | undefined }

/**
 * Emits one reading per item that the server refuses; shows or emits each change. Resolves when the subscription runs.
 */
export async function subscribe(
  { connection: at, places }: Pick<Live, 'connection' | 'places'>,
  points: readonly Point[],
  options: OpcuaOptions,
  deps: LinkDeps,
  { emit, show }: To,
): Promise<void> {
  const { publishingIntervalMs } = options
  const keepAliveCount = Math.max(1, Math.ceil(KEEP_ALIVE_MS / publishingIntervalMs))
  const subscription = await timely(
    at.session.createSubscription2({
      requestedPublishingInterval: publishingIntervalMs,
      requestedMaxKeepAliveCount: keepAliveCount,
      requestedLifetimeCount: LIFETIME_KEEP_ALIVES * keepAliveCount,
      maxNotificationsPerPublish: MAX_NOTIFICATIONS,
      publishingEnabled: true,
      priority: 1,
    }),
    options.timeoutMs,
    'creating a subscription',
  )
  subscription.on('error', (error) => deps.log.debug({ error: String(error) }, 'subscription'))
  const taking: Taking = {
    ...{ connection: at, subscription, show, arrived: deps.now() },
    send: collect((readings) => {
      if (at.lostBecause() === undefined) emit(readings)
    }),
  }
  const { send } = taking
  subscription.on('raw_notification', () => {
    taking.arrived = deps.now()
  })
  await places.find(points)
  const items: Item[] = []
  for (const point of points) {
    const node = places.of(point)
    if (node.kind === 'node') items.push({ point, id: node.id })
    else send(bad(point, deps.now(), 'refused', node.detail))
  }
  try {
    for (const [intervalMs, group] of Map.groupBy(items, ({ point }) => point.intervalMs))
      for (let from = 0; from < group.length; from += ITEMS_PER_CALL)
        await monitor(taking, group.slice(from, from + ITEMS_PER_CALL), intervalMs, options, deps)
  } catch (error) {
    await settled(subscription.terminate(), options.timeoutMs)
    throw error
  }
  watch(at, subscription)
}

type Item = { readonly point: Point; readonly id: string }

type Taking = {
  readonly connection: Connection
  readonly subscription: ClientSubscription
  readonly show: Show | undefined
  send(reading: Reading): void
  /** When the newest notification came. */
  arrived: Moment
}

/** Some items of one interval. Rejects when the server has no room for one of them: all are then read instead. */
async function monitor(
  taking: Taking,
  items: readonly Item[],
  intervalMs: number,
  { publishingIntervalMs, timeoutMs }: OpcuaOptions,
  { now, log }: LinkDeps,
): Promise<void> {
  const { subscription, send } = taking
  const nodes = items.map(({ id }) => ({ nodeId: coerceNodeId(id), attributeId: AttributeIds.Value }))
  const parameters = {
    samplingInterval: intervalMs,
    queueSize: Math.ceil(publishingIntervalMs / intervalMs) + 1,
    discardOldest: true,
  }
  const monitored = await timely(
    subscription.monitorItems(nodes, parameters, TimestampsToReturn.Source),
    timeoutMs,
    'monitoring items',
  )
  let isLossSaid = false
  monitored.on('changed', (_item, value, index) => {
    const item = items[index]
    if (!item) return
    if (!isLossSaid && (value.statusCode.value & OVERFLOW) === OVERFLOW) {
      isLossSaid = true
      log.info({ point: item.point.id }, 'values were lost between two: some change faster than they are published')
    }
    takeValue(taking, item.point, value)
  })
  const full = monitored.monitoredItems.find(({ statusCode }) => NO_ROOM.test(statusCode.name))
  if (full) throw new LinkError(`monitoring items: ${full.statusCode.name}`)
  for (const [index, { statusCode }] of monitored.monitoredItems.entries()) {
    const item = items[index]
    if (item && statusCode.value >>> 30 !== 0) send(bad(item.point, now(), 'refused', statusCode.name))
  }
}

function takeValue({ connection, show, arrived, send }: Taking, point: Point, item: DataValue): void {
  if (connection.lostBecause() !== undefined || isShown(show, point, item, arrived)) return
  send(readingOfValue(point, item, arrived, connection.namespaces))
}

function watch(at: Connection, subscription: ClientSubscription): void {
  const silentMs = KEEP_ALIVES_MISSED * subscription.publishingInterval * subscription.maxKeepAliveCount
  const timer = setTimeout(() => at.lose(`the subscription is silent for ${silentMs} ms`), silentMs)
  at.whenOver(() => clearTimeout(timer))
  subscription.on('raw_notification', () => timer.refresh())
  subscription.on('keepalive', () => timer.refresh())
  subscription.on('status_changed', (status) => at.lose(`the server ended the subscription (${status.name})`))
  subscription.on('terminated', () => at.lose('the server ended the subscription'))
}

/** What comes in one turn of the event loop goes out together. */
function collect(emit: (readings: Reading[]) => void): (reading: Reading) => void {
  let waiting: Reading[] = []
  return (reading) => {
    waiting.push(reading)
    if (waiting.length > 1) return
    setImmediate(() => {
      const together = waiting
      waiting = []
      emit(together)
    })
  }
}

async function timely<T>(work: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  return within(work, timeoutMs, what).catch((cause: unknown) => {
    throw new LinkError(`${what}: ${cause instanceof Error ? cause.message : cause}`, { cause })
  })
}
