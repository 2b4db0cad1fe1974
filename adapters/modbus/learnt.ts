/**
 * What a link has learnt of its devices, beyond one connection: where a request must end, how long it may be, and which
 * range waits for a turn. Bounded by the points of the link. Read next: read.ts, plan.ts.
 */
import { cutsFor, type ReadRequest } from './plan.ts'

export type Learnt = {
  /** Boundaries that a device refused to have read over: see plan.ts. */
  readonly cuts: Set<string>
  /** Registers (or bits) that a unit answers at most, and until when that is believed. */
  readonly shorter: Map<number, { readonly most: number; readonly untilMs: number }>
  /** Units of which smaller parts failed like the whole, and until when that is believed. */
  readonly whole: Map<number, number>
  /** Ranges that had no turn the last time: they come first. */
  readonly starved: Set<string>
}

/** A device may have been slow for another reason: it is asked for long blocks again after this. */
const BELIEVED_MS = 3_600_000
/** So long nobody looks again whether a part does what the whole does not. */
const WHOLE_MS = 60_000

export function createLearnt(): Learnt {
  return { cuts: new Set(), shorter: new Map(), whole: new Map(), starved: new Set() }
}

/** Divides a request that was refused; the new boundaries, none when it cannot be divided. */
export function divide({ cuts }: Learnt, request: ReadRequest): string[] {
  const found = cutsFor(request).filter((key) => !cuts.has(key))
  for (const key of found) cuts.add(key)
  return found
}

/** Whether it is worth a try to ask a unit for less. */
export function mayHelp({ whole }: Learnt, unit: number, nowMs: number): boolean {
  return (whole.get(unit) ?? 0) <= nowMs
}

/** It was no use: the boundaries found for it are forgotten. */
export function failsAsWhole({ whole, cuts }: Learnt, unit: number, found: readonly string[], nowMs: number): void {
  whole.set(unit, nowMs + WHOLE_MS)
  for (const key of found) cuts.delete(key)
}

/** The unit answers shorter requests, but not this one. */
export function shorten({ shorter }: Learnt, { unit, count }: ReadRequest, nowMs: number): number {
  const most = Math.max(1, Math.floor(count / 2))
  shorter.set(unit, { most, untilMs: nowMs + BELIEVED_MS })
  return most
}

export function limitsNow({ shorter }: Learnt, nowMs: number): Map<number, number> {
  for (const [unit, { untilMs }] of shorter) if (untilMs <= nowMs) shorter.delete(unit)
  return new Map([...shorter].map(([unit, { most }]) => [unit, most]))
}

/** Those that had no turn the last time first, so that none starves when there is never time for all. */
export function byTurn({ starved }: Learnt, requests: readonly ReadRequest[]): ReadRequest[] {
  return requests.toSorted((a, b) => Number(starved.has(keyOf(b))) - Number(starved.has(keyOf(a))))
}

export function noteTurn({ starved }: Learnt, request: ReadRequest, hadOne: boolean): void {
  if (hadOne) starved.delete(keyOf(request))
  else starved.add(keyOf(request))
}

const keyOf = ({ unit, table, start }: ReadRequest) => `${unit}/${table}/${start}`
