/**
 * `latchkey sinks clear <site.yaml>`: a gateway that is taken away for good leaves nothing at the broker that looks as
 * if it were still there. The gateway must be stopped; started again, it retains everything anew. The checkpoint stays,
 * because it is evidence. Read next: front/sinks/mqtt-clear.ts.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { SiteConfig } from '../../config/site.ts'
import { openDataDir } from '../control/host/data-dir.ts'
import { LEDGER } from '../control/host/names.ts'
import { GatewayError } from '../core/ground/failure.ts'
import { clearRetained } from '../front/sinks/mqtt-clear.ts'
import { type Io, withSite } from './site.ts'

/** The exit code: 0 nothing is left, 1 something is. */
export function clearCommand(sitePath: string, io: Io): Promise<number> {
  return withSite(sitePath, io, (config) => clear(config, io), 'needed')
}

async function clear(config: SiteConfig, { stdout, stderr }: Io): Promise<number> {
  const { mqtt, dataDir, site } = config
  if (mqtt === undefined)
    throw new GatewayError('config', 'sinks', 'the site file has no mqtt: put it back for this command')
  if (!existsSync(join(dataDir, LEDGER))) throw new GatewayError('config', 'sinks', `no gateway ever ran in ${dataDir}`)
  const dir = openDataDir(dataDir, site)
  try {
    const log = { warn: (_: object, text: string) => void stderr.write(`${text}\n`) }
    const { cleared, refusals } = await clearRetained({ ...config, mqtt }, log)
    for (const refusal of refusals) stderr.write(`${refusal}\n`)
    stdout.write(`Cleared at ${mqtt.url}: ${cleared} retained topics. The checkpoint stays, as evidence.\n`)
    return refusals.length === 0 ? 0 : 1
  } finally {
    dir.unlock()
  }
}
