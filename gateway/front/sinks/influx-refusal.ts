/**
 * What an answer of InfluxDB to a write means: taken, wait, stop and what a person has to do, or bad items. Pure.
 * Only 204 is a delivery: another success comes from something in between, such as a page to log in.
 */
import type { InfluxOptions } from './influx-request.ts'
import { SinkError } from './sink.ts'

/** `text`: what it says of a refusal, on one line; undefined when its body is larger than any of InfluxDB. */
type Answer = { readonly status: number; readonly text: string | undefined }

/**
 * A limit of the database, not a fault of the line: InfluxDB 1 `max-series-per-database` and `max-values-per-tag`
 * (its configuration, section [data]), InfluxDB 3 its databases, tables and columns.
 */
const LIMITS = /max-series-per-database|max-values-per-tag|exceed number of|service limit reached/

/** InfluxDB 1 refuses every write from then on, also when there is space again, until it is restarted. */
const DISK_FULL = /no space left on device/

/** The page of something in between, such as a proxy. */
const HTML = /^</

/** Undefined: it was taken. */
export function refusalOfWrite(answer: Answer, options: InfluxOptions): SinkError | undefined {
  const { status, text } = answer
  const said = text ? `${status}: ${text}` : `${status}`
  const stop = (advice: string) => new SinkError('stop', `InfluxDB ${new URL(options.url).host}: ${advice} (${said})`)
  if (status === 204) return undefined
  if (text === undefined) return new SinkError('wait', `InfluxDB answers ${status}, and a body that does not end`)
  if (status >= 500 || status === 408 || status === 429) {
    const advice = DISK_FULL.test(text) ? 'says that its disk is full; make space, and restart it' : `answers ${status}`
    return new SinkError('wait', `InfluxDB ${advice}${text === '' ? '' : `: ${text}`}`)
  }
  const { unknown, forbidden, missing } = adviceFor[options.version](options)
  switch (status) {
    case 413:
      return new SinkError('bad', `InfluxDB answers ${said}`)
    case 400:
    case 422:
      if (LIMITS.test(text)) return stop('takes no new series; raise the limit that it names, or drop series')
      if (HTML.test(text)) return stop(IN_BETWEEN)
      return new SinkError('bad', `InfluxDB answers ${said}`)
    case 401:
      return stop(unknown)
    case 403:
      return stop(forbidden)
    case 404:
      return stop(missing)
    default:
      return stop(status < 300 ? IN_BETWEEN : 'does not take writes here; check influx.url and influx.version')
  }
}

const IN_BETWEEN =
  'something in between answers instead of it, which takes a write with 204; check influx.url and the network'

/** What a person does when the writer is not known, may not write, and when there is nothing to write to. */
type Advice = { readonly unknown: string; readonly forbidden: string; readonly missing: string }

const adviceFor: Readonly<Record<1 | 2 | 3, (options: InfluxOptions) => Advice>> = {
  1: ({ database, username = 'the user' }) => ({
    unknown: 'refuses user name or password; check influx.username and influx.password',
    forbidden: `does not let this user write; influx -execute 'GRANT WRITE ON "${database}" TO "${username}"'`,
    missing: `has no database "${database}"; influx -execute 'CREATE DATABASE "${database}"'`,
  }),
  2: ({ database, organisation }) => ({
    unknown: `refuses the token; influx auth create --org "${organisation}" --write-buckets, and set influx.token`,
    forbidden: `does not let this token write; influx auth create --org "${organisation}" --write-buckets, and set influx.token`,
    missing: `shows this token no bucket "${database}" of "${organisation}"; influx bucket create --org "${organisation}" --name "${database}"`,
  }),
  3: ({ database }) => ({
    unknown: 'refuses the token; influxdb3 create token --admin, and set influx.token',
    forbidden: `does not let this token write; influxdb3 create token --permission "db:${database}:write", and set influx.token`,
    missing: `has no database "${database}"; influxdb3 create database "${database}"`,
  }),
}

/** The sentence in the body of a refusal, on one line; `most` characters of it. */
export function sentenceOf(body: string, most: number): string {
  return (sentencesIn(body) ?? body)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, most)
    .toWellFormed()
}

/** InfluxDB 1 and 3 say `error`, 2 says `message`; 3 says of each bad line what is wrong. */
function sentencesIn(body: string): string | undefined {
  try {
    const { error, message, data } = JSON.parse(body) as Readonly<Record<string, unknown>>
    const [line] = Array.isArray(data) ? (data as { readonly error_message?: unknown }[]) : []
    const said = [error ?? message, line?.error_message].filter((each) => typeof each === 'string')
    return said.length === 0 ? undefined : said.join(': ')
  } catch {
    return undefined
  }
}
