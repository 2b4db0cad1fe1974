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

/** Joined at once: a text that grows piece by piece stays a chain of its pieces. */
function line({ measurement, tags, fields, timestamp }: InfluxPoint): string {
  const parts: string[] = [measurement]
  for (const name of Object.keys(tags)) parts.push(',', key(name), '=', key(tags[name]!))
  let mark = ' '
  for (const name of Object.keys(fields).sort()) {
    parts.push(mark, key(name), '=', fieldText(fields[name]!))
    mark = ','
  }
  parts.push(' ', timestamp)
  return parts.join('')
}

/** Most names have nothing to escape. */
const key = (text: string) => (/[,= ]/.test(text) ? text.replace(/[,= ]/g, '\\$&') : text)

function fieldText(value: InfluxPoint['fields'][string]): string {
  if (typeof value !== 'string') return value.toString()
  return /["\\]/.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : `"${value}"`
}
