/**
 * `latchkey sinks prepare <site.yaml>`: makes the database or bucket of `influx`, with its retention. What is there
 * already is left as it is. The user or token of the site file has to be one that may make it; the gateway itself
 * needs to write alone. Read next: front/sinks/influx-prepare.ts.
 */
import type { SiteConfig } from '../../config/site.ts'
import { GatewayError } from '../core/ground/failure.ts'
import { prepareInflux } from '../front/sinks/influx-prepare.ts'
import { type Io, withSite } from './site.ts'

/** The exit code: 0 it is there now, 1 it is not. */
export function prepareCommand(sitePath: string, io: Io): Promise<number> {
  const work: Parameters<typeof withSite>[2] = async ({ influx }) => {
    if (influx === undefined)
      throw new GatewayError('config', 'sinks', 'the site file has no influx: nothing to prepare')
    const why = await prepareInflux(influx)
    io.stdout.write(why === undefined ? `${wordOf(influx)} is there.\n` : `${wordOf(influx)} was not made: ${why}\n`)
    return why === undefined ? 0 : 1
  }
  return withSite(sitePath, io, work, 'needed')
}

const wordOf = ({ version, database, url }: NonNullable<SiteConfig['influx']>) =>
  `${version === 2 ? 'Bucket' : 'Database'} "${database}" at ${url}`
