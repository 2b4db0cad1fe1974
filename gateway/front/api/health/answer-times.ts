/**
 * How long requests took, by method, route and status: a histogram as Prometheus reads it. It is counted here, since
 * prom-client makes a key out of the labels for each value. Read next: metrics.ts, the only caller.
 */
import type { Metric } from 'prom-client'

export type AnswerTimes = {
  observe(method: string, route: string, status: number, ms: number): void
  /** For a registry. */
  readonly metric: Metric<string>
}

/** Of one method, route and status; `counts`: of each bucket alone, the last one without a bound. */
type Series = {
  readonly labels: Readonly<Record<string, string>>
  readonly counts: number[]
  sumS: number
}

const NAME = 'latchkey_http_request_seconds'
const SHOWN = { name: NAME, help: 'Time to answer a request.', type: 'histogram' } as const
/** Upper bounds, s. */
const BUCKETS = [0.002, 0.01, 0.05, 0.25, 1, 5, 20]

export function createAnswerTimes(): AnswerTimes {
  /** By method, route and status; as many as there are routes and statuses. */
  const all = new Map<string, Map<string, Map<number, Series>>>()

  function seriesOf(method: string, route: string, status: number): Series {
    const byRoute = known(all, method, () => new Map<string, Map<number, Series>>())
    const byStatus = known(byRoute, route, () => new Map<number, Series>())
    return known(byStatus, status, () => ({
      labels: { method, route, status: String(status) },
      counts: Array<number>(BUCKETS.length + 1).fill(0),
      sumS: 0,
    }))
  }

  const listed = () =>
    [...all.values()].flatMap((byRoute) => [...byRoute.values()].flatMap((byStatus) => [...byStatus.values()]))

  return {
    observe(method, route, status, ms) {
      const series = seriesOf(method, route, status)
      const seconds = ms / 1000
      let bucket = 0
      while (bucket < BUCKETS.length && seconds > BUCKETS[bucket]!) bucket += 1
      series.counts[bucket]! += 1
      series.sumS += seconds
    },
    // What a registry asks of a metric; the type of the library asks for a class of its own.
    metric: {
      ...SHOWN,
      labelNames: ['method', 'route', 'status'],
      get: async () => ({ ...SHOWN, aggregator: 'sum', values: listed().flatMap(lines) }),
    } as unknown as Metric<string>,
  }
}

function known<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}

/** Each bucket holds what the smaller ones hold as well. */
function lines({ labels, counts, sumS }: Series): object[] {
  let sum = 0
  const buckets = counts.map((count, index) => {
    sum += count
    return { metricName: `${NAME}_bucket`, labels: { le: BUCKETS[index] ?? '+Inf', ...labels }, value: sum }
  })
  return [
    ...buckets,
    { metricName: `${NAME}_sum`, labels, value: sumS },
    { metricName: `${NAME}_count`, labels, value: sum },
  ]
}
