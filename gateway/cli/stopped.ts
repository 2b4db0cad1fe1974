/** What commands need that write to the ledger themselves, with the gateway stopped and its lock held. */
import { readFileSync } from 'node:fs'
import type { SiteConfig } from '../../config/site.ts'
import { GatewayError } from '../core/ground/failure.ts'
import { parseKeysFile } from '../ledger/log/log-keys.ts'
import type { WriterOptions } from '../ledger/store/writer.ts'

export function writerOptions({ site, bounds, machines }: SiteConfig, logKeyPath: string): WriterOptions {
  const held = parseKeysFile(readFileSync(logKeyPath, 'utf8'))
  if (typeof held === 'string') throw new GatewayError('config', 'log', `${logKeyPath} cannot be used: ${held}`)
  return {
    site,
    simulated: new Set(machines.filter((machine) => machine.simulated).map(({ id }) => id)),
    samples: bounds.samples,
    log: { origin: held[0]!.signer.key.name, signers: held.map(({ signer }) => signer) },
  }
}
