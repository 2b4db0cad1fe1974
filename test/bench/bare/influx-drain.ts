/** What a careful person writes with influx alone: points in batches, one request at a time. */
import { InfluxDB, type IPoint, type TimePrecision } from 'influx'
import { entry } from './entry.ts'

type Options = { readonly url: string; readonly database: string; readonly batch: number; readonly count: number }

const { url, database, batch, count } = JSON.parse(process.argv[2]!) as Options
const { hostname, port } = new URL(url)
const influx = new InfluxDB({ host: hostname, port: Number(port), database })
process.stdin.on('end', () => process.exit(0)).resume()
process.stdout.write(`${JSON.stringify({ ready: true })}\n`)

for (let from = 0; from < count; from += batch)
  await influx.writePoints(
    Array.from({ length: Math.min(batch, count - from) }, (_, index) => point(from + index)),
    {
      precision: 'ns' as TimePrecision,
    },
  )

function point(seq: number): IPoint {
  const { site, machine, at, data } = entry(seq)
  const { to: state, reason = '', access, itemState, mode } = data
  return {
    measurement: 'availability',
    tags: { site, machine },
    fields: { state, reason, access, itemState, mode, seq },
    timestamp: `${Date.parse(at)}000000`,
  }
}
