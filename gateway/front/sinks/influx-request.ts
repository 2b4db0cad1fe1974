/**
 * Where each version of InfluxDB takes a write of line protocol, and as whom. Pure.
 *
 *   1  /write             db             user name and password
 *   2  /api/v2/write      org, bucket    token
 *   3  /api/v3/write_lp   db             token
 *
 * Times are nanoseconds, and of lines of which some are bad each version stores the good ones.
 * Sources: the API descriptions of InfluxDB OSS 1.8 and 2 and of InfluxDB 3 Core.
 */
import type { SiteConfig } from '../../../config/site.ts'

export type InfluxOptions = NonNullable<SiteConfig['influx']>

export function writeAddress(options: InfluxOptions): URL {
  const { database, organisation = '' } = options
  switch (options.version) {
    case 1:
      return influxAddress(options, '/write', { db: database, precision: 'ns' })
    case 2:
      return influxAddress(options, '/api/v2/write', { org: organisation, bucket: database, precision: 'ns' })
    case 3:
      return influxAddress(options, '/api/v3/write_lp', {
        db: database,
        precision: 'nanosecond',
        accept_partial: 'true',
      })
  }
}

/** Below the path of its address, for one that stands behind a proxy. */
export function influxAddress({ url }: InfluxOptions, path: string, search: Readonly<Record<string, string>>): URL {
  const address = new URL(url)
  address.pathname = `${address.pathname.replace(/\/$/, '')}${path}`
  address.search = `${new URLSearchParams(search)}`
  return address
}

/** Nothing where nobody is to be named. */
export function influxLogin({ version, username, password = '', token }: InfluxOptions): Record<string, string> {
  if (token !== undefined) return { authorization: `${version === 2 ? 'Token' : 'Bearer'} ${token}` }
  if (username === undefined) return {}
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }
}
