/**
 * Points as lines of the InfluxDB line protocol. Pure. The text of a point holds no control character already; here it
 * is escaped, so that no value can end its field or its line.
 * Read next: points.ts (what is in a point).
 */
import type { InfluxPoint } from './points.ts'

/** One line per point; the fields in the order of their names. */
export function lineProtocol(points: readonly InfluxPoint[]): string {
  return points.map(line).join('\n')
}

function line({ measurement, tags, fields, timestamp }: InfluxPoint): string {
  const series = [measurement, ...Object.entries(tags).map(([name, value]) => `${key(name)}=${key(value)}`)]
  const values = Object.entries(fields)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${key(name)}=${fieldText(value)}`)
  return `${series.join(',')} ${values.join(',')} ${timestamp}`
}

const key = (text: string) => text.replace(/[,= ]/g, '\\$&')

function fieldText(value: InfluxPoint['fields'][string]): string {
  return typeof value === 'string' ? `"${value.replace(/["\\]/g, '\\$&')}"` : value.toString()
}
