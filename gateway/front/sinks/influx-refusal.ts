/**
 * What an answer of InfluxDB to a write means: taken, wait, stop and what a person has to change, or bad items. Pure.
 * Only 204 is a delivery: another success comes from something in between, such as a page to log in.
 */
import type { SiteConfig } from '../../../config/site.ts'
import { SinkError } from './sink.ts'

/** `text`: what it says of a refusal, on one line; undefined when its body is larger than any of InfluxDB. */
type Answer = { readonly status: number; readonly text: string | undefined }

/**
 * A limit of the database, not a fault of the line: InfluxDB 1 `max-series-per-database` and `max-values-per-tag`
 * (its configuration, section [data]).
 */
const SERIES_LIMIT = /max-series-per-database|max-values-per-tag/

/** The page of something in between, such as a proxy. */
const HTML = /^</

/** Undefined: it was taken. */
export function refusalOfWrite(answer: Answer, options: NonNullable<SiteConfig['influx']>): SinkError | undefined {
  const { status, text } = answer
  const { url, database } = options
  const said = text ? `${status}: ${text}` : `${status}`
  const stop = (advice: string) => new SinkError('stop', `InfluxDB ${new URL(url).host}: ${advice} (${said})`)
  if (status === 204) return undefined
  if (text === undefined) return new SinkError('wait', `InfluxDB answers ${status}, and a body that does not end`)
  if (status >= 500 || status === 408 || status === 429) return new SinkError('wait', `InfluxDB answers ${said}`)
  switch (status) {
    case 413:
      return new SinkError('bad', `InfluxDB answers ${said}`)
    case 400:
    case 422:
      if (SERIES_LIMIT.test(text)) return stop('takes no new series; raise the limit that it names, or drop series')
      if (HTML.test(text)) return stop(IN_BETWEEN)
      return new SinkError('bad', `InfluxDB answers ${said}`)
    case 401:
      return stop('refuses user name or password; check influx.username and influx.password')
    case 403:
      return stop(`does not let this user write; GRANT WRITE ON "${database}" TO the user`)
    case 404:
      return stop(`has no database "${database}"; influx -execute 'CREATE DATABASE "${database}"'`)
    default:
      return stop(status < 300 ? IN_BETWEEN : 'does not take writes here; check influx.url')
  }
}

const IN_BETWEEN =
  'something in between answers instead of it, which takes a write with 204; check influx.url and the network'

/** The sentence in the body of a refusal, on one line; `most` characters of it. */
export function sentenceOf(body: string, most: number): string {
  return (errorIn(body) ?? body)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, most)
    .toWellFormed()
}

/** InfluxDB 1 and 3 say `error`, 2 says `message`. */
function errorIn(body: string): string | undefined {
  try {
    const { error, message } = JSON.parse(body) as { error?: unknown; message?: unknown }
    return [error, message].find((said) => typeof said === 'string')
  } catch {
    return undefined
  }
}
