/**
 * The InfluxDB sink (v1 write API): points of entries and samples, one request at a time. It retries nothing and
 * creates nothing: a missing database stops the sink, and the error names the command that makes one.
 *
 * A write with one bad line stores the good ones and answers 400; sending them again overwrites, since their times are
 * fixed. Read next: points.ts (pure), sink-loop.ts (the caller).
 */
import { InfluxDB, type IPoint, type IPoolOptions, type TimePrecision } from 'influx'
import type { SiteConfig } from '../../../config/site.ts'
import { GatewayError } from '../../core/ground/failure.ts'
import { within } from './deadline.ts'
import { entryPoints, type InfluxPoint, samplePoints } from './points.ts'
import { type Sink, SinkError } from './sink.ts'

type InfluxOptions = NonNullable<SiteConfig['influx']>

export function createInfluxSink(config: Pick<SiteConfig, 'site' | 'influx' | 'bounds'>): Sink {
  const { site } = config
  const options = config.influx
  if (options === undefined) throw new GatewayError('config', 'sink', 'influx is not configured')
  const { batch, timeoutMs } = options
  const database = createClient(options)
  let loss = Promise.withResolvers<SinkError>()

  async function write(points: readonly InfluxPoint[]): Promise<void> {
    for (let start = 0; start < points.length; start += batch) await post(points.slice(start, start + batch))
  }

  async function post(points: readonly InfluxPoint[]): Promise<void> {
    // The library knows no 'ns'; InfluxDB 1, 2 and 3 do, and not all of them its 'n'.
    const written = database.writePoints(points as IPoint[], { precision: 'ns' as TimePrecision })
    const late = () => new SinkError('wait', `InfluxDB did not answer within ${timeoutMs} ms`)
    await within(written, timeoutMs + 1_000, late).catch((cause) => {
      throw refusal(cause, options!)
    })
  }

  return {
    name: 'influx',
    batch,
    // A history is wanted here: as much as the ring holds.
    sampleBacklog: config.bounds.samples,
    deadlineMs: 60_000 + timeoutMs * 10,

    /** Writes nothing: asks whether the server is there, knows the user and has the database. */
    async open(_snapshot, _signal) {
      loss = Promise.withResolvers<SinkError>()
      try {
        await post([])
      } catch (error) {
        // Some versions answer 400 to an empty write: the server is there and lets us in.
        if (!(error instanceof SinkError) || error.action !== 'bad') throw error
      }
    },
    async deliver(entries) {
      await write(made(() => entries.flatMap(({ entry }) => entryPoints(site, entry))))
    },
    async deliverSamples(samples) {
      await write(made(() => samples.flatMap((sample) => samplePoints(site, sample))))
    },
    /** Every change of state is an entry; what is stored does not grow old. */
    async refresh() {},
    /** There is no connection to lose: each request stands for itself. */
    lost: () => loss.promise,
    async close() {
      loss.resolve(new SinkError('wait', 'closed'))
    },
  }
}

function createClient({ url, database, username, password, timeoutMs }: InfluxOptions): InfluxDB {
  const { protocol, hostname, port, pathname } = new URL(url)
  const secure = protocol === 'https:'
  return new InfluxDB({
    protocol: secure ? 'https' : 'http',
    host: hostname,
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    path: pathname === '/' ? '' : pathname.replace(/\/$/, ''),
    database,
    // Left out, the library would send root:root; null sends none.
    username: username ?? (null as unknown as string),
    password: password ?? '',
    pool: poolOptions(timeoutMs),
  })
}

/** There is one host: a pause of 0 keeps the library from closing it after a failure. */
function poolOptions(requestTimeout: number): IPoolOptions {
  const noPause: IPoolOptions['backoff'] = { getDelay: () => 0, next: () => noPause!, reset: () => noPause! }
  return { requestTimeout, maxRetries: 0, backoff: noPause }
}

/** An entry from which no points can be made is set aside alone, like one that InfluxDB refuses. */
function made(make: () => InfluxPoint[]): InfluxPoint[] {
  try {
    return make()
  } catch (cause) {
    throw new SinkError('bad', (cause as Error).message, { cause })
  }
}

function refusal(cause: unknown, { url, database }: InfluxOptions): SinkError {
  if (cause instanceof SinkError) return cause
  const { message, code, res } = cause as Error & { code?: string; res?: { statusCode?: number } }
  const status = res?.statusCode
  if (status === undefined) return new SinkError('wait', message || code || 'InfluxDB cannot be reached', { cause })
  const stop = (advice: string) =>
    new SinkError('stop', `InfluxDB ${new URL(url).host}: ${advice} (${status})`, { cause })
  switch (status) {
    case 408:
    case 429:
      return new SinkError('wait', message, { cause })
    case 400:
    case 413:
    case 422:
      return new SinkError('bad', message, { cause })
    case 401:
      return stop('refuses user name or password; check influx.username and influx.password')
    case 403:
      return stop(`does not let this user write; GRANT WRITE ON "${database}" TO the user`)
    case 404:
      return stop(`has no database "${database}"; influx -execute 'CREATE DATABASE "${database}"'`)
    default:
      return stop(`does not take writes here; check influx.url: ${message}`)
  }
}
