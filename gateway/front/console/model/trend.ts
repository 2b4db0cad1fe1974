/** Values of one signal over time, as a chart wants them; bounded, the oldest go. A bad value is a gap. Pure. */

export type Trend = { readonly at: readonly number[]; readonly values: readonly (number | null)[] }

export const noTrend: Trend = { at: [], values: [] }
const MOST = 1_800

/** `atS`: UTC seconds. Two values of one moment are one. */
export function addPoint(trend: Trend, atS: number, value: number | null): Trend {
  if (trend.at.length > 0 && atS <= trend.at.at(-1)!) return trend
  const from = trend.at.length >= MOST ? 1 : 0
  return { at: [...trend.at.slice(from), atS], values: [...trend.values.slice(from), value] }
}
