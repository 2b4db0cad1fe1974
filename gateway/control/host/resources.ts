/**
 * What this computer has left for the gateway: memory, handles, and time of the thread that keeps the leases. Where one
 * runs short, no new session begins until it has been well for `bounds.wellFor`; what is under way goes on, since
 * ending it would need as much. The disk is disk.ts. Read next: memory.ts, core/access/gates.ts (`mayUse`), ticks.ts
 * (how often it looks).
 */
import { readdirSync, readFileSync } from 'node:fs'
import type { SiteConfig } from '../../../config/site.ts'
import type { Resource, ResourceHealth } from '../../core/board/message.ts'
import { NS_PER_MS } from '../../core/ground/moment.ts'
import { availableMemory } from './memory.ts'

export type Resources = {
  look(nowNs: bigint): void
  /** What is short, and why; undefined: nothing. */
  short(): string | undefined
  health(): ResourceHealth
  /** What people should look at, for health. */
  notes(): string[]
}

/** What was seen in one look. `handles` are undefined where nobody counts them. */
export type Seen = {
  readonly residentBytes: number
  readonly availableBytes: number
  readonly handles?: { readonly open: number; readonly most: number }
  /** How much later it looked than it was to, ms. */
  readonly delayMs: number
}

type Host = Omit<Seen, 'delayMs'>
type Bounds = Pick<SiteConfig['bounds'], 'memoryReserve' | 'handleReserve' | 'loopDelayMs' | 'wellForMs'>

/** Called that often. */
export const LOOK_EVERY_MS = 1000
/** Late so many looks in a row is a shortage; once is a computer that was held still. */
const LATE_LOOKS = 2

/** By resource, in words; only those that are short. Pure. */
export function shortages(seen: Seen, bounds: Omit<Bounds, 'wellForMs'>): ReadonlyMap<Resource, string> {
  const { availableBytes, handles, delayMs } = seen
  const mib = (bytes: number) => `${Math.floor(bytes / 1_048_576)} MiB`
  const found = new Map<Resource, string>()
  if (availableBytes < bounds.memoryReserve)
    found.set('memory', `${mib(availableBytes)} of memory are left, and ${mib(bounds.memoryReserve)} are kept free`)
  if (handles !== undefined && handles.most - handles.open < bounds.handleReserve)
    found.set('handles', `${handles.open} of ${handles.most} handles are open`)
  if (delayMs > bounds.loopDelayMs) found.set('time', `the gateway was ${Math.round(delayMs)} ms late`)
  return found
}

export function createResources({ bounds }: SiteConfig, see = lookAtHost()): Resources {
  const wellForNs = BigInt(bounds.wellForMs) * NS_PER_MS
  const since = new Map<Resource, { readonly text: string; readonly atNs: bigint }>()
  let last: Host | undefined
  let lookedNs: bigint | undefined
  let lateLooks = 0
  const texts = () => [...since.values()].map(({ text }) => text)
  return {
    look(nowNs) {
      const apartMs = lookedNs === undefined ? 0 : Number((nowNs - lookedNs) / NS_PER_MS)
      lookedNs = nowNs
      last = see()
      const found = shortages({ ...last, delayMs: apartMs - LOOK_EVERY_MS }, bounds)
      lateLooks = found.has('time') ? lateLooks + 1 : 0
      for (const [resource, text] of found)
        if (resource !== 'time' || lateLooks >= LATE_LOOKS) since.set(resource, { text, atNs: nowNs })
      for (const [resource, { atNs }] of since) if (nowNs - atNs > wellForNs) since.delete(resource)
    },
    short: () => texts()[0],
    health: () => ({
      short: [...since.keys()],
      residentBytes: last?.residentBytes ?? 0,
      ...(last?.handles === undefined ? {} : { openHandles: last.handles.open }),
    }),
    notes: () => texts().map((text) => `${text}: no new session begins`),
  }
}

function lookAtHost(): () => Host {
  const most = mostHandles()
  return () => ({
    residentBytes: process.memoryUsage.rss(),
    availableBytes: availableMemory(),
    ...(most === undefined ? {} : { handles: { open: readdirSync('/proc/self/fd').length, most } }),
  })
}

function mostHandles(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return soft === undefined ? undefined : Number(soft)
  } catch {
    return undefined
  }
}
