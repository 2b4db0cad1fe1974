/**
 * What a link has learnt of its devices, beyond one connection: where a request must end, how long it may be, and which
 * range waits for a turn; and the plans that follow from it, each made once. Bounded by the points of the link.
 * Read next: read.ts, plan.ts.
 */
import type { Point } from '../adapter.ts'
import { cutsFor, type Plan, type PlanLimits, plan, type ReadRequest } from './plan.ts'

export type Learnt = {
  /** Changes whenever something is learnt that a plan has to respect. */
  edition: number
  /** By the list of points; another list of the same points is planned anew. */
  readonly plans: WeakMap<readonly Point[], Plan & { readonly edition: number }>
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
  return { edition: 0, plans: new WeakMap(), cuts: new Set(), shorter: new Map(), whole: new Map(), starved: new Set() }
}

/** Divides a request that was refused; the new boundaries, none when it cannot be divided. */
export function divide(learnt: Learnt, request: ReadRequest): string[] {
  const { cuts } = learnt
  const found = cutsFor(request).filter((key) => !cuts.has(key))
  for (const key of found) cuts.add(key)
  if (found.length > 0) learnt.edition += 1
  return found
}

/** Whether it is worth a try to ask a unit for less. */
export function mayHelp({ whole }: Learnt, unit: number, nowMs: number): boolean {
  return (whole.get(unit) ?? 0) <= nowMs
}

/** It was no use: the boundaries found for it are forgotten. */
export function failsAsWhole(learnt: Learnt, unit: number, found: readonly string[], nowMs: number): void {
  const { whole, cuts } = learnt
  whole.set(unit, nowMs + WHOLE_MS)
  for (const key of found) cuts.delete(key)
  if (found.length > 0) learnt.edition += 1
}

/** The unit answers shorter requests, but not this one. */
export function shorten(learnt: Learnt, { unit, count }: ReadRequest, nowMs: number): number {
  const most = Math.max(1, Math.floor(count / 2))
  learnt.shorter.set(unit, { most, untilMs: nowMs + BELIEVED_MS })
  learnt.edition += 1
  return most
}

/** The requests that read these points, planned when the points or what is learnt have changed. */
export function planned(learnt: Learnt, points: readonly Point[], limits: PlanLimits, nowMs: number): Plan {
  forgetOld(learnt, nowMs)
  const { edition, plans, shorter, cuts } = learnt
  const known = plans.get(points)
  if (known?.edition === edition) return known
  const ofUnit = new Map([...shorter].map(([unit, { most }]) => [unit, most]))
  const made = { ...plan(points, { ...limits, ofUnit }, cuts), edition }
  plans.set(points, made)
  return made
}

function forgetOld(learnt: Learnt, nowMs: number): void {
  for (const [unit, { untilMs }] of learnt.shorter) {
    if (untilMs > nowMs) continue
    learnt.shorter.delete(unit)
    learnt.edition += 1
  }
}

/** Those that had no turn the last time first, so that none starves when there is never time for all. */
export function byTurn({ starved }: Learnt, requests: readonly ReadRequest[]): readonly ReadRequest[] {
  if (starved.size === 0) return requests
  return requests.toSorted((a, b) => Number(starved.has(keyOf(b))) - Number(starved.has(keyOf(a))))
}

export function noteTurn({ starved }: Learnt, request: ReadRequest, hadOne: boolean): void {
  if (hadOne && starved.size === 0) return
  if (hadOne) starved.delete(keyOf(request))
  else starved.add(keyOf(request))
}

const keyOf = ({ unit, table, start }: ReadRequest) => `${unit}/${table}/${start}`
