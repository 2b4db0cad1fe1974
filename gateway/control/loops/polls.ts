/**
 * When points are read: those of one device at one interval together, and each device on its own, so that a silent one
 * delays no neighbour. Pure but for the due times of its groups; time is an argument.
 * Read next: link-loop.ts, the only caller.
 */
import type { Point } from '../../../adapters/adapter.ts'
import { NS_PER_MS } from '../../core/ground/moment.ts'

/** A subscribed point is still read this often, ms. */
const CONFIRM_DISPLAY_MS = 10_000
/** Connected, polled, and no answer for this many of the longest interval: the link is silent. */
const SILENT_INTERVALS = 5
/** An interval counts for at least this much there, ms. */
const SHORTEST_SILENT_INTERVAL_MS = 2000

/** Later than any clock shows. */
const NEVER_NS = 2n ** 63n
/** Lists that one group is kept in. */
const MAX_JOINED = 64

export type Group = {
  readonly device: string
  readonly points: readonly Point[]
  readonly intervalNs: bigint
  dueNs: bigint
  /** Its points with those of others of its device that were due with it, by their intervals. */
  readonly joined: Map<string, readonly Point[]>
}

export type Polls = {
  /** Every point is polled. */
  readonly all: readonly Group[]
  /** Points for display are subscribed, and read now and then so that their age is known. */
  readonly subscribed: readonly Group[]
  /** Read now and then, by point: how often, ms. */
  readonly seldom: ReadonlyMap<string, number>
  /** Without an answer for so long the link is connected but silent, ns. */
  readonly silentNs: bigint
}

/** `gating`: what gates permission or money. `display`: what is only shown. */
export function planPolls(gating: readonly Point[], display: readonly Point[]): Polls {
  const seldom = display.map((point) => ({ ...point, intervalMs: Math.max(point.intervalMs, CONFIRM_DISPLAY_MS) }))
  const counted = gating.length > 0 ? gating : seldom
  const slowestMs = Math.max(SHORTEST_SILENT_INTERVAL_MS, ...counted.map(({ intervalMs }) => intervalMs))
  return {
    all: grouped([...gating, ...display]),
    subscribed: grouped([...gating, ...seldom]),
    seldom: new Map(seldom.map(({ id, intervalMs }) => [id, intervalMs])),
    silentNs: BigInt(SILENT_INTERVALS * slowestMs) * NS_PER_MS,
  }
}

/** How often a point is read while changes for display are subscribed, ms. */
export function readEveryMs({ seldom }: Polls, { id, intervalMs }: Pick<Point, 'id' | 'intervalMs'>): number {
  return seldom.get(id) ?? intervalMs
}

/** The place of a link among all: which share of an interval lies before its turn, 0 to 1, and how long a tick is. */
export type Place = { readonly share: number; readonly tickNs: bigint }

/**
 * A new connection: everything is due now, and from then on at the place of its link, a whole tick of the monotonic
 * clock. So links take turns, and no poll that keeps its tick is later than the one before.
 */
export function beginPolls(groups: readonly Group[], nowNs: bigint, { share, tickNs }: Place): void {
  for (const group of groups) {
    const { intervalNs } = group
    const placeNs = BigInt(Math.floor((share * Number(intervalNs)) / Number(tickNs))) * tickNs
    group.dueNs = nowNs - ((nowNs - placeNs) % intervalNs)
  }
}

/** When the first of them is due. */
export function nextDueNs(groups: readonly Group[]): bigint {
  return groups.reduce((first, { dueNs }) => (dueNs < first ? dueNs : first), NEVER_NS)
}

/**
 * The points that are due, per device, without devices that are still being polled. What is due together is the same
 * list each time, so that a link plans its requests once. A group that is late keeps its rhythm.
 */
export function takeDue(
  groups: readonly Group[],
  nowNs: bigint,
  isPolling: (device: string) => boolean,
): Map<string, readonly Point[]> {
  const due = groups.filter((group) => group.dueNs <= nowNs && !isPolling(group.device))
  for (const group of due) {
    group.dueNs = nowNs - ((nowNs - group.dueNs) % group.intervalNs) + group.intervalNs
  }
  if (due.length === 1) return new Map([[due[0]!.device, due[0]!.points]])
  const byDevice = Map.groupBy(due, ({ device }) => device)
  return new Map([...byDevice].map(([device, list]) => [device, together(list)]))
}

function together(groups: readonly Group[]): readonly Point[] {
  const first = groups[0]!
  if (groups.length === 1) return first.points
  const key = groups.map(({ intervalNs }) => intervalNs).join()
  const known = first.joined.get(key)
  if (known) return known
  if (first.joined.size >= MAX_JOINED) first.joined.clear()
  const points = groups.flatMap((group) => group.points)
  first.joined.set(key, points)
  return points
}

function grouped(points: readonly Point[]): Group[] {
  const groups = Map.groupBy(points, ({ device, intervalMs }) => `${JSON.stringify(device)} ${intervalMs}`)
  return [...groups.values()].map((list) => ({
    device: JSON.stringify(list[0]!.device),
    points: list,
    intervalNs: BigInt(list[0]!.intervalMs) * NS_PER_MS,
    dueNs: 0n,
    joined: new Map(),
  }))
}
