/**
 * Other files of the site, judged as `latchkey check` judges them, and compared with what is in force. It opens no
 * socket and changes nothing; the control thread decides. What reads files is loaded only when somebody applies some.
 * Read next: config/load.ts, config/difference.ts, control/apply/apply.ts, api/configuration/configuration.ts.
 */
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { profileFolders, profileNames } from '../../config/catalogue.ts'
import type { SiteConfig, SiteFiles, Written } from '../../config/site.ts'
import type { Configurations } from './api/api.ts'

type Running = { readonly config: SiteConfig; readonly sitePath: string; readonly written: Written }
type Proposed = Omit<Running, 'sitePath'>

/** Proposals that may still come into force; of more the oldest are forgotten. */
const MOST_OPEN = 16
const CONFIGURATION_ID = /^[0-9a-f]{64}$/

type Followed = Configurations & {
  /** What was proposed under this id: it is in force from now on. */
  take(id: string): SiteConfig | undefined
}

export function createConfigurations({ config, sitePath, written }: Running): Followed {
  const open = new Map<string, Proposed>()
  let known = written
  return {
    inForce: () => config.configurationId,
    async judge(files) {
      const { loadSite } = await import('../../config/load.ts')
      return loadSite(sitePath, process.env, files)
    },
    async propose({ config: next, written: nextWritten, files }, rollbackTo) {
      const { differences } = await import('../../config/difference.ts')
      const id = randomUUID()
      open.set(id, { config: next, written: nextWritten })
      for (const old of [...open.keys()].slice(0, -MOST_OPEN)) open.delete(old)
      const changes = differences(known, nextWritten)
      const from = config.configurationId
      return { id, from, config: next, files, changes, ...(rollbackTo === undefined ? {} : { rollbackTo }) }
    },
    profiles: () => profileNames(profileFolders(dirname(sitePath))),
    kept(configurationId) {
      if (!CONFIGURATION_ID.test(configurationId)) return undefined
      const path = join(config.dataDir, 'configurations', `${configurationId}.json`)
      return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as SiteFiles) : undefined
    },
    take(id) {
      const proposed = open.get(id)
      open.clear()
      if (proposed === undefined) return undefined
      known = proposed.written
      return proposed.config
    },
  }
}
