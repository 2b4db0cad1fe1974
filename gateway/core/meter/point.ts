/**
 * A meter at one moment, and what was used of it, as sessions, entries and the API state them: decimal text in the
 * smallest unit. Read next: meter.ts (the state behind it).
 */
import type { JsonObject } from '../ground/entry.ts'

/** A meter at one moment. Totals and raw are decimal text; `unit` is the smallest unit. */
export type MeterPoint = {
  /** `machine/alias.name` */
  readonly meter: string
  readonly unit: string
  /** The counter as the device held it; absent for meters that are not registers. */
  readonly raw?: string
  readonly epoch: number
  /** Sum since the first reading ever, over all epochs. */
  readonly total: string
  /** UTC ms of the reading. */
  readonly atMs: number
}

/** What the session used of one meter, decimal text. */
export type MeterUse = { readonly meter: string; readonly unit: string; readonly quantity: string }

export function pointJson(point: MeterPoint): JsonObject {
  const { atMs, raw, ...rest } = point
  return { ...rest, ...(raw === undefined ? {} : { raw }), at: atMs }
}
