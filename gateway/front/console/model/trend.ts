/** Values of one signal over time, as a chart wants them; bounded, the oldest go. A bad value is a gap. Pure. */
import type { TrendAnswer } from './wire.ts'

export type Trend = { readonly at: readonly number[]; readonly values: readonly (number | null)[] }

/** `minutes`: what the page has seen since it was opened; the others the gateway keeps. */
export const spans = ['minutes', 'hour', 'day', 'week'] as const
export type Span = (typeof spans)[number]

export const noTrend: Trend = { at: [], values: [] }
const MOST = 1_800

/** `atS`: UTC seconds. Two values of one moment are one. */
export function addPoint(trend: Trend, atS: number, value: number | null): Trend {
  if (trend.at.length > 0 && atS <= trend.at.at(-1)!) return trend
  const from = trend.at.length >= MOST ? 1 : 0
  return { at: [...trend.at.slice(from), atS], values: [...trend.values.slice(from), value] }
}

/** A mean stands in the middle of its step. */
export function trendOf({ from, stepMs, values }: TrendAnswer): Trend {
  const firstS = (Date.parse(from) + stepMs / 2) / 1_000
  return { at: values.map((_, index) => firstS + (index * stepMs) / 1_000), values }
}
