/**
 * The InfluxDB sink, for what takes line protocol over HTTP: points of entries and samples, one request at a time. It
 * retries nothing and creates nothing: a missing database stops the sink, and the error names the command that makes
 * one. An answer is read up to a bound and a deadline; what is behind them is never asked for.
 *
 * A write with one bad line stores the good ones and answers 400; sending them again overwrites, since their times are
 * fixed. Read next: points.ts, line-protocol.ts, influx-request.ts and influx-refusal.ts (pure), sink-loop.ts (the
 * caller).
 */
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import type { SiteConfig } from '../../../config/site.ts'
import { GatewayError } from '../../core/ground/failure.ts'
import { readBounded, whyNot } from '../download.ts'
import { refusalOfWrite, sentenceOf } from './influx-refusal.ts'
import { type InfluxOptions, influxLogin, writeAddress } from './influx-request.ts'
import { lineProtocol } from './line-protocol.ts'
import { entryPoints, samplePoints } from './points.ts'
import { type Sink, SinkError } from './sink.ts'

/** Read of the body of a refusal, bytes, and kept of it, characters. */
const MOST_ANSWER_BYTES = 16_384
const MOST_SENTENCE = 500
/** A smaller request fits one packet as it is, and is not compressed. */
const LEAST_GZIP_BYTES = 1_400
const QUICK = { level: constants.Z_BEST_SPEED }
const compressed = promisify<string, object, Buffer<ArrayBuffer>>(gzip)

/** What it sends of an entry: a line for each point, or nothing. */
export function createInfluxSink(config: Pick<SiteConfig, 'site' | 'influx'>): Sink<string> {
  const { site } = config
  const options = config.influx
  if (options === undefined) throw new GatewayError('config', 'sink', 'influx is not configured')
  const { batch, ageMs, timeoutMs } = options
  let loss = Promise.withResolvers<SinkError>()
  /** The write of entries that was handed over last. */
  let last: Promise<void> = Promise.resolve()

  /** A write for each so many lines; a text may hold several. */
  async function write(texts: readonly string[]): Promise<void> {
    const lines = texts.flatMap((text) => (text === '' ? [] : text.includes('\n') ? text.split('\n') : text))
    for (let start = 0; start < lines.length; start += batch)
      await post(lines.slice(start, start + batch).join('\n'), options!)
  }

  /** Behind the write before; behind one that failed nothing is sent. */
  function inTurn(write: () => Promise<void>): Promise<void> {
    const mine = last.then(write)
    last = mine
    mine.catch(() => {
      if (last === mine) last = Promise.resolve()
    })
    return mine
  }

  return {
    name: 'influx',
    batch,
    sampleBatch: batch,
    fillMs: ageMs,
    deadlineMs: 60_000 + timeoutMs * 10,

    /** Writes nothing: asks whether the server is there, knows the user and has the database. */
    async open(_snapshot, _signal) {
      loss = Promise.withResolvers<SinkError>()
      try {
        await post('', options)
      } catch (error) {
        // Some versions answer 400 to an empty write: the server is there and lets us in.
        if (!(error instanceof SinkError) || error.action !== 'bad') throw error
      }
    },
    make: ({ entry }) => lineProtocol(entryPoints(site, entry)),
    mend: (lines) => lines.trim(),
    deliver: (texts) => inTurn(() => write(texts)),
    async deliverSamples(samples) {
      await write(made(() => samples.map((sample) => lineProtocol(samplePoints(site, sample)))))
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

/** Rejects with SinkError unless the points were taken. */
async function post(lines: string, options: InfluxOptions): Promise<void> {
  const answer = await asked(lines, options).catch((cause: Error) => {
    const late = cause.name === 'TimeoutError'
    const why = late ? `did not answer within ${options.timeoutMs} ms` : `cannot be reached: ${whyNot(cause)}`
    throw new SinkError('wait', `InfluxDB ${why}`, { cause })
  })
  const refusal = refusalOfWrite(answer, options)
  if (refusal !== undefined) throw refusal
}

async function asked(lines: string, options: InfluxOptions) {
  const isPacked = options.gzip && lines.length >= LEAST_GZIP_BYTES
  const response = await fetch(writeAddress(options), {
    method: 'POST',
    redirect: 'manual',
    signal: AbortSignal.timeout(options.timeoutMs),
    headers: {
      'accept-encoding': 'identity',
      'content-type': 'text/plain; charset=utf-8',
      ...(isPacked && { 'content-encoding': 'gzip' }),
      ...influxLogin(options),
    },
    body: isPacked ? await compressed(lines, QUICK) : lines,
  })
  return { status: response.status, text: await textOf(response) }
}

/** Undefined when it does not end. A success says nothing: whatever its body holds, only 204 is a delivery. */
async function textOf({ ok, body }: Response): Promise<string | undefined> {
  if (ok) await body?.cancel()
  if (ok || body === null) return ''
  const bytes = await readBounded(body, MOST_ANSWER_BYTES)
  return bytes && sentenceOf(Buffer.from(bytes).toString('utf8'), MOST_SENTENCE)
}

/** A sample from which no points can be made is set aside alone, like one that InfluxDB refuses. */
function made(make: () => string[]): string[] {
  try {
    return make()
  } catch (cause) {
    throw new SinkError('bad', (cause as Error).message, { cause })
  }
}
