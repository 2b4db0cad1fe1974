/**
 * This box as one of a pair, until it is the active one: it follows the other box, tells whoever asks how far it is,
 * and takes the configuration of the active box in place of its own.
 * Read next: control/pair/pair.ts (which box works), front/spare/server.ts (what is told), run.ts (the gateway).
 */
import { randomUUID } from 'node:crypto'
import { networkInterfaces } from 'node:os'
import type { Logger } from 'pino'
import { faultLine } from '../../config/document/fault.ts'
import { loadSite } from '../../config/load.ts'
import type { SiteConfig, SiteFiles, Written } from '../../config/site.ts'
import { keepFiles, keptFiles, putInPlace } from '../control/host/applied-files.ts'
import type { Active } from '../control/pair/active.ts'
import { createPair, type PairEnd } from '../control/pair/pair.ts'
import { GatewayError } from '../core/ground/failure.ts'
import { serveStandBy } from '../front/spare/server.ts'

/** A site file that is loaded, and where it stands, absolute. */
export type Site = {
  readonly config: SiteConfig
  readonly sitePath: string
  readonly files: SiteFiles
  readonly written: Written
}

type Options = {
  /** As the command line says it. */
  readonly box: string | undefined
  readonly version: string
  readonly log: Logger
  /** This box stands by, for the first time. */
  standsBy(): void
  /** It waits for something that does not pass by itself. */
  waited(): void
}

/** Resolves when this box is the active one; with the site as it is in force by then. */
export async function openOneOfTwo(
  first: Site,
  options: Options,
): Promise<{ readonly site: Site; readonly pair: Active }> {
  let site = first
  let goesOn: Extract<PairEnd, { kind: 'configured' }>['goesOn']
  for (;;) {
    const end = await standBy(site, goesOn, options)
    if (end.kind === 'active') {
      if (end.isOther) site = reopen(site)
      return { site, pair: end.begin(site.config) }
    }
    goesOn = end.goesOn
    site = reopen(site)
    options.log.warn(
      { configurationId: site.config.configurationId },
      'the configuration of the active box is in place; this one begins anew with it',
    )
  }
}

async function standBy(
  site: Site,
  goesOn: Extract<PairEnd, { kind: 'configured' }>['goesOn'],
  { box, version, log, standsBy, waited }: Options,
): Promise<PairEnd> {
  const { config } = site
  const pair = createPair({
    ...{ config, log, standsBy, waited, goesOn },
    box: box ?? ownBox(config),
    adopt: (id) => adopt(site, id, log),
  })
  const server = serveStandBy({ config, log, version, instance: randomUUID(), standBy: pair.standBy })
  const end = await pair.run()
  await server.close() // the gateway listens there
  return end
}

/** What was in force here is kept, and so can come back by hand. */
async function adopt({ config, sitePath, files }: Site, id: string, log: Logger): Promise<boolean> {
  const refused = (why: string) => {
    log.error({ configurationId: id, why }, 'the configuration of the active box cannot be used here')
    return false
  }
  const next = keptFiles(config.dataDir, id)
  if (next === undefined) return refused('its files have not arrived')
  const loaded = loadSite(sitePath, process.env, next)
  if (loaded.kind === 'faults') return refused(loaded.faults.map(faultLine).join(' · '))
  const { configurationId, site } = loaded.config
  if (site !== config.site) return refused(`it is of the site ${site}`)
  if (configurationId !== id) return refused('with the profiles of this version it means something else')
  try {
    await keepFiles(config.dataDir, config.configurationId, files)
    await putInPlace(sitePath, next)
    return true
  } catch (error) {
    return refused(`it cannot be put in place: ${(error as Error).message}`)
  }
}

function reopen({ sitePath }: Site): Site {
  const loaded = loadSite(sitePath, process.env)
  if (loaded.kind === 'ok') return { sitePath, ...loaded }
  throw new GatewayError('config', 'pair', loaded.faults.map(faultLine).join(' · '))
}

/** The one whose address this host has. */
function ownBox({ pair }: SiteConfig): string {
  const own = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address))
  const boxes = pair!.boxes.filter(({ host }) => own.includes(host))
  if (boxes.length === 1) return boxes[0]!.id
  throw new GatewayError('config', 'pair', 'say with --box which box of the pair this is: its address does not tell')
}
