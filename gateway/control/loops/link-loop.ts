/**
 * The one owner of a connection: opens it, polls what is due, reopens it after any loss with capped jittered backoff,
 * and gives up on one that is connected but silent. Machines ask it to read or write; it never decides what.
 * Read next: adapters/adapter.ts (what it drives), control/links.ts (who makes it).
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { type Block, type Link, LinkError, type Log, type Point } from '../../../adapters/adapter.ts'
import { backoffMs } from '../../core/ground/backoff.ts'
import { type Moment, NS_PER_MS } from '../../core/ground/moment.ts'
import type { Reading, ReadingCause } from '../../core/reading/reading.ts'

/** First wait after a loss, ms. */
const FIRST_BACKOFF_MS = 500
/** Connected, polled, and no good reading for this many of the longest interval (at least 2 s): reopened. */
const SILENT_INTERVALS = 5
/** A subscribed point is still read this often, ms. */
const CONFIRM_DISPLAY_MS = 10_000
/** How often a cut that is over looks whether the link is back, ms. */
const CUT_LOOK_MS = 50
/** Between two hurried tries, ms. */
const HURRY_MS = 250

export type LinkState = {
  readonly state: 'connecting' | 'up' | 'down'
  readonly cause?: string
  readonly sinceMs: number
}

export type LinkLoop = {
  readonly id: string
  state(): LinkState
  /** Starts the reads that are due. Called on each shared tick; never more than one poll of a device under way. */
  tick(now: Moment): void
  /** Reads now, before polls. One reading a point, always. */
  read(points: readonly Point[]): Promise<Reading[]>
  write(block: Block): Promise<void>
  /** Drops the connection on purpose and stays away this long; resolves when it is up again, or after `withinMs`. */
  cut(awayMs: number, withinMs: number): Promise<void>
  stop(): Promise<void>
  readonly counters: { polls: number; readings: number; bad: number; reconnects: number }
}

export type LinkLoopDeps = {
  readonly id: string
  readonly link: Link
  /** What gates permission or money: always read. */
  readonly points: readonly Point[]
  /** What is only shown: subscribed where the link can, and read now and then so that its age is known. */
  readonly display: readonly Point[]
  readonly now: () => Moment
  readonly log: Log
  readonly maxBackoffMs: number
  onReadings(readings: Reading[]): void
  onState(state: LinkState): void
}

/** Points of one device at one interval. A device is polled on its own, so that a silent one delays no neighbour. */
type Group = { readonly device: string; readonly points: readonly Point[]; readonly intervalNs: bigint; dueNs: bigint }

export function createLinkLoop(deps: LinkLoopDeps): LinkLoop {
  const { link, log, now } = deps
  const all = [...deps.points, ...deps.display]
  const polled = groupByInterval(all)
  const subscribed = groupByInterval([
    ...deps.points,
    ...deps.display.map((point) => ({ ...point, intervalMs: Math.max(point.intervalMs, CONFIRM_DISPLAY_MS) })),
  ])
  let groups: readonly Group[] = polled
  const gating =
    deps.points.length > 0
      ? polled.filter((group) => group.points.some((point) => deps.points.includes(point)))
      : subscribed
  const slowestMs = Math.max(2000, ...gating.map((group) => Number(group.intervalNs / NS_PER_MS)))
  const silentNs = BigInt(SILENT_INTERVALS * slowestMs) * NS_PER_MS
  const counters = { polls: 0, readings: 0, bad: 0, reconnects: 0 }
  const stopping = new AbortController()
  let wake = new AbortController()
  let current: LinkState = { state: 'connecting', sinceMs: now().ms }
  const polling = new Set<string>()
  let lost: ((error: Error) => void) | undefined
  let lastGoodNs = 0n
  let hurried = 0n
  let awayUntilNs = 0n

  const running = run()

  async function run(): Promise<void> {
    let tries = 0
    while (!stopping.signal.aborted) {
      try {
        await away()
        const whenLost = new Promise<Error>((resolve) => {
          lost = resolve
        })
        await link.open(stopping.signal)
        groups = await subscribe()
        const openedNs = now().ns
        lastGoodNs = openedNs
        for (const group of groups) group.dueNs = lastGoodNs
        setState({ state: 'up', sinceMs: now().ms })
        const error = await whenLost
        // A connection that never brought a value is no success: its wait goes on growing.
        if (lastGoodNs > openedNs) tries = 0
        setState(down(error))
      } catch (error) {
        if (stopping.signal.aborted) break
        setState(down(error as Error))
        if (error instanceof LinkError && !error.retriable) tries = Math.max(tries, 8)
      }
      lost = undefined
      tries += 1
      counters.reconnects += 1
      wake = new AbortController()
      const woken = await sleep(
        backoffMs({ firstMs: FIRST_BACKOFF_MS, maxMs: deps.maxBackoffMs }, tries, Math.random()),
        undefined,
        {
          signal: AbortSignal.any([stopping.signal, wake.signal]),
        },
      ).then(
        () => false,
        () => true,
      )
      if (woken) tries -= 1 // a try somebody asked for makes the next wait no longer
    }
    await link.close()
  }

  /** Cut on purpose: nothing is asked meanwhile, and nobody can hurry it. */
  async function away(): Promise<void> {
    const restMs = Number((awayUntilNs - now().ns) / NS_PER_MS)
    if (restMs <= 0) return
    await link.close()
    await sleep(restMs, undefined, { signal: stopping.signal })
  }

  /** Display is worth no reconnect: where a subscription fails, its points are polled like the rest. */
  async function subscribe(): Promise<readonly Group[]> {
    if (link.subscribe === undefined || deps.display.length === 0) return polled
    try {
      await link.subscribe(deps.display, (readings) => deps.onReadings(readings))
      return subscribed
    } catch (error) {
      log.warn({ link: deps.id, cause: (error as Error).message }, 'no subscription; its points are polled')
      return polled
    }
  }

  function down(error: Error): LinkState {
    return { state: 'down', cause: error.message, sinceMs: current.state === 'down' ? current.sinceMs : now().ms }
  }

  /** Said once when it is lost, once when it is back; a new cause is said too. */
  function setState(next: LinkState): void {
    const before = current
    current = next
    if (before.state === next.state && before.cause === next.cause) return
    if (next.state === 'up') log.info({ link: deps.id }, 'link is up')
    else if (next.state === 'down') log.warn({ link: deps.id, cause: next.cause }, 'link is down')
    deps.onState(next)
    if (next.state === 'down' && before.state !== 'down') deps.onReadings(allBad(all, 'link-down', next.cause))
  }

  async function poll(device: string, points: readonly Point[]): Promise<void> {
    const lose = lost // of this connection: a late answer says nothing about the next one
    polling.add(device)
    counters.polls += 1
    const answer = await link.read(points).catch((error: Error) => error)
    polling.delete(device)
    if (answer instanceof Error) return lose?.(answer)
    take(answer) // what it throws is a broken invariant, not a lost link
    if (now().ns - lastGoodNs > silentNs) lose?.(new LinkError('connected but silent'))
  }

  function take(readings: Reading[]): void {
    counters.readings += readings.length
    for (const reading of readings) {
      if (reading.quality === 'good') lastGoodNs = reading.readAtNs
      else counters.bad += 1
    }
    deps.onReadings(readings)
  }

  function allBad(points: readonly Point[], cause: ReadingCause, detail: string | undefined): Reading[] {
    const at = now()
    return points.map((point) => ({
      point: point.id,
      quality: 'bad',
      cause,
      ...(detail === undefined ? {} : { detail }),
      readAtMs: at.ms,
      readAtNs: at.ns,
    }))
  }

  /** A person waits: do not sit out the backoff. */
  function hurry(): void {
    const at = now().ns
    if (at - hurried < BigInt(HURRY_MS) * NS_PER_MS) return
    hurried = at
    wake.abort()
  }

  return {
    id: deps.id,
    counters,
    state: () => current,
    tick(at) {
      if (current.state !== 'up') return
      const due = groups.filter((group) => group.dueNs <= at.ns && !polling.has(group.device))
      if (due.length === 0) return
      for (const group of due)
        group.dueNs = group.dueNs + group.intervalNs > at.ns ? group.dueNs + group.intervalNs : at.ns + group.intervalNs
      for (const [device, list] of Map.groupBy(due, (group) => group.device)) {
        void poll(
          device,
          list.flatMap((group) => group.points),
        )
      }
    },
    async read(points) {
      if (current.state !== 'up') {
        hurry()
        return allBad(points, 'link-down', current.cause)
      }
      const lose = lost
      try {
        const readings = await link.read(points, { urgent: true })
        for (const reading of readings) if (reading.quality === 'good') lastGoodNs = reading.readAtNs
        return readings
      } catch (error) {
        lose?.(error as Error)
        return allBad(points, 'link-down', (error as Error).message)
      }
    },
    async write(block) {
      if (current.state !== 'up') throw new LinkError(`link ${deps.id} is down`, { outcome: 'unsent' })
      await link.write(block)
    },
    async cut(awayMs, withinMs) {
      awayUntilNs = now().ns + BigInt(awayMs) * NS_PER_MS
      const untilNs = awayUntilNs + BigInt(withinMs) * NS_PER_MS
      lost?.(new LinkError('cut on purpose, for a drill'))
      await sleep(0)
      wake.abort()
      while (current.state !== 'up' && now().ns < untilNs) {
        await sleep(CUT_LOOK_MS)
        wake.abort()
      }
    },
    async stop() {
      stopping.abort()
      lost?.(new LinkError('stopping'))
      await running
    },
  }
}

function groupByInterval(points: readonly Point[]): Group[] {
  const groups = Map.groupBy(points, (point) => `${JSON.stringify(point.device)} ${point.intervalMs}`)
  return [...groups.values()].map((list) => ({
    device: JSON.stringify(list[0]!.device),
    points: list,
    intervalNs: BigInt(list[0]!.intervalMs) * NS_PER_MS,
    dueNs: 0n,
  }))
}
